import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { hazards } from "../impl-tests/core/hazards.ts"
import { machines } from "../src/core/system.ts"
import { graphOf } from "../src/model/graph-of.ts"
import { drivePaths } from "../src/model/paths/drive.ts"
import type { StackConstants } from "../src/model/stack/constants.ts"
import { type Cover, coverEdges } from "../src/tla/graph/cover.ts"
import type { StateGraph } from "../src/tla/graph/graph.ts"
import { models, size } from "./manifest.ts"

const constantsOf = (name: string) => models.find((x) => x.name === name)!.constants as StackConstants

/** Models whose every edge is driven, cheapest first. */
const driven: ReadonlyArray<readonly [string, StackConstants]> = [
  ["1-1-1-1", constantsOf("1-1-1-1")],
  ["2-1-1-1", constantsOf("2-1-1-1")],
  ["1-2-1-1", constantsOf("1-2-1-1")],
  ["1-1-1-1 that ends", size(1, 1, 1, 1, { MaxStops: 2 })],
  ["1-1-1-2-room-1", constantsOf("1-1-1-2-room-1")],
  ["1-1-1-1-stop", constantsOf("1-1-1-1-stop")],
]

/** Paths, steps: a change of them is one of the model's graph, or of how paths are chosen. */
const figures: Readonly<Record<string, readonly [number, number]>> = {
  "1-1-1-1": [447, 12_728],
  "2-1-1-1": [751, 18_125],
  "1-2-1-1": [482, 11_762],
  "1-1-1-1 that ends": [1_892, 44_243],
  "1-1-1-2-room-1": [9_331, 295_932],
  "1-1-1-1-stop": [17_871, 561_013],
}

interface Covered {
  readonly graph: StateGraph
  readonly cover: Cover
  readonly constants: StackConstants
}

/** Cheapest first. */
const covered: Array<Covered> = []

describe("the core keeps to the specification along paths that cover every edge", () => {
  test.each(driven)("of %s", async (name, constants) => {
    const graph = await Effect.runPromise(graphOf({ ...models[0]!, name, constants }))
    const cover = coverEdges(graph)
    covered.push({ graph, cover, constants })
    const { problem, paths, steps, weightsForgotten } = drivePaths(graph, cover.paths, constants)
    expect(problem).toBeUndefined()
    expect([paths, steps]).toEqual(figures[name])
    expect(weightsForgotten).toBe(0)
    // Not far from the fewest steps that there could be.
    expect(cover.steps / cover.least).toBeLessThan(1.15)
  })
})

describe("a core of a naive design is told by them", () => {
  // 13 takes two connections that come back to a backlog of one: a graph for the full class.
  const naive = hazards.filter((x) => x.variant.machines !== machines && !x.name.startsWith("13:"))
  test.each(naive.map((x) => [x.name, x.variant.machines] as const))("%s", (_name, variant) => {
    expect(covered).toHaveLength(driven.length)
    for (const { graph, cover, constants } of covered) {
      const { problem } = drivePaths(graph, cover.paths, constants, variant)
      if (problem === undefined) continue
      expect(problem).toMatch(/^After \d+ steps:\n( +\d+ {2}\w+\(.*\)\n)+.*core/)
      return
    }
    expect.fail("survives")
  })
})
