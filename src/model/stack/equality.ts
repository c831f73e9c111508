/** Whether the shipped core does exactly what the specification says: both state graphs, state by state, edge by edge. */
import { compareGraphs, differenceText } from "../../tla/graph/compare.ts"
import { type Explorable, explore } from "../../tla/graph/explore.ts"
import { depthOf, edgeCount, type StateGraph } from "../../tla/graph/graph.ts"
import type { ReadOptions } from "../../tla/graph/read.ts"
import { MOST_STATES } from "../../tla/graph/tlc-graph.ts"
import type { StackConstants } from "./constants.ts"
import type { Core } from "./step.ts"
import { StackSystem } from "./system.ts"
import { depths } from "./values.ts"

/** How TLC's graph of spec/MC.tla is read: MC's wrappers bear the actions' names after their prefix. */
export const stackGraph: ReadOptions = {
  depths,
  label: (name) => name.replace(/^MC/, "").replace(/^SynNothing/, "Syn"),
}

export interface Equality {
  readonly states: number
  readonly edges: number
  readonly depth: number
  /** Time that the core's exploration took, s. */
  readonly seconds: number
  /** Where the two part, in words; undefined: they are equal. */
  readonly problem: string | undefined
}

/** Explores the code's side, `name`, and compares it with TLC's graph. @throws {TooManyStates} it has more than `limit` */
export const equalityOf = (
  tlc: StateGraph,
  code: Explorable,
  name: string,
  limit = MOST_STATES,
): Equality => {
  const start = performance.now()
  const mine = explore(code, limit)
  const seconds = (performance.now() - start) / 1000
  const difference = compareGraphs(tlc, mine)
  const problem = difference === undefined ? undefined : differenceText(difference, "the specification", name)
  return { states: mine.states, edges: edgeCount(mine), depth: depthOf(mine), seconds, problem }
}

/**
 * Explores the core under the model's limits and compares it with TLC's graph of the same.
 * @throws {TooManyStates} the core has more than `limit`
 */
export const coreEquals = (
  tlc: StateGraph,
  constants: StackConstants,
  core?: Core,
  limit = MOST_STATES,
): Equality => equalityOf(tlc, new StackSystem(constants, core), "the core", limit)
