/** Random behaviours of a model that is too large to be explored, from TLC, with the parameters of the actions. */
import { join } from "node:path"
import { Effect } from "effect"
import type { TlcReport } from "../messages.ts"
import { scratchDirectory } from "../scratch.ts"
import { runTlc, type TlcRun, type TlcUnavailable } from "../tlc.ts"
import type { GraphPath } from "./cover.ts"
import type { StateGraph } from "./graph.ts"
import { GraphUnreadable, type ReadOptions, readGraph } from "./read.ts"

/** Steps of all behaviours of one run at the most: about a kilobyte each on disk. */
export const MOST_STEPS = 1_000_000

/** How many behaviours TLC is to draw, and how long. */
export interface Simulation {
  readonly behaviours: number
  /** Steps of each at the most: it ends sooner where nothing more can happen. */
  readonly depth: number
  /** The same seed, the same behaviours. */
  readonly seed: number
  /** Actions that are drawn when no other is possible, or once in a while. */
  readonly rare?: ReadonlyArray<string>
}

/** Behaviours as paths through the part of the model's graph that they have seen. */
export interface Behaviours {
  readonly graph: StateGraph
  readonly paths: ReadonlyArray<GraphPath>
}

/** @throws {GraphUnreadable} truncated, altered, of another format, or with a step that does not follow on the one before */
export const readBehaviours = (file: string, options: ReadOptions): Behaviours => {
  const walks: Array<{ start: number; steps: Array<readonly [to: number, label: string]> }> = []
  const fail = (message: string): never => {
    throw new GraphUnreadable({ file, at: 0, message, remedy: "have TLC write it again" })
  }
  let begins = false
  let at = -1
  const graph = readGraph(file, options, {
    begin: () => {
      begins = true
    },
    step: (from, to, label) => {
      if (begins) walks.push({ start: from, steps: [] })
      else if (from !== at) fail("a step that does not follow on the one before")
      begins = false
      walks.at(-1)!.steps.push([to, label])
      at = to
    },
  })
  const ranks = new Map(graph.labelNames.map((name, k) => [name, k]))
  const edgeOf = (from: number, to: number, label: number): number => {
    for (let e = graph.first[from]!; e < graph.first[from + 1]!; e++) {
      if (graph.targets[e] === to && graph.labels[e] === label) return e
    }
    return fail("a step that the graph lacks")
  }
  const paths = walks.map(({ start, steps }): GraphPath => {
    if (!graph.initial.includes(start)) fail("a behaviour that does not begin at the beginning")
    let from = start
    const edges = steps.map(([to, label]) => {
      const e = edgeOf(from, to, ranks.get(label)!)
      from = to
      return e
    })
    return { start, edges: Uint32Array.from(edges) }
  })
  return { graph, paths }
}

/** One run of TLC that writes behaviours down. They are undefined when it did not end well: the report says how. */
export const simulate = (
  run: TlcRun & Simulation,
  options: ReadOptions,
): Effect.Effect<
  { readonly report: TlcReport; readonly behaviours: Behaviours | undefined },
  TlcUnavailable | GraphUnreadable
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* scratchDirectory("simulate")
      const file = join(scratch, "behaviours")
      const { behaviours, depth, seed, rare = [] } = run
      if (behaviours * depth > MOST_STEPS) {
        return yield* Effect.die(new RangeError(`${behaviours} × ${depth} steps are more than ${MOST_STEPS}`))
      }
      const report = yield* runTlc({
        ...run,
        main: "pika.SimulateMain",
        properties: {
          ...run.properties,
          "pika.graph": file,
          "pika.config": run.config,
          "pika.behaviours": String(behaviours),
          "pika.depth": String(depth),
          "pika.seed": String(seed),
          "pika.rare": rare.join(","),
        },
      })
      if (report.outcome._tag !== "Success") return { report, behaviours: undefined }
      const read = yield* Effect.try({
        try: () => readBehaviours(file, options),
        catch: (error) =>
          error instanceof GraphUnreadable
            ? error
            : new GraphUnreadable({ file, at: 0, message: String(error), remedy: "is the disk full?" }),
      })
      return { report, behaviours: read }
    }),
  )
