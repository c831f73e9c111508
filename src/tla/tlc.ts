/** Runs TLC: a child process that lives as long as its scope, with directories of its own. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, delimiter, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { Data, Effect } from "effect"
import { findCommand } from "../setup/command.mjs"
import { projectRoot } from "../setup/files.mjs"
import { javaClasses } from "../setup/java.mjs"
import { locateTlc } from "../setup/tlc.mjs"
import { TlcOutput, type TlcReport } from "./messages.ts"

/** TLC can't be run here at all. */
export class TlcUnavailable extends Data.TaggedError("TlcUnavailable")<{
  readonly message: string
  readonly remedy: string
}> {}

export interface TlcRun {
  /** Module's file, absolute. */
  readonly module: string
  /** Configuration's file, absolute. */
  readonly config: string
  readonly workers: number
  /** Java heap, MiB. */
  readonly heap: number
  /** Java class whose main method runs; TLC's own where none is named. */
  readonly main?: string
  /** Depth-first and the like: passed on. */
  readonly options?: ReadonlyArray<string>
  /** Takes seconds at most: the optimizing compiler would cost more than it saves. */
  readonly brief?: boolean
  /** Java system properties. */
  readonly properties?: Readonly<Record<string, string>>
  /** TLC is ended as soon as it has said a message of one of these codes. */
  readonly stopAt?: ReadonlySet<number>
}

const commandLine = (
  run: TlcRun,
  scratch: string,
): { java: string; args: Array<string> } | TlcUnavailable => {
  const java = findCommand("java")
  if (java === undefined) {
    return new TlcUnavailable({
      message: "java is not on the PATH",
      remedy: "install a JDK (Debian: default-jdk-headless)",
    })
  }
  const tlc = locateTlc(projectRoot)
  if (tlc === undefined) {
    return new TlcUnavailable({
      message: "TLC is not here yet",
      remedy: "npm start fetches it; or name a tla2tools.jar by PIKA_TLC_JAR",
    })
  }
  const properties = Object.entries({ "java.io.tmpdir": scratch, "tlc2.TLC.ide": "pika", ...run.properties })
  const args = [
    run.workers === 1 ? "-XX:+UseSerialGC" : "-XX:+UseParallelGC",
    `-Xmx${run.heap}m`,
    // Module text and deep values are parsed recursively.
    "-Xss16m",
    ...(run.brief === true ? ["-XX:TieredStopAtLevel=1"] : []),
    ...properties.map(([name, value]) => `-D${name}=${value}`),
    "-cp",
    [javaClasses(projectRoot), tlc.jar].join(delimiter),
    run.main ?? "tlc2.TLC",
    "-tool",
    // Fingerprints are random per run otherwise.
    "-fp",
    "1",
    "-workers",
    String(run.workers),
    "-metadir",
    join(scratch, "states"),
    "-config",
    run.config,
    ...(run.options ?? []),
    basename(run.module),
  ]
  return { java, args }
}

const MAX_STDERR = 64_000

const execute = (run: TlcRun, scratch: string): Effect.Effect<TlcReport, TlcUnavailable> =>
  Effect.callback((resume) => {
    const line = commandLine(run, scratch)
    if (line instanceof TlcUnavailable) {
      resume(Effect.fail(line))
      return
    }
    // Beside the module: TLC 2.18 takes an absolute configuration only for a module without a directory.
    const child = spawn(line.java, line.args, { cwd: dirname(run.module), stdio: ["ignore", "pipe", "pipe"] })
    const output = new TlcOutput()
    let errors = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (errors.length < MAX_STDERR) errors += text
    })
    const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })
    let failure: unknown
    lines.on("line", (text) => {
      try {
        const code = output.line(text)
        if (code !== 0 && run.stopAt?.has(code)) child.kill("SIGKILL")
      } catch (error) {
        failure ??= error
        child.kill("SIGKILL")
      }
    })
    const read = new Promise<void>((resolve) => lines.on("close", resolve))
    child.on("error", (error) => {
      resume(
        Effect.fail(
          new TlcUnavailable({ message: `java did not start: ${error.message}`, remedy: "mend the JDK" }),
        ),
      )
    })
    child.on("close", (code) => {
      void read.then(() =>
        resume(
          failure === undefined ? Effect.succeed(output.report(code ?? -1, errors)) : Effect.die(failure),
        ),
      )
    })
    return Effect.sync(() => {
      child.kill("SIGKILL")
    })
  })

/**
 * One run of TLC to its end. Interruption kills it; its directories go in either case.
 * @returns what it said; a violated property is a result, not an error
 */
export const runTlc = (run: TlcRun): Effect.Effect<TlcReport, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-tlc-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })),
      )
      return yield* execute(run, scratch)
    }),
  )
