/**
 * TLC's own distributed mode: a server that holds what is known, and workers, here or on other machines, that find
 * successors.
 *
 * What TLC 2.18 doesn't do there: temporal properties are ignored in silence (here they are refused), a violation bears no
 * name and shows two states only (it is found out here, by a short run of the usual kind), the depth is a guess, and
 * without workers it waits for ever (here it doesn't).
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { Data, Effect } from "effect"
import { readIfThere } from "../setup/files.mjs"
import { type Child, childEnded, killChild, startChild } from "./child.ts"
import { namesUnder, sectionsOf } from "./configuration.ts"
import { type JavaLine, javaLine, TlcUnavailable } from "./java-line.ts"
import { LOOK, limitMet, statesMet } from "./limits.ts"
import { codes, TlcOutput, type TlcReport } from "./messages.ts"
import { modulesOf } from "./modules.ts"
import { isTrouble, type TlcTrouble } from "./outcome.ts"
import { scratchDirectory } from "./scratch.ts"
import { Speed } from "./speed.ts"
import { FINGERPRINT, PROGRESS, runTlc, type TlcRun } from "./tlc.ts"

/** The model asks for what a distributed search does not check. */
export class NotDistributed extends Data.TaggedError("NotDistributed")<{
  readonly properties: ReadonlyArray<string>
  readonly message: string
  readonly remedy: string
}> {}

export interface Distribution {
  /** Worker processes on this machine, each with one thread. None: only those of others. */
  readonly workers: number
  /** This machine's address, on which the server listens and under which others reach it. */
  readonly host: string
  readonly port: number
  /** Without any worker it ends after this time, s. */
  readonly patience: number
}

export const defaultDistribution: Distribution = { workers: 2, host: "127.0.0.1", port: 10_997, patience: 60 }

/** Of the server's messages. */
const serverReady = 7000
const workerRegistered = 7001
const workerDeregistered = 7002
const workerLost = 7006

/** Properties that are no more than `[][A]_v`, which is checked step by step; the others are temporal. */
const temporal = (run: TlcRun): ReadonlyArray<string> => {
  const directory = dirname(run.module)
  const text = [...modulesOf(directory, basename(run.module, ".tla"))]
    .map((name) => readIfThere(join(directory, `${name}.tla`)) ?? "")
    .join("\n")
  return namesUnder(sectionsOf(readIfThere(run.config) ?? ""), "PROPERTY").filter(
    (name) => !new RegExp(`^${name.replace(/\W/g, "\\$&")}\\s*==\\s*\\[\\]\\s*\\[`, "m").test(text),
  )
}

const addressed = ({ host, port }: Pick<Distribution, "host" | "port">, scratch: string) => ({
  "java.io.tmpdir": scratch,
  "java.rmi.server.hostname": host,
  "tlc2.tool.distributed.TLCServer.port": String(port),
})

const serverLine = (run: TlcRun, how: Distribution, scratch: string): JavaLine | TlcUnavailable => {
  const deadlock = namesUnder(sectionsOf(readIfThere(run.config) ?? ""), "CHECK_DEADLOCK")
  return javaLine(
    {
      main: "pika.ServerMain",
      heap: run.heap,
      threads: 2,
      brief: false,
      properties: {
        ...addressed(how, scratch),
        "tlc2.tool.distributed.TLCServer.report": String(PROGRESS),
      },
    },
    [
      "-tool",
      ...(deadlock.includes("FALSE") ? ["-deadlock"] : []),
      "-fp",
      String(FINGERPRINT),
      "-checkpoint",
      "0",
      "-metadir",
      join(scratch, "states"),
      "-config",
      `${basename(run.module, ".tla")}.cfg`,
      basename(run.module),
    ],
  )
}

/** Workers ask for modules and configuration by name, and the server looks for them in one directory. */
const laidOut = (run: TlcRun, scratch: string): string => {
  const directory = join(scratch, "spec")
  mkdirSync(directory)
  const root = basename(run.module, ".tla")
  for (const name of modulesOf(dirname(run.module), root)) {
    const file = join(dirname(run.module), `${name}.tla`)
    if (existsSync(file)) copyFileSync(file, join(directory, `${name}.tla`))
  }
  if (existsSync(run.config)) copyFileSync(run.config, join(directory, `${root}.cfg`))
  return directory
}

