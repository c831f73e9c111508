import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { emptyWindow, estimate, push, windowLength } from "../../src/core/window.ts"

const times = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 600, size: "max" })

const median = (list: ReadonlyArray<number>): number => {
  const sorted = [...list].sort((x, y) => x - y)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

const mean = (list: ReadonlyArray<number>): number => list.reduce((x, y) => x + y, 0) / list.length

describe("service-time window (§5.3)", () => {
  test.for([
    ["median", median],
    ["mean", mean],
  ] as const)("moving %s is that of the last times", ([kind, direct]) => {
    fc.assert(
      fc.property(times, (list) => {
        let window = emptyWindow(kind)
        expect(estimate(window)).toBe(0)
        for (const [k, time] of list.entries()) {
          window = push(window, time)
          if (k % 37 === 0 || k === list.length - 1) {
            expect(estimate(window)).toBe(direct(list.slice(Math.max(0, k + 1 - windowLength[kind]), k + 1)))
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test("remembers 128 for the median, 256 for the mean", () => {
    for (const [kind, length] of [
      ["median", 128],
      ["mean", 256],
    ] as const) {
      let window = push(emptyWindow(kind), 1_000_000)
      for (let k = 1; k < length; k++) window = push(window, 1)
      expect(window.times).toContain(1_000_000)
      window = push(window, 1)
      expect(window.times).toEqual(new Array(length).fill(1))
      expect(estimate(window)).toBe(1)
    }
  })

  test("an older window stays as it was", () => {
    const before = push(emptyWindow("median"), 5)
    push(before, 9)
    expect(before.times).toEqual([5])
    expect(estimate(before)).toBe(5)
  })
})
