/** The core along more paths than the tests have time for: a part of the full class. */
import { Effect } from "effect"
import { coverEdges } from "../../tla/graph/cover.ts"
import type { GraphUnreadable } from "../../tla/graph/read.ts"
import type { Behaviours, Simulation } from "../../tla/graph/simulate.ts"
import type { Model } from "../../tla/model.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import { behavioursOf, graphOf, type NoGraph } from "../graph-of.ts"
import type { StackConstants } from "../stack/constants.ts"
import { drivePaths } from "./drive.ts"

/** A model of spec/MC.tla along all edges of its graph, or along behaviours drawn from it. */
export interface DrivenModel {
  readonly model: Model
  readonly simulation?: Simulation
}

/** Drives the core along each; true: it keeps to the specification on all of them. `say` is told of each. */
export const driveModels = (
  models: ReadonlyArray<DrivenModel>,
  say: (line: string) => void,
): Effect.Effect<boolean, NoGraph | TlcUnavailable | GraphUnreadable> =>
  Effect.gen(function* () {
    let kept = true
    for (const { model, simulation } of models) {
      const { graph, paths } =
        simulation === undefined ? yield* covered(model) : yield* behavioursOf(model, simulation)
      const driven = drivePaths(graph, paths, model.constants as StackConstants)
      const what = simulation === undefined ? "paths" : "behaviours"
      const how = driven.problem ?? "the core keeps to the specification"
      say(
        `${model.name}: ${driven.paths} ${what}, ${driven.steps} steps, ${driven.seconds.toFixed(1)} s: ${how}`,
      )
      kept &&= driven.problem === undefined
    }
    return kept
  })

const covered = (model: Model): Effect.Effect<Behaviours, NoGraph | TlcUnavailable | GraphUnreadable> =>
  Effect.map(graphOf(model), (graph) => ({ graph, paths: coverEdges(graph).paths }))
