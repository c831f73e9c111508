/** Has TLC say whether a recording is a behaviour of the specification. */
import { availableParallelism } from "node:os"
import { Deferred, Effect } from "effect"
import { scratchDirectory } from "../../tla/scratch.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import type { TraceProblem } from "../../trace/parser.ts"
import { judgePart, type Part, partsOf } from "./part.ts"
import { type Recording, readRecording } from "./recording.ts"
import { tracePart } from "./trace-run.ts"
import { type Checked, judge, type ValidateResult } from "./verdict.ts"
import { diagnose } from "./why.ts"

/** Runs side by side: memory allows no more. */
const MOST_RUNS = 2

const checkParts = (
  parts: ReadonlyArray<Part>,
  { topology, diverged }: Recording,
  scratch: string,
  runs: number,
  specs?: string,
): Effect.Effect<ReadonlyArray<Checked>, TlcUnavailable> =>
  Effect.gen(function* () {
    const needless = yield* Effect.forEach(parts, () => Deferred.make<undefined>())
    const check = (part: Part, k: number) =>
      Effect.gen(function* () {
        const look = { module: "Trace", doubted: diverged?.at } as const
        const report = yield* tracePart(part, topology, scratch, look, specs)
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
      concurrency: runs,
    })
  })

const unusable = ({ why }: TraceProblem): ValidateResult => ({ _tag: "Unusable", why })

export interface ValidateOptions {
  /** Whether a rejection is explained, which takes another run of TLC. */
  readonly explain?: boolean
  /** Parts that are judged side by side, at most: by default two, where there are as many cores. */
  readonly runs?: number
  /** Directory of another specification; its rejections are not explained. */
  readonly specs?: string
}

const runsOf = ({ runs = MOST_RUNS }: ValidateOptions): number =>
  Math.max(1, Math.min(runs, MOST_RUNS, availableParallelism()))

const validate = (
  path: string,
  scratch: string,
  options: ValidateOptions,
): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.gen(function* () {
    const recording = yield* Effect.promise(() => readRecording(path, scratch))
    if ("reason" in recording) return unusable(recording)
    const runs = runsOf(options)
    const parts = recording.lanes.flatMap((lane) => partsOf(lane, runs))
    const { culprit, ...result } = judge(
      recording,
      yield* checkParts(parts, recording, scratch, runs, options.specs),
    )
    if (
      result._tag !== "Rejected" ||
      culprit === undefined ||
      options.explain === false ||
      options.specs !== undefined
    ) {
      return result
    }
    const diagnosis = yield* diagnose(path, recording, scratch, culprit)
    return diagnosis === undefined ? result : { ...result, diagnosis }
  })

/** The whole of it as an effect; interruption kills TLC and leaves nothing behind. */
export const validateEffect = (
  path: string,
  options: ValidateOptions = {},
): Effect.Effect<ValidateResult, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* scratchDirectory("validate")
      return yield* validate(path, scratch, options)
    }),
  )

/** A TLC that can't be run is a result too. */
export const unlessUnavailable = (
  effect: Effect.Effect<ValidateResult, TlcUnavailable>,
): Effect.Effect<ValidateResult> =>
  Effect.catchTag(effect, "TlcUnavailable", ({ message, remedy }) =>
    Effect.succeed({ _tag: "Unusable", why: `${message}: ${remedy}` } as const),
  )

/** Validates the NDJSON trace in `path`. Never throws for what the file holds, or for a missing TLC. */
export const validateTrace = (path: string, options: ValidateOptions = {}): Promise<ValidateResult> =>
  Effect.runPromise(unlessUnavailable(validateEffect(path, options)))
