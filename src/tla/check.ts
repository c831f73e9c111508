/** Runs the models of the manifest and compares each with how it must end. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"
import { projectRoot } from "../setup/files.mjs"
import type { TlcReport } from "./messages.ts"
import { configurationOf, type Model } from "./model.ts"
import { runTlc, specDirectory, type TlcUnavailable } from "./tlc.ts"

export interface CheckResult {
  readonly model: Model
  readonly report: TlcReport
  /** Wall time, s. */
  readonly seconds: number
  /** How it ended otherwise than it must; undefined: as it must. */
  readonly problem: string | undefined
}

const HEAP = 2048

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
    case "Invariant": {
      const name = outcome._tag === "Invariant" ? outcome.name : ""
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

/** Checks one model. A model that must be violated has one worker, so that its counterexample is a shortest one. */
export const checkModel = (model: Model): Effect.Effect<CheckResult, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-check-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
      )
      const config = join(scratch, `${model.module}.cfg`)
      writeFileSync(config, configurationOf(model))
      const start = performance.now()
      const report = yield* runTlc({
        module: join(specDirectory, `${model.module}.tla`),
        config,
        workers: model.expected._tag === "Success" ? 2 : 1,
        heap: HEAP,
        options: ["-lncheck", "final"],
      })
      const seconds = (performance.now() - start) / 1000
      return { model, report, seconds, problem: difference(model, report) }
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

const row = (cells: ReadonlyArray<string>): string =>
  `${cells[0]!.padEnd(24)} ${cells[1]!.padEnd(36)} ${cells[2]!.padStart(9)} ${cells[3]!.padStart(6)} ${cells[4]!.padStart(7)}  ${cells[5]!}\n`

/** `pika check [MODEL…]`: 0 every model ended as the manifest says, 1 one did not, 2 usage, or TLC can't run. */
export const checkCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const manifest = await loadManifest()
  const unknown = args.filter((name) => !manifest.some((model) => model.name === name))
  if (unknown.length > 0) {
    process.stderr.write(
      `no model ${unknown.join(", ")}\nusage: pika check [MODEL…], of: ${manifest.map((model) => model.name).join(" ")}\n`,
    )
    return 2
  }
  const chosen = args.length === 0 ? manifest : manifest.filter((model) => args.includes(model.name))
  process.stdout.write(row(["model", "result", "distinct", "depth", "seconds", "as expected"]))
  let failed = 0
  for (const model of chosen) {
    const result = await Effect.runPromise(
      checkModel(model).pipe(Effect.catchTag("TlcUnavailable", (error) => Effect.succeed(error))),
    )
    if ("remedy" in result) {
      process.stderr.write(`${result.message}: ${result.remedy}\n`)
      return 2
    }
    if (result.problem !== undefined) failed++
    const { distinct, depth } = result.report
    const counts = [String(distinct), String(depth), result.seconds.toFixed(1)]
    process.stdout.write(row([model.name, ended(result), ...counts, result.problem ?? "yes"]))
  }
  return failed === 0 ? 0 : 1
}
