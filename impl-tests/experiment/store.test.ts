import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect, Exit, Fiber } from "effect"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/experiment/run.ts"
import { codeDigest, nameOf, Store, type Task } from "../../src/experiment/store.ts"
import { type Finished, work } from "../../src/experiment/work.ts"
import { filesUnder, projectRoot } from "../../src/setup/files.mjs"
import { small } from "./spec.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pika-test-experiment-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Processes that this one has started. */
const children = (): ReadonlyArray<number> =>
  readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  )

const short = { duration: 20_000, warmUp: 1000 }
const task = (change = {}, key = "one"): Task => ({
  experiment: "test",
  key,
  spec: small("Tournament 2", { ...short, ...change }),
})

describe("results", () => {
  test("are what was written, the same bytes for the same seed", () => {
    const store = new Store(folder, "code")
    expect(store.read(task())).toBeUndefined()
    store.write(task(), run(task().spec), 1.5)
    const bytes = readFileSync(store.path(task()), "utf8")
    expect(store.read(task())).toEqual(run(task().spec))
    store.write(task(), run(task().spec), 1.5)
    expect(readFileSync(store.path(task()), "utf8")).toBe(bytes)
    expect(
      bytes
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)).length,
    ).toBe(3)
  })

  test("of another specification, seed or code are none", () => {
    const store = new Store(folder, "code")
    store.write(task(), run(task().spec), 1.5)
    expect(store.read(task({ claimTimeout: 7 }))).toBeUndefined()
    expect(store.read(task({ seed: 2 }))).toBeUndefined()
    expect(new Store(folder, "other code").read(task())).toBeUndefined()
    expect(store.read(task())).toBeDefined()
  })

  test("that are cut short anywhere are none", () => {
    const store = new Store(folder, "code")
    store.write(task(), run(task().spec), 1.5)
    const path = store.path(task())
    const whole = readFileSync(path)
    for (let k = 0; k < whole.length; k += k < whole.length - 40 ? 97 : 1) {
      writeFileSync(path, whole.subarray(0, k))
      expect(store.read(task()), `${k} of ${whole.length} bytes`).toBeUndefined()
    }
    writeFileSync(path, whole)
    expect(store.read(task())).toBeDefined()
  })

  test("bear the same bytes whatever they took", () => {
    const store = new Store(folder, "code")
    expect(store.seconds(task())).toBeUndefined()
    const result = run(task().spec)
    store.write(task(), result, 1.5)
    const bytes = readFileSync(store.path(task()), "utf8")
    store.write(task(), result, 2.5)
    expect(readFileSync(store.path(task()), "utf8")).toBe(bytes)
    expect(store.seconds(task())).toBe(2.5)
  })

  test("that can't be put where they belong leave nothing behind", () => {
    const store = new Store(folder, "code")
    mkdirSync(store.path(task()), { recursive: true })
    expect(() => store.write(task(), run(task().spec), 1)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(filesUnder(folder, ".half")).toEqual([])
  })

  test("that were being written when all was killed are swept away, those under way are not", () => {
    const store = new Store(folder, "code")
    store.write(task(), run(task().spec), 1)
    const old = `${store.path(task())}.7.half`
    const now = `${store.path(task())}.8.half`
    for (const path of [old, now]) writeFileSync(path, "")
    utimesSync(old, 0, 0)
    store.open()
    expect([old, now].map((path) => existsSync(path))).toEqual([false, true])
    expect(store.read(task())).toBeDefined()
  })

  test("depend on the code that makes them, and not on what reads them", () => {
    cpSync(join(projectRoot, "src"), join(folder, "src"), { recursive: true })
    const copy = (changed: string) => {
      const path = join(folder, "src", changed)
      const text = readFileSync(path)
      appendFileSync(path, "// changed\n")
      const code = codeDigest(folder)
      writeFileSync(path, text)
      return code
    }
    expect(codeDigest()).toBe(codeDigest())
    for (const maker of ["core/selection.ts", "server/offered.ts", "sim/random.ts", "experiment/cost.ts"])
      expect(copy(maker), maker).not.toBe(codeDigest())
    for (const reader of ["experiment/catalogue/scaling.ts", "experiment/store.ts", "experiment/work.ts"])
      expect(copy(reader), reader).toBe(codeDigest())
  })
})

describe("work", () => {
  const finished: Array<Finished> = []
  const say = (x: Finished) => {
    finished.push(x)
  }

  test("leaves each result in the store, whoever has made it", async () => {
    finished.length = 0
    const store = new Store(folder, "code")
    const tasks = [1, 2, 3].map((seed) => task({ seed }))
    await Effect.runPromise(work(tasks, store, 2, say))
    for (const one of tasks) expect(store.read(one)).toEqual(run(one.spec))
    expect(finished.map(({ task: one }) => one.spec.seed).sort()).toEqual([1, 2, 3])
    for (const { task: one, seconds, steps } of finished) {
      expect(store.seconds(one)).toBe(seconds)
      expect(steps).toBe(store.read(one)!.steps)
    }
  })

  test("that can't be done says which and why, and what was done stays", async () => {
    const store = new Store(folder, "code")
    const bad = task({ applications: 65 }, "bad")
    const exit = await Effect.runPromise(Effect.exit(work([task(), bad], store, 1, say)))
    expect(Exit.isFailure(exit)).toBe(true)
    expect(JSON.stringify(exit)).toContain(`${nameOf(bad)}: applications: must be a whole number`)
    expect(store.read(task())).toBeDefined()
  })

  test("whose process is killed says so, and what was done stays", async () => {
    const store = new Store(folder, "code")
    const long = task({ duration: 600_000_000, slice: 1_000_000, seed: 2 })
    const before = children()
    const ending = Effect.runPromise(Effect.exit(work([task(), long], store, 1, say)))
    while (store.read(task()) === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
    const ours = children().filter((pid) => !before.includes(pid))
    expect(ours).toHaveLength(1)
    process.kill(ours[0]!, "SIGKILL")
    const exit = await ending
    expect(JSON.stringify(exit)).toContain(`${nameOf(long)}: its process ended without a result (SIGKILL)`)
    expect(store.read(task())).toBeDefined()
    expect(store.read(long)).toBeUndefined()
  })

  test("that is interrupted ends its processes and leaves no half of a result", async () => {
    const store = new Store(folder, "code")
    const tasks = [task(), task({ duration: 600_000_000, slice: 1_000_000, seed: 2 })]
    const fiber = Effect.runFork(work(tasks, store, 1, say))
    while (store.read(task()) === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(readdirSync(dirname(store.path(task()))).sort()).toEqual(["one-1.ndjson", "times"])
  })
})
