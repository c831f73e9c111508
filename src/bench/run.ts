/** Runs measures, one after the other, each in a process of its own started from a bundle, as servers are. */
import { type ChildProcess, spawn } from "node:child_process"
import { Effect, Schema } from "effect"
import { addonPath, bundle, programOptions } from "../runtime/bundle.ts"
import { MeasureFailed } from "./errors.ts"
import { describeMachine } from "./machine.ts"
import type { FromMeasure } from "./measure-main.ts"
import { type Report, type RowFailure, type RowResult, resultOf, SamplesSchema } from "./report.ts"
import type { MeasureOptions, MeasureSpec, Row, Samples } from "./row.ts"
import { measures } from "./rows.ts"

/** How long a measure has for undoing what it made. */
const GRACE_MS = 15_000

const decode = Schema.decodeUnknownSync(SamplesSchema)

/** Where the measures' program is. Tests give one of their own. */
export const measureProgram = (): Promise<string> => bundle("bench/measure-main.ts")

const end = (child: ChildProcess): void => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  const kill = setTimeout(() => child.kill("SIGKILL"), GRACE_MS)
  child.once("exit", () => clearTimeout(kill))
}

const outcomeOf = (
  message: Exclude<FromMeasure, { readonly say: string }>,
  failed: (what: string, remedy: string) => Effect.Effect<never, MeasureFailed>,
): Effect.Effect<Readonly<Record<string, Samples>>, MeasureFailed> => {
  if ("failed" in message) return failed(message.failed.what, message.failed.remedy)
  try {
    return Effect.succeed(decode(message.samples))
  } catch (error) {
    return failed(
      `its figures can't be read: ${(error as Error).message}`,
      "this is an error of the benchmark",
    )
  }
}

/** One measure to its end. Interruption ends it. */
export const runMeasure = (
  spec: MeasureSpec,
  options: MeasureOptions,
  program: string,
  say: (line: string) => void,
): Effect.Effect<Readonly<Record<string, Samples>>, MeasureFailed> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [...programOptions, program, spec.name], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, PIKA_MEASURE: JSON.stringify(options), PIKA_ADDON: addonPath },
    })
    const failed = (what: string, remedy: string) =>
      Effect.fail(new MeasureFailed({ measure: spec.name, what, remedy }))
    const seconds = options.quick ? Math.ceil(spec.seconds / 3) : spec.seconds
    // Told at its exit: then its cores are free, and what it made is undone.
    let outcome: Effect.Effect<Readonly<Record<string, Samples>>, MeasureFailed> | undefined
    const timer = setTimeout(() => {
      outcome = failed(`not done after ${seconds} s`, "is the machine busy?")
      end(child)
    }, seconds * 1000)
    child.on("message", (raw) => {
      const message = raw as FromMeasure
      if ("say" in message) say(message.say)
      else outcome ??= outcomeOf(message, failed)
    })
    child.once("error", (error) => resume(failed(error.message, "is Node 24 there? npm start brings it")))
    child.once("exit", (code, signal) => {
      clearTimeout(timer)
      resume(
        outcome ?? failed(`ended without figures (${signal ?? `exit ${code}`})`, "see what it said above"),
      )
    })
    return Effect.sync(() => end(child))
  })

/** Rows of one measure, those of `wanted` that it gave figures for, and the failures of the others. */
const rowsOf = (
  spec: MeasureSpec,
  wanted: ReadonlyArray<Row>,
  samples: Readonly<Record<string, Samples>>,
): { readonly rows: ReadonlyArray<RowResult>; readonly failed: ReadonlyArray<RowFailure> } => {
  const rows: Array<RowResult> = []
  const failed: Array<RowFailure> = []
  for (const row of wanted) {
    const own = samples[row.name]
    try {
      if (own === undefined) throw new RangeError(`the measure ${spec.name} gave no figures for it`)
      rows.push(resultOf(row, own))
    } catch (error) {
      const what = (error as Error).message
      failed.push({ name: row.name, what, remedy: "this is an error of the benchmark" })
    }
  }
  return { rows, failed }
}

/** Measures the rows named (all, when none is), each measure once. Never fails: a row that can't be measured is reported so. */
export const runBench = (
  options: MeasureOptions,
  program: string,
  say: (line: string) => void,
  specs: ReadonlyArray<MeasureSpec> = measures,
): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const date = new Date().toISOString()
    const machine = describeMachine()
    const rows: Array<RowResult> = []
    const failed: Array<RowFailure> = []
    for (const spec of specs) {
      const wanted = spec.rows.filter(({ name }) => options.rows.length === 0 || options.rows.includes(name))
      if (wanted.length === 0) continue
      say(`${spec.name}: ${wanted.map(({ name }) => name).join(", ")}`)
      const outcome = yield* runMeasure(
        spec,
        { ...options, rows: wanted.map(({ name }) => name) },
        program,
        (line) => say(`  ${line}`),
      ).pipe(
        Effect.map((samples) => rowsOf(spec, wanted, samples)),
        Effect.catchTag("MeasureFailed", ({ what, remedy }) =>
          Effect.succeed({ rows: [], failed: wanted.map(({ name }) => ({ name, what, remedy })) }),
        ),
      )
      rows.push(...outcome.rows)
      failed.push(...outcome.failed)
    }
    return { version: 1, date, quick: options.quick, machine, cores: options.cores, rows, failed }
  })
