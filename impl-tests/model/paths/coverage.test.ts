import { describe, expect, test } from "vitest"
import { coverageText, graphCoverage, KindCounts, modelCoverage } from "../../../src/model/paths/coverage.ts"
import { Follower } from "../../../src/tla/graph/follow.ts"
import { EdgeList, ranked, type StateGraph } from "../../../src/tla/graph/graph.ts"

const graph = (): StateGraph => {
  const edges = new EdgeList()
  edges.add(0, 1, 0)
  edges.add(0, 1, 1)
  edges.add(1, 0, 2)
  const { rank, sorted } = ranked(["Claim(0)", 'Gone(0, 0, "Done")', 'Gone(0, 0, "Served")'])
  return {
    states: 2,
    initial: [0],
    prints: new Uint32Array(4),
    ...edges.sorted(2, rank),
    labelNames: sorted,
    describe: () => new Map(),
  }
}

describe("what is covered", () => {
  const counts = new KindCounts()
  counts.graph(graph())
  const follower = new Follower(graph())
  for (const name of ["Claim(0)", 'Gone(0, 0, "Served")', "Claim(0)"]) {
    counts.step("sim led", name)
    follower.take(name)
  }
  counts.step("core paths", 'Gone(0, 0, "Done")')
  const report = counts.report([modelCoverage("m", graph(), [graphCoverage("sim led", 1, follower)])])

  test("counts edges, and steps by action and outcome", () => {
    expect(report.models).toEqual([
      {
        model: "m",
        states: 2,
        edges: 3,
        by: [{ source: "sim led", runs: 1, steps: 3, edges: 2, strayed: 0 }],
      },
    ])
    expect(report.kinds.map((x) => [x.kind, x.edges, x.steps["sim led"], x.steps["core paths"]])).toEqual([
      ["Claim", 1, 2, 0],
      ["Gone Done", 1, 0, 1],
      ["Gone Served", 1, 1, 0],
    ])
  })

  test("names what no whole stack has taken, though the core alone has", () => {
    expect(report.missing).toEqual(["Gone Done"])
    expect(coverageText(report)).toContain("| m: 2 states, 3 edges | sim led | 1 | 3 | 2 (66.7 %) |")
    expect(coverageText(report)).toContain("Taken by no whole stack: Gone Done.")
  })
})
