import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { trapsOf } from "../../src/tla/antecedents.ts"
import { coverageOf, type Excuse } from "../../src/tla/coverage.ts"
import { makeJudge } from "../../src/tla/judge.ts"
import type { Model } from "../../src/tla/model.ts"
import { treeOf } from "../../src/tla/tree.ts"

/** Nobody ever holds the second key; Steal is never possible. */
const text = `---- MODULE Keys ----
EXTENDS Integers, Sequences
CONSTANT Keys
VARIABLES holder, log
vars == <<holder, log>>
Init == holder = [k \\in Keys |-> 0] /\\ log = <<>>
Take(k) == k = 1 /\\ holder[k] = 0 /\\ holder' = [holder EXCEPT ![k] = 1] /\\ log' = Append(log, "take")
Drop(k) == holder[k] # 0 /\\ holder' = [holder EXCEPT ![k] = 0] /\\ Len(log) < 4 /\\ log' = Append(log, "drop")
Steal(k) == holder[k] = 2 /\\ holder' = [holder EXCEPT ![k] = 1] /\\ UNCHANGED log
Next == \\E k \\in Keys : Take(k) \\/ Drop(k) \\/ Steal(k)
Spec == Init /\\ [][Next]_vars

\\* Asked: somebody holds the first key.
Sound == \\A k \\in Keys : holder[k] # 0 => holder[k] = 1
\\* Never asked: nobody holds the second.
Second == holder[2] # 0 => holder[1] = 0
\\* The first arm is asked, the second is not.
Arms == \\A k \\in Keys :
  IF holder[k] = 0 THEN TRUE
  ELSE CASE holder[k] = 1 -> Len(log) > 0
         [] holder[k] = 2 -> FALSE
         [] OTHER -> TRUE
\\* Through a definition and LET; a set that stays empty.
Thieves(k) == {x \\in {2} : holder[k] = x}
OfThief(k, x) == LET y == holder[k] IN /\\ y = x
                                       /\\ (/\\ y > 1
                                           /\\ k > 1) => y = 3
NoThief == \\A k \\in Keys : \\A x \\in Thieves(k) : OfThief(k, x)
\\* Of a step.
Kept == [][\\A k \\in Keys : (holder[k] = 1 /\\ holder'[k] = 0) => log' # log]_vars
Never == [][\\A k \\in Keys : (holder[k] = 1 /\\ holder'[k] = 2) => log' # log]_vars
Returned == \\A k \\in Keys : (holder[k] # 0) ~> (holder[k] = 0)
Thus == \\A k \\in Keys : (holder[k] = 7) ~> (holder[k] = 0)
====
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pika-coverage-test-"))
  writeFileSync(join(folder, "Keys.tla"), text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sources = () => [{ module: "Keys", text, roots: treeOf(folder, "Keys") }]

const model = (invariants: ReadonlyArray<string>, properties: ReadonlyArray<string>): Model => ({
  name: "keys",
  shows: "",
  module: "Keys",
  specification: "Spec",
  constants: { Keys: "{1, 2}" },
  invariants,
  properties,
  expected: { _tag: "Success", distinct: 0, depth: 0 },
  time: "quick",
})

const covered = (
  invariants: ReadonlyArray<string>,
  properties: ReadonlyArray<string> = [],
  excuses: ReadonlyArray<Excuse> = [],
) =>
  Effect.runPromise(
    Effect.scoped(
      makeJudge.pipe(
        Effect.flatMap((judge) =>
          coverageOf(judge, model(invariants, properties), {
            directory: folder,
            sources: sources(),
            excuses,
            mostStates: 1000,
            seconds: 10,
          }),
        ),
      ),
    ),
  )

const steal: Excuse = { action: "Steal", why: "nobody steals" }

describe("a model", () => {
  test("with a dead action fails, unless it is excused", async () => {
    const { problems, actions } = await covered(["Sound"])
    expect(actions).toEqual(new Set(["Take", "Drop", "Steal"]))
    expect(problems).toEqual(["Steal is never taken"])
    const { problems: none, excused } = await covered(["Sound"], [], [steal])
    expect(none).toEqual([])
    expect(excused).toEqual([{ what: "Steal is never taken", why: "nobody steals" }])
  })

  test.each([
    ["an implication", "Second", /^Second is never asked: \(holder\[2\] # 0\)$/],
    // OTHER says TRUE: nothing is asked there.
    ["an arm", "Arms", /^Arms is never asked: .*holder\[k\] = 2/],
    ["an empty set", "NoThief", /^NoThief is never asked: .*Thieves\(k\).*y > 1 \/\\ k > 1/],
    ["a step", "Never", /^Never is never asked: .*holder'\[k\] = 2/],
    ["what leads to something", "Thus", /^Thus is never asked: .*holder\[k\] = 7/],
  ])("with a property that says nothing fails: %s", async (_name, property, expected) => {
    const temporal = ["Never", "Thus"].includes(property)
    const { problems } = await covered(temporal ? [] : [property], temporal ? [property] : [], [steal])
    expect(problems).toEqual([expect.stringMatching(expected)])
  })

  test("whose properties are all asked passes", async () => {
    const { problems, conclusions } = await covered(["Sound"], ["Kept", "Returned"], [steal])
    expect(problems).toEqual([])
    expect(conclusions.map((x) => [x.property, x.level])).toEqual([
      ["Sound", "state"],
      ["Kept", "step"],
      ["Returned", "state"],
    ])
  })

  test("is not excused from what is there", async () => {
    const { problems } = await covered(
      ["Sound"],
      [],
      [
        steal,
        { action: "Take", why: "nobody takes" },
        { conclusion: ["Sound", /holder/], why: "nobody holds" },
      ],
    )
    expect([...problems].sort()).toEqual([
      "Take is excused (nobody takes), but there",
      "Trap_Sound_1 is excused (nobody holds), but there",
    ])
  })
})

test("bulleted lists keep their columns", () => {
  const { conclusions, definitions } = trapsOf(["NoThief"], sources())
  expect(conclusions.length).toBe(1)
  const lines = definitions.split("\n")
  const columns = lines
    .filter((line) => /^\s+(\(|)\/\\ (y|k) > 1/.test(line))
    .map((line) => line.indexOf("/\\"))
  expect(new Set(columns).size).toBe(1)
})
