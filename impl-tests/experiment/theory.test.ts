/** Where nothing costs anything the baselines are queues whose means are known in closed form. */
import { expect, test } from "vitest"
import { type Costs, paperCosts } from "../../src/experiment/cost.ts"
import { percentileOf, percentiles } from "../../src/experiment/measures.ts"
import { run } from "../../src/experiment/run.ts"
import { type Policy, policies } from "../../src/experiment/scheme.ts"
import { ALWAYS, type Workload } from "../../src/experiment/workload.ts"
import { free, small, workload } from "./spec.ts"

const SERVICE = 100
const APPLICATIONS = 4

const response = (
  policy: Policy,
  kind: "fixed" | "exponential",
  load: number,
  seed: number,
  change: Partial<Workload> = {},
) =>
  run(
    small(policy, {
      costs: free,
      seed,
      workload: {
        ...workload,
        arrivals: { kind: "poisson", rate: (load * APPLICATIONS * 1e6) / SERVICE },
        service: { kind, mean: SERVICE },
        ...change,
      },
      warmUp: 200_000,
      duration: 4_000_000,
      slice: 1_000_000,
    }),
  ).response

/** Erlang C: M/M/k's mean time in the system. */
const sharedQueue = (load: number): number => {
  const a = load * APPLICATIONS
  let sum = 0
  let term = 1
  for (let k = 0; k < APPLICATIONS; k++) {
    sum += term
    term *= a / (k + 1)
  }
  const waits = term / (1 - load) / (sum + term / (1 - load))
  return SERVICE + (waits * SERVICE) / (APPLICATIONS * (1 - load))
}

test.each([0.5, 0.8])("one shared queue at load %d: Erlang C", (load) => {
  const { mean } = response("shared-queue", "exponential", load, 11)
  expect(mean / sharedQueue(load)).toBeGreaterThan(0.97)
  expect(mean / sharedQueue(load)).toBeLessThan(1.03)
})

test.each([
  ["exponential", 0.5, SERVICE / (1 - 0.5)],
  ["exponential", 0.8, SERVICE / (1 - 0.8)],
  // Pollaczek and Khinchine.
  ["fixed", 0.8, SERVICE + (0.8 * SERVICE) / (2 * (1 - 0.8))],
] as const)("a queue for each, chosen by a hash, %s service at load %d", (kind, load, expected) => {
  const { mean } = response("reuseport", kind, load, 12)
  expect(mean / expected).toBeGreaterThan(0.95)
  expect(mean / expected).toBeLessThan(1.05)
})

test("the better informed, the shorter the wait", () => {
  const order: ReadonlyArray<Policy> = ["shared-queue", "least-connections", "two-choices", "reuseport"]
  const means = order.map((policy) => response(policy, "exponential", 0.8, 13).mean)
  expect([...means].sort((a, b) => a - b)).toEqual(means)
  expect(response("idle-queue", "exponential", 0.8, 13).mean).toBeLessThan(means[3]!)
})

/** Application 3 takes ten times as long; the load is 70 % of what is left. */
const slow: Partial<Workload> = {
  arrivals: { kind: "poisson", rate: (0.7 * (APPLICATIONS - 0.9) * 1e6) / SERVICE },
  delays: [{ application: 3, from: -ALWAYS, to: ALWAYS, extra: 0, factor: 10, held: 0 }],
}

test("where all are alike the clairvoyant, which holds nothing back, serves each request when M/G/k would", () => {
  for (const kind of ["exponential", "fixed"] as const) {
    const ideal = response("clairvoyant", kind, 0.8, 14)
    expect(ideal).toEqual(response("shared-queue", kind, 0.8, 14))
    expect(response("speed-aware-queue", kind, 0.8, 14)).toEqual(ideal)
  }
})

test("where one is slow the clairvoyant is ahead of the shared queue, and of all who do not know it, at every percentile", () => {
  const ideal = response("clairvoyant", "exponential", 0.7, 15, slow)
  const others = policies.filter((x) => x !== "clairvoyant" && x !== "speed-aware-queue")
  for (const policy of others) {
    const other = response(policy, "exponential", 0.7, 15, slow)
    for (const [k, p] of percentiles.entries())
      if (p >= 50) expect(ideal.percentiles[k]!, `${policy} ${p}`).toBeLessThan(other.percentiles[k]!)
  }
})

