/** `npm start`: a Linux host in a namespace of its own, the stack beside it, a real load, and the run's trace. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect, type Scope } from "effect"
import { validateTrace } from "../model/validate/validate.ts"
import { type LinuxHost, openLinuxHost } from "../runtime/host.ts"
import { InterfaceError } from "../runtime/interface-error.ts"
import { Stack } from "../runtime/supervisor.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { replayFile } from "../trace/replay.ts"
import { type DemoServers, startDemo } from "./serve.ts"
import { nextSignal } from "./until.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Runs a command to its end; a bound in time keeps a hang from being for ever. */
const run = (argv: ReadonlyArray<string>, seconds: number): Effect.Effect<{ code: number; text: string }> =>
  Effect.callback((resume) => {
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "pipe"] })
    let text = ""
    const more = (x: Buffer) => {
      text += x
    }
    child.stdout.on("data", more)
    child.stderr.on("data", more)
    const kill = setTimeout(() => child.kill("SIGKILL"), seconds * 1000)
    const end = (code: number) => {
      clearTimeout(kill)
      resume(Effect.succeed({ code, text }))
    }
    child.on("error", (error) => {
      text += error.message
      end(127)
    })
    child.on("close", (code) => end(code ?? 1))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** On the Linux host, and not beyond our own end, whatever that is: its namespace would stay with it. */
const onHost = (host: LinuxHost, argv: ReadonlyArray<string>): ReadonlyArray<string> =>
  host.inside(["setpriv", "--pdeathsig", "KILL", "--", ...argv])

const figure = (text: string, label: string): number =>
  Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(text)?.[1] ?? Number.NaN)

interface StartOptions {
  readonly once: boolean
  readonly configuration: string
  readonly processes: number
  readonly requests: number
}

/** What runs, each part ended with the scope, the last one first. */
interface Scene {
  readonly folder: string
  readonly host: LinuxHost
  readonly stack: Stack
  readonly demo: DemoServers
  /** Fails when the stack does. */
  readonly failure: Effect.Effect<never, Error>
}

const openScene = ({
  configuration,
  processes,
}: StartOptions): Effect.Effect<Scene, Error | InterfaceError, Scope.Scope> =>
  Effect.gen(function* () {
    const host = yield* openLinuxHost({ queues: parseConfiguration(configuration).links })
    for (const note of host.notes) say(note)
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
    )
    const { address, mac, nics } = host
    const socket = join(folder, "control.sock")
    const device = { device: host.device }
    const stack = new Stack({ configuration, address, mac, socket, nics, device, record: true, say })
    const failed = new Promise<Error>((resolve) => {
      stack.onFailure = resolve
    })
    yield* Effect.addFinalizer(() => Effect.promise(() => stack.stop()))
    yield* Effect.tryPromise({ try: () => stack.start(), catch: asError })
    say(
      `stack ${configuration} at ${address}, Linux host ${host.hostAddress} in a network namespace of its own`,
    )
    const demo = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => startDemo(socket, 80, processes), catch: asError }),
      (running) => Effect.promise(() => running.stop()),
    )
    const failure = Effect.flatMap(
      Effect.promise(() => failed),
      (error) => Effect.fail(error),
    )
    return { folder, host, stack, demo, failure }
  })

const asError = (error: unknown): Error => error as Error

/** A kernel client's load. Answers whether nothing failed. */
const load = ({ host, demo }: Scene, requests: number) =>
  Effect.gen(function* () {
    const url = `http://${host.address}/`
    const page = yield* run(onHost(host, ["curl", "-sS", "--max-time", "5", url]), 10)
    say(`curl ${url}: ${page.text.trim()}`)
    const done = yield* run(onHost(host, ["ab", "-q", "-c", "48", "-n", String(requests), url]), 120)
    const complete = figure(done.text, "Complete requests")
    const failures = figure(done.text, "Failed requests")
    if (done.code !== 0) say(done.text)
    say(
      `load: ${complete} requests served, ${failures} failed, ${figure(done.text, "Requests per second")} per second`,
    )
    const counts = yield* Effect.promise(() => demo.counts())
    counts.forEach((x, k) => {
      say(`  application process ${k}: ${x.connections} connections`)
    })
    return page.text === "PIKA" && done.code === 0 && complete === requests && failures === 0
  })

/** The recording of the run so far, replayed and judged. Answers whether both agree with the run. */
const judge = ({ folder, stack }: Scene) =>
  Effect.gen(function* () {
    const path = join(folder, "trace.ndjson")
    if (!(yield* Effect.promise(() => stack.recording.end())))
      say("the stack never rested: its recording is cut")
    const { events, unsent, lost } = stack.recording.write(path, stack.topology)
    const result = yield* Effect.promise(() => replayFile(path))
    const outcomes = result._tag === "Same" ? result.outcomes : {}
    say(`reassignments: ${outcomes["ClaimTimeout:GivenBack"] ?? 0}`)
    say(`trace: ${events} events recorded${unsent > 0 ? `, ${unsent} left out` : ""}, ${lost} lost`)
    say(result._tag === "Same" ? "replay: same outputs" : `replay: ${JSON.stringify(result)}`)
    const began = performance.now()
    const verdict = yield* Effect.promise(() => validateTrace(path))
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    say(
      `TLC: ${verdict._tag === "Accepted" ? `accepted ${events} events` : JSON.stringify(verdict)} in ${seconds} s`,
    )
    return result._tag === "Same" && verdict._tag === "Accepted"
  })

/** A signal that comes while there is nothing to report ends everything. */
const INTERRUPTED = 130

const unlessSignalled = <A, E, R>(
  work: Effect.Effect<A, E, R>,
): Effect.Effect<A | typeof INTERRUPTED, E, R> =>
  Effect.raceFirst(work, Effect.as(nextSignal, INTERRUPTED as typeof INTERRUPTED))

/** The load, and what its recording shows. */
const report = (options: StartOptions) =>
  Effect.gen(function* () {
    const scene = yield* openScene(options)
    const served = yield* Effect.raceFirst(load(scene, options.requests), scene.failure)
    const agreed = yield* judge(scene)
    return { scene, held: served && agreed }
  })

const start = (options: StartOptions) =>
  Effect.gen(function* () {
    const run = yield* unlessSignalled(report(options))
    if (run === INTERRUPTED) return INTERRUPTED
    const { host, failure } = run.scene
    if (!options.once) {
      say(`ready: ${host.inside(["curl", `http://${host.address}/`]).join(" ")}   (Ctrl-C ends)`)
      yield* Effect.raceFirst(nextSignal, failure)
    }
    return run.held ? 0 : 1
  })

export const usage = "usage: pika start [--once] [--config TS2LS2CM2] [--processes N] [--requests N]\n"

/** @returns exit code 0 if everything held, 1 if not, 130 after a signal before the report, 2 where it can't run here */
export const startCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: "boolean", default: false },
      config: { type: "string", default: "TS2LS2CM2" },
      processes: { type: "string", default: "3" },
      requests: { type: "string", default: "10000" },
    },
  })
  const options: StartOptions = {
    once: values.once,
    configuration: values.config,
    processes: Number(values.processes),
    requests: Number(values.requests),
  }
  const result = await Effect.runPromise(Effect.result(Effect.scoped(start(options))))
  if (result._tag === "Success") return result.success
  process.stderr.write(`pika start: ${result.failure.message}\n`)
  return result.failure instanceof InterfaceError ? 2 : 1
}
