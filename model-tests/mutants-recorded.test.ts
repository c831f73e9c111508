/** The third judge: recordings. Only what model checking and graph equality leave alive is given to it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { specDirectory } from "../src/model/spec.ts"
import { shipped } from "../src/model/stack/step.ts"
import { coreMutants, Nursery } from "./mutants/core.ts"
import { isTraced, makeRecordedJudge, recordedKill } from "./mutants/recorded.ts"
import type { SpecMutant } from "./mutants/spec.ts"

const mutant = (module: string, definition: string, before: string, after: string): SpecMutant => {
  const text = readFileSync(join(specDirectory, `${module}.tla`), "utf8")
  expect(text).toContain(before)
  const source = text.replace(before, after)
  return { name: "", operator: "", line: 1, assertion: false, before, after, module, definition, source }
}

describe("a core's recordings", () => {
  test("are accepted of the shipped one", async () => {
    expect(await recordedKill(shipped)).toBeUndefined()
  })

  test("are rejected where a mutant does what the specification does not", async () => {
    const nursery = new Nursery()
    try {
      const { file, source } = coreMutants().find(
        (x) => x.file === "transport.ts" && x.before === "x.n === n" && x.after === "x.n !== n",
      )!
      expect(await recordedKill(await nursery.core(file, source))).toMatch(/^rejected at event \d+: /)
    } finally {
      nursery.close()
    }
  })
})

describe("a mutant of the specification", () => {
  const judge = makeRecordedJudge(1)

  test("that changes nothing comes to the same verdicts", async () => {
    expect(await judge(mutant("StackApplication", "Register", "", ""))).toBeUndefined()
  })

  test("that asks less, where no model can tell, takes an altered recording further", async () => {
    const weaker = mutant("StackApplication", "Attach", "  /\\ g >= app[a].g\n", "")
    expect(await judge(weaker)).toMatch(
      /^with another Attach: rejected at event (\d+): .*, not rejected at event \1: no action/,
    )
  })

  test("that asks more rejects what the shipped core does", async () => {
    const stricter = mutant("StackApplication", "Register", '  /\\ app[a].phase = "Up"\n', "  /\\ FALSE\n")
    expect(await judge(stricter)).toMatch(/: rejected at event \d+: no action/)
  })

  test("of another specification is none of its business", () => {
    const other = mutant("AcceptQueue", "Init", "", "")
    expect([isTraced(other), isTraced({ ...other, module: "StackState" })]).toEqual([false, true])
  })
})
