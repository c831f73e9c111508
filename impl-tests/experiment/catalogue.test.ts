import { expect, test } from "vitest"
import { experimentOf, experiments, tasksOf } from "../../src/experiment/catalogue/catalogue.ts"

const quick = { seed: 1, quick: true }

test("every experiment is possible, full and quick, and has keys that a file can bear", () => {
  for (const one of experiments) {
    for (const choice of [quick, { seed: 0xffffffff, quick: false }]) {
      for (const [key, tasks] of tasksOf(one, choice)) {
        expect(key).toMatch(/^[a-z0-9-]+$/)
        expect(tasks).toHaveLength(choice.quick ? 1 : one.repetitions)
        // Each repetition is a run of its own.
        expect(new Set(tasks.map(({ spec }) => spec.seed)).size).toBe(tasks.length)
        if (!choice.quick) expect(tasks.length).toBeGreaterThanOrEqual(3)
        // What goes to a worker and into a file comes back as it was.
        for (const { spec } of tasks) expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
      }
    }
  }
  expect(() => experimentOf("figure-99")).toThrow(
    /figure-99: there is no such experiment; there are imbalance/,
  )
})
