import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Follower } from "../../../src/tla/graph/follow.ts"
import { EdgeList, ranked, type StateGraph } from "../../../src/tla/graph/graph.ts"
import { Guide } from "../../../src/tla/graph/guide.ts"

/** A ring of states: step 0 goes on, step 1 goes back, and at each state step 2 stays. */
const ring = (states: number): StateGraph => {
  const edges = new EdgeList()
  for (let s = 0; s < states; s++) {
    edges.add(s, (s + 1) % states, 0)
    edges.add(s, (s + states - 1) % states, 1)
    edges.add(s, s, 2)
  }
  const { rank, sorted } = ranked(["On()", "Back()", "Stay()"])
  return {
    states,
    initial: [0],
    prints: new Uint32Array(2 * states),
    ...edges.sorted(states, rank),
    labelNames: sorted,
    describe: () => new Map(),
  }
}

describe("a run followed through a graph", () => {
  test("marks the edges that it takes, and is let go where the graph has no such step", () => {
    const follower = new Follower(ring(3))
    expect(["Back()", "Back()", "Stay()", "Stay()"].map((x) => follower.take(x))).toEqual(Array(4).fill(true))
    expect([follower.state, follower.covered, follower.steps, follower.strayed]).toEqual([1, 3, 4, 0])
    expect([follower.take("Up()"), follower.take("On()")]).toEqual([false, false])
    expect([follower.state, follower.covered, follower.steps, follower.strayed]).toEqual([-1, 3, 4, 1])
    follower.restart()
    expect(follower.take("On()")).toBe(true)
  })

  test("is not followed where a label leads to more than one state", () => {
    const edges = new EdgeList()
    edges.add(0, 0, 0)
    edges.add(0, 1, 0)
    const { rank, sorted } = ranked(["A()"])
    const graph = { ...ring(2), ...edges.sorted(2, rank), labelNames: sorted }
    expect(new Follower(graph).take("A()")).toBe(false)
  })
})

describe("a guide", () => {
  test("has an obedient run take every edge", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (states) => {
        const graph = ring(states)
        const follower = new Follower(graph)
        const guide = new Guide(follower)
        let steps = 0
        for (let e = guide.next(); e >= 0; e = guide.next(), steps++) {
          follower.take(graph.labelNames[graph.labels[e]!]!)
        }
        expect(follower.covered).toBe(graph.targets.length)
        expect(steps).toBeLessThan(10 * states + 10)
      }),
    )
  })

  test("gives up what a run never does", () => {
    const graph = ring(10)
    const follower = new Follower(graph)
    const guide = new Guide(follower)
    let asked = 0
    for (let e = guide.next(); e >= 0; e = guide.next()) {
      const label = graph.labelNames[graph.labels[e]!]!
      // It never stays anywhere, and goes back instead.
      follower.take(label === "Stay()" ? "Back()" : label)
      expect(++asked).toBeLessThan(5_000)
    }
    expect(follower.covered).toBe(20)
  })
})
