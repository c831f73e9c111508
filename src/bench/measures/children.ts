/** Processes that a measure starts and ends: each is ended by its own id, and says its first word before it counts. */
import { type ChildProcess, spawn } from "node:child_process"
import { CannotMeasure } from "../errors.ts"

export type Argv = readonly [string, ...Array<string>]

export interface Started {
  readonly pid: number
  /** What it had said when the line that it was waited for had come. */
  readonly said: string
  /** Asks it to end, then insists; resolves when it has. */
  stop(): Promise<void>
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** How much of a process's words an error repeats. */
const SHOWN = 2000

/** Longest wait for a process to end by itself, and after each signal, ms. */
const PATIENCE_MS = 5000

/**
 * Its standard input ends, then come SIGTERM (at once, for a program that knows no other word) and SIGKILL. Resolves when it has
 * ended and nothing holds its output any more, or when the last of the waits is over.
 */
const stopper = (child: ChildProcess, bySignal: boolean) => async (): Promise<void> => {
  const closed = new Promise<true>((resolve) => child.once("close", () => resolve(true)))
  if (ended(child)) return
  const late = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS).unref())
  child.stdin?.end()
  if (bySignal) child.kill("SIGTERM")
  if (await Promise.race([closed, late()])) return
  child.kill("SIGTERM")
  if (await Promise.race([closed, late()])) return
  child.kill("SIGKILL")
  await Promise.race([closed, late()])
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Longest wait for the line. */
  readonly seconds?: number
  /** Whether it ends by SIGTERM rather than with its standard input. */
  readonly bySignal?: boolean
}

/**
 * Starts `argv` and waits until a line of its output matches; what it says later is read and dropped.
 * @throws {CannotMeasure} with what it said, when it ends or is silent for `seconds`
 */
export const start = (
  argv: Argv,
  until: RegExp,
  { env = {}, seconds = 30, bySignal = false }: StartOptions = {},
): Promise<Started> =>
  new Promise((resolve, reject) => {
    const [command, ...args] = argv
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } })
    const stop = stopper(child, bySignal)
    let said = ""
    let waiting = true
    const fail = (why: string) => {
      if (!waiting) return
      waiting = false
      clearTimeout(timer)
      void stop()
      reject(
        new CannotMeasure(
          `${argv.slice(0, 4).join(" ")}: ${why}`,
          said.trim().slice(-SHOWN) || "it said nothing",
        ),
      )
    }
    const hear = (text: string) => {
      if (!waiting) return
      said += text
      // Whole lines only.
      const lines = said.split("\n").slice(0, -1)
      if (child.pid === undefined || !lines.some((one) => until.test(one))) return
      waiting = false
      clearTimeout(timer)
      resolve({ pid: child.pid, said, stop })
    }
    child.stdout.setEncoding("utf8").on("data", hear)
    child.stderr.setEncoding("utf8").on("data", hear)
    const timer = setTimeout(() => fail(`silent for ${seconds} s`), seconds * 1000)
    child.once("error", (error) => fail(error.message))
    child.once("close", (code, signal) => fail(`ended (${signal ?? `exit ${code}`})`))
  })

/** Runs `argv` to its end. @throws {CannotMeasure} when it fails or takes longer than `seconds` */
export const runToEnd = (argv: Argv, seconds: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const [command, ...args] = argv
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text
    })
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000)
    const fail = (why: string) =>
      reject(new CannotMeasure(`${argv.join(" ")}: ${why}`, said.trim().slice(-SHOWN) || "it said nothing"))
    child.once("error", (error) => fail(error.message))
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(said)
      else fail(signal ?? `exit ${code}`)
    })
  })
