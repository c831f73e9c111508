/**
 * A thread that checks models one after the other. It has read the core and the manifest afresh, so that a saved core is
 * the one that is compared.
 */
import { parentPort, workerData } from "node:worker_threads"
import { Cause, Effect, Exit } from "effect"
import { isTrouble, troubleText } from "../../tla/outcome.ts"
import { checkModel, loadManifest } from "../check.ts"
import { draw, endText } from "../command/table.ts"

/** What a round is told. */
export interface RoundOrder {
  readonly models: ReadonlyArray<string>
}

/** Of one model. */
export interface RoundVerdict {
  readonly model: string
  readonly asExpected: boolean
  /** In a line. */
  readonly text: string
  /** A counterexample, a difference, or a trouble with its place and remedy. */
  readonly more: string
  /** Nothing can be said of other models either. */
  readonly last: boolean
}

const port = parentPort!

const round = Effect.gen(function* () {
  const { models } = workerData as RoundOrder
  const manifest = yield* Effect.promise(loadManifest)
  for (const name of models) {
    const model = manifest.find((one) => one.name === name)
    if (model === undefined) continue
    const result = yield* checkModel(model).pipe(Effect.catch((error) => Effect.succeed({ trouble: error })))
    if ("trouble" in result) {
      port.postMessage({
        model: name,
        asExpected: false,
        text: "can't be judged",
        more: troubleText(result.trouble),
        last: true,
      } satisfies RoundVerdict)
      return
    }
    const { outcome, distinct } = result.report
    const trouble = isTrouble(outcome) ? outcome : undefined
    const equal = result.equality === undefined ? "" : "; the core's graph is the same"
    const problem = result.problem?.split("\n", 1)[0]
    const rest = result.problem?.slice((problem?.length ?? 0) + 1) ?? ""
    port.postMessage({
      model: name,
      asExpected: result.problem === undefined,
      text: trouble ? trouble._tag : (problem ?? `${endText(result)}, ${distinct} states found${equal}`),
      more: trouble
        ? troubleText(trouble)
        : result.problem === undefined
          ? ""
          : rest + draw(result, false, undefined),
      last: trouble?._tag === "Parse",
    } satisfies RoundVerdict)
    if (trouble?._tag === "Parse") return
  }
})

const fiber = Effect.runFork(round)
port.on("message", () => fiber.interruptUnsafe())
fiber.addObserver((exit) => {
  if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
  port.close()
})
