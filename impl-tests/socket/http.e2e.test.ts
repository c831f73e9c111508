import { type ChildProcess, spawn } from "node:child_process"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { privileged, type Running, startKernelTest } from "../runtime/kernel.ts"

const program = new URL("./http-main.ts", import.meta.url).pathname
const PORT = 9800

describe.skipIf(!privileged)("Node's http server", () => {
  let it: Running
  const children: Array<ChildProcess> = []
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 0)
  }, 60_000)
  afterAll(async () => {
    for (const x of children) if (x.connected) x.disconnect()
    await it?.stop()
  }, 30_000)

  const start = (argv: ReadonlyArray<string>, env: Record<string, string> = {}) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, ...env },
    })
    children.push(child)
    const heard = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        child.once("message", resolve)
        child.once("exit", (code) => reject(new Error(`a side ended with exit ${code}`)))
      })
    return { child, heard }
  }

  /** What a server and its client see of the same exchanges. */
  const play = async (which: "net" | "pika") => {
    const node = process.execPath
    const host = which === "net" ? "127.0.0.1" : it.host.address
    const server = start([node, program, "server", which, String(PORT)], {
      PIKA_SOCKET: it.stack.options.socket,
    })
    expect(await server.heard()).toBe("ready")
    const argv = [node, program, "client", host, String(PORT)]
    const client = start(which === "net" ? argv : it.host.inside(argv))
    const seen = await client.heard()
    const closed = server.heard()
    server.child.send("close")
    return { client: seen, server: await closed }
  }

  test("serves the same over our sockets as over node:net, and sees the same", async () => {
    const expected = await play("net")
    expect(await play("pika")).toEqual(expected)
    expect((expected.client as ReadonlyArray<string>).length).toBe(13)
    expect(JSON.stringify(expected)).toContain("101 Switching Protocols")
  }, 60_000)
})
