/** Breadth-first exploration of a system whose states are vectors of whole numbers. */
import { Data } from "effect"
import { EdgeList, ranked, type StateGraph } from "./graph.ts"
import type { Print } from "./print.ts"

/** Told of every step from the state under way; `next` is copied before the call returns. */
export type Visit = (label: number, next: Int32Array) => void

/** A system to be explored: its states are vectors of whole numbers, its steps bear labels. */
export interface Explorable {
  /** Numbers in a state. */
  readonly width: number
  initial(): Int32Array
  /** Every step from `state`. */
  steps(state: Int32Array, visit: Visit): void
  readonly labelNames: ReadonlyArray<string>
  /** The print of number `value` at place `k` of a state. */
  print(k: number, value: number): Print
  describe(state: Int32Array): ReadonlyMap<string, string>
}

/** More states than were allowed for. */
export class TooManyStates extends Data.TaggedError("TooManyStates")<{
  readonly states: number
  readonly message: string
}> {}

/** Labels of edges, numbered as they are met. */
export class Labels {
  readonly names: Array<string> = []
  readonly #numbers = new Map<string, number>()

  number(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.names.push(name)
    this.#numbers.set(name, this.names.length - 1)
    return this.names.length - 1
  }
}

/** The complete graph. @throws {TooManyStates} beyond `limit` states */
export const explore = (system: Explorable, limit: number): StateGraph => {
  const { width } = system
  const store = new VectorSet(width)
  const edges = new EdgeList()
  const state = new Int32Array(width)
  let from = 0
  const visit: Visit = (label, next) => {
    edges.add(from, store.add(next), label)
  }
  store.add(system.initial())
  for (; from < store.size; from++) {
    if (store.size > limit) {
      throw new TooManyStates({
        states: store.size,
        message: `more than ${limit} states: the system is not finite, or the limit too low`,
      })
    }
    store.copy(from, state)
    system.steps(state, visit)
  }
  const prints = new Uint32Array(2 * store.size)
  for (let s = 0; s < store.size; s++) {
    let high = 0
    let low = 0
    store.copy(s, state)
    for (let k = 0; k < width; k++) {
      const print = system.print(k, state[k]!)
      high = (high + print.high) | 0
      low = (low + print.low) | 0
    }
    prints[2 * s] = high
    prints[2 * s + 1] = low
  }
  const { rank, sorted } = ranked(system.labelNames)
  return {
    states: store.size,
    initial: [0],
    prints,
    ...edges.sorted(store.size, rank),
    labelNames: sorted,
    describe: (s) => system.describe(store.copy(s, new Int32Array(width))),
  }
}

/** Distinct vectors of one length, numbered in the order they came. */
class VectorSet {
  size = 0
  readonly #width: number
  #cells: Int32Array<ArrayBuffer>
  #slots = new Int32Array(1 << 12).fill(-1)

  constructor(width: number) {
    this.#width = width
    this.#cells = new Int32Array(width << 10)
  }

  copy(index: number, into: Int32Array): Int32Array {
    const at = index * this.#width
    for (let k = 0; k < this.#width; k++) into[k] = this.#cells[at + k]!
    return into
  }

  add(vector: Int32Array): number {
    const mask = this.#slots.length - 1
    let slot = this.#hash(vector, 0) & mask
    for (let found = this.#slots[slot]!; found >= 0; found = this.#slots[slot]!) {
      if (this.#equals(found, vector)) return found
      slot = (slot + 1) & mask
    }
    const index = this.size++
    this.#slots[slot] = index
    const at = index * this.#width
    if (at + this.#width > this.#cells.length) {
      const larger = new Int32Array(2 * this.#cells.length)
      larger.set(this.#cells)
      this.#cells = larger
    }
    this.#cells.set(vector, at)
    if (2 * this.size > this.#slots.length) this.#rehash()
    return index
  }

  #equals(index: number, vector: Int32Array): boolean {
    const at = index * this.#width
    for (let k = 0; k < this.#width; k++) if (this.#cells[at + k] !== vector[k]) return false
    return true
  }

  #hash(cells: Int32Array, at: number): number {
    let h = 0x811c9dc5
    for (let k = 0; k < this.#width; k++) {
      h = Math.imul(h ^ cells[at + k]!, 0x9e3779b1)
      h ^= h >>> 15
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    return h ^ (h >>> 13)
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1)
    const mask = this.#slots.length - 1
    for (let index = 0; index < this.size; index++) {
      let slot = this.#hash(this.#cells, index * this.#width) & mask
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
      this.#slots[slot] = index
    }
  }
}
