import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { figureOf, median, ratiosOf, settled } from "../../src/bench/statistics.ts"

const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 })

describe("median", () => {
  test.each([
    [[3], 3],
    [[1, 9], 5],
    [[9, 1, 2], 2],
    [[10, 9, 2, 1], 5.5],
    // By value, not by digits.
    [[100, 20, 3], 20],
  ])("of %j is %d", (list, expected) => {
    expect(median(list)).toBe(expected)
  })

  test("has as many values at or below it as at or above it, whatever their order", () => {
    fc.assert(
      fc.property(values, (list) => {
        const before = [...list]
        const middle = median(list)
        const half = list.length / 2
        expect(list.filter((x) => x <= middle).length).toBeGreaterThanOrEqual(half)
        expect(list.filter((x) => x >= middle).length).toBeGreaterThanOrEqual(half)
        expect(median([...list].reverse())).toBe(middle)
        expect(list).toEqual(before)
      }),
    )
  })

  test("of nothing, or of what is no number, is an error", () => {
    expect(() => median([])).toThrow(RangeError)
    expect(() => median([1, Number.NaN])).toThrow(RangeError)
  })
})

describe("figures", () => {
  test("have least and most around the median", () => {
    expect(figureOf([4, 1, 3])).toEqual({ median: 3, min: 1, max: 4 })
  })

  test("ratios are of one turn's sides: what slows a whole turn is not in them", () => {
    const turns = [
      [20, 10, 5],
      [200, 100, 50],
      [2, 1, 0.5],
    ]
    expect(ratiosOf(turns, 1)).toEqual([2, 2, 2])
    expect(ratiosOf(turns, 2)).toEqual([4, 4, 4])
  })

  test("a machine is the same when a thing takes about as long before as after", () => {
    expect(settled(200, 230)).toBe(true)
    expect(settled(230, 200)).toBe(true)
    // Siblings of one core, and cores of one socket: what made an earlier form of the queue's row worthless.
    expect(settled(200, 930)).toBe(false)
    expect(settled(930, 200)).toBe(false)
  })
})
