import { readdirSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { fileSha256, projectRoot } from "../../src/setup/files.mjs"
import { javaArchive } from "../../src/setup/java.mjs"
import { isSoundArchive, makeArchive } from "../../src/setup/java-archive.mjs"
import { scratch } from "./scratch.ts"

describe("the class-data archive", () => {
  it("is sound as it was made", () => {
    expect(javaArchive(projectRoot)).toBeDefined()
  })

  it("is not trusted when missing, damaged, cut short, or without its checksum", () => {
    const bytes = Buffer.from("an archive")
    const root = scratch({ "a.jsa": bytes.toString() })
    const archive = join(root, "a.jsa")
    expect(isSoundArchive(join(root, "missing.jsa"))).toBe(false)
    expect(isSoundArchive(archive)).toBe(false)
    writeFileSync(`${archive}.sha256`, `${fileSha256(archive)}\n`)
    utimesSync(archive, 1, 1)
    expect(isSoundArchive(archive)).toBe(true)
    const flipped = Buffer.from(bytes)
    flipped[3]! ^= 1
    writeFileSync(archive, flipped)
    expect(isSoundArchive(archive)).toBe(false)
    writeFileSync(archive, bytes.subarray(1))
    expect(isSoundArchive(archive)).toBe(false)
    writeFileSync(archive, bytes)
    utimesSync(archive, 2, 2)
    expect(isSoundArchive(archive)).toBe(true)
  })

  it("is left out where the JVM can't make it, and nothing of the attempt stays", async () => {
    const root = scratch()
    await makeArchive(join(root, "a.jsa"), [join(root, "no.jar")])
    expect(readdirSync(root)).toEqual([])
  })
})
