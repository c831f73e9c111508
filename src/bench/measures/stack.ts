/** The whole stack as a user starts it: `pika up` beside a Linux host in a network namespace, `pika serve` on it. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { projectRoot } from "../../setup/files.mjs"
import { CannotMeasure } from "../errors.ts"
import { type Argv, type Started, start } from "./children.ts"

/** Servers of the stack. */
export const CONFIGURATION = "TS2LS2CM2"

/** A network namespace that a process holds. */
export interface Inside {
  readonly pid: number
  /** Whether it lies under a user namespace. */
  readonly unprivileged: boolean
  /** The command line that runs `command` there. */
  argv(command: Argv): Argv
}

export const insideOf = (pid: number, unprivileged: boolean): Inside => {
  const user = unprivileged ? ["--user", "--preserve-credentials"] : []
  const prefix = ["nsenter", "--target", String(pid), ...user, "--net", "--"] as const
  return { pid, unprivileged, argv: ([first, ...rest]) => ["nsenter", ...prefix.slice(1), first, ...rest] }
}

export interface RunningStack {
  readonly address: string
  /** The Linux host. */
  readonly client: Inside
  readonly up: Started
  readonly serve: Started | undefined
  stop(): Promise<void>
}

const pika = (...args: ReadonlyArray<string>): Argv => [
  process.execPath,
  join(projectRoot, "src", "cli", "main.ts"),
  ...args,
]

/** With `processes` processes of the demo web server; none of 0. `record`: the file that the run is recorded in. */
export const startStack = async (
  configuration: string,
  processes: number,
  record?: string,
): Promise<RunningStack> => {
  const folder = mkdtempSync(join(tmpdir(), "pika-bench-"))
  const socket = join(folder, "control.sock")
  let up: Started | undefined
  let serve: Started | undefined
  const stop = async (): Promise<void> => {
    await serve?.stop()
    await up?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const options = { bySignal: true, env: { PIKA_SOCKET: socket } }
    const recording = record === undefined ? [] : ["--record", record]
    const up_ = ["--config", configuration, "--socket", socket, ...recording]
    up = await start(pika("up", ...up_), /^ready /, options)
    const address = /^ready (\S+)/m.exec(up.said)?.[1]
    const host = /to run a command there: nsenter --target (\d+)(.*) COMMAND$/m.exec(up.said)
    if (address === undefined || host === null)
      throw new CannotMeasure("pika up says nothing of its Linux host", up.said.trim())
    const client = insideOf(Number(host[1]), host[2]?.includes("--user") === true)
    if (processes > 0) {
      serve = await start(pika("serve", "--processes", String(processes)), /^serving /, options)
    }
    return { address, client, up, serve, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
