/** A running stack with a Linux host beside it, for tests against the kernel's TCP. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DemoServers, startDemo } from "../../src/cli/serve.ts"
import { type LinuxHost, makeLinuxHost } from "../../src/runtime/host.ts"
import { Stack } from "../../src/runtime/supervisor.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"

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
  stop(): Promise<void>
}

/** `makeHost`: a host on the other end of as many NIC queues. */
export const startKernelTest = async <H extends TestHost = LinuxHost>(
  configuration: string,
  processes: number,
  makeHost: (queues: number) => H | Promise<H> = makeLinuxHost as never,
): Promise<Running<H>> => {
  const folder = mkdtempSync(join(tmpdir(), "pika-e2e-"))
  const host = await makeHost(parseConfiguration(configuration).links)
  const { address, mac, nics } = host
  const socket = join(folder, "control.sock")
  const stack = new Stack({ configuration, address, mac, nics, socket, record: true })
  await stack.start()
  const demo = await startDemo(socket, 80, processes)
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
    stop: async () => {
      for (const x of demo.processes) x.kill("SIGCONT")
      await demo.stop()
      await stack.stop()
      await host.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
