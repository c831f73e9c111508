import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { committedFiles, root, type Source } from "./sources.ts"

/** Put together here, so that this file doesn't hold what it forbids. */
const forbidden: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: "a package registry's host",
    pattern: alternatives("npm" + "js\\.", "registry" + "\\.[a-z0-9-]+\\.[a-z]", "npm" + "mirror"),
  },
  {
    what: "a Maven repository's host",
    pattern: alternatives("repo1?" + "\\.maven", "maven" + "\\.org", "artif" + "actory", "jf" + "rog"),
  },
  { what: "a Debian mirror's host", pattern: alternatives("deb" + "\\.debian", "security" + "\\.debian") },
  {
    what: "a path of one machine",
    pattern: alternatives("/" + "work/", "/" + "root/", "/" + "home/[a-z]", "/" + "Users/[A-Za-z]"),
  },
  { what: "a place outside the clone", pattern: alternatives("\\.\\./" + "shared\\b", "/tmp/" + "brief") },
]

function alternatives(...parts: string[]): RegExp {
  return new RegExp(parts.join("|"))
}

function findings({ path, text }: Source): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      forbidden
        .filter(({ pattern }) => pattern.test(line))
        .map(({ what }) => `${path}:${index + 1}: names ${what}`),
    )
}

describe("committed files", () => {
  it("name no registry, no path of one machine, no place outside the clone", () => {
    const files = committedFiles()
    expect(files.length).toBeGreaterThan(20)
    expect(files.flatMap(findings)).toEqual([])
  })

  it.each([
    `https://registry${"."}npmjs${"."}org/effect`,
    `https://repo${"."}maven${"."}apache.org/maven2`,
    `http://deb${"."}debian.org`,
    `cd ${"/"}work/main`,
    `${"/"}root/.m2`,
    `see ..${"/"}shared/design`,
  ])("a planted %s is found", (text) => {
    expect(findings({ path: "x", text }).length).toBeGreaterThan(0)
  })
})

interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly optionalDependencies?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

describe("package-lock.json", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"))
  const packages: Record<string, LockEntry> = read("package-lock.json").packages

  it("pins every package by its content and none by its place", () => {
    const entries = Object.entries(packages).filter(([path]) => path !== "")
    expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([])
    expect(
      entries.filter(([, entry]) => !entry.integrity?.startsWith("sha512-")).map(([path]) => path),
    ).toEqual([])
  })

  // npm leaves out what a registry does not serve, and `npm ci` then refuses the whole lock.
  it("locks every optional package that a locked one names, for whatever machine", () => {
    const missing = Object.entries(packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !isLocked(packages, path, name))
        .map((name) => `${path}: ${name}`),
    )
    expect(missing).toEqual([])
  })

  it("is seen to lack one", () => {
    const here = { "": {}, "node_modules/a": {}, "node_modules/b/node_modules/c": {} }
    expect(isLocked(here, "node_modules/b", "a")).toBe(true)
    expect(isLocked(here, "node_modules/b", "c")).toBe(true)
    expect(isLocked(here, "node_modules/a", "c")).toBe(false)
  })

  it("agrees with package.json, whose versions are exact", () => {
    const own: LockEntry = read("package.json")
    expect(packages[""]?.dependencies).toEqual(own.dependencies)
    expect(packages[""]?.devDependencies).toEqual(own.devDependencies)
    const versions = Object.values({ ...own.dependencies, ...own.devDependencies })
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

/** Whether a package finds another in its own node_modules or in one above it. */
function isLocked(packages: Readonly<Record<string, unknown>>, from: string, name: string): boolean {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/")))) {
    if (packages[`${place}${place === "" ? "" : "/"}node_modules/${name}`] !== undefined) return true
    if (place === "") return false
  }
}
