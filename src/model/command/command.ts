/** `pika check`. */
import { Effect } from "effect"
import type { GraphUnreadable } from "../../tla/graph/read.ts"
import type { Model } from "../../tla/model.ts"
import { isTrouble, troubleText } from "../../tla/outcome.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import { checkModel, loadManifest } from "../check.ts"
import { watchModels } from "../watch/watch.ts"
import { type CheckArguments, parseArguments, UsageError, usage } from "./arguments.ts"
import { checkOwnSpec } from "./own-spec.ts"
import { draw, heading, resultRow } from "./table.ts"
import { progressLine } from "./terminal.ts"

/** As a shell reports an end by SIGINT. */
export const INTERRUPTED = 130

type Unusable = TlcUnavailable | GraphUnreadable

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

/** @param specs directory of the modules. @returns 0 every model ended as the manifest says, 1 one did not, 2 one can't be judged. */
export const checkModels = (
  args: CheckArguments,
  models: ReadonlyArray<Model>,
  specs?: string,
): Effect.Effect<number, Unusable> =>
  Effect.gen(function* () {
    const line = progressLine(process.stderr)
    let code = 0
    process.stdout.write(heading)
    for (const model of models) {
      const result = yield* checkModel(model, {
        limits: args.limits,
        ...(specs === undefined ? {} : { specs }),
        ...(args.heap === undefined ? {} : { heap: args.heap }),
        onProgress: (progress) => line.show(model.name, progress),
      })
      line.clear()
      process.stdout.write(resultRow(result))
      const { outcome } = result.report
      if (isTrouble(outcome)) {
        process.stderr.write(troubleText(outcome))
        code = 2
        // All models share the modules.
        if (outcome._tag === "Parse") return code
        continue
      }
      process.stdout.write(draw(result, args.models.includes(model.name), args.chart))
      if (result.problem !== undefined) code = Math.max(code, 1)
    }
    return code
  })

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

/**
 * `pika check [--full] [--chart DIR] [MODEL…]`: 0 every model ended as the manifest says, 1 one did not, 2 usage, or
 * TLC can't judge. Without names: the quick models, with --full the others too. Counterexamples of named models, and of
 * any that is not as expected, are drawn; with --chart all, as files. `pika check --spec FILE.tla [--config FILE.cfg]`:
 * 0 it holds, 1 it does not, 2 TLC can't judge it. `pika check --watch [MODEL…]`: again after each saving. 130 a signal
 * ended it.
 */
export const checkCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const manifest = await loadManifest()
  try {
    const parsed = parseArguments(args)
    if (parsed.spec !== undefined) return await untilSignal(checkOwnSpec(parsed))
    const chosen = chosenOf(parsed, manifest)
    if (parsed.watch) return await untilSignal(watchModels(chosen, (text) => void process.stdout.write(text)))
    return await untilSignal(checkModels(parsed, chosen))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`pika check: ${error.message}\n${usage(manifest.map(({ name }) => name))}`)
    return 2
  }
}
