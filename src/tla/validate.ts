/** Has TLC say whether a recording is a behaviour of the specification. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { Deferred, Effect } from "effect"
import type { Topology } from "../core/topology.ts"
import { ALTERED, type TraceProblem } from "../trace/parser.ts"
import { LANE_WORDS, texts } from "./lane.ts"
import { codes } from "./messages.ts"
import { judgePart, type Part, type PartResult, partsOf, tiles } from "./part.ts"
import { type Lane, type Recording, readRecording } from "./recording.ts"
import { runTlc, specDirectory, type TlcUnavailable } from "./tlc.ts"

export type ValidateResult =
  | { readonly _tag: "Accepted"; readonly events: number; readonly ports: ReadonlyArray<number> }
  /** No action allows the event at position `event` (from 1; line event + 1), or what follows it is not so. */
  | { readonly _tag: "Rejected"; readonly event: number; readonly why: string }
  | { readonly _tag: "Unusable"; readonly why: string }

/** MiB for each of the runs side by side. A million events need about 200. */
const HEAP = 768
/** Runs side by side: memory allows no more. */
const MOST_RUNS = 2
/** Events that are validated before an optimizing compiler pays. */
const BRIEF = 20_000

const configuration = (topology: Topology): string =>
  [
    "SPECIFICATION TraceSpec",
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

interface Checked {
  readonly part: Part
  /** Undefined: what an earlier event came to made it needless. */
  readonly result: PartResult | undefined
}

const checkParts = (
  parts: ReadonlyArray<Part>,
  config: string,
): Effect.Effect<ReadonlyArray<Checked>, TlcUnavailable> =>
  Effect.gen(function* () {
    const needless = yield* Effect.forEach(parts, () => Deferred.make<undefined>())
    return yield* Effect.forEach(
      parts,
      (part, k) =>
        Effect.gen(function* () {
          const report = yield* runTlc({
            module: join(specDirectory, "Trace.tla"),
            config,
            // A chain has nothing for a second worker to do.
            workers: 1,
            heap: HEAP,
            brief: part.lane.events < BRIEF,
            properties: propertiesOf(part),
            // It would print every state up to there.
            stopAt: new Set([codes.behaviourUpToHere]),
          })
          const result = judgePart(part, report)
          if (result._tag === "Blocked" || result._tag === "Violated") {
            for (const [j, other] of parts.entries()) {
              if (other.lane === part.lane && j > k) yield* Deferred.succeed(needless[j]!, undefined)
            }
          }
          return { part, result } as Checked
        }).pipe(
          Effect.raceFirst(
            Effect.map(Deferred.await(needless[k]!), (): Checked => ({ part, result: undefined })),
          ),
        ),
      { concurrency: Math.min(MOST_RUNS, availableParallelism()) },
    )
  })

/** Position in the recording, and event, of a record of a lane. */
const recordAt = (lane: Lane, record: number): { readonly at: number; readonly event: string } => {
  const words = new Int32Array(LANE_WORDS)
  const bytes = Buffer.from(words.buffer)
  const file = openSync(lane.path, "r")
  readSync(file, bytes, 0, bytes.length, (record - 1) * bytes.length)
  closeSync(file)
  return { at: words[1]!, event: texts[words[16]!] ?? "" }
}

const rejection = ({ part, result }: Checked): { at: number; why: string } | undefined => {
  if (result?._tag !== "Blocked" && result?._tag !== "Violated") return undefined
  const { at, event } = recordAt(part.lane, result.record)
  if (result._tag === "Violated") return { at, why: `${result.name} does not hold after it` }
  if (event === "Agree") return { at, why: "after it the specification's state is not the core's" }
  return { at, why: "no action of the specification allows it" }
}

/** What all runs come to. */
export const judge = (recording: Recording, checked: ReadonlyArray<Checked>): ValidateResult => {
  const { diverged, altered, events, lanes } = recording
  const failed = checked.find((x) => x.result?._tag === "Failed")?.result
  if (failed?._tag === "Failed") return { _tag: "Unusable", why: failed.why }
  const [first] = checked.flatMap((x) => rejection(x) ?? []).sort((x, y) => x.at - y.at)
  const note = altered ? `; ${ALTERED.why}` : ""
  if (first !== undefined) {
    const core = diverged?.at === first.at ? `; ${diverged.why}` : ""
    return { _tag: "Rejected", event: first.at, why: `${first.why}${core}${note}` }
  }
  const whole = lanes.every((lane) =>
    tiles(
      lane,
      checked.flatMap((x) => (x.part.lane === lane && x.result?._tag === "Held" ? [x.part] : [])),
    ),
  )
  if (!whole || lanes.reduce((sum, x) => sum + x.events, 0) !== events) {
    return { _tag: "Unusable", why: "not every part of the recording was checked" }
  }
  if (diverged !== undefined) {
    return {
      _tag: "Rejected",
      event: diverged.at,
      why: `the specification allows it, but the core does not do it: ${diverged.why}${note}`,
    }
  }
  if (altered) return { _tag: "Unusable", why: ALTERED.why }
  return { _tag: "Accepted", events, ports: lanes.map((x) => x.port) }
}

const unusable = ({ why }: TraceProblem): ValidateResult => ({ _tag: "Unusable", why })

const validate = (path: string, scratch: string): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.gen(function* () {
    const recording = yield* Effect.promise(() => readRecording(path, scratch))
    if ("reason" in recording) return unusable(recording)
    const config = join(scratch, "Trace.cfg")
    writeFileSync(config, configuration(recording.topology))
    const runs = Math.min(MOST_RUNS, availableParallelism())
    const parts = recording.lanes.flatMap((lane) => partsOf(lane, runs))
    return judge(recording, yield* checkParts(parts, config))
  })
/** The whole of it as an effect; interruption kills TLC and leaves nothing behind. */
export const validateEffect = (path: string): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-validate-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
      )
      return yield* validate(path, scratch)
    }),
  )

/** Validates the NDJSON trace in `path`. Never throws for what the file holds, or for a missing TLC. */
export const validateTrace = (path: string): Promise<ValidateResult> =>
  Effect.runPromise(
    validateEffect(path).pipe(
      Effect.catchTag("TlcUnavailable", ({ message, remedy }) =>
        Effect.succeed({ _tag: "Unusable", why: `${message}: ${remedy}` } as const),
      ),
    ),
  )

/** `pika validate FILE`: 0 accepted, 1 rejected, 2 unusable. */
export const validateCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const path = args[0]
  if (path === undefined || args.length !== 1) {
    process.stderr.write("usage: pika validate FILE\n")
    return 2
  }
  const result = await validateTrace(path)
  switch (result._tag) {
    case "Accepted":
      process.stdout.write(`accepted: ${result.events} events, every one a step of the specification\n`)
      return 0
    case "Rejected":
      process.stdout.write(`rejected at event ${result.event} (line ${result.event + 1}): ${result.why}\n`)
      return 1
    case "Unusable":
      process.stderr.write(`unusable: ${path}: ${result.why}\n`)
      return 2
    default:
      return result satisfies never
  }
}
