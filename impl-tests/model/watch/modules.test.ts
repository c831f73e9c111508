import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test, vi } from "vitest"
import { models } from "../../../model-tests/manifest.ts"
import { specDirectory } from "../../../src/model/spec.ts"
import { concerned } from "../../../src/model/watch/modules.ts"
import { onSaved, type Saved } from "../../../src/model/watch/saved.ts"
import { modulesOf, namedModules } from "../../../src/tla/modules.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-watch-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("modules of a specification", () => {
  test("are those that it names, not those of its comments", () => {
    const text =
      "---- MODULE A ----\nEXTENDS B, C,\n  D\n\\* EXTENDS E\nX == INSTANCE F WITH y <- z\nINSTANCE G\n===="
    expect(namedModules(text)).toEqual(["B", "C", "D", "F", "G"])
  })

  test("and those that these name, as far as they are there", () => {
    expect([...modulesOf(specDirectory, "MCBad")].sort()).toEqual([
      "MC",
      "MCBad",
      "Stack",
      "StackApplication",
      "StackLate",
      "StackManager",
      "StackProperties",
      "StackState",
      "StackTransport",
    ])
    expect([...modulesOf(specDirectory, "Nowhere")]).toEqual(["Nowhere"])
  })
})

describe("models that a change concerns", () => {
  const none = { modules: new Set<string>(), core: false, all: false }
  const names = (change: Partial<typeof none>) =>
    concerned(models, { ...none, ...change }, specDirectory).map(({ name }) => name)

  test("the base: all on it, the smallest first", () => {
    const all = names({ modules: new Set(["StackState"]) })
    expect(all).toContain("1-1-1-1")
    expect(all).toContain("bad-removal")
    expect(all.indexOf("bad-duplicate")).toBeLessThan(all.indexOf("1-1-1-1"))
    expect(all.indexOf("1-1-1-1")).toBeLessThan(all.indexOf("2-2-1-1"))
  })

  test("the bad designs: those only", () => {
    const bad = names({ modules: new Set(["MCBad"]) })
    expect(bad.length).toBeGreaterThan(5)
    expect(bad.every((name) => models.find((one) => one.name === name)!.module === "MCBad")).toBe(true)
  })

  test("the core: those whose graph is compared with it", () => {
    const compared = names({ core: true })
    expect(compared).toContain("1-1-1-1")
    expect(compared.every((name) => models.find((one) => one.name === name)!.edges !== undefined)).toBe(true)
  })

  test("the manifest: all. Nothing: none", () => {
    expect(names({ all: true })).toHaveLength(models.length)
    expect(names({})).toEqual([])
  })
})

describe("saving", () => {
  test("is told once, with what changed, and not when nothing did", async () => {
    writeFileSync(join(folder, "A.tla"), "1")
    writeFileSync(join(folder, "B.tla"), "1")
    const told: Array<Saved> = []
    const stop = onSaved([folder], (saved) => told.push(saved))
    try {
      writeFileSync(join(folder, "A.tla"), "1")
      writeFileSync(join(folder, "notes.txt"), "2")
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(told).toEqual([])
      const before = Date.now()
      for (const text of ["", "2", "3"]) writeFileSync(join(folder, "A.tla"), text)
      rmSync(join(folder, "B.tla"))
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(told.map(({ files }) => [...files].sort())).toEqual([
        [join(folder, "A.tla"), join(folder, "B.tla")],
      ])
      expect(told[0]!.at).toBeGreaterThan(before - 100)
    } finally {
      stop()
    }
  })

  test("is told as often as an editor replaces the file by another", async () => {
    const deep = join(folder, "deep")
    mkdirSync(deep)
    const file = join(deep, "C.tla")
    writeFileSync(file, "0")
    const told: Array<Saved> = []
    const stop = onSaved([folder], (saved) => told.push(saved))
    try {
      for (let k = 1; k <= 3; k++) {
        writeFileSync(join(deep, "C.tla~"), String(k))
        renameSync(join(deep, "C.tla~"), file)
        await vi.waitUntil(() => told.length === k, { timeout: 5000, interval: 10 })
      }
      expect(told.map(({ files }) => files)).toEqual([[file], [file], [file]])
    } finally {
      stop()
    }
  })
})
