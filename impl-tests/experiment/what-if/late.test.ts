import { expect, test } from "vitest"
import { percentileOf } from "../../../src/experiment/measures.ts"
import type { SummaryResult } from "../../../src/experiment/what-if/summary.ts"
import { whatIf } from "../../../src/experiment/what-if/what-if.ts"
import { exponential, recorded, slow } from "./recorded.ts"

const workload = {
  service: exponential,
  arrivals: { kind: "poisson", rate: 8000 },
  delays: slow({ factor: 4 }),
} as const

const shares = ({ applications }: SummaryResult) => applications.map((x) => 100 * x.share)
const points = (x: SummaryResult, y: SummaryResult) =>
  Math.max(...shares(x).map((share, a) => Math.abs(share - shares(y)[a]!)))
const whole = (x: SummaryResult, p: 50 | 95 | 99) => percentileOf(x.whole, p)

test("under Late, told from a recording under Naive, is what a run under Late shows", async () => {
  const port = await recorded("Naive", workload)
  const real = (await recorded("Late", workload)).summary
  const { control, whatIf: late } = whatIf(port, "scheme=late", 1)
  expect(points(late, real)).toBeLessThan(3)
  expect(Math.abs(late.locality - real.locality)).toBeLessThan(0.03)
  expect(late.endings).toEqual(real.endings)
  for (const p of [50, 95, 99] as const) {
    expect(whole(late, p) / whole(real, p)).toBeGreaterThan(0.75)
    expect(whole(late, p) / whole(real, p)).toBeLessThan(1.25)
  }
  // Improvement: nobody waits for the slow one.
  expect(whole(late, 99)).toBeLessThan(0.2 * whole(control, 99))
})

test("a recording under Late tells little of who was busy, since nobody busy is given anything: that is said", async () => {
  const port = await recorded("Late", workload)
  const { control, doubts } = whatIf(port, "scheme=late", 1)
  expect(control.endings.served / port.summary.endings.served).toBeGreaterThan(0.99)
  expect(points(control, port.summary)).toBeLessThan(3)
  expect(doubts.map((x) => x.what)).toContain("local share, %")
})
