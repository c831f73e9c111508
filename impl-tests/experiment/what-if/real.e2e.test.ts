import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { percentileOf } from "../../../src/experiment/measures.ts"
import type { RecordedPort } from "../../../src/experiment/what-if/recording.ts"
import { whatIf } from "../../../src/experiment/what-if/what-if.ts"
import { privileged, startKernelTest } from "../../runtime/kernel.ts"
import { recordedRun } from "../../runtime/recorded-run.ts"
import { portOf } from "./recorded.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-what-if-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Two servers, four web servers, a few clients at a time, against the kernel's TCP. */
const calmRun = async (): Promise<RecordedPort> => {
  const it = await startKernelTest("TS2LS2CM2", 4)
  try {
    const client = await it.client()
    await client.short(4000, 4)
    await it.demo.stop()
    await it.stack.stop()
    const path = join(folder, "calm.ndjson")
    it.stack.recording.write(path, it.stack.topology)
    return await portOf(path)
  } finally {
    await it.stop()
  }
}

const apart = ({ recorded, control }: ReturnType<typeof whatIf>): number =>
  Math.max(...recorded.applications.map((x, a) => Math.abs(x.share - control.applications[a]!.share)))

/** Real stacks share two cores with their clients and the tests; the simulation gives each process its own. */
describe.skipIf(!privileged)("a recording of the real stack", () => {
  test("of few clients at a time: the control has its shares within 10 points, and its times within a factor of 2", async () => {
    const port = await calmRun()
    const result = whatIf(port, "scheme=naive", 1)
    const { recorded, control, whatIf: naive } = result
    expect(recorded.claimed).toBe(4000)
    expect(control.endings.served).toBe(4000)
    expect(apart(result)).toBeLessThan(0.1)
    const times = percentileOf(control.whole, 50) / percentileOf(recorded.whole, 50)
    expect(times).toBeGreaterThan(0.5)
    expect(times).toBeLessThan(2)
    expect(naive.locality).toBe(1)
    expect(naive.endings.served).toBe(4000)
  })

  test("in which applications were killed and stopped: nobody is lost, and what is not known is counted", async () => {
    const { path, outcomes } = await recordedRun()
    const port = await portOf(path)
    const result = whatIf(port, "claim-timeout=1000000", 1)
    const { recorded, control, applications, drawn } = result
    expect(applications).toMatchObject({ all: 3, went: 3 })
    expect(recorded.endings.served).toBe(outcomes["Gone:Served"])
    expect(drawn).toBe(recorded.connections - recorded.endings.served)
    expect(drawn).toBeGreaterThan(0)
    expect(control.connections + control.tallies.refused).toBe(port.connections.count)
    expect(control.endings.served / recorded.endings.served).toBeGreaterThan(0.95)
    expect(apart(result)).toBeLessThan(0.2)
    // Who stood still in the recording does in the re-run only as far as connections show it, so the control may have no
    // timeout at all to lose: what a longer one saves is seen against a shorter one, which all recordings feel.
    const patient = result.whatIf.tallies.claimTimeouts
    const hasty = whatIf(port, "claim-timeout=200", 1).whatIf.tallies.claimTimeouts
    expect(patient).toBeLessThanOrEqual(control.tallies.claimTimeouts)
    expect(control.tallies.claimTimeouts).toBeLessThan(hasty)
  })
})
