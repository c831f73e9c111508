import { spawn } from "node:child_process"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createServer, type PikaServer } from "../../src/socket/server.ts"
import type { PikaSocket } from "../../src/socket/socket.ts"
import { privileged, type Running, startKernelTest } from "../runtime/kernel.ts"

const MIB = 1 << 20
const BULK = 64 * MIB
/** Of a stream's ring, each way; what TCP takes for a connection and what its socket holds are bounded by it. */
const RING = 256 * 1024
/** More than Linux lets a receive buffer grow to by itself (tcp_rmem). */
const PEER_BUFFER = 33 * MIB

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(!privileged)("backpressure, against the kernel's TCP", () => {
  let it: Running
  let server: PikaServer
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 0)
    server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject)
      server.listen({ port: 7000, socket: it.stack.options.socket }, () => resolve())
    })
  }, 60_000)
  afterAll(async () => {
    await new Promise((resolve) => server?.close(resolve))
    await it?.stop()
  }, 30_000)

  /** A client on the Linux host that runs `code` with its connected `socket`; and our end of the connection. */
  const dial = async (code: string): Promise<{ ours: PikaSocket; said: Promise<string> }> => {
    const program = `const socket = require("net").connect(7000, ${JSON.stringify(it.host.address)}, () => { ${code} })`
    const argv = it.host.inside([process.execPath, "-e", program])
    const accepted = new Promise<PikaSocket>((resolve) => server.once("connection", resolve))
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] })
    let text = ""
    child.stdout.on("data", (x) => {
      text += x
    })
    const said = new Promise<string>((resolve) => child.once("close", () => resolve(text.trim())))
    return { ours: await accepted, said }
  }
  const sum = async (name: "bytesIn" | "bytesOut"): Promise<number> =>
    (await it.stack.counters()).reduce((n, x) => n + (x.tcp as Record<string, number>)[name]!, 0)

  test("a reader that rests stops its peer: no more than the rings hold is taken; then all of it comes", async () => {
    const before = await sum("bytesIn")
    const { ours, said } = await dial(
      `let left = ${BULK}; const block = Buffer.alloc(65536);
       const more = () => { while (left > 0) { left -= block.length; if (!socket.write(block)) return socket.once("drain", more) } socket.end() };
       more(); socket.on("close", () => console.log("sent")); socket.resume()`,
    )
    ours.pause()
    await sleep(700)
    const taken = (await sum("bytesIn")) - before
    expect(taken).toBeGreaterThan(RING / 2)
    expect(taken).toBeLessThanOrEqual(2 * RING + ours.readableHighWaterMark)
    expect(ours.readableLength).toBeLessThanOrEqual(2 * ours.readableHighWaterMark)
    let heard = 0
    ours.on("data", (x: Buffer) => {
      heard += x.length
    })
    ours.on("end", () => ours.end())
    ours.resume()
    expect(await said).toBe("sent")
    expect(heard).toBe(BULK)
  }, 60_000)

  test("a peer that rests stops the writer: no more than the rings and the peer hold is sent; then all of it goes", async () => {
    const before = await sum("bytesOut")
    const { ours, said } = await dial(
      `socket.pause(); let n = 0; socket.on("data", (x) => { n += x.length }); socket.on("end", () => console.log(n)); socket.pause();
       setTimeout(() => socket.resume(), 1500)`,
    )
    let left = BULK
    let most = 0
    const block = Buffer.alloc(65536)
    const more = (): void => {
      while (left > 0) {
        left -= block.length
        const goesOn = ours.write(block)
        most = Math.max(most, ours.writableLength)
        if (!goesOn) {
          ours.once("drain", more)
          return
        }
      }
      ours.end()
    }
    more()
    await sleep(700)
    // It waits, with no more in this process than the stream says it may hold.
    expect(left).toBeGreaterThan(0)
    expect(ours.writableNeedDrain).toBe(true)
    expect((await sum("bytesOut")) - before).toBeLessThan(PEER_BUFFER)
    const waiting = left
    await sleep(200)
    expect(left).toBe(waiting)
    expect(await said).toBe(String(BULK))
    expect(most).toBeLessThanOrEqual(ours.writableHighWaterMark + block.length)
  }, 60_000)
})
