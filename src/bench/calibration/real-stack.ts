/** The real stack for one measurement: its servers, its web servers, and a Linux host whose client begins connections by a plan. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Balance } from "../../core/topology.ts"
import type { Planned } from "../../experiment/calibration.ts"
import type { Workload } from "../../experiment/workload.ts"
import { builtPath } from "../../native/native.ts"
import { addonPath, bundle } from "../../runtime/bundle.ts"
import { type LinuxHost, makeLinuxHost } from "../../runtime/host.ts"
import { Stack, type StackOptions } from "../../runtime/supervisor.ts"
import { parseConfiguration } from "../../server/configuration.ts"
import { CannotMeasure } from "../errors.ts"
import { type Argv, type Started, start } from "../measures/children.ts"

export interface RealOptions {
  readonly configuration: string
  readonly applications: number
  readonly balance: Balance
  readonly delays: Workload["delays"]
  /** As `StackOptions` has it. */
  readonly program?: string
  readonly under?: StackOptions["under"]
}

/** Of one connection, µs from its beginning by the plan; −1 where it did not. */
export interface Heard {
  readonly answered: number
  readonly connected: number
  /** When the client came to it. */
  readonly late: number
}

export interface RealStack {
  readonly servers: ReadonlyArray<number>
  readonly applications: ReadonlyArray<number>
  /** Connections of an open loop, or with `clients` so many at a time. In the plan's order. */
  run(plan: ReadonlyArray<Planned>, clients?: number): Promise<ReadonlyArray<Heard>>
  counters(): Promise<ReadonlyArray<Record<string, unknown>>>
  stop(): Promise<void>
}

/** CPU time of a process's main thread so far, µs, which the scheduler counts in ns. 0 when it has gone. */
export const cpuTime = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1000
  } catch {
    return 0
  }
}

/** Local ports of the client: even ones first, so that neighbours in the plan go to transports in turn. */
const FIRST_PORT = 10_240
const PORTS = 26_624

/** The port of connection `k`, which comes to transport k mod transports, as the simulation's even flows do. */
export const portOf = (k: number): number => FIRST_PORT + 2 * (k % PORTS) + (Math.trunc(k / PORTS) % 2)

/** Longest run of the client beyond its plan, ms; and of a closed loop for each connection: under a profiler servers are slow. */
const PATIENCE = 15_000
const EACH = 200

/** @throws {CannotMeasure} where the client's words are not one line for each connection */
export const parseHeard = (text: string, count: number): ReadonlyArray<Heard> => {
  const lines = text.trim().split("\n")
  const heard = lines.map((line) => {
    const [answered = Number.NaN, connected = Number.NaN, late = Number.NaN] = line.split(" ").map(Number)
    return { answered, connected, late }
  })
  if (heard.length !== count || heard.some((x) => Number.isNaN(x.late)))
    throw new CannotMeasure(`the client spoke of ${heard.length} of ${count} connections`, "an error of it")
  return heard
}

const client = (host: LinuxHost, plan: ReadonlyArray<Planned>, first: number, clients: number) =>
  new Promise<ReadonlyArray<Heard>>((resolve, reject) => {
    const argv = host.inside([
      builtPath("openloop"),
      host.address,
      "80",
      ...(clients > 0 ? [String(clients)] : []),
    ])
    const timeout =
      PATIENCE + Math.ceil((plan.at(-1)?.at ?? 0) / 1000) + (clients > 0 ? EACH * plan.length : 0)
    const options = { timeout, maxBuffer: 1 << 26 }
    const child = execFile(argv[0]!, argv.slice(1), options, (error, stdout, stderr) => {
      if (error !== null) {
        reject(new CannotMeasure(`the client: ${stderr.trim() || error.message}`, "is the machine busy?"))
        return
      }
      try {
        resolve(parseHeard(stdout, plan.length))
      } catch (cause) {
        reject(cause)
      }
    })
    child.stdin!.on("error", () => {})
    child.stdin!.end(
      plan
        .map(({ at, demand }, k) => `${Math.round(at)} ${Math.round(demand)} ${portOf(first + k)}\n`)
        .join(""),
    )
  })

/** @throws {CannotMeasure} where a namespace, or the stack in it, can't be had */
export const startReal = async (options: RealOptions): Promise<RealStack> => {
  const { configuration, applications, balance, delays, program, under } = options
  const plan = parseConfiguration(configuration)
  const folder = mkdtempSync(join(tmpdir(), "pika-bench-"))
  const socket = join(folder, "control.sock")
  const web: Array<Started> = []
  let host: LinuxHost | undefined
  let stack: Stack | undefined
  let begun = 0
  const stop = async (): Promise<void> => {
    for (const one of web.splice(0)) await one.stop()
    await stack?.stop()
    await host?.remove()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    host = await makeLinuxHost({ queues: plan.links })
    const { address, mac, mtu, nics } = host
    const own = { ...(program === undefined ? {} : { program }), ...(under === undefined ? {} : { under }) }
    stack = new Stack({ configuration, address, mac, mtu, nics, socket, balance, applications, ...own })
    await stack.start()
    const server = await bundle("bench/calibration/web-server-main.ts")
    const env = { PIKA_SOCKET: socket, PIKA_ADDON: addonPath }
    for (let a = 0; a < applications; a++) {
      const argv: Argv = [process.execPath, server, String(a), JSON.stringify(delays)]
      // One after the other: the a-th has slot a.
      web.push(await start(argv, /^listening$/, { env }))
    }
    const [here, running] = [host, stack]
    return {
      servers: running.pids,
      applications: web.map((one) => one.pid),
      run: async (connections, clients = 0) => {
        const first = begun
        begun += connections.length
        return client(here, connections, first, clients)
      },
      counters: () => running.counters(),
      stop,
    }
  } catch (error) {
    await stop()
    const { message } = error as Error
    throw error instanceof CannotMeasure
      ? error
      : new CannotMeasure(message, "npx pika doctor tells what this machine offers")
  }
}
