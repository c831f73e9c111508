import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { arrows } from "./arrows.ts"
import { rooms, root, sourcesUnder } from "./sources.ts"

/** A file beyond this many lines holds more than one concept. */
const maxLines = 400

/** Files that are longer, with what they may not outgrow. Shorten one, and its entry must shrink with it. */
const longer: Readonly<Record<string, number>> = {}

/** Rooms that only name shapes: nothing in them runs, so nothing can be tested. */
const shapesOnly = ["ports"]

describe("source files", () => {
  it("stay short, and a longer one never grows", () => {
    const sources = sourcesUnder("src", [".ts", ".mjs", ".c", ".h", ".java"])
    const lines = new Map(sources.map(({ path, text }) => [path, text.split("\n").length - 1]))
    const tooLong = [...lines].filter(([path, count]) => count > (longer[path] ?? maxLines))
    expect(tooLong).toEqual([])
    const slack = Object.entries(longer).filter(([path, limit]) => {
      const count = lines.get(path) ?? 0
      return count <= maxLines || count < limit
    })
    expect(slack, "entries that can shrink or go").toEqual([])
  })
})

describe("rooms", () => {
  it("are those of the table", () => {
    expect(rooms().filter((room) => arrows[room] === undefined)).toEqual([])
  })

  for (const room of rooms().filter((name) => !shapesOnly.includes(name))) {
    it(`${room} has tests beside it`, () => {
      expect(hasTests(`impl-tests/${room}`)).toBe(true)
    })
  }

  it("are what the tests mirror", () => {
    const tested = sourcesUnder("impl-tests", [".test.ts"]).map(({ path }) => path.split("/")[1] ?? "")
    const stray = tested.filter((room) => room !== "house" && !rooms().includes(room))
    expect([...new Set(stray)]).toEqual([])
  })
})

describe("commands that are run as files", () => {
  it.each(["src/cli/pika.mjs", ".ci/run"])("%s is executable", (path) => {
    expect(statSync(join(root, path)).mode & 0o111).toBe(0o111)
  })
})

function hasTests(directory: string): boolean {
  return existsSync(join(root, directory)) && sourcesUnder(directory, [".test.ts"]).length > 0
}
