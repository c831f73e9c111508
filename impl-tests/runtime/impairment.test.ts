import { describe, expect, test } from "vitest"
import { badPath, Impaired } from "./impairment.ts"

const run = (seed: number, frames: number) => {
  const path = new Impaired(badPath, seed)
  const due = Array.from({ length: frames }, (_, k) => path.take(100 * k))
  return { path, due }
}

describe("a bad path", () => {
  test("loses, duplicates and delays as it says, and lets frames overtake each other", () => {
    const frames = 100_000
    const { path, due } = run(1, frames)
    const { lost, duplicated, overtaken } = path.counters
    expect(Math.abs(lost / frames - badPath.loss)).toBeLessThan(0.003)
    expect(Math.abs(duplicated / frames - badPath.duplicate)).toBeLessThan(0.002)
    expect(overtaken).toBeGreaterThan(frames / 2)
    const delays = due.flatMap((times, k) => times.map((at) => at - 100 * k))
    expect(Math.min(...delays.slice(0, 10_000))).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays.slice(0, 10_000))).toBeLessThanOrEqual(10_000)
    const mean = delays.reduce((sum, x) => sum + x, 0) / delays.length
    expect(Math.abs(mean - 5000)).toBeLessThan(100)
  })

  test("does the same again from the same seed, and other things from another", () => {
    expect(run(3, 1000).due).toEqual(run(3, 1000).due)
    expect(run(3, 1000).due).not.toEqual(run(4, 1000).due)
  })
})
