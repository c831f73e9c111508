import { createHash } from "node:crypto"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { byteAt } from "../../src/cli/demo.ts"
import { validateTrace } from "../../src/tla/validate.ts"
import { replayFile } from "../../src/trace/replay.ts"
import { writeBulk } from "./bulk.ts"
import { privileged, type Running, startKernelTest } from "./kernel.ts"

const MIB = 1 << 20
const BULK = 64 * MIB

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

describe.skipIf(!privileged)("against the kernel's TCP", () => {
  let it: Running
  beforeAll(async () => {
    it = await startKernelTest("TS2LS2CM2", 3)
  }, 30_000)
  afterAll(async () => {
    await it?.stop()
  }, 30_000)

  const url = (path = "/") => `http://${it.host.address}${path}`
  const ab = async (requests: number, seconds = 120) => {
    const { code, text } = await it.run(
      ["ab", "-q", "-r", "-c", "48", "-n", String(requests), url()],
      seconds,
    )
    const figure = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(text)?.[1] ?? Number.NaN)
    return { code, text, complete: figure("Complete requests"), failed: figure("Failed requests") }
  }

  test("10,000 short connections by ab -c 48: none fails, every process serves", async () => {
    const result = await ab(10_000)
    expect(result.text).toContain("Complete requests")
    expect([result.complete, result.failed, result.code]).toEqual([10_000, 0, 0])
    const counts = await it.demo.counts()
    for (const x of counts) expect(x.connections).toBeGreaterThan(0)
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

  test("an application killed under load: others go on, and nothing leaks", async () => {
    const load = ab(6000)
    await new Promise((resolve) => setTimeout(resolve, 300))
    it.demo.processes[0]!.kill("SIGKILL")
    const { complete, failed } = await load
    expect(complete).toBe(6000)
    // Only connections that the dead process held can fail: 48 at a time at the most.
    expect(failed).toBeLessThanOrEqual(48)
    expect(it.stack.applications.length).toBe(2)
    const after = await ab(500)
    expect([after.complete, after.failed]).toEqual([500, 0])
    const counters = (await it.stack.counters()) as ReadonlyArray<{ readonly applications: number }>
    expect(counters.map((x) => x.applications)).toEqual([2, 2])
  }, 180_000)

  test("an application stopped: connections go elsewhere, and it serves again when it goes on", async () => {
    const stopped = it.demo.processes[1]!
    stopped.kill("SIGSTOP")
    // What it owned when it stopped waits for it; new connections do not.
    const { complete, failed } = await ab(500)
    expect([complete, failed]).toEqual([500, 0])
    stopped.kill("SIGCONT")
    const [, before] = await it.demo.counts()
    await ab(2000)
    const [, after] = await it.demo.counts()
    expect(after!.connections).toBeGreaterThan(before!.connections)
  }, 180_000)

  test("the whole run replays to the same outputs, and TLC accepts it", async () => {
    await it.demo.stop()
    await it.stack.stop()
    const path = join(it.folder, "trace.ndjson")
    const { events } = it.stack.recording.write(path, it.stack.topology)
    expect(it.stack.recording.overruns).toBe(0)
    expect(events).toBeGreaterThan(100_000)
    const result = await replayFile(path)
    expect(result).toMatchObject({ _tag: "Same", events })
    const outcomes = result._tag === "Same" ? result.outcomes : {}
    expect(outcomes["ClaimTimeout:GivenBack"]).toBeGreaterThan(0)
    expect(outcomes["Die:Done"]).toBe(3)
    // The same recording is a behaviour of the specification.
    expect(await validateTrace(path)).toEqual({ _tag: "Accepted", events, ports: [80] })
  }, 180_000)
})
