/** Runs the models of the manifest and compares each with how it must end. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect, type Scope } from "effect"
import { projectRoot } from "../setup/files.mjs"
import { type CheckpointMismatch, type Resumable, runResumable } from "../tla/checkpoint.ts"
import type { StateGraph } from "../tla/graph/graph.ts"
import type { GraphUnreadable, ReadOptions } from "../tla/graph/read.ts"
import { MOST_STATES, tlcGraph } from "../tla/graph/tlc-graph.ts"
import type { TlcLimits } from "../tla/limits.ts"
import type { TlcProgress, TlcReport } from "../tla/messages.ts"
import { configurationOf, type Model } from "../tla/model.ts"
import { scratchDirectory } from "../tla/scratch.ts"
import { runTlc, type TlcRun, type TlcUnavailable } from "../tla/tlc.ts"
import { naiveEquals } from "./naive/equality.ts"
import { type NaiveConstants, naiveGraph } from "./naive/system.ts"
import type { DrivenModel } from "./paths/full.ts"
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
  /** Distinct states that the checkpoint held from which it went on. */
  readonly resumedAt: number | undefined
}

/** What a run of a model is given and told. */
export interface CheckOptions {
  /** Java heap, MiB. */
  readonly heap?: number
  /** Instead of `defaultLimits`, those that are named. */
  readonly limits?: TlcLimits
  readonly onProgress?: (progress: TlcProgress) => void
  /** Directory of the modules; the project's own where none is named. */
  readonly specs?: string
  /** Makes checkpoints. A model whose graph is compared makes none: what was written of the graph can't be taken up again. */
  readonly resumable?: Resumable
}

export const HEAP = 2048

/** No model of the manifest comes near: a specification that was made infinite ends here, with a word. */
export const defaultLimits = { seconds: 3600, states: MOST_STATES, disk: 8192 } as const satisfies TlcLimits

/** Who has a state graph of its own for a module's models, and how TLC's is read for it. */
export const codes: Readonly<
  Record<string, { readonly read: ReadOptions; readonly equals: (tlc: StateGraph, model: Model) => Equality }>
> = {
  MC: { read: stackGraph, equals: (tlc, model) => coreEquals(tlc, model.constants as StackConstants) },
  NaiveAccept: {
    read: naiveGraph,
    equals: (tlc, model) => naiveEquals(tlc, model.constants as NaiveConstants),
  },
}

/** TLC with more than one worker may find a state by a longer way first, so that its depth is a bound. */
const isDepth = (model: Model, found: number, expected: number): boolean =>
  workersOf(model) === 1 ? found === expected : found >= expected

/** A model that must be violated has one worker, so that its counterexample is a shortest one. */
const workersOf = ({ workers, expected }: Model): number => workers ?? (expected._tag === "Success" ? 2 : 1)

/** States of a quick model that are found before an optimizing compiler pays: it doubles the processors' time until then. */
const FEW = 30_000

/** What is run few times is not worth compiling well: a counterexample is near, or all states are few. */
const isBrief = ({ expected, time }: Model): boolean =>
  expected._tag !== "Success" || (time === "quick" && expected.distinct < FEW)

/** How the run differs from what the manifest says; undefined when it doesn't. `lengths`: it tells depth and whole behaviours. */
export const difference = (model: Model, report: TlcReport, lengths = true): string | undefined => {
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
      if (
        report.distinct !== expected.distinct ||
        (lengths && !isDepth(model, report.depth, expected.depth))
      ) {
        return `expected ${expected.distinct} distinct states and depth ${expected.depth}, found ${report.distinct} and ${report.depth}`
      }
      return undefined
    case "Invariant":
    case "ActionProperty": {
      const name = "name" in outcome ? outcome.name : ""
      if (name !== expected.name) return `expected a violation of ${expected.name}, found one of ${name}`
      const length = report.behaviour.states.length
      return !lengths || length === expected.length
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
  const { expected } = model
  if (expected._tag === "Success" && equality.depth !== expected.depth)
    return `expected depth ${expected.depth}, found ${equality.depth} in both graphs`
  if (equality.edges === model.edges) return undefined
  return `expected ${model.edges} edges, found ${equality.edges}`
}

/** A core that throws, or that has no end, differs too. */
const compared = (code: (typeof codes)[string], graph: StateGraph, model: Model): Equality => {
  try {
    return code.equals(graph, model)
  } catch (error) {
    return {
      states: 0,
      edges: 0,
      depth: 0,
      seconds: 0,
      problem: `the core fails: ${(error as Error).message}`,
    }
  }
}

type Runnable = Pick<TlcRun, "module" | "config" | "heap" | "limits" | "onProgress">

/** What a run of the model needs, whoever searches it; its configuration lives as long as the scope. */
export const runOf = (model: Model, options: CheckOptions): Effect.Effect<Runnable, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scratch = yield* scratchDirectory("check")
    const config = join(scratch, `${model.module}.cfg`)
    writeFileSync(config, configurationOf(model))
    return {
      module: join(options.specs ?? specDirectory, `${model.module}.tla`),
      config,
      heap: options.heap ?? HEAP,
      limits: { ...defaultLimits, ...options.limits },
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    }
  })

/** Checks one model. */
export const checkModel = (
  model: Model,
  options: CheckOptions = {},
): Effect.Effect<CheckResult, TlcUnavailable | GraphUnreadable | CheckpointMismatch> =>
  Effect.scoped(
    Effect.gen(function* () {
      const part = yield* runOf(model, options)
      const start = performance.now()
      const code = model.edges === undefined ? undefined : codes[model.module]
      const run = {
        ...part,
        workers: workersOf(model),
        brief: isBrief(model),
        options: ["-lncheck", "final"],
      }
      const { report, graph, resumedAt } =
        code !== undefined
          ? { ...(yield* tlcGraph(run, code.read)), resumedAt: undefined }
          : options.resumable === undefined
            ? { report: yield* runTlc(run), graph: undefined, resumedAt: undefined }
            : { ...(yield* runResumable(run, options.resumable)), graph: undefined }
      const seconds = (performance.now() - start) / 1000
      const equality = graph === undefined || code === undefined ? undefined : compared(code, graph, model)
      const problem =
        difference(model, report) ?? (equality === undefined ? undefined : inequality(model, equality))
      return { model, report, seconds, equality, problem, resumedAt }
    }),
  )

/** What the core is driven along in the full class, of `model-tests/covered.ts`. */
export const loadDriven = async (): Promise<ReadonlyArray<DrivenModel>> => {
  const file = pathToFileURL(join(projectRoot, "model-tests", "covered.ts")).href
  return ((await import(file)) as { readonly drivenInFull: ReadonlyArray<DrivenModel> }).drivenInFull
}

/** The models of `model-tests/manifest.ts`, which lies outside what is bundled. */
export const loadManifest = async (): Promise<ReadonlyArray<Model>> => {
  const file = pathToFileURL(join(projectRoot, "model-tests", "manifest.ts")).href
  const module = (await import(file)) as { readonly models: ReadonlyArray<Model> }
  return module.models
}
