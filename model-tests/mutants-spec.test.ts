import { spawn } from "node:child_process"
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { specDirectory } from "../src/model/spec.ts"
import { projectRoot } from "../src/setup/files.mjs"
import { reasonFor } from "./mutants/equivalent.ts"
import type { SpecMutant } from "./mutants/spec.ts"
import { type Kill, makeSpecGate } from "./mutants/spec-gate.ts"
import { judgesOf, modulesUnder, mutatedModules, partsOf, QUICK } from "./mutants/spec-models.ts"
import { Store } from "./mutants/store.ts"

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "pika-mutants-test-"))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** The models of some thousand states each: most mutants die there. */
const small = judgesOf("Stack").slice(0, QUICK)

interface Outcome {
  readonly mutants: ReadonlyArray<SpecMutant>
  readonly judged: ReadonlyArray<readonly [SpecMutant, Kill | undefined]>
}

const judged = (choose: (mutants: ReadonlyArray<SpecMutant>) => ReadonlyArray<SpecMutant>, store: string) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const gate = yield* makeSpecGate("Stack", small, new Store(join(scratch, store)), true)
        const found: Array<readonly [SpecMutant, Kill | undefined]> = []
        for (const mutant of choose(gate.mutants)) found.push([mutant, yield* gate.judge(mutant)])
        const outcome: Outcome = { mutants: gate.mutants, judged: found }
        return outcome
      }),
    ),
  )

/** Each so many-th of every operator, so that none is left out. */
const spread =
  (every: number) =>
  (mutants: ReadonlyArray<SpecMutant>): ReadonlyArray<SpecMutant> => {
    const seen = new Map<string, number>()
    return mutants.filter(({ operator }) => {
      const before = seen.get(operator) ?? 0
      seen.set(operator, before + 1)
      return before % every === 0
    })
  }

describe("mutants of the specification", () => {
  test("a sample of every operator dies under small models, but for those with a reason", async () => {
    const { mutants, judged: found } = await judged(spread(12), "sample")
    expect(mutants.length).toBeGreaterThan(500)
    expect(new Set(found.map(([x]) => x.operator))).toEqual(
      new Set(
        "off-by-one wrong-state guard-true guard-false relation boolean drop-guard drop-case negation drop-update wrong-field".split(
          " ",
        ),
      ),
    )
    const alive = found.filter(([x, kill]) => kill === undefined && reasonFor(x) === undefined)
    // What only a recording, a larger model, or one of a bad design, tells apart: the whole gate knows.
    expect(alive.map(([x]) => `${x.definition} ${x.before}`)).toEqual([
      'ReceiveAcceptorTimedOut entry[x.c] = "Assigned"',
      "ReceiveClaim acc[t][a].outstanding > 0",
    ])
  })

  test("one that changes nothing lives, one that a property or the graph tells apart does not", async () => {
    const { judged: found } = await judged((mutants) => {
      const first = mutants[0]!
      const put = (
        definition: string,
        before: string,
        after: string,
        module = "StackManager",
      ): SpecMutant => ({
        ...first,
        module,
        definition,
        source: readFileSync(join(specDirectory, `${module}.tla`), "utf8").replace(before, after),
      })
      return [
        put("Removes", "", ""),
        put("Removes", "Removes(a, g) == acceptor[a] = g", "Removes(a, g) == TRUE"),
        put("Withdrawn", "Withdrawn(a, y) == ", "Withdrawn(a, y) == FALSE /\\ ", "StackProperties"),
        put("Removes", "Removes(a, g) == ", "Removes(a, g) == nonsense /\\ "),
        put("Removes", "Removes(a, g) == ", "Removes(a, g) == acceptor[g + 99] = 1 /\\ "),
      ]
    }, "few")
    const how = found.map(([, kill]) => kill?.how)
    expect(how[0]).toBeUndefined()
    expect(how[1]).toMatch(/^graph: MCReceiveAcceptorTimedOut/)
    expect(how[2]).toBe("property: NoLostWakeup")
    expect(how[3]).toMatch(/^invalid: /)
    expect(how[4]).toMatch(/^error: /)
  })

  test("every base module is mutated, its models judge it", () => {
    expect(mutatedModules()).toContain("Stack")
    expect(mutatedModules()).not.toContain("StackManager")
    expect([...modulesUnder("MCBad")].sort()).toEqual(["MC", "MCBad", ...partsOf("Stack")])
    expect(partsOf("Stack")).toContain("StackManager")
    for (const module of mutatedModules()) expect(judgesOf(module), module).not.toEqual([])
  })
})

describe("verdicts are kept", () => {
  const lines = (file: string) =>
    existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []

  test("a gate that is killed goes on where it was", async () => {
    const file = join(scratch, "killed")
    const url = (path: string) => JSON.stringify(pathToFileURL(join(projectRoot, path)).href)
    const script = `
      const { Effect } = await import(${url("node_modules/effect/dist/index.js")})
      const { makeSpecGate } = await import(${url("model-tests/mutants/spec-gate.ts")})
      const { judgesOf } = await import(${url("model-tests/mutants/spec-models.ts")})
      const { Store } = await import(${url("model-tests/mutants/store.ts")})
      await Effect.runPromise(Effect.scoped(Effect.gen(function* () {
        const gate = yield* makeSpecGate("Stack", judgesOf("Stack").slice(0, 1), new Store(${JSON.stringify(file)}))
        for (const mutant of gate.mutants.slice(0, 12)) yield* gate.judge(mutant)
      })))`
    const run = () => spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" })
    const child = run()
    const dead = new Promise((resolve) => child.on("close", resolve))
    while (lines(file).length < 4) await sleep(20)
    child.kill("SIGKILL")
    await dead
    const before = lines(file)
    // Killed in the middle of a line.
    appendFileSync(file, '["half a key')
    const code = await new Promise((resolve) => run().on("close", resolve))
    expect(code).toBe(0)
    const after = lines(file)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.length).toBe(12)
    expect(new Set(after.map((line) => (JSON.parse(line) as ReadonlyArray<string>)[0])).size).toBe(12)
  })

  test("what was found is not looked for again, and what nobody asks for is forgotten", async () => {
    const file = join(scratch, "store")
    const found: Array<string> = []
    const find = (key: string) => async () => {
      found.push(key)
      return key.toUpperCase()
    }
    const first = new Store<string>(file)
    for (const key of ["a", "b", "a"]) expect(await first.get(key, find(key))).toBe(key.toUpperCase())
    const second = new Store<string>(file)
    for (const key of ["b", "c"]) await second.get(key, find(key))
    expect(found).toEqual(["a", "b", "c"])
    second.forgetOthers()
    expect(new Store(file).size).toBe(2)
  })
})
