/** A running stack with a Linux host beside it, for tests against the kernel's TCP. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DemoServers, startDemo } from "../../src/cli/serve.ts"
import type { Balance } from "../../src/core/topology.ts"
import { type LinuxHost, makeLinuxHost } from "../../src/runtime/host.ts"
import { Stack } from "../../src/runtime/supervisor.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"
import type { Held, Short } from "./client-main.ts"

/** Namespaces and TAP interfaces need it; `npm test` without root skips these tests. */
export const privileged = process.getuid?.() === 0

/** What a test needs of a Linux host beside the stack. */
export type TestHost = Pick<LinuxHost, "address" | "mac" | "nics" | "inside"> & {
  remove(): void | Promise<void>
}

export interface Running<H extends TestHost = TestHost> {
  readonly stack: Stack
  readonly host: H
  readonly demo: DemoServers
  readonly folder: string
  /** Runs a command on the Linux host, at most `seconds`. */
  run(
    argv: ReadonlyArray<string>,
    seconds?: number,
  ): Promise<{ readonly code: number; readonly text: string }>
  /** Starts `client-main.ts` on the Linux host. */
  client(): Promise<Client>
  stop(): Promise<void>
}

export interface Client {
  short(count: number, at: number): Promise<Short>
  hold(count: number): Promise<Held>
  dial(count: number): Promise<unknown>
  again(): Promise<Held>
  drop(): Promise<unknown>
}

const CLIENT = new URL("./client-main.ts", import.meta.url).pathname

/** A process that answers each message with one. */
const startClient = async (argv: ReadonlyArray<string>): Promise<Client & { end(): void }> => {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const answer = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error("the client on the Linux host ended"))
      child.once("exit", ended)
      child.once("message", (x) => {
        child.off("exit", ended)
        resolve(x)
      })
    })
  const order = (x: object | string) => {
    child.send(x)
    return answer()
  }
  await answer()
  return {
    short: (count, at) => order({ short: count, at }) as Promise<Short>,
    hold: (count) => order({ hold: count }) as Promise<Held>,
    dial: (count) => order({ dial: count }),
    again: () => order("again") as Promise<Held>,
    drop: () => order("drop"),
    end: () => child.disconnect(),
  }
}

/** `makeHost`: a host on the other end of as many NIC queues. `balance`: how managers pick an acceptor. */
export const startKernelTest = async <H extends TestHost = LinuxHost>(
  configuration: string,
  processes: number,
  makeHost: (queues: number) => H | Promise<H> = makeLinuxHost as never,
  balance?: Balance,
): Promise<Running<H>> => {
  const folder = mkdtempSync(join(tmpdir(), "pika-e2e-"))
  const host = await makeHost(parseConfiguration(configuration).links)
  const { address, mac, nics } = host
  const socket = join(folder, "control.sock")
  const stack = new Stack({
    configuration,
    address,
    mac,
    nics,
    socket,
    record: true,
    ...(balance && { balance }),
  })
  await stack.start()
  const demo = await startDemo(socket, 80, processes)
  const clients: Array<{ end(): void }> = []
  return {
    stack,
    host,
    demo,
    folder,
    run: (argv, seconds = 60) =>
      new Promise((resolve, reject) => {
        const [command = "", ...rest] = host.inside(argv)
        const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] })
        let text = ""
        child.stdout.on("data", (x) => {
          text += x
        })
        child.stderr.on("data", (x) => {
          text += x
        })
        const kill = setTimeout(() => child.kill("SIGKILL"), seconds * 1000)
        child.on("error", reject)
        child.on("close", (code) => {
          clearTimeout(kill)
          resolve({ code: code ?? 1, text })
        })
      }),
    client: async () => {
      const client = await startClient(host.inside([process.execPath, CLIENT, host.address]))
      clients.push(client)
      return client
    },
    stop: async () => {
      for (const x of clients) x.end()
      for (const x of demo.processes) x.kill("SIGCONT")
      await demo.stop()
      await stack.stop()
      await host.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
