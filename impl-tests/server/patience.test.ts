import { describe, expect, test } from "vitest"
import { ClaimTimers } from "../../src/server/claim-timers.ts"
import { LEAST_PATIENCE, Patience } from "../../src/server/patience.ts"

const learnt = (latencies: ReadonlyArray<number>, most = 20_000): number => {
  const patience = new Patience(2, most)
  for (let k = 0; k < 2000; k++) patience.learn(1, latencies[k % latencies.length]!)
  expect(patience.of(0)).toBe(most)
  return patience.of(1)
}

describe("patience", () => {
  test("begins with the claim timeout, and comes to a few times what an idle acceptor takes", () => {
    expect(new Patience(1, 20_000).of(0)).toBe(20_000)
    expect(learnt([100])).toBeGreaterThan(350)
    expect(learnt([100])).toBeLessThan(460)
  })

  test("follows who is idle, though twice as many are busy and a third of them never claims", () => {
    const mixed = learnt([100, 5000, 100, 5000, 100, Number.POSITIVE_INFINITY])
    expect(mixed).toBeGreaterThan(350)
    expect(mixed).toBeLessThan(460)
  })

  test("is long again where fewer than a quarter are idle", () => {
    expect(learnt([100, 5000, 5000, 5000, 5000])).toBeGreaterThan(5000)
  })

  test("has bounds", () => {
    expect(learnt([0])).toBe(LEAST_PATIENCE)
    expect(learnt([Number.POSITIVE_INFINITY], 300)).toBe(300)
  })

  test("of a successor begins anew", () => {
    const patience = new Patience(1, 20_000)
    for (let k = 0; k < 500; k++) patience.learn(0, 10)
    expect(patience.of(0)).toBeLessThan(100)
    patience.forget(0)
    expect(patience.of(0)).toBe(20_000)
  })
})

describe("claim timers", () => {
  const timer = (c: number, at: number) => ({ c, n: 1, at })

  test("fire in the order of their times, equal ones in that of their arming", () => {
    const timers = new ClaimTimers()
    for (const [c, at] of [
      [0, 50],
      [1, 20],
      [2, 50],
      [3, 10],
      [4, 60],
    ] as const)
      timers.arm(timer(c, at))
    const fired: Array<number> = []
    while (timers.first(() => true) !== undefined) fired.push(timers.pop().c)
    expect(fired).toEqual([3, 1, 0, 2, 4])
    expect(timers.length).toBe(0)
  })

  test("drop what no longer runs, and grow no longer for having run", () => {
    const timers = new ClaimTimers()
    for (let c = 0; c < 20_000; c++) {
      timers.arm(timer(c, c))
      expect(timers.first((x) => x.c + 3 >= c)!.c).toBe(Math.max(0, c - 3))
    }
    expect(timers.length).toBe(4)
    expect(timers.first(() => false)).toBeUndefined()
    expect(timers.length).toBe(0)
  })
})
