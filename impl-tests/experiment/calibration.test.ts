import { expect, test } from "vitest"
import {
  compare,
  figuresOf,
  planOf,
  simulated,
  specOf,
  type Trial,
} from "../../src/experiment/calibration.ts"
import {
  predict,
  quickTrial,
  RUNS,
  shorter,
  single,
  trials,
} from "../../src/experiment/catalogue/calibration.ts"
import { type Costs, costsOf, paperCosts } from "../../src/experiment/cost.ts"
import { type MachineMeasured, machineParameters } from "../../src/experiment/machine-costs.ts"
import { checkRun, run } from "../../src/experiment/run.ts"
import { free } from "./spec.ts"

const one = trials.find(({ applications }) => applications === 1) as Trial

const measured: MachineMeasured = {
  dispatchRoundTrip: 0.6,
  dispatch: 0.04,
  wakeServer: 6,
  wakeApplication: 7,
  managing: 2,
  serverCpu: 60,
  applicationCpu: 40,
  linkCpu: 20,
  connecting: 50,
}

/** One web server that serves in the order of arrival, and nothing else that takes time (Lindley, 1952). */
const firstComeFirstServed = (plan: ReturnType<typeof planOf>): ReadonlyArray<number> => {
  let until = 0
  return plan.map(({ at, demand }) => {
    until = Math.max(until, at) + demand
    return until - at
  })
}

test("the plan is what the simulation's clients do: the same arrivals, the same demands, the same times", () => {
  const plan = planOf(one)
  const times = firstComeFirstServed(plan)
  const expected = figuresOf(one, plan, times)
  const found = simulated(run(specOf(one, free)))
  expect(plan.length).toBeGreaterThan(1500)
  expect(Math.abs(found.throughput - expected.throughput)).toBeLessThanOrEqual(1)
  // The histogram has three digits.
  for (const name of ["p50", "p95", "p99"] as const) expect(found[name] / expected[name]).toBeCloseTo(1, 2)
  // Another seed is another plan.
  expect(planOf({ ...one, seed: 2 })[0]).not.toEqual(plan[0])
})

test("what the managers draw is averaged over runs that draw otherwise, under the same clients", () => {
  const two = trials.find(({ key }) => key === "ts2ls2cm2-2-tournament-slow") as Trial
  const costs = costsOf(machineParameters(measured))
  const of = (k: number) => simulated(run(specOf(two, { ...costs, roundTrip: costs.roundTrip + 0.1 * k })))
  const each = Array.from({ length: RUNS }, (_, k) => of(k))
  expect(new Set(each.map(({ p99 }) => p99)).size).toBeGreaterThan(1)
  const mean = predict(two, costs)
  for (const name of ["throughput", "p50", "p95", "p99"] as const)
    expect(mean[name]).toBeCloseTo(each.reduce((sum, x) => sum + x[name], 0) / RUNS)
})

test("what has no answer counts as one that took for ever, and what is before the warm-up's end not at all", () => {
  const trial: Trial = { ...one, warmUp: 1000, duration: 1_000_000 }
  const plan = [0, 1000, 2000, 3000].map((at) => ({ at, demand: 1 }))
  expect(figuresOf(trial, plan, [999_999, 10, 20, 30])).toEqual({ throughput: 4, p50: 20, p95: 30, p99: 30 })
  expect(figuresOf(trial, plan, [500, 10, -1, 30])).toEqual({
    throughput: 2,
    p50: 30,
    p95: Number.POSITIVE_INFINITY,
    p99: Number.POSITIVE_INFINITY,
  })
})

test("within the tolerance is both ways, for each figure, and no figure is no agreement", () => {
  const real = { throughput: 100, p50: 1000, p95: 2000, p99: 3000 }
  expect(compare(real, real)).toMatchObject({ within: true, worst: 0 })
  expect(compare({ ...real, p99: 3449 }, real).within).toBe(true)
  expect(compare({ ...real, p99: 3451 }, real).within).toBe(false)
  expect(compare({ ...real, p50: 869 }, real).within).toBe(false)
  expect(compare({ ...real, throughput: 120 }, real).ratios.throughput).toBeCloseTo(1.2)
  const none = { throughput: 0, p50: 0, p95: 0, p99: 0 }
  expect(compare(none, none).within).toBe(false)
  expect(compare(real, none).within).toBe(false)
})

test("a machine's costs are whole, each with its source; what was measured is in them once", () => {
  const parameters = machineParameters(measured)
  const costs = costsOf(parameters)
  expect(new Set(parameters.map(({ name }) => name))).toEqual(new Set(Object.keys(paperCosts)))
  expect(parameters.every(({ source }) => source !== "")).toBe(true)
  expect(costs.hopNear).toBeCloseTo(0.26)
  // Five messages, the manager and TCP are what the server spent.
  expect(costs.transport + costs.manager + 5 * costs.messageNear).toBeCloseTo(60, 1)
  expect(costs.roundTrip + measured.wakeServer + costs.transport / 4 + costs.manager).toBeCloseTo(50, 1)
  // A machine on which the parts came out longer than the whole has no negative costs.
  expect(costsOf(machineParameters({ ...measured, connecting: 1 })).roundTrip).toBe(0)
  expect(() => costsOf(parameters.slice(1))).toThrow(/costs.coresPerSocket/)
})

test("a web server's own part of a connection delays its answer by as much", () => {
  const answerAfter = (costs: Costs): number =>
    run(single("TS1LS1CM1", { ...costs, serverLoop: 0, applicationLoop: 0, jitter: 0 })).response.mean
  const costs = costsOf(machineParameters(measured))
  expect(
    answerAfter({ ...costs, application: 140 }) - answerAfter({ ...costs, application: 40 }),
  ).toBeCloseTo(100, 0)
})

test("every trial can be run, has a key of its own, and two schemes of four configurations are among them", () => {
  const all = [...trials, ...shorter]
  expect(new Set(all.map(({ key }) => key)).size).toBe(all.length)
  for (const trial of [...all, ...all.map(quickTrial)]) {
    expect(trial.key).toMatch(/^[a-z0-9-]+$/)
    checkRun(specOf(trial, paperCosts))
  }
  const of = (scheme: string) => trials.filter((x) => x.scheme === scheme)
  const kinds = new Set(
    of("Naive").map((x) => `${x.configuration} ${x.applications} ${x.workload.delays.length}`),
  )
  expect(kinds.size).toBeGreaterThanOrEqual(4)
  for (const x of of("Naive"))
    expect(
      of("Tournament").some((y) => y.configuration === x.configuration && y.workload === x.workload),
    ).toBe(true)
})