test("a queue that knows who is slow leaves him idle while the others are done sooner, and gives him his share when they are not", () => {
  const at = (load: number) => (policy: Policy) =>
    run(
      small(policy, {
        costs: free,
        seed: 16,
        workload: {
          ...workload,
          ...slow,
          arrivals: { kind: "poisson", rate: (load * (APPLICATIONS - 0.9) * 1e6) / SERVICE },
          service: { kind: "exponential", mean: SERVICE },
        },
        warmUp: 200_000,
        duration: 2_000_000,
        slice: 1_000_000,
      }),
    )
  const low = at(0.5)
  // Three servers at 52 % of their load, and a queue of 27, the threshold, hardly ever.
  expect(low("speed-aware-queue").applicationBusy[3]).toBeLessThan(0.01)
  expect(low("shared-queue").applicationBusy[3]).toBeGreaterThan(0.5)
  expect(percentileOf(low("speed-aware-queue").response, 99)).toBeLessThan(
    0.5 * percentileOf(low("shared-queue").response, 99),
  )
  // More than the three can do.
  const high = at(0.99)("speed-aware-queue")
  expect(high.applicationBusy[3]).toBeGreaterThan(0.5)
  expect(high.unfinished).toBe(0)
})

/** Four web servers at 70 %. */
const busy: Workload = {
  ...workload,
  arrivals: { kind: "poisson", rate: 28_000 },
  service: { kind: "exponential", mean: SERVICE },
}

test("what messages cost does not mislead the clairvoyant: bursts are served as from one queue", () => {
  const bursts = (policy: Policy, costs: Costs) =>
    run(
      small(policy, {
        costs,
        workload: { ...busy, arrivals: { kind: "bursts", rate: 24_000, size: 16 } },
        duration: 2_000_000,
        slice: 1_000_000,
      }),
    ).response
  expect(bursts("clairvoyant", free)).toEqual(bursts("shared-queue", free))
  const [ideal, queue] = [bursts("clairvoyant", paperCosts), bursts("shared-queue", paperCosts)]
  for (const p of [50, 99, 99.9] as const) {
    expect(percentileOf(ideal, p) / percentileOf(queue, p)).toBeGreaterThan(0.9)
    expect(percentileOf(ideal, p) / percentileOf(queue, p)).toBeLessThan(1.02)
  }
})

test("Prequal finds who is slow by its probes, and who holds answers back; with old news it is worse than chance", () => {
  const slowest = (policy: Policy) => percentileOf(response(policy, "exponential", 0.7, 18, slow), 99)
  expect(slowest("prequal")).toBeLessThan(slowest("least-connections"))
  expect(slowest("prequal")).toBeLessThan(2 * slowest("clairvoyant"))
  const held = { delays: [{ application: 3, from: -ALWAYS, to: ALWAYS, extra: 0, factor: 1, held: 5000 }] }
  // A core that is free is no sign of it.
  expect(percentileOf(response("shared-queue", "exponential", 0.3, 19, held), 90)).toBeGreaterThan(5000)
  expect(percentileOf(response("prequal", "exponential", 0.3, 19, held), 90)).toBeLessThan(1000)
  const late = (policy: Policy) =>
    percentileOf(
      run(small(policy, { costs: { ...free, hopNear: 3000 }, workload: busy, duration: 1_000_000 })).response,
      90,
    )
  expect(late("prequal")).toBeGreaterThan(late("reuseport"))
})

test("Hermes gives less than its share to who is slow, and chooses by what it knew at the SYN", () => {
  const share = (policy: Policy, roundTrip: number) => {
    const { served } = run(
      small(policy, {
        costs: { ...free, roundTrip },
        workload: {
          ...busy,
          delays: [{ application: 3, from: 0, to: 200_000, extra: 0, factor: 20, held: 0 }],
        },
        warmUp: 200_000,
        duration: 100_000,
        slice: 20_000,
      }),
    )
    const of = (a: number) => served[a]![0]! + served[a]![1]!
    return of(3) / (of(0) + of(1) + of(2) + of(3))
  }
  expect(share("reuseport", 0)).toBeGreaterThan(0.2)
  const [near, far] = [share("hermes", 0), share("hermes", 40_000)]
  expect(near).toBeLessThan(0.1)
  // Who was chosen before it became slow is established a round trip later.
  expect(far).toBeGreaterThan(0.2)
})

/** Who stops asking while nobody answers would see one slow answer where a user sees thousands. */
test("a stall delays everybody who would have asked meanwhile: no coordinated omission", () => {
  const STALL = 20_000
  const result = run(
    small("round-robin", {
      costs: free,
      configuration: "TS1LS1CM1",
      applications: 1,
      warmUp: 0,
      duration: 100_000,
      workload: {
        ...workload,
        arrivals: { kind: "even", rate: 10_000 },
        service: { kind: "fixed", mean: 1 },
        delays: [{ application: 0, from: 50_000, to: 50_100, extra: STALL, factor: 1, held: 0 }],
      },
    }),
  )
  // A fifth of all asked during the stall: those at 80 % and beyond waited, uniformly up to all of it.
  const p90 = percentileOf(result.response, 90)
  expect(p90).toBeGreaterThan(0.45 * STALL)
  expect(p90).toBeLessThan(0.55 * STALL)
})
