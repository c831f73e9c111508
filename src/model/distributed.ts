/** A model of the manifest, searched by several machines, and a machine that helps. */
import { Effect } from "effect"
import { childEnded, killChild, startChild } from "../tla/child.ts"
import { type Distribution, type NotDistributed, runDistributed, workerLine } from "../tla/distributed.ts"
import { TlcUnavailable } from "../tla/java-line.ts"
import type { Model } from "../tla/model.ts"
import { scratchDirectory } from "../tla/scratch.ts"
import { type CheckOptions, type CheckResult, difference, runOf } from "./check.ts"

export const checkDistributed = (
  model: Model,
  how: Partial<Distribution>,
  options: CheckOptions = {},
): Effect.Effect<CheckResult, TlcUnavailable | NotDistributed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const part = yield* runOf(model, options)
      const start = performance.now()
      const run = { ...part, workers: 1 }
      const report = yield* runDistributed(run, how)
      const seconds = (performance.now() - start) / 1000
      // It tells neither the depth nor a whole counterexample.
      const problem = difference(model, report, false)
      return { model, report, seconds, equality: undefined, problem, resumedAt: undefined }
    }),
  )

/** Time between the end of one search and asking for the next, ms. */
const PAUSE = 1000

/** One worker process for one search, to its end; killed when interrupted. */
const serveOne = (
  server: string,
  how: Parameters<typeof workerLine>[1],
): Effect.Effect<number, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* scratchDirectory("worker")
      const line = workerLine(server, how, scratch)
      if (line instanceof TlcUnavailable) return yield* line
      return yield* Effect.callback<number, TlcUnavailable>((resume) => {
        const child = startChild(line.java, line.args, scratch)
        child.stdout.pipe(process.stdout, { end: false })
        child.stderr.pipe(process.stderr, { end: false })
        child.on("error", ({ message }) =>
          resume(Effect.fail(new TlcUnavailable({ message, remedy: "mend the JDK" }))),
        )
        child.on("close", (code) => resume(Effect.succeed(code ?? 1)))
        return Effect.promise(() => {
          killChild(child)
          return childEnded(child)
        })
      })
    }),
  )

/** `pika check --worker SERVER`: works for one search of the server after the other, until it is interrupted. */
export const serveAsWorker = (
  server: string,
  how: Parameters<typeof workerLine>[1],
): Effect.Effect<never, TlcUnavailable> =>
  Effect.forever(Effect.andThen(serveOne(server, how), Effect.sleep(PAUSE)))
