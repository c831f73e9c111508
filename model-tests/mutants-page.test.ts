import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { projectRoot } from "../src/setup/files.mjs"
import { coreMutants } from "./mutants/core.ts"
import { resultOf } from "./mutants/gate.ts"
import { type Findings, mutantsDigest, page, sideLine } from "./mutants/page.ts"
import { makeSpecGate } from "./mutants/spec-gate.ts"

describe("docs/mutation.md", () => {
  const text = readFileSync(join(projectRoot, "docs", "mutation.md"), "utf8")

  const sides = [...text.matchAll(/^\* (\w+): \d+ mutants, digest \w+$/gm)].map((match) => match[1]!)

  test("is of the specification at least", () => {
    expect(sides).toContain("Stack")
  })

  test.each(sides)("is of today's mutants of %s", async (side) => {
    const mutants =
      side === "core"
        ? coreMutants()
        : await Effect.runPromise(Effect.scoped(makeSpecGate(side).pipe(Effect.map((gate) => gate.mutants))))
    expect(text).toContain(sideLine(side, mutants))
  })

  test("names no survivor without its reason", () => {
    expect(text).toContain("## Survivors")
    expect(text).not.toContain("none known")
  })
})

describe("the page", () => {
  const [one, two] = coreMutants().filter(({ assertion }) => !assertion)
  const judged = [
    { mutant: one!, killedBy: "1-1-1-1: the graphs differ", reason: undefined },
    { mutant: two!, killedBy: undefined, reason: "a | b" },
  ]
  const findings: Findings = {
    results: [["core", resultOf(judged)]],
    corners: [{ name: "1-1-1-1", states: 977, edges: 2809 }],
    coverages: [],
    broken: [
      {
        module: "Stack",
        mutants: 7,
        breaking: 3,
        properties: [{ property: "P", designs: ["bad"], mutants: 2 }],
      },
    ],
  }
  test("says what was killed, by which model, what survives and why, what breaks each property", () => {
    const text = page(findings)
    expect(text).toContain("| core | 2 | 1 | 1 | 0 | 0 | 50.0 % |")
    expect(text).toContain("| core | 1-1-1-1 | graph | 1 |")
    expect(text).toContain("a \\| b |")
    expect(text).toContain("| P | bad | 2 |")
    expect(text).toContain("| 1-1-1-1 | 977 | 2809 | equal |")
  })

  test("knows mutants again wherever they stand, and no others", () => {
    const moved = { ...one!, name: one!.name.replace(/:\d+/, ":9999") }
    expect(mutantsDigest([moved, two!])).toBe(mutantsDigest([two!, one!]))
    expect(mutantsDigest([one!])).not.toBe(mutantsDigest([two!]))
  })
})
