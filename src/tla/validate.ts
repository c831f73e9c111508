/** Has TLC say whether a recording is a behaviour of the specification. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { replayFile } from "../trace/replay.ts"
import { codes, type TlcReport } from "./messages.ts"
import { type Recording, readRecording } from "./recording.ts"
import { runTlc, specDirectory, type TlcUnavailable } from "./tlc.ts"

export type ValidateResult =
  | { readonly _tag: "Accepted"; readonly events: number }
  /** No action allows the event at position `event` (from 1; line event + 1). */
  | { readonly _tag: "Rejected"; readonly event: number; readonly why: string }
  | { readonly _tag: "Unusable"; readonly why: string }

/** MiB. A million events need about 400. */
const HEAP = 1536
/** Events that are validated before an optimizing compiler pays. */
const BRIEF = 20_000

const configuration = ({ topology }: Recording): string =>
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
    "",
  ].join("\n")

/**
 * What TLC's run shows. Acceptance is shown positively, never by the absence of a complaint: the end was consumed
 * exactly once, and the states are one chain as long as the recording.
 */
export const judge = (report: TlcReport, events: number): ValidateResult => {
  const { outcome, generated, distinct, queued, printed } = report
  if (outcome._tag !== "Success") {
    const message = "message" in outcome ? `: ${outcome.message}` : ""
    return { _tag: "Unusable", why: `TLC ended with ${outcome._tag}${message}` }
  }
  const marks = printed.filter((line) => line.includes("ACCEPTED"))
  const chain = generated === distinct && queued === 0
  if (marks.length === 0 && chain && distinct <= events + 1) {
    return { _tag: "Rejected", event: distinct, why: "no action of the specification allows it" }
  }
  if (chain && distinct === events + 2 && marks.length === 1 && marks[0] === `<<"ACCEPTED", ${events}>>`) {
    return { _tag: "Accepted", events }
  }
  return {
    _tag: "Unusable",
    why: `TLC's run is not one chain of steps: ${generated} states generated, ${distinct} distinct, ${queued} queued, ${marks.length} marks`,
  }
}

/** What the core says of the same recording, if it stumbles at the same event. */
const explain = async (path: string, result: ValidateResult): Promise<ValidateResult> => {
  if (result._tag !== "Rejected") return result
  const replayed = await replayFile(path)
  if (replayed._tag !== "Diverged" || replayed.at !== result.event) return result
  return { ...result, why: `${result.why}; ${replayed.why}` }
}

const validate = (path: string, scratch: string): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.gen(function* () {
    const copy = join(scratch, "trace.ndjson")
    const recording = yield* Effect.promise(() =>
      readRecording(path, copy).catch((error: Error) => `cannot be read: ${error.message}`),
    )
    if (typeof recording === "string") return { _tag: "Unusable", why: recording } as const
    const config = join(scratch, "Trace.cfg")
    writeFileSync(config, configuration(recording))
    const report = yield* runTlc({
      module: join(specDirectory, "Trace.tla"),
      config,
      // A chain has nothing for a second worker to do.
      workers: 1,
      heap: HEAP,
      brief: recording.events < BRIEF,
      properties: { "pika.trace": copy },
      // It would print every state up to there.
      stopAt: new Set([codes.behaviourUpToHere]),
    })
    return yield* Effect.promise(() => explain(path, judge(report, recording.events)))
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
