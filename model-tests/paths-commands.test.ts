/** Commands drawn from the model's actions; what goes wrong shrinks to the few that it takes. */
import { Effect } from "effect"
import fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import { hazards } from "../impl-tests/core/hazards.ts"
import { type Machines, machines } from "../src/core/system.ts"
import { graphOf } from "../src/model/graph-of.ts"
import { differenceAt } from "../src/model/paths/drive.ts"
import { Driver } from "../src/model/paths/driver.ts"
import { type Label, parseLabel } from "../src/model/paths/label.ts"
import type { StackConstants } from "../src/model/stack/constants.ts"
import { shipped } from "../src/model/stack/step.ts"
import { StackSystem } from "../src/model/stack/system.ts"
import { compareGraphs } from "../src/tla/graph/compare.ts"
import { explore } from "../src/tla/graph/explore.ts"
import type { StateGraph } from "../src/tla/graph/graph.ts"
import { models, size } from "./manifest.ts"

/** What the specification says: where in its graph the run is. */
interface Place {
  state: number
}

class Step implements fc.Command<Place, Driver> {
  readonly graph: StateGraph
  readonly number: number
  readonly label: Label

  constructor(graph: StateGraph, number: number) {
    this.graph = graph
    this.number = number
    this.label = parseLabel(graph.labelNames[number]!)
  }

  check(place: Readonly<Place>): boolean {
    return this.#next(place.state) >= 0
  }

  run(place: Place, driver: Driver): void {
    place.state = this.#next(place.state)
    const wrong = driver.take(this.label) ?? differenceAt(this.graph, place.state, driver)
    if (wrong !== undefined) throw new Error(wrong)
  }

  toString(): string {
    return this.label.text
  }

  #next(state: number): number {
    const { first, labels, targets } = this.graph
    for (let e = first[state]!; e < first[state + 1]!; e++) if (labels[e] === this.number) return targets[e]!
    return -1
  }
}

/** Draws of which most are not possible where they come: a few dozen steps are taken. */
const MOST_COMMANDS = 1000

/** The steps that a shrunk failure takes, and what is wrong after them; undefined: the core keeps to the specification. */
const failureOf = (graph: StateGraph, constants: StackConstants, variant: Machines, runs: number) => {
  const labels = graph.labelNames.map((_, number) => fc.constant(new Step(graph, number)))
  const property = fc.property(
    fc.commands(labels, { maxCommands: MOST_COMMANDS, size: "max" }),
    (commands) => {
      const setup = () => ({ model: { state: graph.initial[0]! }, real: new Driver(constants, variant) })
      fc.modelRun(setup, commands)
    },
  )
  const { failed, counterexample, errorInstance } = fc.check(property, { seed: 1, numRuns: runs })
  if (!failed) return undefined
  const shrunk = String(counterexample![0])
    .replace(/ ?\/\*.*\*\/$/, "")
    .split(/(?<=\)),/)
  return { steps: shrunk, wrong: (errorInstance as Error).message }
}

const constants = size(1, 1, 1, 1, { MaxSyns: 2, MaxStops: 1 })
let graph: StateGraph
beforeAll(async () => {
  graph = await Effect.runPromise(graphOf({ ...models[0]!, name: "1-1-1-1, one stop", constants }))
})

describe("steps drawn from the specification", () => {
  test("find nothing wrong with the shipped core", () => {
    expect(failureOf(graph, constants, machines, 300)).toBeUndefined()
  })

  const removal = hazards.find((x) => x.name.startsWith("1:"))!

  test("shrink what is wrong with a naive one to the steps that it takes", () => {
    const { steps, wrong } = failureOf(graph, constants, removal.variant.machines, 3000)!
    expect([...steps, wrong].join("\n")).toMatchInlineSnapshot(`
      "Attach(0)
      ReceiveAttach(0, 0)
      ReceiveAttached(0, 0)
      Register(0)
      ReceiveAcceptConnection(0, 0)
      Syn(0, 0, 0, "Assigned")
      ReceiveAssign(0, 0, "Done")
      Established(0, 0, "Announced")
      ReceiveAvailable(0, 0)
      Claim(0)
      Gone(0, 0, "Done")
      ReceiveConnectionClosed(0, 0)
      Syn(0, 0, 0, "Assigned")
      ReceiveClaim(0, 0, "TimedOut")
      ReceiveTimedOut(0, 0)
      ReceiveAssign(0, 0, "Done")
      Register(0)
      Established(0, 0, "Announced")
      ReceiveAcceptConnection(0, 0)
      ClaimTimeout(0, 0)
      ReceiveAcceptorTimedOut(0, 0)
      acceptor[0]: the specification has 2, the core has 0"
    `)
  })

  const naive = hazards.filter((x) => /^(1|1c|2|3|5|7|8|12):/.test(x.name))
  test.each(naive.map((x) => [x.name, x.variant.machines] as const))(
    "to hardly more than the fewest: %s",
    (_name, variant) => {
      const { steps } = failureOf(graph, constants, variant, 3000)!
      const core = explore(new StackSystem(constants, { ...shipped, machines: variant }), 10 * graph.states)
      const fewest = compareGraphs(graph, core)!.path.length + 1
      expect(steps.length).toBeGreaterThanOrEqual(fewest)
      // Nothing can be left out of what is shrunk; another way may still be shorter.
      expect(steps.length).toBeLessThanOrEqual(1.5 * fewest)
    },
  )
})
