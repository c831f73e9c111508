/**
 * Runs of TLC that are long, and may be killed: TLC's checkpoints, and what they belong to.
 *
 * TLC goes on from any checkpoint with any specification and any fingerprint function, and is silently wrong. So beside
 * each stands what it was made from, and another one is refused.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { Data, Effect } from "effect"
import { digest, projectRoot, readIfThere, writeAtomically } from "../setup/files.mjs"
import { locateTlc } from "../setup/tlc.mjs"
import type { TlcReport } from "./messages.ts"
import { modulesOf } from "./modules.ts"
import { isTrouble, type TlcOutcome } from "./outcome.ts"
import { FINGERPRINT, runTlc, type TlcRun, type TlcUnavailable } from "./tlc.ts"

/** What a checkpoint belongs to: digests, and numbers. */
export interface CheckpointOf {
  /** The module and those that it names. */
  readonly specification: string
  readonly configuration: string
  readonly options: string
  readonly TLC: string
  readonly workers: string
  readonly fingerprint: string
}

/** The checkpoint that is there was made from something else. */
export class CheckpointMismatch extends Data.TaggedError("CheckpointMismatch")<{
  readonly directory: string
  /** What differs. */
  readonly differs: ReadonlyArray<keyof CheckpointOf>
  readonly message: string
  readonly remedy: string
}> {}

export interface Resumable {
  /** For this run alone; is removed when it has come to a verdict. */
  readonly directory: string
  /** Time between checkpoints, s. Each stops the search for a moment, and costs more the more states there are. */
  readonly every: number
  /** Go on from the checkpoint that is there, if there is one. */
  readonly resume: boolean
}

/** Of a run that may have gone on. `generated` counts only what was generated since. */
export interface ResumableReport {
  readonly report: TlcReport
  /** Distinct states that the checkpoint held; undefined: it began anew. */
  readonly resumedAt: number | undefined
}

const IDENTITY = "made-from.json"

/** Of a module's file, and the modules beside it that it names. */
export const specificationDigest = (module: string): string => {
  const directory = dirname(module)
  const parts = [...modulesOf(directory, basename(module, ".tla"))].sort().flatMap((name) => {
    const text = readIfThere(join(directory, `${name}.tla`))
    return text === undefined ? [] : [name, text]
  })
  return digest(parts)
}

/** Which TLC it is: its jar's size and time, which are had at once. */
export const tlcIdentity = (): string => {
  const jar = locateTlc(projectRoot)?.jar
  const { size, mtimeMs } = jar === undefined ? { size: 0, mtimeMs: 0 } : statSync(jar)
  return `${size} ${mtimeMs}`
}

export const checkpointOf = (run: TlcRun): CheckpointOf => ({
  specification: specificationDigest(run.module),
  configuration: digest([readIfThere(run.config) ?? ""]),
  options: digest([JSON.stringify([run.options ?? [], run.main ?? "", run.properties ?? {}])]),
  TLC: tlcIdentity(),
  workers: String(run.workers),
  fingerprint: String(FINGERPRINT),
})

const differences = (known: Partial<CheckpointOf>, now: CheckpointOf): ReadonlyArray<keyof CheckpointOf> =>
  (Object.keys(now) as ReadonlyArray<keyof CheckpointOf>).filter((name) => known[name] !== now[name])

/** What a file of ours holds; a file that was cut belongs to nothing. */
const identityIn = (directory: string): Partial<CheckpointOf> | undefined => {
  const text = readIfThere(join(directory, IDENTITY))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Partial<CheckpointOf>
  } catch {
    return {}
  }
}

/**
 * TLC's own directory in which a whole checkpoint is. It writes one as files `.tmp`, the queue's first, and then names
 * them `.chkpt` one by one, the queue's first: killed in between, it leaves files of two checkpoints.
 */
export const checkpointIn = (states: string): string | undefined => {
  if (!existsSync(states)) return undefined
  for (const name of readdirSync(states)) {
    const files = readdirSync(join(states, name))
    const half = files.some((file) => file.endsWith(".tmp")) && !files.includes("queue.tmp")
    if (files.includes("queue.chkpt") && files.includes("vars.chkpt") && !half) return join(states, name)
  }
  return undefined
}

/**
 * One run that makes checkpoints, and goes on from one. What it needs stays when it is killed or interrupted, or ends at
 * a limit, and goes when it has come to a verdict.
 */
export const runResumable = (
  run: TlcRun,
  resumable: Resumable,
): Effect.Effect<ResumableReport, TlcUnavailable | CheckpointMismatch> =>
  Effect.gen(function* () {
    const { directory, every, resume } = resumable
    const states = join(directory, "states")
    const now = checkpointOf(run)
    const known = identityIn(directory)
    if (resume && known !== undefined) {
      const differs = differences(known, now)
      if (differs.length > 0) {
        return yield* new CheckpointMismatch({
          directory,
          differs,
          message: `the checkpoint in ${directory} was made with another ${differs.join(", ")}`,
          remedy: "undo the change, or begin anew (without --resume)",
        })
      }
    }
    const from = resume ? checkpointIn(states) : undefined
    if (from === undefined) {
      rmSync(directory, { recursive: true, force: true })
      mkdirSync(states, { recursive: true })
      writeAtomically(join(directory, IDENTITY), `${JSON.stringify(now, null, 2)}\n`)
    }
    let recovered: number | undefined
    const ended = yield* runTlc({
      ...run,
      writes: [...(run.writes ?? []), directory],
      checkpoint: { directory: states, every, from },
      onRecovered: (distinct) => {
        recovered = distinct
      },
    })
    const unread = from !== undefined && recovered === undefined
    const report = unread ? { ...ended, outcome: unreadable(ended.outcome, from) } : ended
    if (!goesOn(report.outcome)) rmSync(directory, { recursive: true, force: true })
    return { report, resumedAt: recovered }
  })

/** No verdict, and nothing that is wrong with the model or the checkpoint: it may go on another time. */
const goesOn = (outcome: TlcOutcome): boolean =>
  ["Killed", "Limit", "OutOfMemory", "DiskFull"].includes(outcome._tag)

/** Whatever went wrong before TLC had read the checkpoint: TLC says it in many ways. */
const unreadable = (outcome: TlcOutcome, from: string): TlcOutcome =>
  goesOn(outcome) || !isTrouble(outcome)
    ? outcome
    : {
        _tag: "Corrupt",
        message: `TLC can't read the checkpoint: ${outcome.message}`,
        place: { file: from },
        remedy: "it was removed: the next run begins anew",
      }
