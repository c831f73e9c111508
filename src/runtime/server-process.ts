/** The process of one server as its supervisor has it: a channel of words with descriptors, and its end. */
import { type ChildProcess, spawn } from "node:child_process"
import * as native from "../native/native.ts"
import { addonPath, programOptions } from "./bundle.ts"
import type { FromSupervisor, ToSupervisor } from "./live.ts"
import type { ServerSpec } from "./plan.ts"

/** How long a server may take to end when it is asked to, ms. */
const GRACE = 2000

/** What a server's process is started under: a profiler, and how long it takes more to end for writing what it saw, ms. */
export interface Under {
  readonly command: readonly [string, ...ReadonlyArray<string>]
  readonly grace: number
}

export interface ServerProcessOptions {
  /** Path of the bundle. */
  readonly program: string
  readonly spec: ServerSpec
  readonly under?: Under | undefined
  /** What it inherits behind its channel, see `plan.ts`. */
  readonly fds: ReadonlyArray<number>
  readonly hear: (word: ToSupervisor) => void
  /** Called once, however it ended, unless `stop` was called before. */
  readonly ended: (error: Error) => void
}

export class ServerProcess {
  readonly #index: number
  readonly #child: ChildProcess
  readonly #channel: number
  readonly #watch: { stop(): void }
  readonly #options: ServerProcessOptions
  #alive = true
  #stopping = false

  constructor(options: ServerProcessOptions) {
    const { program, spec, fds, under } = options
    this.#options = options
    this.#index = spec.index
    const [ours, theirs] = native.socketPair()
    const [command, ...args] = [
      ...(under?.command ?? []),
      process.execPath,
      ...programOptions,
      program,
    ] as const
    this.#child = spawn(command!, args, {
      stdio: ["ignore", "inherit", "inherit", theirs, ...fds],
      env: { ...process.env, PIKA_SERVER: JSON.stringify(spec), PIKA_ADDON: addonPath },
    })
    native.close(theirs)
    this.#channel = ours
    this.#watch = native.watch(ours, () => this.#receive())
    this.#child.once("error", (error) => this.#ended(error.message))
    this.#child.once("exit", (code, signal) => this.#ended(signal ?? `exit ${code}`))
  }

  /** 0: it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  get alive(): boolean {
    return this.#alive
  }

  /** One that has died hears nothing; its end is told on its own. One that does not read is ended. */
  tell(word: FromSupervisor, fds: ReadonlyArray<number> = []): void {
    if (!this.#alive) return
    try {
      if (native.sendJson(this.#channel, word, fds)) return
      this.#child.kill("SIGKILL")
    } catch {
      // Its end is on the way here.
    }
  }

  /** Asks it to end, and makes it where it does not. */
  stop(): Promise<void> {
    this.#stopping = true
    return new Promise((resolve) => {
      if (!this.#alive) return resolve()
      const grace = GRACE + (this.#options.under?.grace ?? 0)
      const kill = setTimeout(() => this.#child.kill("SIGKILL"), grace)
      this.#child.once("exit", () => {
        clearTimeout(kill)
        resolve()
      })
      this.tell({ stop: true })
    })
  }

  /** Takes one word; false: there is none. */
  #receive(): boolean {
    let message: native.Received | null | undefined
    try {
      message = native.receiveJson(this.#channel)
    } catch {
      message = undefined
    }
    if (message === null) return false
    if (message === undefined) {
      // Its exit says why.
      this.#watch.stop()
      return false
    }
    this.#options.hear(message.value as ToSupervisor)
    return true
  }

  #ended(how: string): void {
    if (!this.#alive) return
    // What it said last is heard before; it had a bounded number of words under way.
    while (this.#receive());
    this.#alive = false
    this.#watch.stop()
    native.close(this.#channel)
    if (!this.#stopping) this.#options.ended(new Error(`server ${this.#index} ended (${how})`))
  }
}
