/** `pika experiment`: the paper's evaluation and today's balancers, in virtual time; results are kept, and resumed. */
import { availableParallelism } from "node:os"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { Exit } from "effect"
import { experimentOf, experiments, findingsOf, tasksOf } from "../experiment/catalogue/catalogue.ts"
import type { Experiment } from "../experiment/catalogue/experiment.ts"
import { checkWhole, ExperimentError, refuse } from "../experiment/errors.ts"
import { documentOf, type Part, unexplained, verdictOf } from "../experiment/report/document.ts"
import { draw } from "../experiment/report/draw.ts"
import { codeDigest, nameOf, Store, type Task } from "../experiment/store.ts"
import { work } from "../experiment/work.ts"
import { projectRoot, writeAtomically } from "../setup/files.mjs"
import { interruptible } from "./interruptible.ts"

const usage = `usage: pika experiment [NAME…] [--seed N] [--quick] [--workers N] [--results DIRECTORY] [--write FILE.md]
       pika experiment [NAME…] [--seed N] [--quick] --jobs      one command a line, for a scheduler
       pika experiment --job NAME/KEY/SEED [--quick]            one run, its result kept
experiments: ${experiments.map(({ name }) => name).join(" ")}
`

const MOST_WORKERS = 256

export interface ExperimentArguments {
  readonly chosen: ReadonlyArray<Experiment>
  readonly seed: number
  readonly quick: boolean
  readonly workers: number
  /** Folder of the results. */
  readonly results: string
  readonly write: string | undefined
  readonly jobs: boolean
  readonly job: string | undefined
}

const wholeNumber = (name: string, text: string, least: number, most: number): number => {
  const x = text.trim() === "" ? Number.NaN : Number(text)
  checkWhole(name, x, least, most)
  return x
}

/** @throws {ExperimentError} naming the argument */
export const parseExperiment = (args: ReadonlyArray<string>): ExperimentArguments => {
  const text = { type: "string" } as const
  const flag = { type: "boolean" } as const
  const options = {
    seed: text,
    quick: flag,
    workers: text,
    results: text,
    write: text,
    jobs: flag,
    job: text,
  }
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    return refuse("arguments", (error as Error).message)
  }
  const { values, positionals } = parsed
  const quick = values.quick === true
  if (values.write !== undefined && (quick || positionals.length > 0))
    refuse("--write", "takes a whole run: no names, no --quick")
  return {
    chosen: positionals.length === 0 ? experiments : positionals.map(experimentOf),
    seed: values.seed === undefined ? 1 : wholeNumber("--seed", values.seed, 0, 0xffffffff),
    quick,
    workers:
      values.workers === undefined
        ? availableParallelism()
        : wholeNumber("--workers", values.workers, 1, MOST_WORKERS),
    results: values.results ?? join(projectRoot, "build", "experiments", quick ? "quick" : "full"),
    write: values.write,
    jobs: values.jobs === true,
    job: values.job,
  }
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const tasks = ({ chosen, seed, quick }: ExperimentArguments): ReadonlyArray<Task> =>
  chosen.flatMap((one) => [...tasksOf(one, { seed, quick }).values()].flat())

/** @throws {ExperimentError} */
const taskNamed = (name: string, quick: boolean): Task => {
  const [experiment = "", key = "", seed = ""] = name.split("/")
  const all = tasksOf(experimentOf(experiment), {
    quick,
    seed: wholeNumber("--job", seed, 0, 0xffffffff),
  })
  return (
    all.get(key)?.[0] ??
    refuse("--job", `${experiment} has no job ${key}; there are ${[...all.keys()].join(", ")}`)
  )
}

/** Runs what has no result yet. False: it was interrupted. */
const runAll = async (
  all: ReadonlyArray<Task>,
  store: Store,
  workers: number,
): Promise<"done" | "interrupted" | { readonly failed: string }> => {
  const missing = all.filter((task) => store.read(task) === undefined)
  if (missing.length < all.length)
    say(`${all.length - missing.length} of ${all.length} runs are there already`)
  const exit = await interruptible(
    work(missing, store, workers, ({ done, of, task, seconds, steps }) =>
      say(`${done} of ${of}: ${task}, ${steps} protocol steps in ${seconds.toFixed(1)} s`),
    ),
  )
  if (exit === "interrupted") return exit
  if (Exit.isSuccess(exit)) return "done"
  const error = Exit.findErrorOption(exit)
  return { failed: error._tag === "Some" ? error.value.message : "an error of the experiments" }
}

const tell = ({ experiment, findings }: Part): void => {
  process.stdout.write(`${experiment.title}\n`)
  for (const claim of findings.claims)
    process.stdout.write(
      `  ${verdictOf(claim).replaceAll("*", "").padEnd(15)} ${claim.text}: ${claim.ours} (paper: ${claim.paper})\n`,
    )
}

/** Plots beside the results, or where a document is written, beside it. */
const drawAll = async (parts: ReadonlyArray<Part>, folder: string): Promise<void> => {
  for (const { findings } of parts) {
    for (const { name, spec } of findings.plots) {
      writeAtomically(join(folder, `${name}.svg`), await draw(spec, "light"))
      writeAtomically(join(folder, `${name}-dark.svg`), await draw(spec, "dark"))
    }
  }
}

const conclude = async (options: ExperimentArguments, store: Store): Promise<number> => {
  const { chosen, write, results } = options
  const parts = chosen.map((experiment) => ({ experiment, findings: findingsOf(experiment, options, store) }))
  for (const part of parts) tell(part)
  const plots = write === undefined ? join(results, "plots") : write.replace(/\.md$/, "")
  await drawAll(parts, plots)
  say(`plots: ${plots}`)
  if (write !== undefined) {
    writeAtomically(write, documentOf(parts, options.seed))
    say(`written: ${write} (${dirname(write)})`)
  }
  return unexplained(parts.flatMap(({ findings }) => findings.claims)).length === 0 ? 0 : 1
}

/**
 * 0: every claim is reproduced, or known not to be and why. 1: one is not, or a run failed. 2: unusable arguments, before anything
 * has run. 130: interrupted; what was done is kept, and the same command goes on.
 */
export const experimentCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  try {
    const options = parseExperiment(args)
    const store = new Store(options.results, codeDigest())
    if (options.jobs) {
      const quick = options.quick ? " --quick" : ""
      for (const task of tasks(options))
        process.stdout.write(`npx pika experiment --job ${nameOf(task)}${quick}\n`)
      return 0
    }
    const all = options.job === undefined ? tasks(options) : [taskNamed(options.job, options.quick)]
    const outcome = await runAll(all, store, options.workers)
    if (outcome === "interrupted") {
      say("interrupted; the same command goes on from here")
      return 130
    }
    if (outcome !== "done") {
      say(`pika experiment: ${outcome.failed}`)
      return 1
    }
    return options.job === undefined ? await conclude(options, store) : 0
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error
    process.stderr.write(`pika experiment: ${error.message}\n${usage}`)
    return 2
  }
}
