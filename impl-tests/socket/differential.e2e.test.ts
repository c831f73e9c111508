import { type ChildProcess, spawn } from "node:child_process"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { privileged, type Running, startKernelTest } from "../runtime/kernel.ts"
import { scripts } from "./behaviours-main.ts"

const program = new URL("./behaviours-main.ts", import.meta.url).pathname

const start = async (
  argv: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> => {
  const child = spawn(argv[0]!, argv.slice(1), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...env },
  })
  await heard(child)
  return child
}

/** The next word of a side; its end is an error. */
const heard = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a side of the scripts ended with exit ${code}`))
    child.once("exit", ended)
    child.once("message", (message) => {
      child.off("exit", ended)
      resolve(message)
    })
  })

interface Sides {
  readonly server: ChildProcess
  readonly client: ChildProcess
}

/** What both sides of a script saw. */
const play = async ({ server, client }: Sides, k: number): Promise<{ server: unknown; client: unknown }> => {
  const listening = heard(server)
  server.send(k)
  await listening
  const answered = heard(client)
  client.send(k)
  const seen = await answered
  const log = heard(server)
  server.send("log")
  return { server: await log, client: seen }
}

describe.skipIf(!privileged)("the same on node:net and on our sockets", () => {
  let it: Running
  let net: Sides
  let pika: Sides
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 0)
    const node = process.execPath
    net = {
      server: await start([node, program, "server", "net"]),
      client: await start([node, program, "client", "127.0.0.1"]),
    }
    pika = {
      server: await start([node, program, "server", "pika"], { PIKA_SOCKET: it.stack.options.socket }),
      client: await start(it.host.inside([node, program, "client", it.host.address])),
    }
  }, 60_000)
  afterAll(async () => {
    for (const x of [net?.server, net?.client, pika?.server, pika?.client]) if (x?.connected) x.disconnect()
    await it?.stop()
  }, 30_000)

  test.each(scripts.map((x, k) => [x.name, k] as const))(
    "%s",
    async (_, k) => {
      const expected = await play(net, k)
      expect(await play(pika, k)).toEqual(expected)
      // It said something.
      expect(JSON.stringify(expected).length).toBeGreaterThan(30)
    },
    20_000,
  )
})
