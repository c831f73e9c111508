/**
 * Few paths that cover every edge of a state graph, each from an initial state: tests, where the graph is a model's. It is
 * the Chinese postman's problem with a free return to the start. Every edge is walked; where a state is left by more edges
 * than it is reached by, the way to it is walked again: from the nearest state that is reached more often than it is left,
 * or else from an initial one.
 */
import { Data } from "effect"
import { edgeCount, type StateGraph } from "./graph.ts"

/** A path has no more steps unless it is told otherwise: it is cut, and its rest begins at an initial state again. */
export const LONGEST_PATH = 1000
/** States looked at for one that is reached more often than left, before the way from an initial state is taken. */
export const MOST_LOOKED_AT = 4096

/** Edges, by index in `targets` and `labels`, one after the other from an initial state. */
export interface GraphPath {
  readonly start: number
  readonly edges: Uint32Array
}

/** Paths that take every edge. */
export interface Cover {
  readonly paths: ReadonlyArray<GraphPath>
  /** Edges walked, each as often as it is. */
  readonly steps: number
  /** No paths from initial states that cover every edge have fewer steps. */
  readonly least: number
}

/** No paths of this length from initial states cover the graph. */
export class NotCoverable extends Data.TaggedError("NotCoverable")<{
  readonly state: number
  readonly message: string
  readonly remedy: string
}> {}

/** @throws {NotCoverable} a state is not reachable, or too deep for paths of `longest` steps */
export const coverEdges = (graph: StateGraph, longest = LONGEST_PATH): Cover => {
  const ways = new Ways(graph)
  for (let s = 0; s < graph.states; s++) {
    const depth = ways.depth[s]!
    // For an edge that leaves it, a path must have a step left there.
    const deepest = graph.first[s] === graph.first[s + 1] ? longest : longest - 1
    if (depth >= 0 && depth <= deepest) continue
    throw new NotCoverable({
      state: s,
      message: depth < 0 ? `state ${s} is not reachable` : `state ${s} is ${depth} steps deep`,
      remedy: depth < 0 ? "give a complete graph" : `allow paths of more than ${longest} steps`,
    })
  }
  const { times, least } = ways.balanced()
  const rest = new Rest(graph, times)
  const paths: Array<GraphPath> = []
  let steps = 0
  const walks: Array<Array<number>> = []
  for (const start of graph.initial) {
    while (rest.hasEdges(start)) walks.push(rest.walk(start))
  }
  for (const walk of walks) {
    for (const path of ways.cut(rest.withRoundTrips(walk), longest)) {
      paths.push(path)
      steps += path.edges.length
    }
  }
  return { paths, steps, least }
}

/** The graph walked backwards, and what is known of the ways to each state. */
class Ways {
  /** By state: steps of a shortest path from an initial state (−1: there is none), and its last edge. */
  readonly depth: Int32Array
  readonly #via: Int32Array
  readonly #graph: StateGraph
  /** By edge: where it begins. */
  readonly #sources: Uint32Array
  /** Edges into state s: #into[#firstInto[s]] … */
  readonly #firstInto: Uint32Array
  readonly #into: Uint32Array
  /** The search that looked at a state last, and the edge by which it goes on from there. */
  readonly #seen: Uint32Array
  readonly #onward: Uint32Array
  #search = 0

  constructor(graph: StateGraph) {
    const { states, first, targets } = graph
    const edges = edgeCount(graph)
    this.#graph = graph
    this.#sources = new Uint32Array(edges)
    this.#firstInto = new Uint32Array(states + 1)
    for (let s = 0; s < states; s++) this.#sources.fill(s, first[s], first[s + 1])
    for (const t of targets) this.#firstInto[t + 1]!++
    for (let s = 0; s < states; s++) this.#firstInto[s + 1]! += this.#firstInto[s]!
    const next = this.#firstInto.slice()
    this.#into = new Uint32Array(edges)
    for (let e = 0; e < edges; e++) this.#into[next[targets[e]!]!++] = e
    this.#seen = new Uint32Array(states)
    this.#onward = new Uint32Array(states)
    this.depth = new Int32Array(states).fill(-1)
    this.#via = new Int32Array(states).fill(-1)
    const queue = [...graph.initial]
    for (const s of queue) this.depth[s] = 0
    for (let head = 0; head < queue.length; head++) {
      const s = queue[head]!
      for (let e = first[s]!; e < first[s + 1]!; e++) {
        const t = targets[e]!
        if (this.depth[t]! >= 0) continue
        this.depth[t] = this.depth[s]! + 1
        this.#via[t] = e
        queue.push(t)
      }
    }
  }

