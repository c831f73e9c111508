import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createServer, type PikaServer } from "../../src/socket/server.ts"
import type { PikaSocket } from "../../src/socket/socket.ts"
import { type Pika, pika, scratch, start } from "../cli/pika.ts"
import { privileged } from "./kernel.ts"

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (what: () => boolean, seconds = 10): Promise<void> => {
  for (let k = 0; k < seconds * 50; k++) {
    if (what()) return
    await sleep(20)
  }
  expect.unreachable("it never came")
}
const runs = (pid: number): boolean => {
  try {
    // A zombie has ended.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}
const serversOf = (pid: number): Array<number> =>
  readdirSync("/proc")
    .filter((x) => /^\d+$/.test(x))
    .map(Number)
    .filter((x) => {
      try {
        const parent = /^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${x}/status`, "utf8"))?.[1]
        return Number(parent) === pid && readFileSync(`/proc/${x}/cmdline`, "utf8").includes("server-main")
      } catch {
        return false
      }
    })

describe.skipIf(!privileged)("when a part of a running stack dies", () => {
  const { folder } = scratch()
  let socket: string
  let up: Pika
  const more: Array<Pika> = []
  const startUp = async (): Promise<Pika> => {
    const run = start(pika("up", "--socket", socket))
    more.push(run)
    await run.said("ready ")
    return run
  }
  let count = 0
  beforeEach(async () => {
    socket = join(folder, `control-${count++}`)
    up = await startUp()
  }, 60_000)
  afterEach(async () => {
    for (const x of more) x.child.kill("SIGTERM")
    await Promise.all(more.splice(0).map((x) => x.exit))
  }, 60_000)

  const serve = async (): Promise<Pika> => {
    const run = start(pika("serve", "--processes", "2"), { PIKA_SOCKET: socket })
    more.push(run)
    await run.said("serving on port 80")
    return run
  }
  /** What the Linux host gets. */
  const get = async (run: Pika): Promise<string> => {
    const inside = /to run a command there: (.*) COMMAND/.exec(run.text())![1]!.split(" ")
    const curl = start([...inside, "curl", "-sS", "--max-time", "5", "http://10.99.0.2/"])
    await curl.exit
    return curl.text()
  }

  test("a server: the supervisor says which, ends everything and exits with 1; applications end too", async () => {
    const demo = await serve()
    expect(await get(up)).toBe("PIKA")
    const servers = serversOf(up.child.pid!)
    expect(servers).toHaveLength(2)
    process.kill(servers[1]!, "SIGKILL")
    expect(await up.exit).toBe(1)
    expect(up.text()).toContain("server 1 ended (SIGKILL)")
    expect(await demo.exit).toBe(1)
    expect(demo.text()).toContain("the stack has gone")
    expect([servers.some(runs), existsSync(socket)]).toEqual([false, false])
  }, 60_000)

  test("the supervisor: servers and applications end by themselves, and the next stack takes its socket", async () => {
    const demo = await serve()
    const servers = serversOf(up.child.pid!)
    up.child.kill("SIGKILL")
    await up.exit
    await until(() => !servers.some(runs))
    expect(await demo.exit).toBe(1)
    expect(demo.text()).toContain("the stack has gone")
    expect(existsSync(socket)).toBe(true)
    const next = await startUp()
    await serve()
    expect(await get(next)).toBe("PIKA")
  }, 60_000)

  test("a second stack at the same socket is refused, and takes nothing from the first", async () => {
    await serve()
    const second = start(pika("up", "--socket", socket))
    expect(await second.exit).toBe(2)
    expect(second.text()).toMatch(
      /belongs to a stack that runs: end that one, or name another path by --socket/,
    )
    expect(await get(up)).toBe("PIKA")
  }, 60_000)

  const listen = (port: number): Promise<PikaServer> =>
    new Promise((resolve, reject) => {
      const server = createServer()
      server.once("error", reject)
      server.listen({ port, socket }, () => resolve(server))
    })

  test("application slots all taken, the next is told so, and gets the first that is free", async () => {
    const servers: Array<PikaServer> = []
    for (let k = 0; k < 16; k++) servers.push(await listen(80 + (k % 3)))
    const full = expect.objectContaining({
      code: "EAGAIN",
      syscall: "listen",
      message: expect.stringContaining("all 16 application slots are taken"),
    })
    await expect(listen(80)).rejects.toEqual(full)
    await new Promise((resolve) => servers.pop()!.close(resolve))
    await expect
      .poll(() => listen(99).then((x) => servers.push(x) > 0), { timeout: 5000, interval: 20 })
      .toBe(true)
    for (const x of servers) x.close()
  }, 60_000)

  test("an application sees the stack's end as node:net shows a dead peer", async () => {
    const server = await listen(80)
    const log: Array<string> = []
    const code = (error: Error) => (error as NodeJS.ErrnoException).code
    server.on("error", (error) => log.push(`server error ${code(error)}`))
    server.on("close", () => log.push("server close"))
    const accepted = new Promise<PikaSocket>((resolve) => server.once("connection", resolve))
    const inside = /to run a command there: (.*) COMMAND/.exec(up.text())![1]!.split(" ")
    const dial = `require("net").connect(80, "10.99.0.2").on("error", () => {}); setTimeout(() => {}, 10_000)`
    const client = start([...inside, process.execPath, "-e", dial])
    more.push(client)
    const connection = await accepted
    connection.on("error", (error) => log.push(`socket error ${code(error)}`))
    connection.on("close", (hadError: boolean) => log.push(`socket close ${hadError}`))
    up.child.kill("SIGKILL")
    await until(() => log.length >= 4)
    expect(log.sort()).toEqual([
      "server close",
      "server error ECONNRESET",
      "socket close true",
      "socket error ECONNRESET",
    ])
    expect([server.listening, connection.destroyed]).toEqual([false, true])
    await expect(listen(80)).rejects.toMatchObject({ code: "ECONNREFUSED", syscall: "listen" })
  }, 60_000)
})
