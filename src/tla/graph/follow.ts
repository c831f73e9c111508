/** Which edges of a state graph runs have taken that are known by the labels of their steps. */
import { edgeCount, type StateGraph } from "./graph.ts"

export class Follower {
  readonly graph: StateGraph
  /** By edge: how often it was taken, 255 at the most. */
  readonly taken: Uint8Array
  /** Where the run is; −1: it has left the graph, or is in one of several states. */
  state = -1
  /** Steps that the graph has, and runs that left it. */
  steps = 0
  strayed = 0
  readonly #numbers: ReadonlyMap<string, number>

  constructor(graph: StateGraph) {
    this.graph = graph
    this.taken = new Uint8Array(edgeCount(graph))
    this.#numbers = new Map(graph.labelNames.map((name, k) => [name, k]))
    this.restart()
  }

  /** A run begins, in the one initial state. */
  restart(): void {
    this.state = this.graph.initial.length === 1 ? this.graph.initial[0]! : -1
  }

  /** The edge of that label from where the run is; −1: there is none, or more than one. */
  edge(label: string): number {
    const number = this.#numbers.get(label)
    if (number === undefined || this.state < 0) return -1
    const { first, labels } = this.graph
    let found = -1
    for (let e = first[this.state]!; e < first[this.state + 1]!; e++) {
      if (labels[e] !== number) continue
      if (found >= 0) return -1
      found = e
    }
    return found
  }

  /** The run takes a step. False: the graph has none such here, and the run is followed no longer. */
  take(label: string): boolean {
    const e = this.edge(label)
    if (e < 0) {
      if (this.state >= 0) this.strayed++
      this.state = -1
      return false
    }
    if (this.taken[e]! < 255) this.taken[e]!++
    this.steps++
    this.state = this.graph.targets[e]!
    return true
  }

  /** How many edges were taken. */
  get covered(): number {
    let count = 0
    for (const x of this.taken) if (x > 0) count++
    return count
  }
}
