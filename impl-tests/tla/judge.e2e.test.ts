import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Judge, JudgeFailed, makeJudge } from "../../src/tla/judge.ts"
import { runTlc } from "../../src/tla/tlc.ts"

const source = (rest: string) => `---- MODULE Lamp ----
EXTENDS Integers
CONSTANT Most
VARIABLES lit, count
Off(x) == ~x
Init == lit = FALSE /\\ count = 0
${rest}
Steps == {1}
Press(k) == Off(lit) /\\ lit' = TRUE /\\ count < Most /\\ count' = count + k
Release == lit /\\ lit' = FALSE /\\ UNCHANGED count
Never == count > Most /\\ lit' = lit /\\ count' = 0
Next == (\\E k \\in Steps : Press(k)) \\/ Release \\/ Never
Spec == Init /\\ [][Next]_<<lit, count>>
Small == count <= Most
Dark == count = 0 => ~lit
Broken == IF count = 2 THEN lit[1] ELSE TRUE
Rises == [][count' >= count]_count
Stays == [][lit' = lit]_lit
====
`
const standing = source("Twice(x) == 2 * x")
const config = (...lines: ReadonlyArray<string>) =>
  ["SPECIFICATION Spec", "CHECK_DEADLOCK FALSE", "CONSTANT Most = 3", ...lines, ""].join("\n")

