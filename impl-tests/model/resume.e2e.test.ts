import { type ChildProcess, spawn } from "node:child_process"
import { cpSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { parseArguments } from "../../src/model/command/arguments.ts"
import { checkModels } from "../../src/model/command/command.ts"
import { checkpointIn } from "../../src/tla/checkpoint.ts"
import type { Model } from "../../src/tla/model.ts"
import { processesWith, Specs } from "../tla/specs.ts"

const specs = new Specs()
afterAll(() => specs.remove())

const directory = join(specs.directory, "spec")
const state = join(specs.directory, "state")
const text = `---- MODULE Grid ----
EXTENDS Naturals
CONSTANT N
VARIABLES x, y, z
Init == x = 0 /\\ y = 0 /\\ z = 0
Next ==
  \\/ x < N /\\ x' = x + 1 /\\ UNCHANGED <<y, z>>
  \\/ y < N /\\ y' = y + 1 /\\ UNCHANGED <<x, z>>
  \\/ z < N /\\ z' = z + 1 /\\ UNCHANGED <<x, y>>
Spec == Init /\\ [][Next]_<<x, y, z>>
====
`
const grid = (name: string, N: number): Model => ({
  name,
  shows: "",
  module: "Grid",
  specification: "Spec",
  constants: { N },
  invariants: [],
  properties: [],
  expected: { _tag: "Success", distinct: (N + 1) ** 3, depth: 3 * N + 1 },
  time: "full",
})
const models = [grid("small", 5), grid("large", 100)]
const full = ["--full", "--checkpoint", "1"]

/** As `pika check` says it. */
const check = async (where: string, ...args: ReadonlyArray<string>) => {
  const said: Array<string> = []
  const write = (text: unknown) => said.push(String(text)) > 0
  const out = vi.spyOn(process.stdout, "write").mockImplementation(write)
  const err = vi.spyOn(process.stderr, "write").mockImplementation(write)
  try {
    const program = checkModels(parseArguments(args), models, { specs: directory, state: where })
    const code = await Effect.runPromise(
      Effect.match(program, { onSuccess: (x) => x, onFailure: (error) => error }),
    )
    return { code, said: said.join("") }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

const started = (): ChildProcess => {
  const at = (path: string) =>
    JSON.stringify(new URL(`../../src/model/command/${path}`, import.meta.url).href)
  const program = `import { Effect } from "effect"
    import { parseArguments } from ${at("arguments.ts")}
    import { checkModels } from ${at("command.ts")}
    const places = ${JSON.stringify({ specs: directory, state })}
    await Effect.runPromise(checkModels(parseArguments(${JSON.stringify(full)}), ${JSON.stringify(models)}, places))`
  return spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: import.meta.dirname })
}

const states = join(state, "large", "states")

const killed = async (): Promise<void> => {
  const running = started()
  await vi.waitUntil(() => checkpointIn(states) !== undefined, { timeout: 60_000, interval: 20 })
  // While it runs, nobody else may.
  expect((await check(state, "--full", "--resume")).code).toMatchObject({ _tag: "ClassBusy" })
  running.kill("SIGKILL")
  await vi.waitUntil(() => processesWith(states).length === 0, { timeout: 10_000 })
  // Killed while it committed the next checkpoint: once more.
  if (checkpointIn(states) === undefined) await killed()
}

beforeAll(async () => {
  mkdirSync(directory)
  writeFileSync(join(directory, "Grid.tla"), text)
  await killed()
}, 90_000)

describe("a class of models that was killed", () => {
  test("is not resumed with another specification, and says so", async () => {
    const copy = join(specs.directory, "copy")
    cpSync(state, copy, { recursive: true })
    writeFileSync(join(directory, "Grid.tla"), text.replace("x < N /\\", "x < N /\\ TRUE /\\"))
    const { code, said } = await check(copy, ...full, "--resume")
    writeFileSync(join(directory, "Grid.tla"), text)
    expect(code).toMatchObject({ _tag: "CheckpointMismatch", differs: ["specification"] })
    // What had finished with the other specification was run again.
    expect(said).toMatch(/^small +holds +216 .* yes$/m)
  })

  test("resumes: what had finished isn't run again, the other goes on to its exact counts", async () => {
    const { code, said } = await check(state, ...full, "--resume")
    expect(said).toMatch(/^small +holds +216 .* yes, as before$/m)
    expect(said).toMatch(/^large goes on from \d+ states$/m)
    expect(said).toMatch(/^large +holds +1030301 +301 .* yes$/m)
    expect(code).toBe(0)
    expect((await check(state, ...full, "--resume")).said).toMatch(/^large .* yes, as before$/m)
  })

  test("begins anew without --resume", async () => {
    const { said } = await check(state, "--full", "--states", "1000")
    expect(said).toMatch(/^small +holds +216 .* yes$/m)
    expect(said).toMatch(/^more than 1000 distinct states$/m)
  })
})
