import { readdirSync, readFileSync, readlinkSync as readlink } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { Effect, Fiber } from "effect"
import { afterAll, describe, expect, test, vi } from "vitest"
import { type Distribution, runDistributed, unlessSlipped } from "../../src/tla/distributed.ts"
import type { TlcProgress } from "../../src/tla/messages.ts"
import type { TlcRun } from "../../src/tla/tlc.ts"
import { grid, processesWith, Specs } from "./specs.ts"

const specs = new Specs()
const scratch = specs.scratch()
vi.stubEnv("TMPDIR", scratch)
afterAll(() => {
  vi.unstubAllEnvs()
  specs.remove()
})

const body = `${grid}
Fair == Spec /\\ WF_<<x, y, z>>(Next)
Far == x + y + z # 6
Close == x >= 0
Up == [][x' >= x]_<<x, y, z>>
Down ==
  [][x' <= x]_<<x, y, z>>
Ends == <>(x = N)`
const config = (N: number, rest = "CHECK_DEADLOCK FALSE\n") =>
  `SPECIFICATION Spec\nCONSTANT N = ${N}\n${rest}`

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const run = async (cfg: string, how: Partial<Distribution> = {}, part: Partial<TlcRun> = {}) => {
  const port = await freePort()
  const files = { ...specs.body(body, cfg), workers: 1, heap: 256, ...part }
  return runDistributed(files, { port, ...how })
}

const workers = () => processesWith("pika.WorkerMain").filter((pid) => commandOf(pid).includes(scratch))
const servers = () => processesWith("pika.ServerMain").filter((pid) => commandOf(pid).includes(scratch))
const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "utf8")

/** Ports on which it listens, and their addresses: both as the kernel has them. */
const listening = (pid: number): ReadonlyArray<string> => {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlink(join(`/proc/${pid}/fd`, fd))]
      } catch {
        return []
      }
    }),
  )
  return ["tcp", "tcp6"].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((row) => row[3] === "0A" && sockets.has(`socket:[${row[9]}]`))
      .map((row) => row[1]!.split(":")[0]!),
  )
}

describe("a distributed search", () => {
  test("finds every state though a worker is killed in the middle, and listens on loopback only", async () => {
    let killed: number | undefined
    let addresses: ReadonlyArray<string> = []
    const onProgress = ({ distinct, queued }: TlcProgress) => {
      if (killed !== undefined || distinct < 2000 || queued < 100 || workers().length < 2) return
      addresses = [...servers(), ...workers()].flatMap(listening)
      killed = workers()[0]!
      process.kill(killed, "SIGKILL")
    }
    const report = await Effect.runPromise(await run(config(50), {}, { onProgress }))
    expect(killed).toBeDefined()
    expect(report).toMatchObject({ outcome: { _tag: "Success" }, distinct: 51 ** 3, queued: 0 })
    expect(addresses.length).toBeGreaterThanOrEqual(3)
    // 127.0.0.1, also as IPv6 has it.
    for (const address of addresses) expect(address).toMatch(/^(0{16}FFFF0000)?0100007F$/)
    expect([...servers(), ...workers()]).toEqual([])
  })

  test("names the invariant that is violated, and shows the state", async () => {
    const report = await Effect.runPromise(
      await run(config(8, "INVARIANT Close Far\nCHECK_DEADLOCK FALSE\n")),
    )
    expect(report.outcome).toEqual({ _tag: "Invariant", name: "Far" })
    const [, x, y, z] = /x = (\d+)\s.*y = (\d+)\s.*z = (\d+)/s.exec(report.behaviour.states.at(-1)!.text)!
    expect(Number(x) + Number(y) + Number(z)).toBe(6)
  })

  test("a step that an action property forbids, and a deadlock", async () => {
    const forbidden = await Effect.runPromise(await run(config(3, "PROPERTY Down\nCHECK_DEADLOCK FALSE\n")))
    expect(forbidden.outcome).toEqual({ _tag: "ActionProperty", name: "Down" })
    const deadlock = await Effect.runPromise(await run(config(3, "INVARIANT Close\n")))
    expect(deadlock.outcome).toEqual({ _tag: "Deadlock" })
    expect(deadlock.behaviour.states.at(-1)!.text).toBe("/\\ x = 3\n/\\ y = 3\n/\\ z = 3")
  })

  test("searches again when TLC's server slips at the end, so many times", async () => {
    const fine = await Effect.runPromise(await run(config(3)))
    const message = 'Cannot read the array length because "this.states" is null'
    const slip = { ...fine, outcome: { _tag: "Evaluation", message, remedy: "", within: [] } } as typeof fine
    const searched = async (...reports: ReadonlyArray<typeof fine>) => {
      const attempts: Array<number> = []
      const search = (k: number) => Effect.sync(() => reports[attempts.push(k) - 1] ?? slip)
      return { report: await Effect.runPromise(unlessSlipped(search)), attempts }
    }
    expect(await searched(fine)).toEqual({ report: fine, attempts: [0] })
    expect(await searched(slip, fine)).toEqual({ report: fine, attempts: [0, 1] })
    expect(await searched()).toEqual({ report: slip, attempts: [0, 1, 2] })
    const own = { ...slip, outcome: { ...slip.outcome, message: "x is not a number" } } as typeof fine
    expect(await searched(own)).toEqual({ report: own, attempts: [0] })
  })

  test("refuses temporal properties, which it would ignore", async () => {
    const error = await Effect.runPromise(Effect.flip(await run(config(3, "PROPERTIES Up Ends\n"))))
    expect(error).toMatchObject({ _tag: "NotDistributed", properties: ["Ends"], message: /Ends$/ })
  })

  test("a specification that can't be read: the place", async () => {
    const files = specs.body("Init == x = 0\nNext == x' = Foo(x)")
    const report = await Effect.runPromise(
      runDistributed({ ...files, workers: 1, heap: 128 }, { port: await freePort() }),
    )
    expect(report.outcome).toMatchObject({ _tag: "Parse", place: { file: files.module, line: 5 } })
  })

  test("without workers it ends", async () => {
    const report = await Effect.runPromise(await run(config(8), { workers: 0, patience: 2 }))
    expect(report.outcome).toMatchObject({
      _tag: "NoWorker",
      message: /^no worker joined 127\.0\.0\.1:\d+ for 2 s$/,
    })
    expect(servers()).toEqual([])
  })

  test("ends at a limit, and when it is interrupted, with all its processes", async () => {
    const limited = await Effect.runPromise(await run(config(200), {}, { limits: { states: 3000 } }))
    expect(limited.outcome).toMatchObject({ _tag: "Limit", limit: "states" })
    expect([...servers(), ...workers()]).toEqual([])
    const started = Promise.withResolvers<void>()
    const onProgress = () => workers().length === 2 && started.resolve()
    const fiber = Effect.runFork(await run(config(200), {}, { onProgress }))
    await started.promise
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect([...servers(), ...workers()]).toEqual([])
    expect(readdirSync(scratch)).toEqual([])
  })
})
