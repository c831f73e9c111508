/** `pika experiment`: the paper's evaluation and today's balancers, in virtual time; results are kept, and resumed. */
import { availableParallelism } from "node:os"
import { basename, join, resolve } from "node:path"
import { Exit } from "effect"
import { experimentOf, experiments, findingsOf, tasksOf } from "../experiment/catalogue/catalogue.ts"
import type { Experiment, Plot } from "../experiment/catalogue/experiment.ts"
import { checkWhole, ExperimentError, refuse } from "../experiment/errors.ts"
import {
  documentOf,
  type Part,
  plotsOf,
  tableOf,
  unexplained,
  verdictOf,
} from "../experiment/report/document.ts"
import { draw } from "../experiment/report/draw.ts"
import { measuredFolder, measuredUnder } from "../experiment/report/measured.ts"
import { ndjsonOf } from "../experiment/report/ndjson.ts"
import { codeDigest, nameOf, Store, type Task } from "../experiment/store.ts"
import { work } from "../experiment/work.ts"
import { projectRoot, writeAtomically } from "../setup/files.mjs"
import { tellCourse, timesOf } from "./experiment-course.ts"
import { interruptible } from "./interruptible.ts"
import { parsed } from "./parsed.ts"

export const usage = `usage: pika experiment [NAME…] [--seed N] [--quick] [--workers N] [--results DIRECTORY] [--ndjson FILE] [--write FILE.md]
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
  /** Results and claims, one a line. */
  readonly ndjson: string | undefined
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
    ndjson: text,
    write: text,
    jobs: flag,
    job: text,
  }
  const { values, positionals } = parsed(args, options)
  const quick = values.quick === true
  if (values.write !== undefined && positionals.length > 0)
    refuse("--write", "takes a whole evaluation: give no names")
  if (values.write !== undefined && !values.write.endsWith(".md"))
    refuse("--write", `must be a file .md, found ${values.write}; its plots go into a folder of that name`)
  return {
    chosen: positionals.length === 0 ? experiments : positionals.map(experimentOf),
    seed: values.seed === undefined ? 1 : wholeNumber("--seed", values.seed, 0, 0xffffffff),
    quick,
    workers:
      values.workers === undefined
        ? availableParallelism()
        : wholeNumber("--workers", values.workers, 1, MOST_WORKERS),
    results: values.results ?? join(projectRoot, "build", "experiments", quick ? "quick" : "full"),
    ndjson: values.ndjson,
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

const AGAIN = "the same command goes on from here"

/** Runs what has no result yet. */
const runAll = async (
  all: ReadonlyArray<Task>,
  store: Store,
  workers: number,
): Promise<"done" | "interrupted" | { readonly failed: string }> => {
  const missing = all.filter((task) => store.read(task) === undefined)
  if (missing.length < all.length)
    say(`${all.length - missing.length} of ${all.length} runs are there already`)
  if (missing.length === 0) return "done"
  const course = tellCourse(missing, process.stderr)
  const exit = await interruptible(work(missing, store, workers, course.finished))
  course.end()
  if (exit === "interrupted") return exit
  if (Exit.isSuccess(exit)) return "done"
  const error = Exit.findErrorOption(exit)
  return { failed: error._tag === "Some" ? error.value.message : "an error of the experiments" }
}

const tell = ({ experiment, findings }: Part): void => {
  process.stdout.write(`${experiment.title}\n`)
  // What claims nothing is there for its tables.
  if (findings.claims.length === 0)
    for (const { title, head, rows } of findings.tables)
      process.stdout.write(`\n${title}\n\n${tableOf(head, rows).join("\n")}\n`)
  for (const claim of findings.claims)
    process.stdout.write(
      `  ${verdictOf(claim).replaceAll("*", "").padEnd(15)} ${claim.text}: ${claim.ours} (paper: ${claim.paper})\n`,
    )
}

/** Plots beside the results, or where a document is written, beside it. */
const drawAll = async (plots: ReadonlyArray<Plot>, folder: string): Promise<void> => {
  for (const { name, spec } of plots) {
    writeAtomically(join(folder, `${name}.svg`), await draw(spec, "light"))
    writeAtomically(join(folder, `${name}-dark.svg`), await draw(spec, "dark"))
  }
}

const conclude = async (options: ExperimentArguments, store: Store): Promise<number> => {
  const { chosen, write, results, ndjson, seed, quick } = options
  const parts = chosen.map((experiment) => ({ experiment, findings: findingsOf(experiment, options, store) }))
  for (const part of parts) tell(part)
  const plots = write === undefined ? join(results, "plots") : write.replace(/\.md$/, "")
  // What was measured belongs to a whole page.
  const measured = write === undefined ? [] : measuredUnder(measuredFolder)
  await drawAll(plotsOf(parts, measured), plots)
  say(`plots: ${plots}`)
  if (ndjson !== undefined) {
    writeAtomically(
      ndjson,
      ndjsonOf(tasks(options), (task) => store.read(task), parts),
    )
    say(`results: ${ndjson}`)
  }
  if (write !== undefined) {
    writeAtomically(write, documentOf(parts, measured, { seed, quick, plots: basename(plots) }))
    say(`written: ${write}`)
  }
  for (const line of timesOf(
    store,
    chosen.map((one) => [one.name, tasks({ ...options, chosen: [one] })]),
  ))
    say(line)
  return unexplained(parts.flatMap(({ findings }) => findings.claims)).length === 0 ? 0 : 1
}

/** For a shell. */
const quoted = (text: string): string =>
  /^[\w./=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** The commands that make all results; where they are kept, each says again. */
const listJobs = (options: ExperimentArguments, args: ReadonlyArray<string>): string => {
  const tail = [
    ...(options.quick ? ["--quick"] : []),
    ...(args.some((x) => /^--results\b/.test(x)) ? ["--results", resolve(options.results)] : []),
  ].map((x) => ` ${quoted(x)}`)
  return tasks(options)
    .map((task) => `npx pika experiment --job ${nameOf(task)}${tail.join("")}\n`)
    .join("")
}

/** What the file system refuses: a full disk, a limit, a folder that may not be written to. */
const isOfFiles = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error && "code" in error

/**
 * 0: every claim is reproduced, or known not to be and why. 1: one is not, a run failed, or its result could not be kept. 2: unusable
 * arguments, before anything has run. 130: interrupted. What was done is kept, and the same command goes on.
 */
export const experimentCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  try {
    const options = parseExperiment(args)
    if (options.jobs) {
      process.stdout.write(listJobs(options, args))
      return 0
    }
    const store = new Store(options.results, codeDigest())
    const all = options.job === undefined ? tasks(options) : [taskNamed(options.job, options.quick)]
    store.open()
    const outcome = await runAll(all, store, options.workers)
    if (outcome === "interrupted") {
      say(`interrupted; ${AGAIN}`)
      return 130
    }
    if (outcome !== "done") {
      say(`pika experiment: ${outcome.failed}\nwhat was done is kept: when that is mended, ${AGAIN}`)
      return 1
    }
    return options.job === undefined ? await conclude(options, store) : 0
  } catch (error) {
    if (isOfFiles(error)) {
      say(`pika experiment: ${error.message}\nall results are kept: when that is mended, ${AGAIN}`)
      return 1
    }
    if (!(error instanceof ExperimentError)) throw error
    process.stderr.write(`pika experiment: ${error.message}\n${usage}`)
    return 2
  }
}
