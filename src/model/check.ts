/** Runs the models of the manifest and compares each with how it must end. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { projectRoot } from "../setup/files.mjs"
import { chartText } from "../tla/chart/text.ts"
import type { StateGraph } from "../tla/graph/graph.ts"
import type { GraphUnreadable, ReadOptions } from "../tla/graph/read.ts"
import { tlcGraph } from "../tla/graph/tlc-graph.ts"
import type { TlcReport } from "../tla/messages.ts"
import { configurationOf, type Model } from "../tla/model.ts"
import { runTlc, type TlcUnavailable } from "../tla/tlc.ts"
import { counterexampleChart } from "./chart/counterexample.ts"
import { writeCharts } from "./chart/write.ts"
import { specDirectory } from "./spec.ts"
import type { StackConstants } from "./stack/constants.ts"
import { coreEquals, type Equality, stackGraph } from "./stack/equality.ts"

export interface CheckResult {
  readonly model: Model
  readonly report: TlcReport
  /** Wall time, s. */
  readonly seconds: number
  /** The core's graph against TLC's, where the model asks for it. */
  readonly equality: Equality | undefined
  /** How it ended otherwise than it must; undefined: as it must. */
  readonly problem: string | undefined
}

const HEAP = 2048

/** Who has a state graph of its own for a module's models, and how TLC's is read for it. */
const codes: Readonly<
  Record<string, { readonly read: ReadOptions; readonly equals: (tlc: StateGraph, model: Model) => Equality }>
> = {
  MC: { read: stackGraph, equals: (tlc, model) => coreEquals(tlc, model.constants as StackConstants) },
}

/** How the run differs from what the manifest says; undefined when it doesn't. */
export const difference = (model: Model, report: TlcReport): string | undefined => {
  const { expected } = model
  const { outcome } = report
  if (outcome._tag !== expected._tag) {
    const message =
      "message" in outcome ? `: ${outcome.message}` : "name" in outcome ? ` ${outcome.name}` : ""
    return `expected ${expected._tag}, found ${outcome._tag}${message}`
  }
  switch (expected._tag) {
    case "Success":
      if (report.queued !== 0) return `${report.queued} states were left`
      if (report.distinct !== expected.distinct || report.depth !== expected.depth) {
        return `expected ${expected.distinct} distinct states and depth ${expected.depth}, found ${report.distinct} and ${report.depth}`
      }
      return undefined
    case "Invariant":
    case "ActionProperty": {
      const name = "name" in outcome ? outcome.name : ""
      if (name !== expected.name) return `expected a violation of ${expected.name}, found one of ${name}`
      const length = report.behaviour.states.length
      return length === expected.length
        ? undefined
        : `expected a counterexample of ${expected.length} states, found ${length}`
    }
    case "Temporal":
      return report.behaviour.states.length > 0 ? undefined : "no counterexample"
    default:
      return expected satisfies never
  }
}

/** How the two graphs differ, or the number of edges from the manifest's. */
const inequality = (model: Model, equality: Equality): string | undefined => {
  if (equality.problem !== undefined) return equality.problem
  if (equality.edges === model.edges) return undefined
  return `expected ${model.edges} edges, found ${equality.edges}`
}

/** Checks one model. A model that must be violated has one worker, so that its counterexample is a shortest one. */
export const checkModel = (model: Model): Effect.Effect<CheckResult, TlcUnavailable | GraphUnreadable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-check-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
      )
      const config = join(scratch, `${model.module}.cfg`)
      writeFileSync(config, configurationOf(model))
      const start = performance.now()
      const code = model.edges === undefined ? undefined : codes[model.module]
      const run = {
        module: join(specDirectory, `${model.module}.tla`),
        config,
        workers: model.expected._tag === "Success" ? 2 : 1,
        heap: HEAP,
        options: ["-lncheck", "final"],
      }
      const { report, graph } =
        code === undefined
          ? { report: yield* runTlc(run), graph: undefined }
          : yield* tlcGraph(run, code.read)
      const seconds = (performance.now() - start) / 1000
      const equality = graph === undefined ? undefined : code?.equals(graph, model)
      const problem =
        difference(model, report) ?? (equality === undefined ? undefined : inequality(model, equality))
      return { model, report, seconds, equality, problem }
    }),
  )

