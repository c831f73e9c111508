/** `pika check`. */
import { join } from "node:path"
import { Effect } from "effect"
import { projectRoot } from "../../setup/files.mjs"
import type { CheckpointMismatch, Resumable } from "../../tla/checkpoint.ts"
import { type Distribution, defaultDistribution, type NotDistributed } from "../../tla/distributed.ts"
import type { GraphUnreadable } from "../../tla/graph/read.ts"
import type { TlcProgress } from "../../tla/messages.ts"
import type { Model } from "../../tla/model.ts"
import { isTrouble, troubleText } from "../../tla/outcome.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import { checkModel, HEAP, loadDriven, loadManifest } from "../check.ts"
import { checkDistributed, serveAsWorker } from "../distributed.ts"
import { type ClassBusy, finishedModels } from "../finished.ts"
import { type DrivenModel, driveModels } from "../paths/full.ts"
import { specDirectory } from "../spec.ts"
import { watchModels } from "../watch/watch.ts"
import { type CheckArguments, parseArguments, UsageError, usage } from "./arguments.ts"
import { gatesPass } from "./gates.ts"
import { checkOwnSpec } from "./own-spec.ts"
import { draw, heading, resultRow } from "./table.ts"
import { progressLine } from "./terminal.ts"

/** As a shell reports an end by SIGINT. */
export const INTERRUPTED = 130

/** Time between two checkpoints, s. */
const CHECKPOINT = 60

type Unusable = TlcUnavailable | GraphUnreadable | CheckpointMismatch | ClassBusy | NotDistributed

const unusableText = (error: Unusable): string =>
  error._tag === "GraphUnreadable"
    ? `${error.file}: byte ${error.at}: ${error.message}\n${error.remedy}\n`
    : troubleText(error)

const chosenOf = (args: CheckArguments, manifest: ReadonlyArray<Model>): ReadonlyArray<Model> => {
  const unknown = args.models.filter((name) => !manifest.some((model) => model.name === name))
  if (unknown.length > 0) throw new UsageError(`no model ${unknown.join(", ")}`)
  return args.models.length === 0
    ? manifest.filter((model) => args.full || model.time === "quick")
    : manifest.filter((model) => args.models.includes(model.name))
}

/** Where, and where the modules are. */
export interface Places {
  readonly specs: string
  /** What was finished, and checkpoints. */
  readonly state: string
}

const places: Places = { specs: specDirectory, state: join(projectRoot, "build", "check") }

/** @returns 0 every model ended as the manifest says, 1 one did not, 2 one can't be judged */
export const checkModels = (
  args: CheckArguments,
  models: ReadonlyArray<Model>,
  { specs, state }: Places = places,
): Effect.Effect<number, Unusable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const line = progressLine(process.stderr)
      const finished = args.full || args.resume ? yield* finishedModels(state, args.resume, specs) : undefined
      let code = 0
      process.stdout.write(heading)
      for (const model of models) {
        const before = finished?.row(model)
        if (before !== undefined) {
          process.stdout.write(before.replace(/\n$/, ", as before\n"))
          continue
        }
        const options = {
          limits: args.limits,
          specs,
          ...(args.heap === undefined ? {} : { heap: args.heap }),
          ...(finished === undefined || model.time === "quick"
            ? {}
            : { resumable: resumable(args, finished.checkpoints(model)) }),
          onProgress: (progress: TlcProgress) => line.show(model.name, progress),
        }
        const result = args.distributed
          ? yield* checkDistributed(model, distributionOf(args), options)
          : yield* checkModel(model, options)
        line.clear()
        if (result.resumedAt !== undefined) {
          process.stdout.write(`${model.name} goes on from ${result.resumedAt} states\n`)
        }
        const row = resultRow(result)
        process.stdout.write(row)
        const { outcome } = result.report
        if (isTrouble(outcome)) {
          process.stderr.write(troubleText(outcome))
          code = 2
          // All models share the modules.
          if (outcome._tag === "Parse") return code
          continue
        }
        process.stdout.write(draw(result, args.models.includes(model.name), args.chart))
        if (result.problem === undefined) finished?.add(model, row)
        else code = Math.max(code, 1)
      }
      return code
    }),
  )

const given = <T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(parts).filter(([, x]) => x !== undefined)) as never

const distributionOf = ({ workers, listen, port, patience }: CheckArguments): Partial<Distribution> =>
  given({ workers, host: listen, port, patience })

const resumable = (args: CheckArguments, directory: string): Resumable => ({
  directory,
  every: args.checkpoint ?? CHECKPOINT,
  resume: args.resume,
})

/** The core along the paths of the full class; answers the worse of the two codes. */
const afterThat = (code: number, driven: ReadonlyArray<DrivenModel>): Effect.Effect<number, Unusable> =>
  driveModels(driven, (line) => void process.stdout.write(`${line}\n`)).pipe(
    Effect.map((kept) => Math.max(code, kept ? 0 : 1)),
    Effect.catchTag("NoGraph", ({ message, remedy }) => {
      process.stderr.write(`${message}\n${remedy}\n`)
      return Effect.succeed(2)
    }),
  )

/** Runs until its end or a signal, at which all that it started has gone. */
const untilSignal = async (program: Effect.Effect<number, Unusable>): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal)
  const told = Effect.catch(program, (error) =>
    Effect.sync(() => {
      process.stderr.write(unusableText(error))
      return 2
    }),
  )
  try {
    return await Effect.runPromise(told, { signal: stop.signal })
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stderr.write("\nstopped\n")
    return INTERRUPTED
  } finally {
    process.removeListener("SIGINT", onSignal).removeListener("SIGTERM", onSignal)
  }
}

export const checkUsage = async (): Promise<string> => usage((await loadManifest()).map(({ name }) => name))

/**
 * `pika check [--full] [--chart DIR] [MODEL…]`: 0 every model ended as the manifest says, 1 one did not, 2 usage, or
 * TLC can't judge. Without names: the quick models, with --full the others and the gates too. Counterexamples of named models, and of
 * any that is not as expected, are drawn; with --chart all, as files. --resume: what was finished before, with the same
 * specification and core, isn't run again, and what was killed goes on from its checkpoint. `pika check --spec FILE.tla [--config FILE.cfg]`:
 * 0 it holds, 1 it does not, 2 TLC can't judge it. `pika check --distributed MODEL…`
 * and `--worker SERVER`: by several machines. `pika check --watch [MODEL…]`: again after each saving. 130 a signal
 * ended it.
 */
export const checkCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const manifest = await loadManifest()
  try {
    const parsed = parseArguments(args)
    if (parsed.spec !== undefined) return await untilSignal(checkOwnSpec(parsed))
    if (parsed.worker !== undefined) {
      const { host, port } = { ...defaultDistribution, ...distributionOf(parsed) }
      const how = { host, port, heap: parsed.heap ?? HEAP, threads: parsed.workers ?? 1 }
      return await untilSignal(serveAsWorker(parsed.worker, how))
    }
    const chosen = chosenOf(parsed, manifest)
    if (parsed.watch) return await untilSignal(watchModels(chosen, (text) => void process.stdout.write(text)))
    const driven = parsed.full && parsed.models.length === 0 ? await loadDriven() : []
    const code = await untilSignal(
      Effect.flatMap(checkModels(parsed, chosen), (before) => afterThat(before, driven)),
    )
    if (!parsed.full || parsed.models.length > 0 || code > 1) return code
    return (await gatesPass((text) => void process.stdout.write(`${text}\n`))) ? code : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`pika check: ${error.message}\n${await checkUsage()}`)
    return 2
  }
}
