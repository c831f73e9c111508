/** TLC's graph of a model, and nothing else checked: states and labelled steps, for what is driven along them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Data, Effect } from "effect"
import type { StateGraph } from "../tla/graph/graph.ts"
import type { GraphUnreadable } from "../tla/graph/read.ts"
import { tlcGraph } from "../tla/graph/tlc-graph.ts"
import { configurationOf, type Model } from "../tla/model.ts"
import type { TlcUnavailable } from "../tla/tlc.ts"
import { specDirectory } from "./spec.ts"
import { stackGraph } from "./stack/equality.ts"

/** TLC did not come to the end of the model. */
export class NoGraph extends Data.TaggedError("NoGraph")<{
  readonly model: string
  readonly message: string
  readonly remedy: string
}> {}

const HEAP = 2048

/** One worker: the same numbers of states in every run. */
export const graphOf = (
  model: Model,
): Effect.Effect<StateGraph, NoGraph | TlcUnavailable | GraphUnreadable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-graph-of-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
      )
      const config = join(scratch, `${model.module}.cfg`)
      writeFileSync(config, configurationOf({ ...model, invariants: [], properties: [] }))
      const module = join(specDirectory, `${model.module}.tla`)
      const { graph, report } = yield* tlcGraph(
        { module, config, workers: 1, heap: HEAP, brief: true },
        stackGraph,
      )
      if (graph !== undefined) return graph
      const { outcome } = report
      const message = "message" in outcome ? outcome.message : outcome._tag
      return yield* new NoGraph({
        model: model.name,
        message: `TLC did not explore ${model.name}: ${message}`,
        remedy: `pika check ${model.name} says more`,
      })
    }),
  )
