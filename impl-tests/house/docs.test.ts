import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { arrows } from "./arrows.ts"
import { committedFiles, rooms, root, type Source } from "./sources.ts"

const read = (path: string) => readFileSync(join(root, path), "utf8")

describe("documents", () => {
  it("docs/architecture.md tells of every room", () => {
    const map = read("docs/architecture.md")
    expect(rooms().filter((room) => !map.includes(`\`${room}/`))).toEqual([])
  })

  it("docs/architecture.md draws the arrows that are enforced", () => {
    const rows = [...read("docs/architecture.md").matchAll(/^\| `(\w+)\/` \|.*\| (.*) \|$/gm)]
    const drawn = rows.map(([, room, cell = ""]) => [
      room,
      [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]).filter((name) => name !== "effect"),
    ])
    const enforced = Object.entries(arrows).map(([room, rule]) => [
      room,
      rule.rooms === "any" ? [] : [...rule.rooms, ...(rule.types ?? [])],
    ])
    expect(Object.fromEntries(drawn)).toEqual(
      Object.fromEntries(
        enforced.filter(
          ([room]) => rooms().includes(room as string) || drawn.some(([name]) => name === room),
        ),
      ),
    )
  })

  it("README.md gives the two commands and the subcommands that there are, no others", () => {
    const readme = read("README.md")
    expect(["npm start", "npm test"].filter((command) => !readme.includes(command))).toEqual([])
    const told = [...readme.matchAll(/^\| `npx pika (\w+)/gm)].map(([, name]) => name)
    const main = read("src/cli/main.ts")
    const there = [...main.matchAll(/^ {2}(\w+): \{$/gm)].map(([, name]) => name)
    expect(there).toContain("doctor")
    // `start` is what `npm start` runs.
    expect(told.sort()).toEqual(there.filter((name) => name !== "start").sort())
  })

  // Of what git knows: a work tree also holds what no clone has.
  it("link to files that are committed", () => {
    const files = committedFiles()
    const documents = files.filter(({ path }) => path.endsWith(".md"))
    const paths = files.map(({ path }) => path)
    expect(documents.flatMap((document) => brokenLinks(document, paths))).toEqual([])
  })

  it("are seen to link to what no clone has", () => {
    const text = "[a](b.md) [c](../src) [d](https://example.org) [e](gone) [f](../empty/) [g](#here)"
    expect(brokenLinks({ path: "docs/a.md", text }, ["docs/b.md", "src/x/y.ts"])).toEqual([
      "docs/a.md: gone",
      "docs/a.md: ../empty/",
    ])
  })
})

/** Links of a document to neither a file nor a folder among `paths`. */
function brokenLinks({ path, text }: Source, paths: readonly string[]): string[] {
  return [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => {
      const place = join(dirname(path), target).replace(/\/$/, "")
      return !paths.some((one) => one === place || one.startsWith(`${place}/`))
    })
    .map((target) => `${path}: ${target}`)
}
