/** Each naive design is found out by TLC, and the core does not what it does: its counterexample is driven into the core. */

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { production } from "../impl-tests/core/walk.ts"
import { checkModel } from "../src/model/check.ts"
import { specDirectory } from "../src/model/spec.ts"
import type { StackConstants } from "../src/model/stack/constants.ts"
import { projectRoot } from "../src/setup/files.mjs"
import { naiveCores } from "./hazard-cores.ts"
import { actions, harmless, hazards, liveness } from "./hazards.ts"
import { lateSafety, safety } from "./manifest.ts"
import { Replayer } from "./replay.ts"
import { ring } from "./ring.ts"

describe("hazards", () => {
  test.each(hazards.map((x) => [x.number, x.model.name, x.model.shows, x] as const))(
    "%s, %s: %s",
    async (_number, _name, _shows, { model, parts, omits, breaks }) => {
      const { report, problem } = await Effect.runPromise(checkModel(model))
      expect(problem).toBeUndefined()
      const { behaviour } = report
      const constants = model.constants as StackConstants
      const naive = new Replayer(constants, naiveCores[model.replace![1]]!).run(behaviour)
      // The core with the naive design in it comes to where the property does not hold, by TLC's own states.
      expect([naive.taken, naive.parts]).toEqual([behaviour.states.length - 1, undefined])
      if (breaks === undefined) expect(naive.broken).toEqual([])
      else expect(naive.broken.join("\n")).toMatch(breaks)
      // The shipped core leaves it where the design was replaced, and nothing is wrong up to there.
      const shipped = new Replayer(constants, production).run(behaviour)
      expect([shipped.parts, shipped.broken]).toEqual([parts, []])
      if (omits === undefined) expect(parts).toBeDefined()
      else {
        expect(shipped.always).toContain(omits)
        expect(naive.always).not.toContain(omits)
      }
    },
  )
})

describe("the known-bad class", () => {
  const designs = hazards.map(({ model }) => model.replace![1])
  const properties = hazards.map(({ model }) => model.invariants[0] ?? model.properties[0]!)

  test("has every design of spec/MCBad.tla, and a core for each", () => {
    const bad = readFileSync(join(specDirectory, "MCBad.tla"), "utf8")
    const there = [...bad.matchAll(/^([A-Z]\w+)(?:\([^)]*\))? ==/gm)].map((match) => match[1]!)
    const all = [...designs, ...harmless.map(({ replace }) => replace![1])]
    expect([...new Set(all)].sort()).toEqual(there.sort())
    expect(Object.keys(naiveCores).sort()).toEqual([...new Set(designs)].sort())
  })

  test("breaks every property: none holds for want of anything that could break it", () => {
    // How many announcements a connection has at most is a limit of the models, not a property.
    const all = [...safety, ...lateSafety, ...actions, ...liveness].filter((name) => name !== "Enough")
    expect(all.filter((name) => !properties.includes(name))).toEqual([])
  })

  test("needs each of its models: its design or its property is in no other", () => {
    const only = (list: ReadonlyArray<string>, k: number) =>
      list.indexOf(list[k]!) === list.lastIndexOf(list[k]!)
    expect(hazards.filter((_, k) => !only(designs, k) && !only(properties, k))).toEqual([])
  })

  test("has a line for each in docs/hazards.md, with its property and the length of its counterexample", () => {
    const rows = readFileSync(join(projectRoot, "docs", "hazards.md"), "utf8").split("\n")
    const missing = hazards.filter(({ number, model }, k) => {
      const length = "length" in model.expected ? String(model.expected.length) : "∞"
      return !rows.some((row) =>
        [`| ${number} |`, `\`${model.name}\``, `${properties[k]} ${length} |`].every((x) => row.includes(x)),
      )
    })
    expect(missing.map(({ model }) => model.name)).toEqual([])
    for (const { name, expected, properties, invariants } of ring.filter((x) => x.name.startsWith("bad-"))) {
      const length = "length" in expected ? String(expected.length) : "∞"
      const property = invariants[0] ?? properties[0]
      expect(rows.filter((row) => row.includes(`| \`${name}\` | ${property} ${length} |`))).toHaveLength(1)
    }
  })
})
