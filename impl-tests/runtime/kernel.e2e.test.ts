import { createHash } from "node:crypto"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { byteAt } from "../../src/cli/demo.ts"
import { startDemo } from "../../src/cli/serve.ts"
import { validateTrace } from "../../src/model/validate/validate.ts"
import { replayFile } from "../../src/trace/replay.ts"
import { writeBulk } from "./bulk.ts"
import { type Client, privileged, type Running, startKernelTest } from "./kernel.ts"
import { atRest, settledTo } from "./leaks.ts"

const MIB = 1 << 20
const BULK = 64 * MIB
/** How long a stack may take to have given back what it held, s. */
const SETTLING = 20

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What `/bytes/N` serves, hashed as it is made. */
const expectedHash = (): string => {
  const hash = createHash("sha256")
  const block = Buffer.alloc(65536)
  for (let at = 0; at < BULK; at += block.length) {
    for (let k = 0; k < block.length; k++) block[k] = byteAt(at + k)
    hash.update(block)
  }
  return hash.digest("hex")
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, x) => total + x, 0)

describe.skipIf(!privileged)("against the kernel's TCP", () => {
  let it: Running
  let client: Client
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 3)
    client = await it.client()
  }, 30_000)
  afterAll(async () => {
    await it?.stop()
  }, 30_000)

  const url = (path = "/") => `http://${it.host.address}${path}`
  const third = async () => {
    const demo = await startDemo(it.stack.options.socket, 80, 1)
    return demo.processes[0]!
  }

  test("10,000 short connections by ab -c 48: none fails, every process serves its share", async () => {
    const { code, text } = await it.run(["ab", "-q", "-c", "48", "-n", "10000", url()], 120)
    const figure = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(text)?.[1] ?? Number.NaN)
    expect([code, figure("Complete requests"), figure("Failed requests")]).toEqual([0, 10_000, 0])
    expect(text).not.toMatch(/Non-2xx|Write errors/)
    expect(figure("HTML transferred")).toBe(10_000 * 4)
    const counts = (await it.demo.counts()).map((x) => x.connections)
    // Having had its last answers, ab leaves connections that it had begun.
    const total = counts.reduce((n, x) => n + x, 0)
    expect(total).toBeGreaterThanOrEqual(10_000)
    expect(total).toBeLessThan(10_048)
    // Three equal processes: none has less than a tenth.
    for (const x of counts) expect(x).toBeGreaterThan(1000)
  }, 150_000)

  test("64 MiB from us on one connection arrive whole", async () => {
    const { code, text } = await it.run(
      ["sh", "-c", `curl -sS --max-time 90 ${url(`/bytes/${BULK}`)} | sha256sum`],
      100,
    )
    expect(code).toBe(0)
    expect(text.split(" ")[0]).toBe(expectedHash())
  }, 120_000)

  test("64 MiB to us and back again on one connection arrive whole", async () => {
    const file = join(it.folder, "bulk")
    const sent = writeBulk(file, BULK)
    const post = `curl -sS --max-time 90 -X POST -H 'Expect:' --data-binary @${file} ${url("/echo")}`
    const { text } = await it.run(["sh", "-c", `${post} | sha256sum`], 110)
    expect(text.split(" ")[0]).toBe(sent)
  }, 120_000)

  test("an application killed under load: its own connections are reset, no other fails, nothing leaks", async () => {
    const before = await atRest(it.stack, SETTLING)
    const dead = await third()
    const who = await client.hold(60)
    expect(new Set(who).size).toBe(4)
    const load = client.short(6000, 48)
    await sleep(300)
    dead.kill("SIGKILL")
    const { by, failed } = await load
    // Only what it had claimed can fail: what was offered to it goes to others.
    expect(Object.keys(failed).filter((x) => x !== "ECONNRESET")).toEqual([])
    expect(sum(failed)).toBeLessThanOrEqual(48)
    expect(sum(by) + sum(failed)).toBe(6000)
    // Of those that were held, exactly its own are gone; all others still answer, each by its process.
    const again = await client.again()
    expect(again).toEqual(who.map((x) => (x === String(dead.pid) ? "ECONNRESET" : x)))
    await client.drop()
    expect(it.stack.applications.length).toBe(3)
    // Queues, buffers, tables, timers, descriptors and mappings: as before it came.
    expect(await settledTo(it.stack, before, SETTLING)).toEqual(before)
  }, 180_000)

  test("an application killed with connections offered to it: others serve them at once", async () => {
    const before = await atRest(it.stack, SETTLING)
    for (let k = 0; k < 5; k++) {
      const dead = await third()
      dead.kill("SIGSTOP")
      const load = client.short(100, 48)
      dead.kill("SIGKILL")
      const { by, failed } = await load
      expect([sum(by), failed]).toEqual([100, {}])
      expect(by[String(dead.pid)]).toBeUndefined()
    }
    expect(await settledTo(it.stack, before, SETTLING)).toEqual(before)
  }, 60_000)

  test("an application stopped: connections go elsewhere, and it serves again when it goes on", async () => {
    const stopped = it.demo.processes[1]!
    stopped.kill("SIGSTOP")
    const { by, failed } = await client.short(1000, 48)
    expect([sum(by), failed, by[String(stopped.pid)]]).toEqual([1000, {}, undefined])
    stopped.kill("SIGCONT")
    const after = await client.short(4000, 48)
    expect([sum(after.by), after.failed]).toEqual([4000, {}])
    expect(after.by[String(stopped.pid)]).toBeGreaterThan(0)
  }, 180_000)

  test("the whole run replays to the same outputs, and TLC accepts it", async () => {
    await it.demo.stop()
    await it.stack.stop()
    const path = join(it.folder, "trace.ndjson")
    const { events } = it.stack.recording.write(path, it.stack.topology)
    expect([it.stack.recording.overruns, it.stack.recording.dropped, it.stack.recording.forged]).toEqual([
      0, 0, 0,
    ])
    expect(events).toBeGreaterThan(100_000)
    const result = await replayFile(path)
    expect(result).toMatchObject({ _tag: "Same", events })
    const outcomes = result._tag === "Same" ? result.outcomes : {}
    expect(outcomes["ClaimTimeout:GivenBack"]).toBeGreaterThan(0)
    expect(outcomes["Die:Done"]).toBe(9)
    // The same recording is a behaviour of the specification.
    expect(await validateTrace(path)).toEqual({ _tag: "Accepted", events, ports: [80] })
  }, 180_000)
})
