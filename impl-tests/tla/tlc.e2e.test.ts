import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Fiber, Stream } from "effect"
import { afterAll, describe, expect, test, vi } from "vitest"
import { findCommand } from "../../src/setup/command.mjs"
import type { TlcProgress } from "../../src/tla/messages.ts"
import { streamTlc } from "../../src/tla/tlc.ts"
import { ending, processesWith, Specs, together, unbounded } from "./specs.ts"

vi.setConfig({ testTimeout: 30_000 })

const specs = new Specs()
const scratch = specs.scratch()
vi.stubEnv("TMPDIR", scratch)
const scratches = (): ReadonlyArray<string> => readdirSync(scratch)

afterAll(() => {
  vi.unstubAllEnvs()
  specs.remove()
})

const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > end) throw new Error("it never comes")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe("a run of TLC", () => {
  test("verdicts, with the behaviour that shows them", async () => {
    const deadlock = specs.run(ending)
    const invariant = specs.run(ending, "SPECIFICATION Spec\nINVARIANT Small\n")
    const initially = specs.run(ending.replace("x = 0", "x = 2"), "SPECIFICATION Spec\nINVARIANT Small\n")
    const assumption = specs.run(`ASSUME 1 = 2\n${ending}`)
    const ended = await together({ deadlock, invariant, initially, assumption })
    const behaviour = (name: string) => ended[name]!.behaviour.states.map((state) => state.text)
    expect(ended.deadlock!.outcome).toEqual({ _tag: "Deadlock" })
    expect(behaviour("deadlock")).toEqual(["x = 0", "x = 1", "x = 2", "x = 3"])
    expect(ended.invariant!.outcome).toEqual({ _tag: "Invariant", name: "Small" })
    expect(behaviour("invariant")).toEqual(["x = 0", "x = 1", "x = 2"])
    expect(ended.initially!.outcome).toEqual({ _tag: "Invariant", name: "Small" })
    expect(behaviour("initially")).toEqual(["x = 2"])
    expect(ended.assumption!.outcome).toMatchObject({ _tag: "Assumption", place: { line: 4, column: 8 } })
  })

  test("says how far it is while it runs, in rates of a minute", async () => {
    const said: Array<TlcProgress> = []
    const run = { limits: { seconds: 3 }, onProgress: (x: TlcProgress) => said.push(x) }
    await Effect.runPromise(specs.run(unbounded, undefined, run))
    // Of itself TLC says so after three seconds, then after a minute.
    expect(said.length).toBeGreaterThan(2)
    for (const [k, one] of said.entries()) {
      const before = said[k - 1] ?? { distinct: 0, seconds: 0 }
      expect(one.distinct).toBeGreaterThan(before.distinct)
      const found = (one.distinctPerMinute * (one.seconds - before.seconds)) / 60
      expect(Math.abs(found - (one.distinct - before.distinct))).toBeLessThan(1)
    }
  })

  test("as a stream, whose last word is the report", async () => {
    const run = { ...specs.body(ending), workers: 1, heap: 128, brief: true }
    const last = (await Effect.runPromise(Stream.runCollect(streamTlc(run)))).at(-1)
    expect(last?._tag === "Ended" && last.report.outcome).toEqual({ _tag: "Deadlock" })
  })
})

describe("nothing stays behind", () => {
  test("when nobody takes from the stream any more", async () => {
    const run = { ...specs.body(unbounded), workers: 1, heap: 128, brief: true }
    const two = streamTlc(run).pipe(Stream.take(2), Stream.runCollect)
    expect((await Effect.runPromise(two)).map((x) => x._tag)).toEqual(["Progress", "Progress"])
    expect(processesWith(run.config)).toEqual([])
    expect(scratches()).toEqual([])
  })

  test("when its fiber is interrupted: the whole process group goes, before the fiber has ended", async () => {
    const files = specs.body(unbounded)
    // As a wrapper of somebody's own may start it.
    const bin = join(specs.directory, "bin")
    mkdirSync(bin)
    writeFileSync(join(bin, "java"), `#!/bin/sh\nexec 3<&0\n${findCommand("java")} "$@" <&3 &\nwait\n`)
    chmodSync(join(bin, "java"), 0o755)
    const path = process.env.PATH
    process.env.PATH = `${bin}:${path}`
    try {
      const started = Promise.withResolvers<void>()
      const fiber = Effect.runFork(specs.of(files, { onProgress: () => started.resolve() }))
      await started.promise
      expect(processesWith(files.config)).toHaveLength(2)
      await Effect.runPromise(Fiber.interrupt(fiber))
    } finally {
      process.env.PATH = path
    }
    await until(() => processesWith(files.config).length === 0)
    expect(scratches()).toEqual([])
  })

  test("when the process that started it is killed", async () => {
    const files = specs.body(unbounded)
    const tlc = new URL("../../src/tla/tlc.ts", import.meta.url).href
    const run = JSON.stringify({ ...files, workers: 1, heap: 128, brief: true })
    const program = `import { Effect } from "effect"
      import { runTlc } from ${JSON.stringify(tlc)}
      await Effect.runPromise(runTlc(${run}))`
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: import.meta.dirname,
    })
    // Itself, and Java.
    await until(() => processesWith(files.config).length > 1)
    parent.kill("SIGKILL")
    await until(() => processesWith(files.config).length === 0)
  })
})

test("TLC killed by somebody else is no verdict, and the signal is told", async () => {
  const files = specs.body(unbounded)
  const kill = () => process.kill(processesWith(files.config)[0]!, "SIGKILL")
  const { outcome } = await Effect.runPromise(specs.of(files, { onProgress: kill }))
  expect(outcome).toMatchObject({ _tag: "Killed", signal: "SIGKILL", message: "signal SIGKILL ended TLC" })
})