/** A worker that asks the server `server` for work; `host`: this machine's address, under which the server reaches it. */
export const workerLine = (
  server: string,
  how: Pick<Distribution, "host" | "port"> & { readonly heap: number; readonly threads: number },
  scratch: string,
): JavaLine | TlcUnavailable =>
  javaLine(
    {
      main: "pika.WorkerMain",
      heap: how.heap,
      threads: how.threads,
      brief: false,
      properties: {
        ...addressed(how, scratch),
        "tlc2.tool.distributed.TLCWorker.threadCount": String(how.threads),
      },
    },
    [server],
  )

const execute = (run: TlcRun, how: Distribution, scratch: string): Effect.Effect<TlcReport, TlcUnavailable> =>
  Effect.callback((resume) => {
    const line = serverLine(run, how, scratch)
    if (line instanceof TlcUnavailable) return resume(Effect.fail(line))
    const { limits = {} } = run
    const server = startChild(line.java, line.args, laidOut(run, scratch))
    const workers: Array<Child> = []
    const output = new TlcOutput(run)
    const speed = new Speed()
    let errors = ""
    let stopped: TlcTrouble | undefined
    let registered = 0
    let lonelySince = 0
    const stop = (why: TlcTrouble | undefined): void => {
      if (why === undefined || stopped !== undefined) return
      stopped = why
      killChild(server)
    }
    const startWorkers = (): void => {
      for (let k = 0; k < how.workers; k++) {
        const own = mkdtempSync(join(scratch, "worker-"))
        const worker = workerLine(how.host, { ...how, heap: run.heap, threads: 1 }, own)
        if (worker instanceof TlcUnavailable) return
        const child = startChild(worker.java, worker.args, own)
        // What it says the server says too.
        child.stdout.resume()
        child.stderr.resume()
        child.on("error", () => {})
        workers.push(child)
      }
    }
    const look = setInterval(() => {
      stop(limitMet(limits, [scratch], speed.seconds))
      if (registered > 0) lonelySince = speed.seconds
      else if (speed.seconds - lonelySince > how.patience) stop(noWorker(how))
    }, LOOK)
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (errors.length < MAX_STDERR) errors += text
    })
    const lines = createInterface({ input: server.stdout, crlfDelay: Number.POSITIVE_INFINITY })
    lines.on("line", (text) => {
      const code = output.line(text)
      if (code === serverReady) startWorkers()
      if (code === workerRegistered) registered++
      if (code === workerDeregistered || code === workerLost) registered = Math.max(0, registered - 1)
      if (code === codes.progress) {
        stop(statesMet(limits, output.progress.distinct))
        run.onProgress?.(speed.progress(output.progress))
      }
    })
    const read = new Promise<void>((resolve) => lines.on("close", resolve))
    const end = async (): Promise<void> => {
      clearInterval(look)
      for (const child of [server, ...workers]) killChild(child)
      await Promise.all([server, ...workers].map(childEnded))
    }
    server.on("error", (error) => {
      const message = `java did not start: ${error.message}`
      resume(Effect.fail(new TlcUnavailable({ message, remedy: "mend the JDK" })))
    })
    server.on("close", (code, signal) => {
      void read.then(end).then(() => {
        resume(Effect.succeed(output.report(code ?? -1, errors, { signal: signal ?? undefined, stopped })))
      })
    })
    return Effect.promise(end)
  })

const MAX_STDERR = 64_000

const noWorker = ({ patience, host, port }: Distribution): TlcTrouble => ({
  _tag: "NoWorker",
  message: `no worker joined ${host}:${port} for ${patience} s`,
  remedy:
    "start one on a machine that reaches it (pika check --worker), or have some started here (--workers)",
})

