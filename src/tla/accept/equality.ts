/** Whether the shipped core does exactly what the specification says: both state graphs, state by state, edge by edge. */
import type { Machines } from "../../core/system.ts"
import { compareGraphs, differenceText } from "../graph/compare.ts"
import { explore } from "../graph/explore.ts"
import { edgeCount, type StateGraph } from "../graph/graph.ts"
import type { ReadOptions } from "../graph/read.ts"
import { MOST_STATES } from "../graph/tlc-graph.ts"
import type { ModelConstants } from "../model.ts"
import { AcceptSystem } from "./system.ts"
import { depths } from "./values.ts"

/** How TLC's graph of spec/MC.tla is read: MC's wrappers bear the actions' names after their prefix. */
export const acceptGraph: ReadOptions = { depths, label: (name) => name.replace(/^MC/, "") }

export interface Equality {
  readonly states: number
  readonly edges: number
  /** Time that the core's exploration took, s. */
  readonly seconds: number
  /** Where the two part, in words; undefined: they are equal. */
  readonly problem: string | undefined
}

/** Explores the core under the model's limits and compares it with TLC's graph of the same. */
export const coreEquals = (tlc: StateGraph, constants: ModelConstants, machines?: Machines): Equality => {
  const start = performance.now()
  const core = explore(new AcceptSystem(constants, machines), MOST_STATES)
  const seconds = (performance.now() - start) / 1000
  const difference = compareGraphs(tlc, core)
  const problem =
    difference === undefined ? undefined : differenceText(difference, "the specification", "the core")
  return { states: core.states, edges: edgeCount(core), seconds, problem }
}
