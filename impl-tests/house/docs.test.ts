import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { arrows } from "./arrows.ts"
import { committedFiles, rooms, root } from "./sources.ts"

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

  it("README.md gives the two commands and every subcommand", () => {
    const readme = read("README.md")
    const subcommands = ["doctor", "up", "serve", "check", "validate", "replay", "bench"]
    const commands = ["npm start", "npm test", ...subcommands.map((name) => `npx pika ${name}`)]
    expect(commands.filter((command) => !readme.includes(command))).toEqual([])
  })

  it("link to files that are there", () => {
    const broken = committedFiles()
      .filter(({ path }) => path.endsWith(".md"))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
          .map((match) => match[1] ?? "")
          .filter((target) => !existsSync(join(root, dirname(path), target)))
          .map((target) => `${path}: ${target}`),
      )
    expect(broken).toEqual([])
  })
})
