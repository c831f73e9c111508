/** Runs TLC: a child process that lives as long as its scope, with directories of its own. */
import { basename, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { Effect, Queue, Stream } from "effect"
import { childEnded, killChild, startChild } from "./child.ts"
import { type JavaLine, javaLine, TlcUnavailable } from "./java-line.ts"
import { LOOK, limitMet, statesMet, type TlcLimits } from "./limits.ts"
import { codes, TlcOutput, type TlcProgress, type TlcReport } from "./messages.ts"
import type { TlcTrouble } from "./outcome.ts"
import { scratchDirectory } from "./scratch.ts"
import { Speed } from "./speed.ts"

export { TlcUnavailable } from "./java-line.ts"

/** One run of TLC: what it is given, and how. */
export interface TlcRun {
  /** Module's file, absolute. */
  readonly module: string
  /** Configuration's file, absolute. */
  readonly config: string
  readonly workers: number
  /** Java heap, MiB. */
  readonly heap: number
  /** Java class whose main method runs, and starts `pika.Watch`; TLC's own where none is named. */
  readonly main?: string
  /** Depth-first and the like: passed on. */
  readonly options?: ReadonlyArray<string>
  /** Takes seconds at most: the optimizing compiler would cost more than it saves. */
  readonly brief?: boolean
  /** Java system properties. */
  readonly properties?: Readonly<Record<string, string>>
  /** TLC is ended as soon as it has said a message of one of these codes. */
  readonly stopAt?: ReadonlySet<number>
  readonly limits?: TlcLimits
  /** Directories beside TLC's own that the run writes into, for the limit on the disk. */
  readonly writes?: ReadonlyArray<string>
  readonly checkpoint?: Checkpoint
  /** Told how many distinct states a checkpoint held, once it was read. */
  readonly onRecovered?: (distinct: number) => void
  /** Told how far the search is, every `PROGRESS` ms and at its end. */
  readonly onProgress?: (progress: TlcProgress) => void
}

/** TLC's own files, in a directory that outlives the run. `src/tla/checkpoint.ts` says what they may be used for. */
export interface Checkpoint {
  readonly directory: string
  /** Time between two, s. */
  readonly every: number
  /** TLC's directory of the checkpoint from which it goes on. */
  readonly from: string | undefined
}

/** TLC's fingerprint function; which one it takes is chance otherwise. */
export const FINGERPRINT = 1

/** Time between two words on how far a search is, ms. */
export const PROGRESS = 500

const commandLine = (run: TlcRun, scratch: string): JavaLine | TlcUnavailable => {
  const { checkpoint } = run
  return javaLine(
    {
      main: run.main ?? "pika.RunMain",
      heap: run.heap,
      threads: run.workers,
      brief: run.brief === true,
      properties: {
        "java.io.tmpdir": scratch,
        "tlc2.TLC.ide": "pika",
        "pika.progress": String(PROGRESS),
        ...(checkpoint === undefined ? {} : { "pika.checkpoint": String(1000 * checkpoint.every) }),
        ...run.properties,
      },
    },
    [
      "-tool",
      "-fp",
      String(FINGERPRINT),
      "-workers",
      String(run.workers),
      "-metadir",
      checkpoint?.directory ?? join(scratch, "states"),
      // Minutes; `pika.Watch` makes it seconds.
      ...(checkpoint === undefined ? ["-checkpoint", "0"] : ["-checkpoint", "60"]),
      ...(checkpoint?.from === undefined ? [] : ["-recover", checkpoint.from]),
      "-config",
      run.config,
      ...(run.options ?? []),
      basename(run.module),
    ],
  )
}

const MAX_STDERR = 64_000

const execute = (run: TlcRun, scratch: string): Effect.Effect<TlcReport, TlcUnavailable> =>
  Effect.callback((resume) => {
    const line = commandLine(run, scratch)
    if (line instanceof TlcUnavailable) {
      resume(Effect.fail(line))
      return
    }
    const { limits = {} } = run
    // Beside the module: TLC 2.18 takes an absolute configuration only for a module without a directory.
    const child = startChild(line.java, line.args, dirname(run.module))
    const output = new TlcOutput(run)
    const speed = new Speed()
    let errors = ""
    let stopped: TlcTrouble | undefined
    const stop = (why: TlcTrouble | undefined): void => {
      if (why === undefined || stopped !== undefined) return
      stopped = why
      killChild(child)
    }
    const written = [scratch, ...(run.writes ?? [])]
    const look = setInterval(() => stop(limitMet(limits, written, speed.seconds)), LOOK)
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (errors.length < MAX_STDERR) errors += text
    })
    const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })
    let failure: unknown
    lines.on("line", (text) => {
      try {
        const code = output.line(text)
        if (code === codes.recovered) run.onRecovered?.(output.progress.distinct)
        if (code === codes.progress) {
          stop(statesMet(limits, output.progress.distinct))
          run.onProgress?.(speed.progress(output.progress))
        }
        if (code !== 0 && run.stopAt?.has(code)) killChild(child)
      } catch (error) {
        failure ??= error
        killChild(child)
      }
    })
    const read = new Promise<void>((resolve) => lines.on("close", resolve))
    child.on("error", (error) => {
      clearInterval(look)
      resume(
        Effect.fail(
          new TlcUnavailable({ message: `java did not start: ${error.message}`, remedy: "mend the JDK" }),
        ),
      )
    })
    child.on("close", (code, signal) => {
      clearInterval(look)
      void read.then(() => {
        const end = { signal: signal ?? undefined, stopped }
        resume(
          failure === undefined
            ? Effect.succeed(output.report(code ?? -1, errors, end))
            : Effect.die(failure),
        )
      })
    })
    return Effect.promise(() => {
      clearInterval(look)
      killChild(child)
      return childEnded(child)
    })
  })

/**
 * One run of TLC to its end. Interruption kills its whole process group; its directories go in either case.
 * @returns what it said; a violated property is a result, not an error, and so is a model that TLC can't judge
 */
export const runTlc = (run: TlcRun): Effect.Effect<TlcReport, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* scratchDirectory("tlc")
      return yield* execute(run, scratch)
    }),
  )

/** A run as it goes: how far it is, and at last what it came to. To stop taking from it is to end it. */
export type TlcEvent =
  | ({ readonly _tag: "Progress" } & TlcProgress)
  | { readonly _tag: "Ended"; readonly report: TlcReport }

/** The same run as a stream. */
export const streamTlc = (run: Omit<TlcRun, "onProgress">): Stream.Stream<TlcEvent, TlcUnavailable> =>
  Stream.callback<TlcEvent, TlcUnavailable>(
    (queue) =>
      runTlc({
        ...run,
        onProgress: (progress) => Queue.offerUnsafe(queue, { _tag: "Progress", ...progress }),
      }).pipe(
        Effect.flatMap((report) => Queue.offer(queue, { _tag: "Ended", report })),
        Effect.flatMap(() => Queue.end(queue)),
        Effect.catch((error) => Queue.fail(queue, error)),
      ),
    // A word that nobody took in time is out of date; the last one never is.
    { bufferSize: 16, strategy: "sliding" },
  )
