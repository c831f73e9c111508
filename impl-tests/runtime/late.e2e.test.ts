import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defaultBalance } from "../../src/core/topology.ts"
import { makeLinuxHost } from "../../src/runtime/host.ts"
import { replayFile } from "../../src/trace/replay.ts"
import { type Client, privileged, type Running, startKernelTest } from "./kernel.ts"

const balance = { ...defaultBalance, scheme: "Late" as const }

const figure = (text: string, label: string): number =>
  Number(new RegExp(`${label}:\\s+(\\d+)`).exec(text)?.[1] ?? Number.NaN)

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, x) => total + x, 0)

/** Web servers of Node's own `http`, as they are, on a stack that binds late. */
describe.skipIf(!privileged).each(["TS2LS2CM2", "TS1+LS1+CM1"])(
  "%s, Late, against the kernel's TCP",
  (configuration) => {
    let it: Running
    let client: Client
    beforeAll(async () => {
      it = await startKernelTest(configuration, 3, makeLinuxHost, balance)
      client = await it.client()
    }, 30_000)
    afterAll(async () => {
      await it?.stop()
    }, 30_000)

    const ab = async (...argv: ReadonlyArray<string>) => {
      const { code, text } = await it.run(["ab", "-q", ...argv, `http://${it.host.address}/`], 100)
      expect(text).not.toMatch(/Non-2xx|Write errors/)
      const [complete, failed] = [figure(text, "Complete requests"), figure(text, "Failed requests")]
      return { code, complete, failed, kept: figure(text, "Keep-Alive requests") }
    }

    test("3000 short connections: none fails, every process serves its share", async () => {
      expect(await ab("-c", "48", "-n", "3000")).toMatchObject({ code: 0, complete: 3000, failed: 0 })
      for (const { connections } of await it.demo.counts()) expect(connections).toBeGreaterThan(300)
    }, 120_000)

    test("5000 requests on connections that are kept", async () => {
      const asked = await ab("-k", "-c", "48", "-n", "5000")
      expect(asked).toMatchObject({ code: 0, complete: 5000, failed: 0 })
      expect(asked.kept).toBeGreaterThan(4500)
    }, 120_000)

    test("short connections while kept ones are busy, and others rest", async () => {
      const held = await client.hold(60)
      // Whoever is idle, and the fastest of them, gets the next: how connections that rest are spread is not promised.
      expect(held.length).toBe(60)
      const busy = ab("-k", "-c", "24", "-n", "10000")
      const { by, failed } = await client.short(1000, 16)
      expect([sum(by), failed]).toEqual([1000, {}])
      expect(await busy).toMatchObject({ code: 0, complete: 10_000, failed: 0 })
      expect(await client.again()).toEqual(held)
      await client.drop()
    }, 120_000)

    test("a process that is stopped loses what it was announced to others, and serves again when it goes on", async () => {
      const stopped = it.demo.processes[1]!
      const name = String(stopped.pid)
      stopped.kill("SIGSTOP")
      const { by, failed } = await client.short(500, 16)
      expect([sum(by), failed, by[name]]).toEqual([500, {}, undefined])
      stopped.kill("SIGCONT")
      const after = await client.short(2000, 16)
      expect([sum(after.by), after.failed]).toEqual([2000, {}])
      expect(after.by[name]).toBeGreaterThan(0)
    }, 120_000)

    test("nothing was illegal, and the whole run replays to the same outputs", async () => {
      const counters = (await it.stack.counters()) as ReadonlyArray<
        Record<string, { illegal?: number } | undefined>
      >
      for (const x of counters)
        expect([x.manager?.illegal ?? 0, x.transport?.illegal ?? 0, x.violations]).toEqual([0, 0, 0])
      await it.demo.stop()
      await it.stack.stop()
      const path = join(it.folder, "trace.ndjson")
      const { events } = it.stack.recording.write(path, it.stack.topology)
      const { overruns, dropped, forged } = it.stack.recording
      expect([overruns, dropped, forged]).toEqual([0, 0, 0])
      expect(events).toBeGreaterThan(30_000)
      const result = await replayFile(path)
      expect(result).toMatchObject({ _tag: "Same", events })
      const outcomes = result._tag === "Same" ? result.outcomes : {}
      // The stopped process was announced one, which went to another. Nobody is chosen at a SYN.
      expect(outcomes["ClaimTimeout:GivenBack"]).toBeGreaterThan(0)
      expect([outcomes["Syn:Assigned"] ?? 0, outcomes["Syn:Queued"]! > 5000]).toEqual([0, true])
    }, 120_000)
  },
)