let folder: string
let count = 0
const directory = (text: string): string => {
  const path = join(folder, `spec-${count++}`)
  mkdirSync(path)
  writeFileSync(join(path, "Lamp.tla"), text)
  return path
}
const configured = (...lines: ReadonlyArray<string>): string => {
  const path = join(folder, `Lamp-${count++}.cfg`)
  writeFileSync(path, config(...lines))
  return path
}
const withJudge = <A>(use: (judge: Judge) => Effect.Effect<A, JudgeFailed>): Promise<A> =>
  Effect.runPromise(Effect.scoped(makeJudge.pipe(Effect.flatMap(use))))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pika-judge-test-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("a changed definition", () => {
  /** How Lamp differs where `before` is replaced by `after` in a definition, its properties in the configuration's lines. */
  const judged = (definition: string, before: string, after: string, ...lines: ReadonlyArray<string>) =>
    withJudge((judge) =>
      Effect.gen(function* () {
        const known = {
          model: "lamp",
          root: "Lamp",
          config: configured(...lines),
          directory: directory(standing),
        }
        yield* judge.know(known, 1000)
        return yield* judge.difference(known, definition, directory(standing.replace(before, after)), 10)
      }),
    )
  test.each([
    ["nothing", "Off", "", "", undefined],
    ["the same in other words", "Off", "Off(x) == ~x", "Off(x) == x = FALSE", undefined],
    ["a definition that nothing uses", "Twice", "2 * x", "3 * x", undefined],
    ["another initial state", "Init", "count = 0", "count = 1", /^graph: the initial states/],
    ["a step less", "Off", "Off(x) == ~x", "Off(x) == FALSE", /^graph: Press\(1\) in a state at depth 1/],
    ["a step more", "Release", "Release == lit", "Release == TRUE", /^graph: Release/],
    ["a step elsewhere", "Press", "count + k", "count + k + k", /^graph: Press\(1\)/],
    ["an action more", "Steps", "{1}", "{1, 2}", /^graph: Press\(2\)/],
    ["an action less", "Steps", "{1}", "{}", /^graph: no Press\(1\)/],
    ["a variable left open", "Release", "lit' = FALSE /\\ ", "", /^error: .*open/],
    ["what can't be evaluated", "Press", "count + k", "count[k]", /^error: /],
    ["no module", "Press", "count + k", "count +", /^invalid: /],
    ["no first state", "Init", " /\\ count = 0", "", /^invalid: Init leaves/],
    ["what makes the actions", "Next", ": Press(k)", ": Press(1)", undefined],
    ["an action made twice", "Next", ": Press(k)", ": (Press(k) \\/ Press(k))", undefined],
    ["an action left out", "Next", " \\/ Release", "", /^graph: no Release/],
    ["a guard that is never asked", "Never", "count > Most", "count > Most + 1", undefined],
  ])("%s", async (_name, definition, before, after, how) => {
    const found = await judged(definition, before, after)
    if (how === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(how)
  })

  test("a property that uses it is looked at in every state, an action property at every step", async () => {
    const small = ["Small", "Small == count <= Most", "Small == count < Most"] as const
    expect(await judged(...small, "INVARIANT Small")).toBe("property: Small")
    expect(await judged(...small)).toBeUndefined()
    const rises = ["Rises", "count' >= count", "count' <= count"] as const
    expect(await judged(...rises, "PROPERTY Rises")).toBe("property: Rises")
    expect(await judged(...rises)).toBeUndefined()
  })
})

test("of a graph without end the beginning is compared", async () => {
  const endless = standing.replace("count < Most", "TRUE")
  const changed = (before: string, after: string) =>
    withJudge((judge) =>
      Effect.gen(function* () {
        const known = { model: "lamp", root: "Lamp", config: configured(), directory: directory(endless) }
        const { states, complete } = yield* judge.know(known, 50)
        expect([states, complete]).toEqual([50, false])
        return yield* judge.difference(known, "Press", directory(endless.replace(before, after)), 10)
      }),
    )
  expect(await changed("TRUE /\\ count'", "TRUE /\\ TRUE /\\ count'")).toBeUndefined()
  expect(await changed("TRUE /\\ count'", "count < 9 /\\ count'")).toMatch(/^graph: Press\(1\)/)
})

test("along random behaviours, the same each time, a state far off is found", async () => {
  const far = (before: string, after: string) =>
    withJudge((judge) =>
      Effect.gen(function* () {
        const spec = standing.replace("count < Most", "count < 1000").replace(" \\/ Never", "")
        const known = { model: "lamp", root: "Lamp", config: configured(), directory: directory(spec) }
        const { states, complete } = yield* judge.know(known, 60, 80)
        expect([states, complete]).toEqual([60, false])
        return yield* judge.difference(known, "Release", directory(spec.replace(before, after)), 10)
      }),
    )
  const release = "Release == lit"
  const found = await Promise.all([0, 1].map(() => far(release, `${release} /\\ count < 20`)))
  expect(found[0]).toMatch(/^graph: Release in a state at depth 4\d$/)
  expect(found[1]).toBe(found[0])
  expect(await far(release, `${release} /\\ TRUE`)).toBeUndefined()
})

test("a walk ends though the model has fewer states than it may look at", async () => {
  const known = { model: "lamp", root: "Lamp", config: configured(), directory: directory(standing) }
  const { states } = await withJudge((judge) => judge.know(known, 1000, 50))
  expect(states).toBe(7)
})

describe("exploring", () => {
  test("goes on after a violation, and counts what TLC counts", async () => {
    const path = configured("INVARIANTS Small Dark Broken", "PROPERTIES Rises Stays")
    const spec = directory(standing)
    const explored = await withJudge((judge) =>
      judge.explore({ root: "Lamp", config: path, directories: [spec], mostStates: 1000, seconds: 10 }),
    )
    const report = await Effect.runPromise(
      runTlc({ module: join(spec, "Lamp.tla"), config: configured(), workers: 1, heap: 512 }),
    )
    expect(explored).toEqual({
      states: report.distinct,
      complete: true,
      violated: new Map([["Stays", 2]]),
      undefined: new Set(["Broken"]),
      actions: new Set(["Press", "Release", "Never"]),
      labels: new Map([
        ["Press(1)", 3],
        ["Release", 3],
      ]),
    })
  })

  test("stops at its limit, and when there is nothing left to find", async () => {
    const spec = directory(standing.replace(" \\/ Never", ""))
    const what = { root: "Lamp", directories: [spec], mostStates: 1000, seconds: 10 }
    const [short, all] = await withJudge((judge) =>
      Effect.all([
        judge.explore({ ...what, config: configured(), mostStates: 2 }),
        judge.explore({ ...what, config: configured("PROPERTY Stays"), untilAllBut: [] }),
      ]),
    )
    expect(short.complete).toBe(false)
    expect(all.complete).toBe(false)
    expect(all.violated.size).toBe(1)
  })
})

describe("what can't be judged", () => {
  test.each([
    ["a syntax error", "Small == ", "Small == = ", [], /./],
    ["no such property", "", "", ["INVARIANT Nothing"], /Nothing/],
    ["a constraint", "", "", ["CONSTRAINT Small"], /constraints/],
  ])("%s is said, and the next is judged", async (_name, before, after, lines, message) => {
    const [error, next] = await withJudge((judge) =>
      Effect.gen(function* () {
        const bad = {
          model: "bad",
          root: "Lamp",
          config: configured(...lines),
          directory: directory(standing.replace(before, after)),
        }
        const failed = yield* judge.know(bad, 50).pipe(Effect.flip, Effect.orDie)
        const good = { model: "good", root: "Lamp", config: configured(), directory: directory(standing) }
        return [failed, yield* judge.know(good, 50)] as const
      }),
    )
    expect(error).toBeInstanceOf(JudgeFailed)
    expect(error.message).toMatch(message)
    expect(next.states).toBe(7)
  })

  test("the names of what initial predicate and actions use", async () => {
    const used = await withJudge((judge) =>
      judge.used({ root: "Lamp", config: configured(), directory: directory(standing) }),
    )
    for (const name of ["Off", "Steps", "Press", "Init", "Next"]) expect(used).toContain(`Lamp.${name}`)
    for (const name of ["Twice", "Small", "Rises"]) expect(used).not.toContain(`Lamp.${name}`)
  })
})
