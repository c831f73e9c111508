import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect, Exit, Fiber } from "effect"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/experiment/run.ts"
import { codeDigest, nameOf, Store, type Task } from "../../src/experiment/store.ts"
import { type Progress, work } from "../../src/experiment/work.ts"
import { small } from "./spec.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pika-test-experiment-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

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
    store.write(task(), run(task().spec))
    const bytes = readFileSync(store.path(task()), "utf8")
    expect(store.read(task())).toEqual(run(task().spec))
    store.write(task(), run(task().spec))
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
    store.write(task(), run(task().spec))
    expect(store.read(task({ claimTimeout: 7 }))).toBeUndefined()
    expect(store.read(task({ seed: 2 }))).toBeUndefined()
    expect(new Store(folder, "other code").read(task())).toBeUndefined()
    expect(store.read(task())).toBeDefined()
  })

  test("that are cut short anywhere are none", () => {
    const store = new Store(folder, "code")
    store.write(task(), run(task().spec))
    const path = store.path(task())
    const whole = readFileSync(path)
    for (let k = 0; k < whole.length; k += k < whole.length - 40 ? 97 : 1) {
      writeFileSync(path, whole.subarray(0, k))
      expect(store.read(task()), `${k} of ${whole.length} bytes`).toBeUndefined()
    }
    writeFileSync(path, whole)
    expect(store.read(task())).toBeDefined()
  })

  test("depend on the code that makes them, and not on what reads them", () => {
    expect(codeDigest()).toBe(codeDigest())
    expect(codeDigest(folder)).not.toBe(codeDigest())
  })
})

describe("work", () => {
  const progress: Array<Progress> = []
  const say = (x: Progress) => {
    progress.push(x)
  }

  test("leaves each result in the store, whoever has made it", async () => {
    progress.length = 0
    const store = new Store(folder, "code")
    const tasks = [1, 2, 3].map((seed) => task({ seed }))
    await Effect.runPromise(work(tasks, store, 2, say))
    for (const one of tasks) expect(store.read(one)).toEqual(run(one.spec))
    expect(progress.map(({ done, of }) => [done, of])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
  })

  test("that can't be done says which and why, and what was done stays", async () => {
    const store = new Store(folder, "code")
    const bad = task({ applications: 65 }, "bad")
    const exit = await Effect.runPromise(Effect.exit(work([task(), bad], store, 1, say)))
    expect(Exit.isFailure(exit)).toBe(true)
    expect(JSON.stringify(exit)).toContain(`${nameOf(bad)}: applications: must be a whole number`)
    expect(store.read(task())).toBeDefined()
  })

  test("that is interrupted ends its processes and leaves no half of a result", async () => {
    const store = new Store(folder, "code")
    const tasks = [task(), task({ duration: 600_000_000, slice: 1_000_000, seed: 2 })]
    const fiber = Effect.runFork(work(tasks, store, 1, say))
    while (store.read(task()) === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(readdirSync(dirname(store.path(task())))).toEqual(["one-1.ndjson"])
  })
})