/** The last state alone, with the model's invariants: what TLC's server does not say of a violation. */
const named = (run: TlcRun, report: TlcReport, scratch: string): Effect.Effect<TlcReport, TlcUnavailable> =>
  Effect.gen(function* () {
    const last = report.behaviour.states.at(-1)!
    const root = basename(run.module, ".tla")
    const module = join(scratch, "PikaLast.tla")
    const variable = /^[\s/\\]*(\w+) =/.exec(last.text)?.[1] ?? ""
    const state = /^\s*\/\\/.test(last.text) ? last.text : `/\\ ${last.text}`
    writeFileSync(
      module,
      `---- MODULE PikaLast ----\nEXTENDS ${root}, Integers, TLC\nPikaInit ==\n${state}\nPikaNext == FALSE /\\ UNCHANGED ${variable}\n====\n`,
    )
    const kept = sectionsOf(readFileSync(run.config, "utf8")).filter(
      ({ keyword }) => !["SPECIFICATION", "INIT", "NEXT", "PROPERTY", "CHECK_DEADLOCK"].includes(keyword),
    )
    const config = join(scratch, "PikaLast.cfg")
    const sections = [
      ...kept,
      { keyword: "INIT", text: "PikaInit" },
      { keyword: "NEXT", text: "PikaNext" },
      { keyword: "CHECK_DEADLOCK", text: "FALSE" },
    ]
    writeFileSync(config, sections.map(({ keyword, text }) => `${keyword}\n${text}\n`).join(""))
    const { outcome } = yield* runTlc({
      module,
      config,
      workers: 1,
      heap: run.heap,
      brief: true,
      properties: { ...run.properties, "TLA-Library": dirname(run.module) },
    })
    if (outcome._tag === "Invariant" || isTrouble(outcome)) return { ...report, outcome }
    // A state without successor is printed alone, a step that a property forbids with the state before it.
    const properties = namesUnder(sectionsOf(readFileSync(run.config, "utf8")), "PROPERTY")
    return report.behaviour.states.length > 1 && properties.length > 0
      ? {
          ...report,
          outcome: { _tag: "ActionProperty", name: properties.length === 1 ? properties[0]! : "" },
        }
      : { ...report, outcome: { _tag: "Deadlock" } }
  })

/** Searches made of one model, at the most. */
export const MOST_SEARCHES = 3

/**
 * TLC 2.18's server asks each of its threads for the number of states that it holds, also one that has just ended and holds
 * none: then it fails, at the search's end, with this word of Java's and without a verdict.
 */
const slipped = ({ outcome }: TlcReport): boolean =>
  outcome._tag === "Evaluation" && outcome.message.includes('"this.states" is null')

/** Searches again while TLC's server slips; the last report stands, whatever it is. */
export const unlessSlipped = <E>(
  search: (attempt: number) => Effect.Effect<TlcReport, E>,
): Effect.Effect<TlcReport, E> =>
  Effect.gen(function* () {
    let report = yield* search(0)
    for (let k = 1; k < MOST_SEARCHES && slipped(report); k++) report = yield* search(k)
    return report
  })

/**
 * One distributed search to its end. Distinct states are exact, `depth` is not; a violation comes with its last two states.
 * Interruption kills the server and the workers that it started here.
 */
export const runDistributed = (
  run: TlcRun,
  how: Partial<Distribution> = {},
): Effect.Effect<TlcReport, TlcUnavailable | NotDistributed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const properties = temporal(run)
      if (properties.length > 0) {
        return yield* new NotDistributed({
          properties,
          message: `a distributed search doesn't check temporal properties: ${properties.join(", ")}`,
          remedy: "check this model without --distributed, or take them out of its configuration",
        })
      }
      const scratch = yield* scratchDirectory("distributed")
      const report = yield* unlessSlipped((attempt) => {
        const own = join(scratch, `search-${attempt}`)
        mkdirSync(own)
        return execute(run, { ...defaultDistribution, ...how }, own)
      })
      const violated = report.behaviour.states.length > 0 && report.outcome._tag === "Configuration"
      return violated ? yield* named(run, report, scratch) : report
    }),
  )