  /** How often each edge is walked, so that no state but an initial one is left more often than it is reached. */
  balanced(): { times: Uint32Array; least: number } {
    const { states, first, initial } = this.#graph
    const times = new Uint32Array(edgeCount(this.#graph)).fill(1)
    const surplus = new Float64Array(states)
    for (let s = 0; s < states; s++) {
      surplus[s] = this.#firstInto[s + 1]! - this.#firstInto[s]! - (first[s + 1]! - first[s]!)
    }
    for (const s of initial) surplus[s] = Number.POSITIVE_INFINITY
    const least = this.#least(surplus)
    for (let s = 0; s < states; s++) {
      while (surplus[s]! < 0) {
        const from = this.#nearest(s, surplus)
        const more = Math.min(-surplus[s]!, from < 0 ? Number.POSITIVE_INFINITY : surplus[from]!)
        if (from < 0) for (const e of this.#shortest(s)) times[e]! += more
        else {
          for (let x = from; x !== s; x = this.#graph.targets[this.#onward[x]!]!)
            times[this.#onward[x]!]! += more
          surplus[from]! -= more
        }
        surplus[s]! += more
      }
    }
    return { times, least }
  }

  /** Every edge once, and each way that must be walked again from the nearest state that it may come from. */
  #least(surplus: Float64Array): number {
    const { states, first, targets } = this.#graph
    const distance = new Int32Array(states).fill(-1)
    const queue: Array<number> = []
    surplus.forEach((x, s) => {
      if (x <= 0) return
      distance[s] = 0
      queue.push(s)
    })
    let least = edgeCount(this.#graph)
    for (let head = 0; head < queue.length; head++) {
      const s = queue[head]!
      if (surplus[s]! < 0) least -= surplus[s]! * distance[s]!
      for (let e = first[s]!; e < first[s + 1]!; e++) {
        const t = targets[e]!
        if (distance[t]! >= 0) continue
        distance[t] = distance[s]! + 1
        queue.push(t)
      }
    }
    return least
  }

  /** The nearest state with a surplus from which `s` can be reached; −1: none among those looked at. */
  #nearest(s: number, surplus: Float64Array): number {
    const search = ++this.#search
    const queue = [s]
    this.#seen[s] = search
    for (let head = 0; head < queue.length; head++) {
      const t = queue[head]!
      for (let k = this.#firstInto[t]!; k < this.#firstInto[t + 1]!; k++) {
        const e = this.#into[k]!
        const from = this.#sources[e]!
        if (this.#seen[from] === search) continue
        this.#seen[from] = search
        this.#onward[from] = e
        if (surplus[from]! > 0) return from
        if (queue.length < MOST_LOOKED_AT) queue.push(from)
      }
    }
    return -1
  }

  /** The edges of a shortest path from an initial state. */
  #shortest(s: number): Array<number> {
    const edges: Array<number> = []
    for (let e = this.#via[s]!; e >= 0; e = this.#via[this.#sources[e]!]!) edges.push(e)
    return edges.reverse()
  }

  /** A walk as paths of at most `longest` steps: a later one takes a shortest way to where the one before was cut. */
  *cut(walk: ReadonlyArray<number>, longest: number): Generator<GraphPath> {
    for (let at = 0; at < walk.length; ) {
      const way = at === 0 ? [] : this.#shortest(this.#sources[walk[at]!]!)
      const part = walk.slice(at, at + longest - way.length)
      at += part.length
      const edges = Uint32Array.from([...way, ...part])
      // A walk may be cut at another initial state than it began at.
      yield { start: this.#sources[edges[0]!]!, edges }
    }
  }
}

/** What is left of the edges, each to be walked so many times. */
class Rest {
  readonly #graph: StateGraph
  readonly #times: Uint32Array
  /** By state: its first edge that may be left. */
  readonly #next: Uint32Array

  constructor(graph: StateGraph, times: Uint32Array) {
    this.#graph = graph
    this.#times = times
    this.#next = graph.first.slice(0, graph.states)
  }

  hasEdges(s: number): boolean {
    const end = this.#graph.first[s + 1]!
    while (this.#next[s]! < end && this.#times[this.#next[s]!] === 0) this.#next[s]!++
    return this.#next[s]! < end
  }

  /** From `start` to where no edge is left. */
  walk(start: number): Array<number> {
    const walk: Array<number> = []
    for (let s = start; this.hasEdges(s); s = this.#graph.targets[walk.at(-1)!]!) {
      const e = this.#next[s]!
      this.#times[e]!--
      walk.push(e)
    }
    return walk
  }

  /**
   * The walk, and at each state on its way every round trip that is left there. When nothing is left at the initial
   * states any more, and no state is left more often than reached, all that is left are round trips, and each can be
   * reached from some walk.
   */
  withRoundTrips(walk: ReadonlyArray<number>): Array<number> {
    const tour: Array<number> = []
    // Next edge last.
    const ahead = [...walk].reverse()
    while (ahead.length > 0) {
      const e = ahead.pop()!
      tour.push(e)
      for (const next of this.walk(this.#graph.targets[e]!).reverse()) ahead.push(next)
    }
    return tour
  }
}
