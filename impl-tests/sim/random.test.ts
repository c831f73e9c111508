import fc from "fast-check"
import { expect, test } from "vitest"
import { Random } from "../../src/sim/random.ts"

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.draw())

test("the same seed gives the same draws, another seed others", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expect(draws(new Random(seed), 10)).toEqual(draws(new Random(seed), 10))
      expect(draws(new Random(seed), 10)).not.toEqual(draws(new Random(seed + 1), 10))
    }),
  )
})

test("a named stream does not depend on what was drawn before, and differs from others", () => {
  const random = new Random(7)
  const before = draws(random.stream("wire"), 5)
  draws(random, 100)
  expect(draws(random.stream("wire"), 5)).toEqual(before)
  expect(draws(random.stream("wire 1"), 5)).not.toEqual(before)
  expect(draws(random.stream("wire").stream("x"), 5)).not.toEqual(draws(random.stream("x"), 5))
})

test("whole numbers stay within their bounds and reach both", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 100 }), fc.nat(5), (seed, low, span) => {
      const random = new Random(seed)
      const seen = new Set<number>()
      for (let k = 0; k < 400; k++) {
        for (const x of [random.between(low, low + span), random.scale(low, low + span)]) {
          expect(x).toBeGreaterThanOrEqual(low)
          expect(x).toBeLessThanOrEqual(low + span)
          seen.add(x)
        }
      }
      expect(seen.size).toBe(span + 1)
    }),
  )
})

test("draws are uniform as far as a count of their bits tells", () => {
  const random = new Random(1)
  const ones = new Array<number>(32).fill(0)
  for (let k = 0; k < 20_000; k++) {
    const x = random.draw()
    for (let bit = 0; bit < 32; bit++) ones[bit]! += (x >>> bit) & 1
  }
  // Six standard deviations.
  for (const n of ones) expect(Math.abs(n - 10_000)).toBeLessThan(6 * Math.sqrt(5_000))
})
