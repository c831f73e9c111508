import { describe, expect, test } from "vitest"
import { percentileOf } from "../../../src/experiment/measures.ts"
import type { RecordedPort } from "../../../src/experiment/what-if/recording.ts"
import { textOf } from "../../../src/experiment/what-if/report.ts"
import type { SummaryResult } from "../../../src/experiment/what-if/summary.ts"
import { whatIf } from "../../../src/experiment/what-if/what-if.ts"
import { exponential, recorded, slow } from "./recorded.ts"

const shares = ({ applications }: SummaryResult) => applications.map((x) => 100 * x.share)
const points = (x: SummaryResult, y: SummaryResult) =>
  Math.max(...shares(x).map((share, a) => Math.abs(share - shares(y)[a]!)))
const ratio = (of: "service" | "whole" | "waiting", p: 50 | 95 | 99, x: SummaryResult, y: SummaryResult) =>
  percentileOf(x[of], p) / percentileOf(y[of], p)

/** Load by which a slow web server is still equal to its quarter. */
const calm = { service: exponential, arrivals: { kind: "poisson", rate: 8000 } } as const

const workloads = {
  "all alike": {},
  "exponential, 20 % load": calm,
  "exponential, 60 % load": { ...calm, arrivals: { kind: "poisson", rate: 24_000 } },
  "one four times slower": { ...calm, delays: slow({ factor: 4 }) },
  "one that holds answers back": { delays: slow({ held: 4000 }) },
  "one slow for a time": { ...calm, delays: slow({ extra: 1000, from: 100_000, to: 300_000 }) },
} as const

describe("the control: re-run under the recorded settings", () => {
  test.each(Object.entries(workloads))("comes to what was recorded: %s", async (_, change) => {
    const port = await recorded("Naive", change)
    const { control, doubts } = whatIf(port, "scheme=naive", 1)
    expect(control.connections).toBe(port.summary.connections)
    expect(control.endings.served / port.summary.endings.served).toBeGreaterThan(0.99)
    expect(points(control, port.summary)).toBeLessThan(0.5)
    for (const p of [50, 95, 99] as const) {
      expect(ratio("service", p, control, port.summary)).toBeGreaterThan(0.75)
      expect(ratio("service", p, control, port.summary)).toBeLessThan(1.25)
    }
    // Of the waits' last hundredth the model knows least: a turn's work is a part of it, however long it is.
    expect(ratio("waiting", 99, control, port.summary)).toBeGreaterThan(0.6)
    expect(ratio("waiting", 99, control, port.summary)).toBeLessThan(1.7)
    expect(doubts.filter((x) => !x.what.startsWith("waiting, 99"))).toEqual([])
  })

  test("comes to the recorded shares and locality under Tournament too, where draws decide", async () => {
    const port = await recorded("Tournament 2", workloads["one four times slower"])
    const { control } = whatIf(port, "tariff=2", 1)
    expect(points(control, port.summary)).toBeLessThan(3)
    expect(Math.abs(control.locality - port.summary.locality)).toBeLessThan(0.03)
    expect(control.tallies.messages / port.summary.tallies.messages).toBeCloseTo(1, 1)
  })

  test("that is far from what was recorded is said", async () => {
    // Clients that come again when they are answered are no plan of arrivals: they would have come later.
    const port = await recorded("Tournament 2", {
      service: exponential,
      arrivals: { kind: "closed", clients: 64 },
    })
    const result = whatIf(port, "scheme=naive", 1)
    expect(result.doubts.map((x) => x.what)).toContainEqual(expect.stringMatching(/percentile/))
    expect(textOf(result)).toContain("warning: the control is far from what was recorded")
  })
})

