import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defaultBalance } from "../../src/core/topology.ts"
import { makeLinuxHost } from "../../src/runtime/host.ts"
import type { TraceEvent } from "../../src/trace/event.ts"
import { privileged, type Running, startKernelTest } from "../runtime/kernel.ts"

const program = new URL("./busy-main.ts", import.meta.url).pathname
const PORT = 9700
const BUSY = 5

/** By connection that was announced to the application: µs until it registered again. */
const pauses = (path: string): ReadonlyArray<number> => {
  const list: Array<number> = []
  let given: number | undefined
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (!line.includes('"app0"')) continue
    const { e, now } = JSON.parse(line) as TraceEvent
    if (e === "ReceiveAvailable") given = now
    else if (e === "Register" && given !== undefined) {
      list.push(now - given)
      given = undefined
    }
  }
  return list
}

describe.skipIf(!privileged)("under Late, a web server whose requests take its processor", () => {
  let it: Running
  let server: ChildProcess
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 0, makeLinuxHost, { ...defaultBalance, scheme: "Late" })
    server = spawn(process.execPath, [program, String(PORT), String(BUSY)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, PIKA_SOCKET: it.stack.options.socket },
    })
    await new Promise((resolve, reject) => {
      server.once("message", resolve)
      server.once("exit", reject)
    })
  }, 60_000)
  afterAll(async () => {
    if (server?.connected) server.disconnect()
    await it?.stop()
  }, 30_000)

  const ab = async (...argv: ReadonlyArray<string>): Promise<string> =>
    (await it.run(["ab", "-q", ...argv, `http://${it.host.address}:${PORT}/`], 50)).text

  test("answers its kept connections and takes new ones, however busy it is", async () => {
    const kept = ab("-k", "-c", "4", "-n", "200")
    const short = await ab("-c", "2", "-n", "30")
    for (const [text, count] of [
      [short, 30],
      [await kept, 200],
    ] as const) {
      expect(text).toMatch(new RegExp(`Complete requests:\\s+${count}\n`))
      expect(text).toMatch(/Failed requests:\s+0\n/)
    }
  }, 60_000)

  test("wants another connection when it has answered the last one: until then it is no acceptor", async () => {
    const kept = ab("-k", "-c", "2", "-n", "200")
    expect(await ab("-c", "8", "-n", "200")).toMatch(/Failed requests:\s+0\n/)
    await kept
    server.disconnect()
    await new Promise((resolve) => server.once("exit", resolve))
    await it.stack.stop()
    const path = join(it.folder, "trace.ndjson")
    it.stack.recording.write(path, it.stack.topology)
    const all = pauses(path).slice(-190)
    expect(all.length).toBeGreaterThan(150)
    // What was asked lay there when the connection came, but for the first ones, and it is busy from then on.
    const sorted = all.toSorted((a, b) => a - b)
    expect(sorted[sorted.length >> 1]).toBeGreaterThanOrEqual(BUSY * 1000)
  }, 60_000)
})
