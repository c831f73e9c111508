/** Has TLC say whether a recording is a behaviour of the specification. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { Deferred, Effect } from "effect"
import type { Topology } from "../core/topology.ts"
import { ALTERED, type TraceProblem } from "../trace/parser.ts"
import { LANE_WORDS, texts } from "./lane.ts"
import { judgePart, type Part, type PartResult, partsOf, tiles } from "./part.ts"
import { type Lane, type Recording, readRecording } from "./recording.ts"
import type { TlcUnavailable } from "./tlc.ts"
import { tracePart } from "./trace-run.ts"
import { type Diagnosis, diagnose } from "./why.ts"

export type ValidateResult =
  | { readonly _tag: "Accepted"; readonly events: number; readonly ports: ReadonlyArray<number> }
  /** No action allows the event at position `event` (from 1; line event + 1), or what follows it is not so. */
  | {
      readonly _tag: "Rejected"
      readonly event: number
      readonly why: string
      readonly diagnosis?: Diagnosis
    }
  | { readonly _tag: "Unusable"; readonly why: string }

/** Runs side by side: memory allows no more. */
const MOST_RUNS = 2

interface Checked {
  readonly part: Part
  /** Undefined: what an earlier event came to made it needless. */
  readonly result: PartResult | undefined
}

const checkParts = (
  parts: ReadonlyArray<Part>,
  topology: Topology,
  scratch: string,
): Effect.Effect<ReadonlyArray<Checked>, TlcUnavailable> =>
  Effect.gen(function* () {
    const needless = yield* Effect.forEach(parts, () => Deferred.make<undefined>())
    const check = (part: Part, k: number) =>
      Effect.gen(function* () {
        const report = yield* tracePart(part, topology, scratch, { module: "Trace" })
        const result = judgePart(part, report)
        if (result._tag === "Blocked" || result._tag === "Violated") {
          for (const [j, other] of parts.entries()) {
            if (other.lane === part.lane && j > k) yield* Deferred.succeed(needless[j]!, undefined)
          }
        }
        return { part, result } as Checked
      })
    const skip = (part: Part, k: number) =>
      Effect.map(Deferred.await(needless[k]!), (): Checked => ({ part, result: undefined }))
    return yield* Effect.forEach(parts, (part, k) => Effect.raceFirst(check(part, k), skip(part, k)), {
      concurrency: Math.min(MOST_RUNS, availableParallelism()),
    })
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

/** What stood in the way of which record, and the position of the event whose state before it tells. */
interface Culprit {
  readonly part: Part
  readonly record: number
  readonly before: number
}

type Verdict = ValidateResult & { readonly culprit?: Culprit }

const rejection = ({ part, result }: Checked) => {
  if (result?._tag !== "Blocked" && result?._tag !== "Violated") return undefined
  const { record } = result
  const { at, event } = recordAt(part.lane, record)
  if (result._tag === "Violated") {
    // It is the next record that finds it.
    return { at, why: `${result.name} does not hold after it`, part, record: record + 1, before: at + 1 }
  }
  if (event === "Agree") {
    return { at, why: "after it the specification's state is not the core's", part, record, before: at + 1 }
  }
  return { at, why: "no action of the specification allows it", part, record, before: at }
}

const coreText = (diverged: NonNullable<Recording["diverged"]>, at: number): string =>
  diverged.at === at
    ? `; ${diverged.why}`
    : `; the core does otherwise from event ${diverged.at} (line ${diverged.at + 1}) on: ${diverged.why}`

/** What all runs come to. */
export const judge = (recording: Recording, checked: ReadonlyArray<Checked>): Verdict => {
  const { diverged, altered, events, lanes } = recording
  const failed = checked.find((x) => x.result?._tag === "Failed")?.result
  if (failed?._tag === "Failed") return { _tag: "Unusable", why: failed.why }
  const [first] = checked.flatMap((x) => rejection(x) ?? []).sort((x, y) => x.at - y.at)
  const note = altered ? `; ${ALTERED.why}` : ""
  if (first !== undefined) {
    const { at, why, part, record, before } = first
    const core = diverged === undefined || diverged.at > at ? "" : coreText(diverged, at)
    return { _tag: "Rejected", event: at, why: `${why}${core}${note}`, culprit: { part, record, before } }
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
  return { _tag: "Accepted", events, ports: lanes.map((x) => x.port).sort((x, y) => x - y) }
}

const unusable = ({ why }: TraceProblem): ValidateResult => ({ _tag: "Unusable", why })

export interface ValidateOptions {
  /** Whether a rejection is explained, which takes another run of TLC. */
  readonly explain?: boolean
}

const validate = (
  path: string,
  scratch: string,
  { explain = true }: ValidateOptions,
): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.gen(function* () {
    const recording = yield* Effect.promise(() => readRecording(path, scratch))
    if ("reason" in recording) return unusable(recording)
    const { topology, lanes } = recording
    const runs = Math.min(MOST_RUNS, availableParallelism())
    const parts = lanes.flatMap((lane) => partsOf(lane, runs))
    const { culprit, ...result } = judge(recording, yield* checkParts(parts, topology, scratch))
    if (result._tag !== "Rejected" || culprit === undefined || !explain) return result
    const { part, record, before } = culprit
    const diagnosis = yield* diagnose(path, recording, scratch, part, record, before)
    return diagnosis === undefined ? result : { ...result, diagnosis }
  })

/** The whole of it as an effect; interruption kills TLC and leaves nothing behind. */
export const validateEffect = (
  path: string,
  options: ValidateOptions = {},
): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-validate-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
      )
      return yield* validate(path, scratch, options)
    }),
  )

/** Validates the NDJSON trace in `path`. Never throws for what the file holds, or for a missing TLC. */
export const validateTrace = (path: string, options: ValidateOptions = {}): Promise<ValidateResult> =>
  Effect.runPromise(
    validateEffect(path, options).pipe(
      Effect.catchTag("TlcUnavailable", ({ message, remedy }) =>
        Effect.succeed({ _tag: "Unusable", why: `${message}: ${remedy}` } as const),
      ),
    ),
  )