/** The models of `model-tests/manifest.ts`, which lies outside what is bundled. */
export const loadManifest = async (): Promise<ReadonlyArray<Model>> => {
  const file = pathToFileURL(join(projectRoot, "model-tests", "manifest.ts")).href
  const module = (await import(file)) as { readonly models: ReadonlyArray<Model> }
  return module.models
}

const ended = ({ report }: CheckResult): string => {
  const { outcome, behaviour } = report
  const name = "name" in outcome ? ` ${outcome.name}` : ""
  return outcome._tag === "Success" ? "holds" : `${outcome._tag}${name}, ${behaviour.states.length} states`
}

const widths = [24, -36, 9, 6, 9, 8, 8]

/** Left-aligned where the width is below zero, the last cell as it is. */
const row = (cells: ReadonlyArray<string>): string => {
  const padded = cells.map((cell, k) => {
    const width = k === 0 ? -widths[0]! : (widths[k] ?? 0)
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width)
  })
  return `${padded.join(" ")}\n`
}

const usage = (manifest: ReadonlyArray<Model>): string =>
  `usage: pika check [--full] [--chart DIR] [MODEL…], of: ${manifest.map((model) => model.name).join(" ")}\n`

/** Draws the counterexample, if there is one: into `directory`, and for who asked for it or did not expect it. */
const draw = ({ model, report, problem }: CheckResult, asked: boolean, directory: string | undefined) => {
  const chart = counterexampleChart(model, report)
  if (chart === undefined) return
  if (asked || problem !== undefined) process.stdout.write(`\n${chartText(chart)}\n`)
  if (directory !== undefined) {
    process.stdout.write(`${writeCharts(chart, directory, model.name).join(" ")}\n`)
  }
}

/**
 * `pika check [--full] [--chart DIR] [MODEL…]`: 0 every model ended as the manifest says, 1 one did not, 2 usage, or TLC
 * can't run. Without names: the quick models, with --full the others too. Counterexamples of named models, and of any
 * that is not as expected, are drawn; with --chart all, as files.
 */
export const checkCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const manifest = await loadManifest()
  let parsed: {
    values: { full?: boolean | undefined; chart?: string | undefined }
    positionals: Array<string>
  }
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { full: { type: "boolean", default: false }, chart: { type: "string" } },
    })
  } catch (error) {
    process.stderr.write(`pika check: ${(error as Error).message}\n${usage(manifest)}`)
    return 2
  }
  const { full, chart: directory } = parsed.values
  const names = parsed.positionals
  const unknown = names.filter((name) => !manifest.some((model) => model.name === name))
  if (unknown.length > 0) {
    process.stderr.write(`no model ${unknown.join(", ")}\n${usage(manifest)}`)
    return 2
  }
  const chosen =
    names.length === 0
      ? manifest.filter((model) => full || model.time === "quick")
      : manifest.filter((model) => names.includes(model.name))
  process.stdout.write(
    row(["model", "result", "distinct", "depth", "TLC, s", "edges", "core, s", "as expected"]),
  )
  let failed = 0
  for (const model of chosen) {
    const result = await Effect.runPromise(
      checkModel(model).pipe(
        Effect.catchTag("TlcUnavailable", (error) => Effect.succeed(error)),
        Effect.catchTag("GraphUnreadable", (error) => Effect.succeed(error)),
      ),
    )
    if ("remedy" in result) {
      process.stderr.write(`${result.message}: ${result.remedy}\n`)
      return 2
    }
    if (result.problem !== undefined) failed++
    const { report, equality } = result
    const counts = [String(report.distinct), String(report.depth), result.seconds.toFixed(1)]
    const core = equality === undefined ? ["", ""] : [String(equality.edges), equality.seconds.toFixed(1)]
    process.stdout.write(row([model.name, ended(result), ...counts, ...core, result.problem ?? "yes"]))
    draw(result, names.includes(model.name), directory)
  }
  return failed === 0 ? 0 : 1
}
