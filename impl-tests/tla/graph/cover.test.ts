import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { coverEdges, LONGEST_PATH, NotCoverable } from "../../../src/tla/graph/cover.ts"
import { EdgeList, edgeCount, ranked, type StateGraph } from "../../../src/tla/graph/graph.ts"

type Edge = readonly [from: number, to: number, label: number]

const graphOf = (states: number, initial: ReadonlyArray<number>, list: ReadonlyArray<Edge>): StateGraph => {
  const edges = new EdgeList()
  for (const [from, to, label] of list) edges.add(from, to, label)
  const { rank, sorted } = ranked(["A()", "B()", "C()"])
  return {
    states,
    initial,
    prints: new Uint32Array(2 * states),
    ...edges.sorted(states, rank),
    labelNames: sorted,
    describe: () => new Map(),
  }
}

/** Every state but the initial ones has an edge from a state before it, so that all are reachable. */
const graphs = (mostStates: number, mostEdges: number): fc.Arbitrary<StateGraph> =>
  fc.integer({ min: 1, max: mostStates }).chain((states) =>
    fc
      .record({
        initials: fc.integer({ min: 1, max: Math.min(3, states) }),
        parents: fc.array(fc.nat(), { minLength: states, maxLength: states }),
        more: fc.array(fc.tuple(fc.nat(states - 1), fc.nat(states - 1), fc.nat(2)), { maxLength: mostEdges }),
      })
      .map(({ initials, parents, more }) => {
        const tree: Array<Edge> = []
        for (let s = initials; s < states; s++) tree.push([parents[s]! % s, s, parents[s]! % 3])
        const initial = Array.from({ length: initials }, (_, s) => s)
        return graphOf(states, initial, [...tree, ...more])
      }),
  )

/** Every edge is walked, and every path is one, from an initial state. */
const check = (graph: StateGraph, longest = LONGEST_PATH) => {
  const cover = coverEdges(graph, longest)
  const walked = new Set<number>()
  let steps = 0
  for (const { start, edges } of cover.paths) {
    expect(graph.initial).toContain(start)
    expect(edges.length).toBeGreaterThan(0)
    expect(edges.length).toBeLessThanOrEqual(longest)
    let at = start
    for (const e of edges) {
      expect(e).toBeGreaterThanOrEqual(graph.first[at]!)
      expect(e).toBeLessThan(graph.first[at + 1]!)
      walked.add(e)
      at = graph.targets[e]!
    }
    steps += edges.length
  }
  expect(walked.size).toBe(edgeCount(graph))
  expect(cover.steps).toBe(steps)
  return cover
}

/** The fewest steps of any cover, by trying all: every set of edges walked so far, from every state. */
const fewest = (graph: StateGraph): number => {
  const all = 2 ** edgeCount(graph) - 1
  let layer = new Set(graph.initial.map((s) => s * (all + 1)))
  const seen = new Set(layer)
  for (let steps = 0; ; steps++) {
    const next = new Set<number>()
    for (const x of layer) {
      const walked = x % (all + 1)
      if (walked === all) return steps
      // To begin at an initial state again costs nothing.
      for (const s of [Math.floor(x / (all + 1)), ...graph.initial]) {
        for (let e = graph.first[s]!; e < graph.first[s + 1]!; e++) {
          const y = graph.targets[e]! * (all + 1) + (walked | (1 << e))
          if (seen.has(y)) continue
          seen.add(y)
          next.add(y)
        }
      }
    }
    layer = next
  }
}

describe("paths that cover every edge", () => {
  test("do, of any graph, each from an initial state", () => {
    fc.assert(
      fc.property(graphs(30, 120), (graph) => {
        const { steps, least } = check(graph)
        expect(least).toBeLessThanOrEqual(steps)
      }),
      { numRuns: 500 },
    )
  })

  test("are no longer than they may be", () => {
    fc.assert(
      fc.property(graphs(12, 60), fc.integer({ min: 12, max: 20 }), (graph, longest) => {
        check(graph, longest)
      }),
      { numRuns: 300 },
    )
  })

  test("go on where one was cut, be it at another initial state", () => {
    const graph = graphOf(
      2,
      [0, 1],
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
    )
    expect(check(graph, 1).paths.map((x) => x.start)).toEqual([0, 1])
  })

  test("have no fewer steps than said, and hardly more than the fewest that there are", () => {
    let [ours, best] = [0, 0]
    fc.assert(
      fc.property(graphs(5, 6), (graph) => {
        fc.pre(edgeCount(graph) <= 9)
        const { steps, least } = check(graph)
        const optimum = fewest(graph)
        expect(least).toBeLessThanOrEqual(optimum)
        expect(steps).toBeGreaterThanOrEqual(optimum)
        ours += steps
        best += optimum
      }),
      { numRuns: 300, seed: 1 },
    )
    expect(ours / best).toBeLessThan(1.1)
  })

  test("are one where one is enough: round trips within round trips", () => {
    // 0 → 1 → 2 → 1, and 2 → 3 → 2, each edge once.
    const graph = graphOf(
      4,
      [0],
      [
        [0, 1, 0],
        [1, 2, 0],
        [2, 1, 1],
        [2, 3, 0],
        [3, 2, 0],
        [2, 2, 2],
      ],
    )
    const { paths, steps, least } = check(graph)
    expect([paths.length, steps, least]).toEqual([1, 6, 6])
  })

  test("are none of a graph without edges", () => {
    expect(coverEdges(graphOf(1, [0], []))).toEqual({ paths: [], steps: 0, least: 0 })
  })
})

describe("no cover", () => {
  test("of what can't be reached", () => {
    const graph = graphOf(
      3,
      [0],
      [
        [0, 1, 0],
        [2, 1, 0],
      ],
    )
    expect(() => coverEdges(graph)).toThrow(NotCoverable)
    expect(() => coverEdges(graph)).toThrow("state 2 is not reachable")
  })

  test("of what is deeper than paths are long", () => {
    const line = graphOf(
      4,
      [0],
      [
        [0, 1, 0],
        [1, 2, 0],
        [2, 3, 0],
      ],
    )
    expect(() => coverEdges(line, 2)).toThrow("state 2 is 2 steps deep")
    check(line, 3)
  })
})
