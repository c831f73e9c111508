/** Runs TLC on part of a recording. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Effect } from "effect"
import type { Topology } from "../../core/topology.ts"
import { codes, type TlcReport } from "../../tla/messages.ts"
import { runTlc, type TlcUnavailable } from "../../tla/tlc.ts"
import { specDirectory } from "../spec.ts"
import { texts } from "./lane.ts"
import type { Part } from "./part.ts"

/** MiB for each of the runs side by side. A million events need about 200. */
const HEAP = 768
/** Events that are validated before an optimizing compiler pays. */
const BRIEF = 20_000

const configuration = (specification: string, topology: Topology): string =>
  [
    `SPECIFICATION ${specification}`,
    "VIEW Position",
    "CHECK_DEADLOCK FALSE",
    "CONSTANTS",
    `  NApplications = ${topology.applications}`,
    `  NManagers = ${topology.managers}`,
    `  NTransports = ${topology.transports}`,
    `  NConnections = ${topology.connections}`,
    `  Backlog = ${topology.backlog}`,
    `  Room = ${topology.room}`,
    `  Naive = ${topology.balance.scheme === "Naive" ? "TRUE" : "FALSE"}`,
    `  Late = ${topology.balance.scheme === "Late" ? "TRUE" : "FALSE"}`,
    "  Connections <- UsedConnections",
    "  Applications <- UsedApplications",
    "",
  ].join("\n")

/** `0-67,2048`: as Java's side reads ids. */
const intervals = (ids: ReadonlyArray<number>): string => {
  const list: Array<[number, number]> = []
  for (const id of ids) {
    const last = list.at(-1)
    if (last !== undefined && last[1] === id - 1) last[1] = id
    else list.push([id, id])
  }
  return list.map(([low, high]) => (low === high ? String(low) : `${low}-${high}`)).join(",")
}

const propertiesOf = ({ lane, first, last, start }: Part): Readonly<Record<string, string>> => ({
  "pika.trace": lane.path,
  "pika.snapshots": lane.states,
  "pika.first": String(first),
  "pika.last": String(last),
  "pika.start": String(start?.state ?? -1),
  "pika.texts": texts.join(","),
  "pika.connections": intervals(lane.used.connections),
  "pika.applications": intervals(lane.used.applications),
})

/**
 * How a part is to be looked at: `Trace` judges it, `TraceWhy` explains record `stop`, and shows the states before some.
 * `doubted`: position of an event that the core does not do, as the specification hardly will; the verdict is TLC's alone.
 */
export type Look =
  | { readonly module: "Trace"; readonly doubted?: number | undefined }
  | { readonly module: "TraceWhy"; readonly stop: number; readonly shown: ReadonlyArray<number> }

/** One run over `part`, which was laid out in the directory `scratch`. @param specs directory of the specification */
export const tracePart = (
  part: Part,
  topology: Topology,
  scratch: string,
  look: Look,
  specs = specDirectory,
): Effect.Effect<TlcReport, TlcUnavailable> => {
  const config = join(scratch, `${look.module}-${part.lane.port}.cfg`)
  writeFileSync(config, configuration(look.module === "Trace" ? "TraceSpec" : "WhySpec", topology))
  const asked =
    look.module === "Trace"
      ? {}
      : {
          "pika.stop": String(look.stop),
          "pika.shown": look.shown.join(","),
          "pika.modules": specs,
        }
  return runTlc({
    module: join(specs, `${look.module}.tla`),
    config,
    // A chain has nothing for a second worker to do.
    workers: 1,
    heap: HEAP,
    brief: look.module === "TraceWhy" || Math.min(part.lane.events, look.doubted ?? Infinity) < BRIEF,
    properties: { ...propertiesOf(part), ...asked },
    // It would print every state up to there.
    stopAt: new Set([codes.behaviourUpToHere]),
  })
}
