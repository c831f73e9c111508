import { describe, expect, it } from "vitest"
import { arrows, arrowViolations, importsOf, reachable } from "./arrows.ts"
import { sourcesUnder } from "./sources.ts"

const planted = (path: string, text: string) => arrowViolations({ path, text })

describe("arrows between rooms", () => {
  it("no source file imports against them", () => {
    const sources = sourcesUnder("src", [".ts", ".mjs"])
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.flatMap(arrowViolations)).toEqual([])
  })

  it("keep the walls that must never move", () => {
    expect([...reachable("core")]).toEqual(["core"])
    expect([...reachable("net")].sort()).toEqual(["memory", "net"])
    expect(reachable("sim")).not.toContain("runtime")
    expect(reachable("sim")).not.toContain("native")
    expect(reachable("server")).not.toContain("trace")
  })

  it("have no cycle", () => {
    for (const room of Object.keys(arrows)) {
      const allowed = arrows[room]?.rooms ?? []
      if (allowed === "any") continue
      for (const target of allowed) expect(reachable(target), `${room} → ${target}`).not.toContain(room)
    }
  })
})

describe("the checker sees a planted violation", () => {
  it.each([
    ["static", 'import { x } from "../server/x.ts"'],
    ["type only", 'import type { X } from "../server/x.ts"'],
    ["side effect", 'import "../server/x.ts"'],
    ["re-export", 'export { x } from "../server/x.ts"'],
    ["re-export of all", 'export * from "../server/x.ts"'],
    ["dynamic", 'const x = await import("../server/x.ts")'],
    ["in a type", 'export type X = import("../server/x.ts").X'],
  ])("upward import, %s", (_kind, text) => {
    expect(planted("src/core/a.ts", text)).toEqual([
      "src/core/a.ts:1: core may not import server (../server/x.ts)",
    ])
  })

  it.each([
    ["src/core/a.ts", 'import fs from "node:fs"', "node:fs"],
    ["src/net/a.ts", 'import { x } from "effect"', "effect"],
    ["src/net/tcp/a.ts", 'import { x } from "../../core/x.ts"', "core"],
    ["src/ports/a.ts", 'import { x } from "../core/x.ts"', "core"],
    ["src/ports/a.ts", 'import { type X } from "../core/x.ts"', "core"],
    ["src/sim/a.ts", 'import { x } from "../runtime/x.ts"', "runtime"],
    ["src/sim/a.ts", 'import { x } from "../native/native.ts"', "native"],
    ["src/server/a.ts", 'import { x } from "../trace/x.ts"', "trace"],
    ["src/setup/a.mjs", 'import { x } from "effect"', "effect"],
    ["src/core/a.ts", "const x = await import(name)", "computed"],
    ["src/core/a.ts", 'import { x } from "../x.ts"', "leaves src/"],
    ["src/core/a.ts", 'import { Clock } from "effect"', "Clock"],
    ["src/core/a.ts", 'import * as R from "effect/Random"', "Random"],
    ["src/attic/a.ts", "", "not in a room"],
  ])("%s: %s", (path, text, mentions) => {
    const found = planted(path, text)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(mentions)
  })

  it("and lets a right import, a comment and a string pass", () => {
    const text = 'import { Schema } from "effect"\n// import "node:fs"\nexport const s = \'import "node:fs"\''
    expect(planted("src/core/a.ts", text)).toEqual([])
  })

  it("and lets a port name the types of what it is handed", () => {
    expect(planted("src/ports/a.ts", 'import type { X } from "../core/x.ts"')).toEqual([])
  })

  it("and does not pass a file that it can't parse", () => {
    expect(() => importsOf({ path: "src/core/a.ts", text: "import {" })).toThrow("src/core/a.ts")
  })
})
