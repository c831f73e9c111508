import { describe, expect, test } from "vitest"
import { defaultBalance } from "../../src/core/topology.ts"
import { type Costs, paperCosts } from "../../src/experiment/cost.ts"
import type { Distribution } from "../../src/experiment/distribution.ts"
import { ExperimentError } from "../../src/experiment/errors.ts"
import { percentileOf } from "../../src/experiment/measures.ts"
import { type RunSpec, run } from "../../src/experiment/run.ts"
import { policies, schemes } from "../../src/experiment/scheme.ts"
import { ALWAYS } from "../../src/experiment/workload.ts"
import { Replayer } from "../../src/trace/replay.ts"
import { recordRun } from "./record.ts"
import { small, workload } from "./spec.ts"

const delay = (application: number, extra: number, from = 0, to = ALWAYS) => ({
  application,
  from,
  to,
  extra,
  factor: 1,
  held: 0,
})

describe("a run", () => {
  test.each(Object.keys(schemes))("under %s is determined by its seed, and serves everybody", (name) => {
    const result = run(small(name))
    expect(run(small(name))).toEqual(result)
    expect(run(small(name, { seed: 2 }))).not.toEqual(result)
    expect(result.response.count).toBeGreaterThan(1800)
    expect(result.service.count).toBe(result.response.count)
    expect(result).toMatchObject({ dropped: 0, lost: 0, refused: 0, unfinished: 0 })
    // Who is not idle is passed over, under Shortest; elsewhere a timeout is an accident.
    if (name !== "Shortest") expect(result.claimTimeouts).toBe(0)
    // Two round trips less half of one, and the costs.
    expect(percentileOf(result.response, 50)).toBeGreaterThan(120)
    expect(percentileOf(result.response, 50)).toBeLessThan(220)
  })

  test("is the same workload under every scheme: arrivals and demands do not depend on what is measured", () => {
    const counts = Object.keys(schemes).map((name) => run(small(name)).response.count)
    expect(new Set(counts).size).toBe(1)
  })

  test("takes the steps of the handshake, and no more than offers beside them", () => {
    const result = run(small("Tournament 2", { warmUp: 0 }))
    const handshakes = 11 * result.response.count
    expect(result.steps).toBeGreaterThan(handshakes)
    expect(result.steps).toBeLessThan(handshakes + 2 * result.offers + 200)
  })

  test("can be recorded: every step of the core, attachments first, as replay does them again", () => {
    const { topology, steps, result } = recordRun(small("Tournament 2", { warmUp: 0 }))
    expect(steps).toHaveLength(result.steps)
    const replayer = new Replayer(topology)
    for (const step of steps) expect(replayer.step(step)).toBeUndefined()
    expect(replayer.outcomes["Gone:Served"]).toBe(result.service.count)
  })

  test("sends offers no more often than it is told to", () => {
    const varied = { ...workload, service: { kind: "exponential" as const, mean: 20 } }
    const offers = (offerInterval?: number) =>
      run(
        small("Tournament 2", {
          workload: varied,
          ...(offerInterval === undefined ? undefined : { offerInterval }),
        }),
      ).offers
    expect(offers(50)).toBe(offers())
    // Four managers tell three others, twice in 0.1 s and once on its edge.
    expect(offers()).toBeGreaterThan(100)
    expect(offers(50_000)).toBeLessThanOrEqual(4 * 3 * 3)
    expect(() => offers(Number.NaN)).toThrow("offerInterval: must be a finite number")
  })

  test("counts nothing of its warm-up, nor what is asked after its end", () => {
    const result = run(
      small("Tournament 2", { workload: { ...workload, arrivals: { kind: "even", rate: 20_000 } } }),
    )
    expect(Math.abs(result.response.count - 2000)).toBeLessThanOrEqual(1)
    expect(result.throughput).toBeGreaterThan(19_900)
    expect(result.throughput).toBeLessThan(20_100)
    expect(result.served.flat().reduce((a, b) => a + b)).toBe(result.connections)
  })

  test("nothing of a warm-up that goes wrong is in what is measured", () => {
    const change = { warmUp: 200_000, duration: 100_000 }
    const late = (from: number, to: number) => ({
      ...workload,
      delays: [0, 1, 2, 3].map((a) => delay(a, 2000, from, to)),
    })
    for (const scheme of ["Tournament 2", "shared-queue"]) {
      const bare = run(small(scheme, change))
      // Over, and what it held up too, before the measuring begins.
      const cold = run(small(scheme, { ...change, workload: late(-200_000, -190_000) }))
      const hot = run(small(scheme, { ...change, workload: late(0, 10_000) }))
      for (const kind of ["response", "sojourn", "service"] as const) {
        expect(cold[kind].count, kind).toBe(bare[kind].count)
        expect(percentileOf(cold[kind], 99), kind).toBeLessThan(2 * percentileOf(bare[kind], 99))
        expect(percentileOf(hot[kind], 99), kind).toBeGreaterThan(10 * percentileOf(bare[kind], 99))
      }
      expect(Math.max(...cold.applicationBusy)).toBeLessThan(1.5 * Math.max(...bare.applicationBusy))
    }
  })

  test("counts who is never answered for as long as he has waited", () => {
    const result = run(
      small("Tournament 2", {
        drain: 0,
        workload: {
          ...workload,
          arrivals: { kind: "even", rate: 20_000 },
          delays: [0, 1, 2, 3].map((a) => delay(a, 2000)),
        },
      }),
    )
    expect(result.unfinished).toBeGreaterThan(1000)
    expect(Math.abs(result.response.count - 2000)).toBeLessThanOrEqual(1)
    // Half of those who came in 0.1 s have waited for half of it by its end.
    expect(percentileOf(result.response, 50)).toBeGreaterThan(40_000)
  })

  test("under even flows gives each server as many", () => {
    const change = { workload: { ...workload, flows: "even" as const }, duration: 200_000, slice: 20_000 }
    const served = run(small("Naive", change)).served.map((x) => x.reduce((a, b) => a + b))
    expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(5)
    expect(() => run(small("Naive", { workload: { ...workload, flows: "odd" as never } }))).toThrow(
      "workload.flows: must be hashed or even",
    )
  })

  test("needs no more records for being longer", () => {
    const length = (duration: number): number =>
      run(small("Tournament 2", { duration, slice: 10_000 })).records
    expect(length(800_000)).toBeLessThanOrEqual(1.5 * length(100_000))
  })

  test("64 servers and 64 applications", () => {
    const result = run(
      small("Tournament 2", {
        configuration: 64,
        applications: 64,
        connections: 16,
        workload: { ...workload, arrivals: { kind: "poisson", rate: 200_000 } },
      }),
    )
    expect(result.response.count).toBeGreaterThan(18_000)
    expect(result).toMatchObject({ unfinished: 0, dropped: 0 })
    expect(result.serverBusy).toHaveLength(64)
  })

  test.each(["TS2+LS2+CM2", "TS4LS4+CM1", "TS4LS4CM2", "TS4LS2CM4", "TS4+LS1+CM1", "TS2CM2+LS1"])(
    "of %s serves everybody",
    (configuration) => {
      const result = run(small("Tournament 2", { configuration }))
      expect(result.response.count).toBeGreaterThan(1800)
      expect(result.service.count).toBe(result.response.count)
      expect(result).toMatchObject({ unfinished: 0, dropped: 0, refused: 0 })
    },
  )

  test("a manager in a process of its own makes T_cm longer (§5.4, Table 4)", () => {
    const combined = run(small("Tournament 2", { configuration: "TS1LS1CM1", applications: 1 })).managing
    const split = run(small("Tournament 2", { configuration: "TS1LS1+CM1", applications: 1 })).managing
    expect(percentileOf(split, 50) - percentileOf(combined, 50)).toBeGreaterThan(2)
  })

  test("keep-alive: each request is answered, and timed from its own asking", () => {
    const result = run(
      small("Tournament 2", {
        workload: {
          ...workload,
          arrivals: { kind: "even", rate: 1000 },
          requests: 10,
          think: { kind: "exponential", mean: 1000 },
        },
      }),
    )
    expect(result.response.count).toBeGreaterThan(900)
    expect(percentileOf(result.response, 99)).toBeLessThan(400)
    expect(percentileOf(result.service, 50)).toBeGreaterThan(8000)
  })

  test("keep-alive of mixed length: as many requests as are drawn, of the same connections", () => {
    const drawn = (requests: number | Distribution) =>
      run(
        small("Tournament 2", {
          duration: 1_000_000,
          slice: 100_000,
          workload: { ...workload, arrivals: { kind: "poisson", rate: 2000 }, requests },
        }),
      )
    const mixed = drawn({ kind: "two", fast: 1, slow: 10, share: 0.1 })
    expect(mixed.connections).toBe(drawn(1).connections)
    expect(mixed.response.count / mixed.connections).toBeGreaterThan(1.75)
    expect(mixed.response.count / mixed.connections).toBeLessThan(2.05)
    // Rounded, and never none.
    expect(drawn({ kind: "fixed", mean: 0.2 }).response.count).toBe(drawn(1).response.count)
    expect(() => drawn({ kind: "fixed", mean: -1 })).toThrow("workload.requests.mean")
  })

  test.each(["Tournament 2", "least-connections"])(
    "the sojourn is the response without round trips: two of a new connection, one of each further request (%s)",
    (scheme) => {
      const at = (roundTrip: number, requests: number) =>
        run(
          small(scheme, {
            costs: { ...paperCosts, roundTrip },
            workload: { ...workload, arrivals: { kind: "even", rate: 1000 }, requests },
          }),
        )
      const near = at(60, 1)
      for (const [far, trips] of [
        [at(10_000, 1), 2],
        [at(10_000, 20), 1],
      ] as const) {
        expect(percentileOf(far.sojourn, 50) / percentileOf(near.sojourn, 50)).toBeGreaterThan(0.7)
        expect(percentileOf(far.sojourn, 50) / percentileOf(near.sojourn, 50)).toBeLessThan(1.1)
        expect(percentileOf(far.response, 50) - percentileOf(far.sojourn, 50)).toBeGreaterThan(
          trips * 10_000 - 20,
        )
        expect(percentileOf(far.response, 50)).toBeLessThan(trips * 10_000 + 100)
      }
    },
  )

  test.each(["Unfiltered 2", "round-robin"])(
    "data of a connection between sockets cost both ends more (%s)",
    (scheme) => {
      const busy = (coresPerSocket: number, farData?: number) => {
        const costs: Costs = { ...paperCosts, coresPerSocket, ...(farData === undefined ? {} : { farData }) }
        const { serverBusy, applicationBusy, connections, locality } = run(small(scheme, { costs }))
        const sum = (x: ReadonlyArray<number>) => x.reduce((a, b) => a + b)
        const remote = (20 * connections * (1 - locality)) / 100_000
        return { ends: [sum(serverBusy), sum(applicationBusy)] as const, remote }
      }
      expect(busy(10, 20)).toEqual(busy(10))
      const [plain, far] = [busy(2), busy(2, 20)]
      expect(far.remote).toBeGreaterThan(0.2)
      for (const end of [0, 1] as const) {
        expect((far.ends[end] - plain.ends[end]) / far.remote).toBeGreaterThan(0.95)
        expect((far.ends[end] - plain.ends[end]) / far.remote).toBeLessThan(1.05)
      }
    },
  )

  test("closed: so many clients, each with one connection at a time", () => {
    const result = run(
      small("Tournament 2", { workload: { ...workload, arrivals: { kind: "closed", clients: 8 } } }),
    )
    const most = 8e6 / percentileOf(result.response, 10)
    expect(result.throughput).toBeLessThan(most)
    expect(result.throughput).toBeGreaterThan(0.7 * most)
  })
})

