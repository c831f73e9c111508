/** Paths through a model's graph as inputs of the core: after each step all variables are compared with TLC's state. */
import { type Machines, machines } from "../../core/system.ts"
import { partsApart } from "../../tla/graph/compare.ts"
import type { GraphPath } from "../../tla/graph/cover.ts"
import type { StateGraph } from "../../tla/graph/graph.ts"
import type { StackConstants } from "../stack/constants.ts"
import { Driver } from "./driver.ts"
import { parseLabel } from "./label.ts"

export interface Driven {
  readonly paths: number
  readonly steps: number
  /** Steps before which service times were forgotten, so that the core might choose as the path does. */
  readonly weightsForgotten: number
  readonly seconds: number
  /** Where the core parted from the specification first, in words; undefined: nowhere. */
  readonly problem: string | undefined
}

/** Drives the core along each path, from the beginning each time. Ends at the first difference. */
export const drivePaths = (
  graph: StateGraph,
  paths: Iterable<GraphPath>,
  constants: StackConstants,
  variant: Machines = machines,
): Driven => {
  const begin = performance.now()
  const labels = graph.labelNames.map(parseLabel)
  const driver = new Driver(constants, variant)
  let count = 0
  let steps = 0
  let problem: string | undefined
  for (const { start, edges } of paths) {
    count++
    driver.restart()
    problem = differenceAt(graph, start, driver)
    for (let k = 0; k < edges.length && problem === undefined; k++) {
      problem =
        driver.take(labels[graph.labels[edges[k]!]!]!) ??
        differenceAt(graph, graph.targets[edges[k]!]!, driver)
      steps++
      if (problem !== undefined) problem = story(edges.subarray(0, k + 1), graph, problem)
    }
    if (problem !== undefined) break
  }
  const seconds = (performance.now() - begin) / 1000
  return { paths: count, steps, weightsForgotten: driver.weightsForgotten, seconds, problem }
}

/** How the core's state is another than the specification's; undefined: it is the same. */
export const differenceAt = (graph: StateGraph, state: number, driver: Driver): string | undefined => {
  const { high, low } = driver.print()
  if (high === graph.prints[2 * state] && low === graph.prints[2 * state + 1]) return undefined
  return partsApart(graph.describe(state), driver.describe())
    .map(([part, x, y]) => `${part}: the specification has ${x ?? "nothing"}, the core has ${y ?? "nothing"}`)
    .join("\n")
}

const story = (edges: Uint32Array, graph: StateGraph, what: string): string => {
  const steps = Array.from(
    edges,
    (e, k) => `  ${String(k + 1).padStart(3)}  ${graph.labelNames[graph.labels[e]!]}`,
  )
  return `After ${edges.length} step${edges.length === 1 ? "" : "s"}:\n${steps.join("\n")}\n${what}\n`
}
