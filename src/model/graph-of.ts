/** What TLC knows of a model, as inputs: its graph, or behaviours drawn from it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Data, Effect, type Scope } from "effect"
import type { StateGraph } from "../tla/graph/graph.ts"
import type { GraphUnreadable } from "../tla/graph/read.ts"
import { type Behaviours, type Simulation, simulate } from "../tla/graph/simulate.ts"
import { tlcGraph } from "../tla/graph/tlc-graph.ts"
import type { TlcReport } from "../tla/messages.ts"
import { configurationOf, type Model } from "../tla/model.ts"
import { scratchDirectory } from "../tla/scratch.ts"
import type { TlcRun, TlcUnavailable } from "../tla/tlc.ts"
import { specDirectory } from "./spec.ts"
import { stackGraph } from "./stack/equality.ts"

/** TLC did not come to the end of the model. */
export class NoGraph extends Data.TaggedError("NoGraph")<{
  readonly model: string
  readonly message: string
  readonly remedy: string
}> {}

const HEAP = 2048
/** Behaviours of no more steps take seconds: Java's optimizing compiler would cost more than it saves. */
const BRIEF_STEPS = 10_000

/** What would end everything soon, or changes nothing. */
const rare = ["MCDie", "MCCloseListener", "MCGone", "MCSynNothing"]

/** A run of TLC on the model, without its properties. */
const runOf = (model: Model, invariants: ReadonlyArray<string>): Effect.Effect<TlcRun, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scratch = yield* scratchDirectory("graph-of")
    const config = join(scratch, `${model.module}.cfg`)
    writeFileSync(config, configurationOf({ ...model, invariants, properties: [] }))
    const module = join(specDirectory, `${model.module}.tla`)
    // One worker: the same numbers of states in every run.
    return { module, config, workers: 1, heap: HEAP, brief: true }
  })

const noGraph = (model: Model, { outcome }: TlcReport): NoGraph => {
  const what = "message" in outcome ? outcome.message : "name" in outcome ? outcome.name : ""
  return new NoGraph({
    model: model.name,
    message: `TLC came to no good end of ${model.name}: ${outcome._tag} ${what}`,
    remedy: `pika check ${model.name} says more`,
  })
}

/** The whole graph of a model of spec/MC.tla. */
export const graphOf = (
  model: Model,
): Effect.Effect<StateGraph, NoGraph | TlcUnavailable | GraphUnreadable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { graph, report } = yield* tlcGraph(yield* runOf(model, []), stackGraph)
      return graph ?? (yield* noGraph(model, report))
    }),
  )

/** Behaviours of a model that need not be small enough to be explored, its invariants checked in each of their states. */
export const behavioursOf = (
  model: Model,
  simulation: Simulation,
): Effect.Effect<Behaviours, NoGraph | TlcUnavailable | GraphUnreadable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const run = yield* runOf(model, model.invariants)
      const brief = simulation.behaviours * simulation.depth <= BRIEF_STEPS
      const { behaviours, report } = yield* simulate({ rare, ...run, brief, ...simulation }, stackGraph)
      return behaviours ?? (yield* noGraph(model, report))
    }),
  )