describe("what the protocol is for", () => {
  const slow = { ...workload, delays: [delay(1, 300)] }

  test("Naive suffers its local application, Tournament 2 does not", () => {
    const naive = run(small("Naive", { workload: slow }))
    const tournament = run(small("Tournament 2", { workload: slow }))
    expect(naive.locality).toBe(1)
    expect(percentileOf(naive.response, 99)).toBeGreaterThan(1.5 * percentileOf(tournament.response, 99))
  })

  test("estimates follow the truth", () => {
    const { estimates, truth } = run(small("Tournament 2", { workload: slow, duration: 200_000 }))
    const last = (series: ReadonlyArray<ReadonlyArray<number | null>>, a: number) => series[a]!.at(-1)!
    for (const a of [0, 1, 2, 3]) expect(last(estimates, a) / last(truth, a)).toBeGreaterThan(0.5)
    expect(last(estimates, 1)).toBeGreaterThan(2 * last(estimates, 0))
  })

  test("who is busy beyond the claim timeout loses what is announced to it, and nobody is lost", () => {
    const result = run(
      small("Tournament 2", {
        claimTimeout: 1000,
        workload: { ...workload, arrivals: { kind: "even", rate: 2000 }, delays: [delay(2, 5000)] },
      }),
    )
    expect(result.claimTimeouts).toBeGreaterThan(0)
    expect(result).toMatchObject({ unfinished: 0, lost: 0 })
    expect(result.service.count).toBe(result.response.count)
  })

  test.each(["Tournament 2", "shared-queue"])("an answer that is held back takes no core (%s)", (scheme) => {
    const held = Array.from({ length: 4 }, (_, a) => ({ ...delay(a, 0), held: 2000 }))
    const result = run(small(scheme, { workload: { ...workload, delays: held } }))
    const bare = run(small(scheme))
    // 40 connections at a time: beyond what four processes that wait could have.
    expect(percentileOf(result.response, 99) - percentileOf(bare.response, 99)).toBeLessThan(2100)
    expect(percentileOf(result.response, 10) - percentileOf(bare.response, 10)).toBeGreaterThan(1900)
    expect(result.applicationBusy[0]!).toBeLessThan(1.2 * bare.applicationBusy[0]!)
  })

  test("who claims only when idle leaves the rest to others", () => {
    const busy = { ...workload, delays: [delay(2, 3000)] }
    const change = { claimTimeout: 500, duration: 200_000 }
    const eager = run(small("Tournament 2", { ...change, workload: busy }))
    const idle = run(small("Tournament 2", { ...change, workload: { ...busy, claims: "idle" } }))
    expect(idle.unfinished).toBe(0)
    expect(percentileOf(idle.response, 99.9)).toBeLessThan(percentileOf(eager.response, 99.9))
  })

  test("a SYN at a full backlog is sent again after a second, and its time counts from the first (RFC 6298 2.1)", () => {
    const result = run(
      small("Naive", {
        configuration: "TS1LS1CM1",
        applications: 1,
        backlog: 1,
        room: 1,
        buffers: 1,
        claimTimeout: 100,
        drain: 20_000_000,
        workload: {
          ...workload,
          arrivals: { kind: "even", rate: 2000 },
          delays: [delay(0, 700, 0, 100_000)],
        },
      }),
    )
    expect(result.dropped).toBeGreaterThan(0)
    expect(result.unfinished).toBe(0)
    expect(result.response.most).toBeGreaterThan(1_000_000)
  })
})

