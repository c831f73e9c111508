/** Where a run should go next to take edges that no run has taken yet, when it may go elsewhere than it is told. */
import type { Follower } from "./follow.ts"

/** An edge is aimed at no more often: it can't be had, or not from where runs get. */
export const MOST_AIMS = 60

export class Guide {
  readonly #follower: Follower
  readonly #aimed: Uint8Array
  readonly #seen: Uint32Array
  readonly #first: Int32Array
  #search = 0

  constructor(follower: Follower) {
    this.#follower = follower
    const { states } = follower.graph
    this.#aimed = new Uint8Array(follower.taken.length)
    this.#seen = new Uint32Array(states)
    this.#first = new Int32Array(states)
  }

  /**
   * The next edge of a shortest way, along edges that runs have taken, to one that none has; −1: there is none any more
   * that may be tried, or the run has left the graph.
   */
  next(): number {
    const { graph, taken, state } = this.#follower
    if (state < 0) return -1
    const { first, targets } = graph
    const search = ++this.#search
    const queue = [state]
    this.#seen[state] = search
    for (let head = 0; head < queue.length; head++) {
      const s = queue[head]!
      for (let e = first[s]!; e < first[s + 1]!; e++) {
        const way = head === 0 ? e : this.#first[s]!
        if (taken[e] === 0) {
          if (this.#aimed[e]! >= MOST_AIMS) continue
          // What is right here either comes now, or hardly ever.
          this.#aimed[e]! += head === 0 ? MOST_AIMS / 2 : 1
          return way
        }
        const t = targets[e]!
        if (this.#seen[t] === search) continue
        this.#seen[t] = search
        this.#first[t] = way
        queue.push(t)
      }
    }
    return -1
  }
}
