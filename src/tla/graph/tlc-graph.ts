/** TLC's complete state graph, with the parameters of its actions. */
import { join } from "node:path"
import { Effect } from "effect"
import type { TlcReport } from "../messages.ts"
import { scratchDirectory } from "../scratch.ts"
import { runTlc, type TlcRun, type TlcUnavailable } from "../tlc.ts"
import type { StateGraph } from "./graph.ts"
import { GraphUnreadable, type ReadOptions, readGraph } from "./read.ts"

/** No model's graph is larger: beyond it TLC stops, before the disk is full (about 100 bytes a state, 13 an edge). */
export const MOST_STATES = 5_000_000

/**
 * One run of TLC that keeps every state and step. The graph is undefined when the run did not end well: a violated
 * property, a parse error, more than `MOST_STATES` states are in the report.
 */
export const tlcGraph = (
  run: TlcRun & { readonly mostStates?: number },
  options: ReadOptions,
): Effect.Effect<
  { readonly report: TlcReport; readonly graph: StateGraph | undefined },
  TlcUnavailable | GraphUnreadable
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* scratchDirectory("graph")
      const file = join(scratch, "graph")
      const report = yield* runTlc({
        ...run,
        main: "pika.GraphMain",
        writes: [...(run.writes ?? []), scratch],
        properties: {
          ...run.properties,
          "pika.graph": file,
          "pika.graph.states": String(run.mostStates ?? MOST_STATES),
        },
      })
      if (report.outcome._tag !== "Success") return { report, graph: undefined }
      const graph = yield* Effect.try({
        try: () => readGraph(file, options),
        catch: (error) =>
          error instanceof GraphUnreadable
            ? error
            : new GraphUnreadable({ file, at: 0, message: String(error), remedy: "is the disk full?" }),
      })
      return { report, graph }
    }),
  )
