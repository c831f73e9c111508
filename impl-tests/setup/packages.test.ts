import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { installedMatchesLock, installPackages, packagesAreFresh } from "../../src/setup/packages.mjs"
import { scratch } from "./scratch.ts"

const a = { version: "1.0.0", integrity: "sha512-a" }
const optional = { version: "2.0.0", integrity: "sha512-b", optional: true }

function tree(locked: object, installed?: object): string {
  return scratch({
    "package-lock.json": JSON.stringify({ packages: { "": {}, ...locked } }),
    "node_modules/.bin/other": "",
    "src/cli/pika.mjs": "",
    ...(installed && { "node_modules/.package-lock.json": JSON.stringify({ packages: installed }) }),
  })
}

function relock(root: string, lock: object): void {
  writeFileSync(join(root, "package-lock.json"), JSON.stringify(lock))
}

describe("installedMatchesLock", () => {
  it.each([
    ["the same", { "node_modules/a": a }, { "node_modules/a": a }, true],
    ["an optional package for another machine", { "node_modules/o": optional }, {}, true],
    ["nothing installed", { "node_modules/a": a }, undefined, false],
    ["one missing", { "node_modules/a": a }, {}, false],
    ["another version", { "node_modules/a": a }, { "node_modules/a": { ...a, version: "1.0.1" } }, false],
    ["other content", { "node_modules/a": a }, { "node_modules/a": { ...a, integrity: "sha512-x" } }, false],
    ["one too many", {}, { "node_modules/a": a }, false],
  ])("%s", (_what, locked, installed, expected) => {
    expect(installedMatchesLock(tree(locked, installed))).toBe(expected)
  })
})

describe("installPackages", () => {
  it("keeps a tree that a user installed, links our command, and is fresh then", async () => {
    const root = tree({ "node_modules/a": a }, { "node_modules/a": a })
    expect(packagesAreFresh(root)).toBe(false)
    await installPackages(root)
    expect(packagesAreFresh(root)).toBe(true)
    expect(readFileSync(join(root, "node_modules/.bin/other"), "utf8")).toBe("")
  })

  it("is stale again when the lock file changes", async () => {
    const root = tree({ "node_modules/a": a }, { "node_modules/a": a })
    await installPackages(root)
    relock(root, { packages: { "": {}, "node_modules/a": { ...a, version: "1.1.0" } } })
    expect(packagesAreFresh(root)).toBe(false)
  })

  it("says what to do without a lock file", () => {
    expect(() => packagesAreFresh(scratch({ "node_modules/.bin/pika": "" }))).toThrow(
      /package-lock.json is missing/,
    )
  })
})
