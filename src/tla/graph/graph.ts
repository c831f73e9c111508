/** A state graph with labelled edges, as TLC or an explorer found it: states are numbers from 0, edges sorted by source. */

/** A complete graph: all states that can be reached, and all steps between them. */
export interface StateGraph {
  readonly states: number
  readonly initial: ReadonlyArray<number>
  /** Fingerprints of the states' canonical values: two words for each state. */
  readonly prints: Uint32Array
  /** Edges of state s: first[s] … first[s + 1] − 1, ascending by label, then target, each once. */
  readonly first: Uint32Array
  readonly targets: Uint32Array
  readonly labels: Uint32Array
  /** An action with its parameters: `Syn(0, 1, -1)`. */
  readonly labelNames: ReadonlyArray<string>
  /** The state's values by variable (or part of one), printed as TLA+. */
  describe(state: number): ReadonlyMap<string, string>
}

/** States on the longest of the shortest ways to a state, both ends included: TLC's depth, had it one worker. */
export const depthOf = (graph: StateGraph): number => {
  const seen = new Uint8Array(graph.states)
  let level: Array<number> = []
  for (const s of graph.initial) {
    if (seen[s] === 0) level.push(s)
    seen[s] = 1
  }
  let depth = 0
  for (; level.length > 0; depth++) {
    const next: Array<number> = []
    for (const s of level) {
      for (let k = graph.first[s]!; k < graph.first[s + 1]!; k++) {
        const t = graph.targets[k]!
        if (seen[t] === 0) next.push(t)
        seen[t] = 1
      }
    }
    level = next
  }
  return depth
}

/** Edges as they are found, in any order, doubles included. */
export class EdgeList {
  #from = new Uint32Array(1 << 12)
  #to = new Uint32Array(1 << 12)
  #label = new Uint32Array(1 << 12)
  length = 0

  add(from: number, to: number, label: number): void {
    if (this.length === this.#from.length) {
      this.#from = grown(this.#from)
      this.#to = grown(this.#to)
      this.#label = grown(this.#label)
    }
    this.#from[this.length] = from
    this.#to[this.length] = to
    this.#label[this.length++] = label
  }

  /** Sorted by source, label and target, doubles dropped. Labels are numbered by `rank`, so that they sort by name. */
  sorted(states: number, rank: Uint32Array): Pick<StateGraph, "first" | "targets" | "labels"> {
    const start = new Uint32Array(states + 1)
    for (let k = 0; k < this.length; k++) start[this.#from[k]! + 1]!++
    for (let s = 0; s < states; s++) start[s + 1]! += start[s]!
    const next = start.slice()
    // One number for label and target, exact in a double: labels are few.
    const keys = new Float64Array(this.length)
    for (let k = 0; k < this.length; k++) {
      keys[next[this.#from[k]!]!++] = rank[this.#label[k]!]! * 0x100000000 + this.#to[k]!
    }
    const first = new Uint32Array(states + 1)
    const targets = new Uint32Array(this.length)
    const labels = new Uint32Array(this.length)
    let at = 0
    for (let s = 0; s < states; s++) {
      first[s] = at
      const own = keys.subarray(start[s]!, start[s + 1]!).sort()
      for (let k = 0; k < own.length; k++) {
        const key = own[k]!
        if (k > 0 && key === own[k - 1]) continue
        labels[at] = Math.floor(key / 0x100000000)
        targets[at++] = key % 0x100000000
      }
    }
    first[states] = at
    return { first, targets: targets.slice(0, at), labels: labels.slice(0, at) }
  }
}

const grown = (array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** Label numbers by name: rank[k] is the place of `names[k]` in the sorted list. */
export const ranked = (
  names: ReadonlyArray<string>,
): { rank: Uint32Array; sorted: ReadonlyArray<string> } => {
  const sorted = [...new Set(names)].sort()
  const place = new Map(sorted.map((name, k) => [name, k]))
  return { rank: Uint32Array.from(names, (name) => place.get(name)!), sorted }
}

/** Edges, each once. */
export const edgeCount = (graph: StateGraph): number => graph.targets.length
