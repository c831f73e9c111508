import { expect, test } from "vitest"
import { type Distribution, meanOf, sample } from "../../src/experiment/distribution.ts"
import { percentileOf, percentiles, Times } from "../../src/experiment/measures.ts"
import { estimateOf } from "../../src/experiment/statistics.ts"
import { Random } from "../../src/sim/random.ts"

test("mean and Student's interval", () => {
  expect(estimateOf([5])).toEqual({ mean: 5, half: 0, repetitions: 1 })
  const { mean, half } = estimateOf([10, 12, 14])
  expect(mean).toBe(12)
  // s = 2, t(2) = 4.303
  expect(half).toBeCloseTo((4.303 * 2) / Math.sqrt(3), 6)
  expect(Number.isNaN(estimateOf([]).mean)).toBe(true)
})

test("the interval holds the mean 19 times in 20", () => {
  const random = new Random(3)
  let held = 0
  for (let k = 0; k < 2000; k++) {
    const values = Array.from({ length: 5 }, () =>
      sample({ kind: "lognormal", mean: 100, sigma: 0.2 }, random),
    )
    const { mean, half } = estimateOf(values)
    if (Math.abs(mean - 100) <= half) held++
  }
  expect(held / 2000).toBeGreaterThan(0.93)
  expect(held / 2000).toBeLessThan(0.97)
})

const kinds: ReadonlyArray<Distribution> = [
  { kind: "fixed", mean: 50 },
  { kind: "exponential", mean: 50 },
  { kind: "lognormal", mean: 50, sigma: 1 },
  { kind: "pareto", alpha: 1.5, least: 10, most: 1000 },
  { kind: "pareto", alpha: 1, least: 10, most: 1000 },
  { kind: "two", fast: 10, slow: 500, share: 0.1 },
]

test.each(kinds)("draws of %j have its mean", (x) => {
  const random = new Random(5)
  let sum = 0
  for (let k = 0; k < 200_000; k++) sum += sample(x, random)
  expect(sum / 200_000 / meanOf(x)).toBeGreaterThan(0.98)
  expect(sum / 200_000 / meanOf(x)).toBeLessThan(1.02)
})

test("times keep three digits, and what is beyond the longest is counted", () => {
  const times = new Times()
  for (let k = 1; k <= 1000; k++) times.record(k * 10)
  times.record(1e9)
  const summary = times.summary()
  expect(summary).toMatchObject({ count: 1001, beyond: 1 })
  for (const p of [50, 90, 99] as const) expect(percentileOf(summary, p) / (p * 100)).toBeCloseTo(1, 2)
  expect(new Times().summary()).toMatchObject({ count: 0, mean: 0, most: 0 })
})

test("percentiles are those of the sorted times, to a thousandth", () => {
  for (const [seed, x] of kinds.entries()) {
    const random = new Random(seed)
    const all = Array.from({ length: 20_000 }, () => sample(x, random))
    const times = new Times()
    for (const time of all) times.record(time)
    all.sort((a, b) => a - b)
    for (const [k, value] of times.summary().percentiles.entries()) {
      const exact = all[Math.round((percentiles[k]! / 100) * all.length) - 1]!
      // A tenth of a µs, or a thousandth.
      expect(Math.abs(value - exact), `${x.kind} ${percentiles[k]}`).toBeLessThanOrEqual(0.15 + exact / 1000)
    }
  }
})