describe("what would have been", () => {
  const truth = async (from: string, to: string, change: (typeof workloads)[keyof typeof workloads]) => {
    const port = await recorded(from, change)
    const real = await recorded(to, change)
    const scheme = to.split(" ")[0]!
    return { port, real: real.summary, result: whatIf(port, `scheme=${scheme.toLowerCase()}`, 1) }
  }

  test.each(["one four times slower", "one that holds answers back", "one slow for a time"] as const)(
    "under Tournament, told from a recording under Naive, is what a run under Tournament shows: %s",
    async (name) => {
      const { port, real, result } = await truth("Naive", "Tournament 2", workloads[name])
      expect(points(result.whatIf, real)).toBeLessThan(3)
      expect(Math.abs(result.whatIf.locality - real.locality)).toBeLessThan(0.03)
      expect(ratio("service", 95, result.whatIf, real)).toBeGreaterThan(0.75)
      expect(ratio("service", 95, result.whatIf, real)).toBeLessThan(1.25)
      // Improvement: fewer for the slow one, and the rest sooner.
      expect(shares(result.whatIf)[1]).toBeLessThan(0.6 * shares(port.summary)[1]!)
      expect(ratio("service", 95, result.whatIf, result.control)).toBeLessThan(0.5)
    },
  )

  test("under Naive, told from a recording under Tournament: the slow one's share and its clients' times", async () => {
    const { real, result } = await truth("Tournament 2", "Naive", workloads["one four times slower"])
    expect(points(result.whatIf, real)).toBeLessThan(1)
    expect(result.whatIf.locality).toBe(1)
    for (const p of [50, 95, 99] as const) {
      expect(ratio("service", p, result.whatIf, real)).toBeGreaterThan(0.7)
      expect(ratio("service", p, result.whatIf, real)).toBeLessThan(1.4)
    }
  })

  test("with a longer claim timeout is less given back", async () => {
    const blocked = {
      arrivals: { kind: "even", rate: 2000 },
      delays: slow({ extra: 5000, from: 100_000, to: 200_000 }),
    } as const
    const port = await recorded("Naive", blocked, { claimTimeout: 1000 })
    expect(port.summary.tallies.claimTimeouts).toBeGreaterThan(10)
    const { control, whatIf: longer } = whatIf(port, "claim-timeout=1000000", 1)
    expect(control.tallies.claimTimeouts).toBeGreaterThan(10)
    expect(longer.tallies).toMatchObject({ claimTimeouts: 0, givenBack: 0, late: 0 })
  })

  test("with a shorter backlog drops SYNs, and whoever sent them comes again", async () => {
    const late = { arrivals: { kind: "bursts", rate: 4000, size: 100 } } as const
    const port = await recorded("Naive", late, { applications: 1, room: 1 })
    expect(port.summary.tallies.dropped).toBe(0)
    const { whatIf: shorter } = whatIf(port, "backlog=1", 1)
    expect(shorter.tallies.dropped).toBeGreaterThan(0)
  })

  test("with rarer offers sends fewer", async () => {
    const port = await recorded("Tournament 2", calm)
    const { control, whatIf: rarer } = whatIf(port, "offer-interval=100000", 1)
    expect(control.tallies.offers).toBeGreaterThan(500)
    expect(rarer.tallies.offers).toBeLessThan(100)
  })

  test("is determined by recording, settings and seed", async () => {
    const port = await recorded("Tournament 2", calm)
    const once = whatIf(port, "tariff=4", 7)
    expect(whatIf(port, "tariff=4", 7)).toEqual(once)
    expect(whatIf(port, "tariff=4", 8).whatIf).not.toEqual(once.whatIf)
    expect(whatIf(port, "tariff=2", 7).whatIf).toEqual(once.control)
  })
})

test("times are attributed to the application where it was slow, to the connection where connections differ", async () => {
  // One in a hundred takes a hundred times as long, wherever it goes.
  const two = { kind: "two", fast: 20, slow: 2000, share: 0.01 } as const
  const port: RecordedPort = await recorded("Naive", {
    service: two,
    arrivals: { kind: "poisson", rate: 8000 },
  })
  const { control, whatIf: other } = whatIf(port, "scheme=unfiltered", 1)
  for (const x of [control, other]) {
    expect(ratio("service", 50, x, port.summary)).toBeGreaterThan(0.75)
    expect(percentileOf(x.service, 99.5)).toBeGreaterThan(1900)
    expect(percentileOf(x.service, 99.5)).toBeLessThan(1.25 * percentileOf(port.summary.service, 99.5))
  }
})
