import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { coreEquals } from "../src/model/stack/equality.ts"
import { StackSystem } from "../src/model/stack/system.ts"
import { projectRoot } from "../src/setup/files.mjs"
import { explore } from "../src/tla/graph/explore.ts"
import { coreMutants, Nursery } from "./mutants/core.ts"
import { type Judged, killCore, resultOf } from "./mutants/gate.ts"
import { mutantsOf } from "./mutants/operators.ts"
import { corners } from "./mutants/spec-models.ts"

const nothing = { except: new Set<string>(), assertions: new Set<string>() }

describe("mutants of TypeScript", () => {
  test.each([
    ["if (a < b) f()", ["a <= b", "a >= b", "false", "true", "{}"]],
    ["const x = a && !b", ["(a || !b)", "a", "!b", "b"]],
    ["const x = { ...y, a: 1, b: true }", ["...y, b: true", "...y, a: 1", "1 + 1", "false"]],
    [
      "const x = p === 'A' ? q : p === 'B' ? r : s",
      expect.arrayContaining(["p !== 'A'", "(q)", '"B"', '"A"']),
    ],
    ["import x from 'y'\ntype T = 'A' | 'B'\nlet z: 1 | 2", []],
  ])("%s", (source, after) => {
    const found = mutantsOf("x.ts", source, nothing).map((x) => x.after)
    expect(Array.isArray(after) ? found.sort() : found).toEqual(Array.isArray(after) ? after.sort() : after)
  })

  test("a condition under which a step is refused is told apart", () => {
    const found = mutantsOf(
      "x.ts",
      "const f = () => {\nif (a < 0) return illegal(s, out)\nif (a < 1) f()\n}",
      nothing,
    )
    expect(found.filter((x) => x.assertion).map((x) => x.line)).toEqual([2, 2, 2, 2, 2])
  })

  test("there are enough of the core", () => {
    expect(coreMutants().length).toBeGreaterThan(200)
  })
})

describe("judging", () => {
  let nursery: Nursery
  beforeAll(() => {
    nursery = new Nursery()
  })
  afterAll(() => nursery.close())
  const graph = (_name: string, constants: (typeof corners)[number][1]) =>
    explore(new StackSystem(constants), 1_000_000)
  const source = (file: string, before: string, after: string) => {
    const mutant = coreMutants().find((x) => x.file === file && x.before === before && x.after === after)
    if (mutant === undefined) throw new Error(`no mutant ${before} → ${after} of ${file}`)
    return mutant.source
  }

  test("an unchanged copy lives", async () => {
    const [, constants] = corners[0]!
    const source = readFileSync(join(projectRoot, "src", "core", "transport.ts"), "utf8")
    const copy = await nursery.core("transport.ts", source)
    expect(coreEquals(graph("", constants), constants, copy).problem).toBeUndefined()
  })

  test.each([
    ["transport.ts", "x.n === n", "x.n !== n"],
    ["manager.ts", "state.queue.length === 0", "state.queue.length !== 0"],
    ["application.ts", "back !== state.g", "back === state.g"],
  ])("%s: %s → %s dies", async (file, before, after) => {
    expect(killCore(await nursery.core(file, source(file, before, after)), graph)).toBeDefined()
  })

  test("one that never comes to an end of its states dies", async () => {
    const endless = source("application.ts", "state.g + 1", "state.g - 1")
    expect(killCore(await nursery.core("application.ts", endless), graph)).toBeDefined()
  })
})

describe("the gate", () => {
  const mutant = mutantsOf("x.ts", "f()", nothing)[0]!
  const judged = (
    killed: number,
    explained: number,
    unexplained: number,
    assertions: number,
  ): Array<Judged> => [
    ...Array.from({ length: killed }, () => ({ mutant, killedBy: "x", reason: undefined })),
    ...Array.from({ length: explained }, () => ({ mutant, killedBy: undefined, reason: "why" })),
    ...Array.from({ length: unexplained }, () => ({ mutant, killedBy: undefined, reason: undefined })),
    ...Array.from({ length: assertions }, () => ({
      mutant: { ...mutant, assertion: true },
      killedBy: undefined,
      reason: "asserts",
    })),
  ]
  test.each([
    [95, 5, 0, 0, true],
    [94, 6, 0, 0, false],
    [99, 0, 1, 0, false],
    [95, 5, 0, 50, true],
  ])("%i killed, %i explained, %i not, %i assertions: passes %s", (a, b, c, d, passed) => {
    expect(resultOf(judged(a, b, c, d)).passed).toBe(passed)
  })
})
