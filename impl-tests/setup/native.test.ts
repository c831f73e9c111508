import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { buildAddon, nativeIsFresh } from "../../src/setup/native.mjs"
import { scratch } from "./scratch.ts"

const script = `
import { appendFileSync, mkdirSync, readFileSync } from "node:fs"
export function buildNative({ root }) {
  if (readFileSync(root + "/src/native/a.c", "utf8") === "broken") throw new Error("gcc: a.c:1: broken")
  mkdirSync(root + "/build", { recursive: true })
  appendFileSync(root + "/build/pika.node", "built ")
}`

describe("buildAddon", () => {
  it("builds by the room's own script, and again only when a source changes", async () => {
    const root = scratch({ "src/native/build.mjs": script, "src/native/a.c": "1" })
    expect(nativeIsFresh(root)).toBe(false)
    await buildAddon(root)
    expect(nativeIsFresh(root)).toBe(true)
    writeFileSync(join(root, "src/native/a.c"), "2")
    expect(nativeIsFresh(root)).toBe(false)
    await buildAddon(root)
    expect(readFileSync(join(root, "build/pika.node"), "utf8")).toBe("built built ")
  })

  it("is stale while the addon itself is missing", () => {
    const root = scratch({ "src/native/build.mjs": script, "src/native/a.c": "1" })
    expect(nativeIsFresh(root)).toBe(false)
  })

  it("passes on what the compiler said, with a remedy, and stays stale", async () => {
    const root = scratch({ "src/native/build.mjs": script, "src/native/a.c": "broken" })
    await expect(buildAddon(root)).rejects.toThrow(/a\.c:1: broken.*remedy/s)
    expect(nativeIsFresh(root)).toBe(false)
  })
})
