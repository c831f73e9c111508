import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { coverages, covered } from "./coverage.ts"
import { models } from "./manifest.ts"

describe("every quick model", () => {
  test("takes every action and asks every conclusion of its properties, or is excused by its limits", async () => {
    const quick = covered(models.filter(({ time }) => time === "quick"))
    const found = await Effect.runPromise(coverages(quick))
    expect(found.map(({ model }) => model)).toEqual(quick.map(({ name }) => name))
    const problems = found.flatMap((x) => x.problems.map((problem) => `${x.model}: ${problem}`))
    expect(problems).toEqual([])
    // Not for want of anything to look at (a refinement is one action).
    for (const { model, actions } of found) expect(actions.size, model).toBeGreaterThan(0)
    expect(found.reduce((sum, { conclusions }) => sum + conclusions.length, 0)).toBeGreaterThan(100)
  })
})
