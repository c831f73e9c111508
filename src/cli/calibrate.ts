/** `pika calibrate`: the real stack on this machine beside the simulation with this machine's costs; `--caches`: its cache misses. */
import { parseArgs } from "node:util"
import { type Cause, Effect, type Exit } from "effect"
import { measureCaches } from "../bench/calibration/caches.ts"
import { calibrate } from "../bench/calibration/calibrate.ts"
import type { MeasureFailed } from "../bench/errors.ts"
import type { Recorded, Trial } from "../experiment/calibration.ts"
import { cacheSizes, measuredCaches } from "../experiment/catalogue/caches.ts"
import {
  type Compared,
  measuredOf,
  predict,
  quickTrial,
  shorter,
  single,
  trials,
} from "../experiment/catalogue/calibration.ts"
import { costsOf } from "../experiment/cost.ts"
import { unexplained, verdictOf } from "../experiment/report/document.ts"
import type { Measured } from "../experiment/report/measured.ts"
import { run } from "../experiment/run.ts"
import { writeAtomically } from "../setup/files.mjs"
import { interruptible } from "./interruptible.ts"

export const usage = "usage: pika calibrate [--caches] [--quick] [--json] [--write FILE.json]\n"

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

export interface CalibrateArguments {
  readonly caches: boolean
  readonly quick: boolean
  readonly json: boolean
  readonly write: string | undefined
}

/** @throws {Error} naming what can't be followed */
export const parseCalibrate = (args: ReadonlyArray<string>): CalibrateArguments => {
  const flag = { type: "boolean", default: false } as const
  const options = { caches: flag, quick: flag, json: flag, write: { type: "string" } } as const
  const { caches, quick, json, write } = parseArgs({ args: [...args], options }).values
  if (write !== undefined && quick) throw new Error("--write takes a whole run, no --quick")
  if (write !== undefined && !write.endsWith(".json")) throw new Error(`--write ${write}: must end in .json`)
  return { caches, quick, json, write }
}

/** What the simulation makes of the same trials with what was measured. */
export const simulate = (recorded: Recorded, all: ReadonlyArray<Trial>): Measured => {
  const costs = costsOf(recorded.costs)
  const compared = all.map(
    (trial): Compared => ({
      trial,
      real: recorded.trials.find(({ key }) => key === trial.key)!,
      ours: predict(trial, costs),
    }),
  )
  const managing = recorded.times.map(
    ({ configuration }) => [configuration, run(single(configuration, costs)).managing.mean] as const,
  )
  return measuredOf(recorded, compared, new Map(managing))
}

/** A part of the page, and what it was made of. */
type Made = Measured & { readonly recorded: unknown }

const stack = (quick: boolean): Effect.Effect<Made, MeasureFailed> => {
  const all = [...trials, ...shorter].map((one) => (quick ? quickTrial(one) : one))
  return Effect.map(calibrate({ trials: all, quick, say }), (recorded) => ({
    ...simulate(recorded, all),
    recorded,
  }))
}

const caches = (quick: boolean): Effect.Effect<Made, MeasureFailed> => {
  const options = quick
    ? { sizes: [8, 64], warm: 100, requests: 200, say }
    : { sizes: cacheSizes, warm: 2000, requests: 4000, say }
  return Effect.map(measureCaches(options), (recorded) => ({ ...measuredCaches(recorded), recorded }))
}

const tell = ({ claims, tables }: Measured): void => {
  for (const claim of claims)
    process.stdout.write(
      `${verdictOf(claim).replaceAll("*", "").padEnd(14)} ${claim.text}\n    ${claim.paper}\n    ${claim.ours}\n`,
    )
  for (const { title, head, rows } of tables)
    process.stdout.write(`\n${title}\n${[head, ...rows].map((row) => row.join(" | ")).join("\n")}\n`)
}

const whyNot = (cause: Cause.Cause<MeasureFailed>): string => {
  const failure = cause.reasons.find((reason) => reason._tag === "Fail")
  return failure === undefined ? String(cause) : failure.error.message
}

/**
 * 0: all that is claimed holds, or it is known why not. 1: something does not; never of --quick, which is too short to tell. 2: wrong
 * arguments, or it can't be measured here. 130: interrupted, and everything made is gone.
 */
export const calibrateCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  let options: CalibrateArguments
  try {
    options = parseCalibrate(args)
  } catch (error) {
    process.stderr.write(`pika calibrate: ${(error as Error).message}\n${usage}`)
    return 2
  }
  const { quick, json, write } = options
  const exit: Exit.Exit<Made, MeasureFailed> | "interrupted" = await interruptible(
    options.caches ? caches(quick) : stack(quick),
  )
  if (exit === "interrupted") return 130
  if (exit._tag === "Failure") {
    say(`pika calibrate: ${whyNot(exit.cause)}`)
    return 2
  }
  const text = `${JSON.stringify(exit.value, undefined, 1)}\n`
  if (json) process.stdout.write(text)
  else tell(exit.value)
  if (write !== undefined) {
    writeAtomically(write, text)
    say(`written: ${write}`)
  }
  return quick || unexplained(exit.value.claims).length === 0 ? 0 : 1
}
