/** A naive accept that does something else, or sends something else, is told from the one that TLC's graph equals. */
import { describe, expect, test } from "vitest"
import { type NaiveResult, stepNaive } from "../../../src/core/naive-accept.ts"
import { naiveEquals } from "../../../src/model/naive/equality.ts"
import { NaiveSystem } from "../../../src/model/naive/system.ts"
import { explore } from "../../../src/tla/graph/explore.ts"

const constants = { NApplications: 2, NConnections: 2, Backlog: 2 }
/** model-tests compares it with TLC's. */
const graph = explore(new NaiveSystem(constants, stepNaive), 10_000)

const altered =
  (alter: (result: NaiveResult) => Partial<NaiveResult>): typeof stepNaive =>
  (state, event) => {
    const result = stepNaive(state, event)
    return { ...result, ...alter(result) }
  }

describe("the naive accept against a graph", () => {
  test("is the same", () => {
    expect(naiveEquals(graph, constants).problem).toBeUndefined()
  })

  test.each<[string, typeof stepNaive]>([
    [
      "last in line first",
      altered(({ state }) => ({ state: { ...state, queue: [...state.queue].reverse() } })),
    ],
    ["one message less", altered(({ sent }) => ({ sent: sent.filter((x) => x._tag !== "OfferTo") }))],
    [
      "one message more",
      altered(({ sent }) => ({ sent: [...sent.filter((x) => x._tag === "SelectRequest"), ...sent] })),
    ],
    [
      "a place in the backlog more",
      (state, event) => {
        const result = stepNaive({ ...state, backlog: state.backlog + 1 }, event)
        return { ...result, state: { ...result.state, backlog: state.backlog } }
      },
    ],
    [
      "who dies waits on",
      (state, event) => stepNaive(state, event._tag === "Die" ? { ...event, a: -1 } : event),
    ],
  ])("is another: %s", (_name, step) => {
    const bounds = { ...constants, Backlog: 1 }
    const small = explore(new NaiveSystem(bounds, stepNaive), 10_000)
    const problems = [naiveEquals(graph, constants, step), naiveEquals(small, bounds, step)].map(
      (x) => x.problem,
    )
    expect(problems.filter((x) => x !== undefined)).not.toEqual([])
  })
})
