/** `pika calibrate`: the real stack on this machine beside the simulation with this machine's costs. */
import { parseArgs } from "node:util"
import { calibrate } from "../bench/calibration/calibrate.ts"
import { compare, type Recorded, simulated, specOf } from "../experiment/calibration.ts"
import {
  type Compared,
  measuredOf,
  quickTrial,
  shorter,
  single,
  trials,
} from "../experiment/catalogue/calibration.ts"
import { number } from "../experiment/catalogue/curves.ts"
import { costsOf } from "../experiment/cost.ts"
import { verdictOf } from "../experiment/report/document.ts"
import { run } from "../experiment/run.ts"
import { writeAtomically } from "../setup/files.mjs"
import { interruptible } from "./interruptible.ts"

const usage = "usage: pika calibrate [--quick] [--json] [--write FILE.json]\n"

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** What the simulation makes of the same trials with what was measured. */
const comparedWith = (recorded: Recorded, all: ReadonlyArray<Compared["trial"]>): ReadonlyArray<Compared> => {
  const costs = costsOf(recorded.costs)
  return all.map((trial) => ({
    trial,
    real: recorded.trials.find(({ key }) => key === trial.key)!,
    ours: simulated(run(specOf(trial, costs))),
  }))
}

/** 0: all trials within the tolerance. 1: one is not; never of --quick, whose runs are too short to tell. 2: it can't be measured. */
export const calibrateCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const flag = { type: "boolean", default: false } as const
  let values: { quick?: boolean; json?: boolean; write?: string }
  try {
    values = parseArgs({
      args: [...args],
      options: { quick: flag, json: flag, write: { type: "string" } },
    }).values
    if (values.write !== undefined && values.quick === true)
      throw new Error("--write takes a whole run, no --quick")
  } catch (error) {
    process.stderr.write(`pika calibrate: ${(error as Error).message}\n${usage}`)
    return 2
  }
  const quick = values.quick === true
  const all = [...trials, ...shorter].map((one) => (quick ? quickTrial(one) : one))
  const exit = await interruptible(calibrate({ trials: all, quick, say }))
  if (exit === "interrupted") return 130
  if (exit._tag === "Failure") {
    const [reason] = exit.cause.reasons
    say(`pika calibrate: ${reason?._tag === "Fail" ? reason.error.message : String(exit.cause)}`)
    return 2
  }
  const recorded = exit.value
  const compared = comparedWith(recorded, all)
  const costs = costsOf(recorded.costs)
  const managing = new Map(
    recorded.times.map(({ configuration }) => [
      configuration,
      run(single(configuration, costs)).managing.mean,
    ]),
  )
  const measured = measuredOf(recorded, compared, managing)
  if (values.json === true)
    process.stdout.write(`${JSON.stringify({ ...measured, recorded }, undefined, 1)}\n`)
  else {
    for (const claim of measured.claims)
      process.stdout.write(
        `${verdictOf(claim).replaceAll("*", "").padEnd(12)} ${claim.text}\n    ${claim.paper}\n    ${claim.ours}\n`,
      )
    for (const { title, head, rows } of measured.tables)
      process.stdout.write(`\n${title}\n${[head, ...rows].map((row) => row.join(" | ")).join("\n")}\n`)
  }
  if (values.write !== undefined) {
    writeAtomically(values.write, `${JSON.stringify({ ...measured, recorded }, undefined, 1)}\n`)
    say(`written: ${values.write}`)
  }
  const worst = Math.max(
    ...compared.slice(0, trials.length).map(({ ours, real }) => compare(ours, real.figures).worst),
  )
  say(`furthest apart: ${number(100 * worst)} %`)
  return quick || measured.claims.every(({ holds }) => holds) ? 0 : 1
}