describe("refused, naming the field", () => {
  const bad: ReadonlyArray<readonly [string, Partial<RunSpec>]> = [
    ["configuration", { configuration: "TS2LS2" }],
    ["configuration", { configuration: 65 }],
    ["applications", { applications: 65 }],
    ["duration", { duration: Number.NaN }],
    ["duration", { duration: Number.POSITIVE_INFINITY }],
    ["claimTimeout", { claimTimeout: 0 }],
    ["slice", { slice: 1 }],
    ["seed", { seed: -1 }],
    ["costs.hopFar", { costs: { ...small().costs, hopFar: Number.NaN } }],
    ["workload.arrivals.rate", { workload: { ...workload, arrivals: { kind: "poisson", rate: 0 } } }],
    ["workload.service.mean", { workload: { ...workload, service: { kind: "fixed", mean: -1 } } }],
    ["workload.delays[0].application", { workload: { ...workload, delays: [delay(4, 1)] } }],
    ["workload.delays[0]", { workload: { ...workload, delays: [delay(0, 1, 5, 5)] } }],
    ["scheme.policy", { scheme: { kind: "baseline", policy: "psychic" as never } }],
    ["scheme.balance.tariff", { scheme: { kind: "core", balance: { ...defaultBalance, tariff: 0 } } }],
  ]
  test.each(bad)("%s: %j", (where, change) => {
    const attempt = () => run(small("Tournament 2", change))
    expect(attempt).toThrow(ExperimentError)
    expect(attempt).toThrow(where)
  })

  test("a baseline of servers that are split", () => {
    for (const policy of policies)
      expect(() => run(small(policy, { configuration: "TS2LS2+CM1" }))).toThrow(
        "configuration: a baseline needs",
      )
  })
})
