import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { checkModel, difference } from "../src/model/check.ts"
import { specDirectory } from "../src/model/spec.ts"
import type { TlcReport } from "../src/tla/messages.ts"
import { hazards } from "./hazards.ts"
import { models } from "./manifest.ts"

/** Those that must fail are run by hazards.test.ts, which wants their counterexamples too. */
const bad = new Set(hazards.map(({ model }) => model.name))

describe("every quick model ends as the manifest says", () => {
  test.each(
    models
      .filter(({ time, name }) => time === "quick" && !bad.has(name))
      .map((model) => [model.name, model.shows, model] as const),
  )("%s: %s", async (_name, _shows, model) => {
    const { problem } = await Effect.runPromise(checkModel(model))
    expect(problem).toBeUndefined()
  })
})

describe("the manifest", () => {
  test("has no name twice, and every bad design", () => {
    expect(new Set(models.map(({ name }) => name)).size).toBe(models.length)
    // In the modules of the ladder every bad design says so by its name; of MCBad's, hazards.test.ts asks more.
    const designs = [...new Set(models.map(({ module }) => module))]
      .filter((module) => module !== "MCBad")
      .flatMap((module) => {
        const text = readFileSync(join(specDirectory, `${module}.tla`), "utf8")
        return [...text.matchAll(/^(Bad\w+)(?:\(.*\))? ==/gm)].map((match) => `${module} ${match[1]}`)
      })
    const used = models
      .filter(({ module }) => module !== "MCBad")
      .flatMap(({ module, replace }) =>
        replace === undefined ? [] : [`${module} ${replace[1].replace(/^\[\w+\] /, "")}`],
      )
    expect([...new Set(used)].sort()).toEqual(designs.sort())
  })
})

describe("a run that ends otherwise is noticed", () => {
  const model = models[0]!
  const expected = model.expected as { distinct: number; depth: number }
  const report: TlcReport = {
    outcome: { _tag: "Success" },
    generated: 1,
    distinct: expected.distinct,
    queued: 0,
    depth: expected.depth,
    behaviour: { states: [], backTo: undefined, stutters: false },
    printed: [],
    exitCode: 0,
  }
  test.each<[string, Partial<TlcReport>, RegExp | undefined]>([
    ["as it must", {}, undefined],
    ["fewer states", { distinct: expected.distinct - 1 }, /distinct states/],
    ["less depth", { depth: 1 }, /depth/],
    ["more, as two workers may say", { depth: expected.depth + 3 }, undefined],
    ["more, as two workers may say", { depth: expected.depth + 3 }, undefined],
    ["states left", { queued: 3 }, /left/],
    ["violated", { outcome: { _tag: "Invariant", name: "OneOwner" } }, /OneOwner/],
    ["killed", { outcome: { _tag: "Killed", message: "a signal", remedy: "" } }, /a signal/],
  ])("%s", (_name, part, problem) => {
    const found = difference(model, { ...report, ...part })
    if (problem === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(problem)
  })

  test("more depth than one worker finds", () => {
    const found = { ...report, depth: expected.depth + 1 }
    expect(difference({ ...model, workers: 1 }, found)).toMatch(/depth/)
  })
})
