/** The rules of Prequal's client, one by one (Wydrowski et al., NSDI 2024, §4), and of its replicas' estimates. */
import { describe, expect, test } from "vitest"
import { NONE } from "../../../src/experiment/baselines/balancer.ts"
import { LatencyEstimate } from "../../../src/experiment/baselines/prequal.ts"
import { ProbePool, poolSize, reuseBudget } from "../../../src/experiment/baselines/probe-pool.ts"

/** A pool of probes [replica, requests in flight, latency], heard one µs after the other. */
const pool = (replicas: number, ...probes: ReadonlyArray<readonly [number, number, number]>): ProbePool => {
  const all = new ProbePool(replicas)
  for (const [k, [a, rif, latency]] of probes.entries()) all.add(a, rif, latency, k, 0.99)
  return all
}

describe("the choice", () => {
  test("of the cold the one of least latency, though another has fewer requests in flight", () => {
    expect(pool(16, [0, 0, 500], [1, 3, 100], [2, 3, 200], [3, 3, 300]).choose(10)).toBe(1)
  })

  test("never a hot one while there is a cold one, though its latency is least", () => {
    // Of eight replicas' counts the seventh is the 84th percentile: who has more is hot.
    const counts = [1, 1, 1, 1, 1, 1, 2, 9]
    const all = pool(8, ...counts.map((rif, a) => [a, rif, a === 7 ? 1 : 100 + a] as const))
    expect(all.choose(10)).toBe(4)
  })

  test("where all are hot the one of fewest requests", () => {
    const all = new ProbePool(16)
    for (let a = 2; a < 16; a++) all.add(a, 0, 100, 0, 0.99)
    // Long after, the two that are left know of fourteen that had none.
    all.add(0, 6, 10, 2_000_000, 0.99)
    all.add(1, 5, 20, 2_000_001, 0.99)
    expect(all.choose(2_000_002)).toBe(1)
  })

  test("anybody, where fewer than two probes are left", () => {
    expect(pool(16).choose(0)).toBe(NONE)
    expect(pool(16, [0, 0, 100]).choose(1)).toBe(NONE)
    expect(pool(16, [0, 0, 100], [1, 0, 200]).choose(2)).toBe(0)
  })

  test("counts what this client has sent since it heard", () => {
    // Four of eight, each used four times; the one chosen is hot once it has more in flight than any has been heard to have.
    const all = pool(8, [0, 1, 100], [1, 1, 200], [2, 1, 300], [3, 1, 400])
    expect(all.choose(10)).toBe(0)
    expect(all.choose(10)).not.toBe(0)
  })
})

describe("a probe goes", () => {
  test("when it is older than a second", () => {
    const all = pool(16, [0, 0, 100], [1, 0, 200], [2, 0, 300])
    expect(all.choose(1_000_001)).toBe(1)
    expect(pool(16, [0, 0, 100], [1, 0, 200]).choose(2_000_000)).toBe(NONE)
  })

  test("when it has been used as often as the budget allows", () => {
    const uses = Math.ceil(reuseBudget(64))
    expect(uses).toBe(2)
    const all = new ProbePool(64)
    for (let a = 0; a < 16; a++) all.add(a, a === 0 ? 0 : 5, a === 0 ? 1 : 100 + a, a, 0.99)
    // The fraction of the budget was not drawn: one use.
    expect(all.choose(20)).toBe(0)
    expect(all.choose(20)).not.toBe(0)
    for (let a = 0; a < 16; a++) all.add(a, a === 0 ? 0 : 5, a === 0 ? 1 : 100 + a, 20 + a, 0)
    expect([all.choose(40), all.choose(40), all.choose(40) === 0]).toEqual([0, 0, false])
  })

  test("with each query, the worst and the oldest by turns", () => {
    const all = pool(64, [0, 1, 10], [1, 1, 900], [2, 1, 20], [3, 1, 30], [4, 1, 800])
    const left = () => all.length
    // Replica 1, of most latency, and 0, which is used up.
    expect(all.choose(10)).toBe(0)
    expect(left()).toBe(3)
    // 2 is used up; then the oldest, 3, though 4 is worse.
    expect(all.choose(10)).toBe(2)
    expect(left()).toBe(1)
    all.add(5, 1, 850, 11, 0.99)
    expect(all.choose(12)).toBe(4)
  })

  test("for another of the same replica, and for a new one where the pool is full, the oldest first", () => {
    const all = pool(8, [0, 0, 1], [1, 0, 200], [2, 0, 300], [3, 0, 400])
    all.add(1, 0, 150, 10, 0.99)
    expect(all.length).toBe(4)
    all.add(4, 0, 500, 11, 0.99)
    expect(all.length).toBe(4)
    expect(all.choose(12)).toBe(1)
  })
})

test("the reuse budget is the paper's, and finite by the size that we choose", () => {
  // (1 + δ) / ((1 − m/n) r_probe − r_remove), of its test bed: 2 / (0.84 · 3 − 1).
  expect(poolSize(100)).toBe(16)
  expect(reuseBudget(100)).toBeCloseTo(2 / 1.52, 12)
  expect(reuseBudget(100, 100)).toBe(Number.POSITIVE_INFINITY)
  expect(reuseBudget(1000)).toBeCloseTo(2 / (0.984 * 3 - 1), 12)
  for (const n of [4, 8, 16, 64]) expect(reuseBudget(n)).toBeLessThanOrEqual(4)
})

test("a replica tells the median of what requests took lately that found as many in flight, or nearly", () => {
  const estimate = new LatencyEstimate()
  expect(estimate.at(3)).toBe(0)
  for (const time of [10, 1000, 20]) estimate.record(2, time)
  for (const time of [70, 80, 90]) estimate.record(5, time)
  expect([0, 2, 3, 4, 5, 900].map((n) => estimate.at(n))).toEqual([20, 20, 20, 80, 80, 80])
  // Sixteen are remembered.
  for (let k = 0; k < 16; k++) estimate.record(2, 300)
  expect(estimate.at(2)).toBe(300)
})
