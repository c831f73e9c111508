import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import type { StepRecord } from "../../../src/codec/record.ts"
import { schemes, type Topology } from "../../../src/core/topology.ts"
import { percentileOf } from "../../../src/experiment/measures.ts"
import type { RecordedPort } from "../../../src/experiment/what-if/recording.ts"
import { textOf } from "../../../src/experiment/what-if/report.ts"
import { whatIf } from "../../../src/experiment/what-if/what-if.ts"
import { run } from "../../../src/sim/run.ts"
import { drawScenario } from "../../../src/sim/scenario.ts"
import { Driver, topologyOf } from "../../trace/driver.ts"
import { writeRecorded } from "../record.ts"
import { exponential, portOf, recorded } from "./recorded.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-what-if-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (topology: Topology, steps: ReadonlyArray<StepRecord>): Promise<RecordedPort> => {
  const path = join(folder, "run.ndjson")
  writeRecorded(path, { topology, steps })
  return portOf(path)
}

/** What must hold of any re-run, whatever the recording. */
const checkRerun = (port: RecordedPort, changes: string, seed: number): void => {
  const result = whatIf(port, changes, seed)
  expect(whatIf(port, changes, seed)).toEqual(result)
  for (const x of [result.control, result.whatIf]) {
    const { endings } = x
    const ended = Object.values(endings).reduce((sum, y) => sum + y, 0)
    expect(ended).toBe(x.connections)
    // Nobody comes who did not come; who found nobody listening is refused.
    expect(x.connections).toBeLessThanOrEqual(port.connections.count)
    expect(x.applications.reduce((sum, y) => sum + y.connections, 0)).toBe(x.claimed)
    expect(x.whole.count).toBe(endings.served)
    expect(x.waiting.count).toBeLessThanOrEqual(x.connections)
    expect(endings.left).toBeLessThanOrEqual(port.summary.endings.left)
    for (const y of [x.waiting, x.service, x.whole]) expect(percentileOf(y, 99)).toBeGreaterThanOrEqual(0)
  }
  expect(textOf(result)).toContain("recorded")
}

describe("recordings in which applications come, close, die and leave connections behind", () => {
  test("law: random runs of the core, under any settings: nobody is lost or made up, and a seed determines all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(...schemes),
        fc.constantFrom(1, 1000, 1_000_000),
        fc.constantFrom(1, 2, 64),
        async (seed, scheme, timeout, room) => {
          const driver = new Driver(topologyOf(), seed).run(800)
          const port = await read(driver.topology, driver.steps)
          fc.pre(port.summary.endings.served > 0)
          checkRerun(port, `scheme=${scheme},claim-timeout=${timeout},room=${room},backlog=${room}`, seed)
        },
      ),
      { numRuns: 40 },
    )
  })

  test("whole stacks of the simulator, with all faults", async () => {
    let some = 0
    for (let seed = 1; seed <= 12; seed++) {
      const { scenario, trace } = run(drawScenario({ seed }))
      const port = await read(scenario.topology, trace)
      if (port.summary.endings.served === 0) continue
      some++
      checkRerun(port, "scheme=naive", seed)
    }
    expect(some).toBeGreaterThan(6)
  })

  test("a process that ends takes its connections with it, and its successor gets its share again", async () => {
    const all = await recorded("Tournament 2", {
      service: exponential,
      arrivals: { kind: "poisson", rate: 8000 },
    })
    const lives = all.lives.flatMap((x) =>
      x.application === 2
        ? [
            { ...x, ended: 100_000 },
            { ...x, from: 300_000 },
          ]
        : [x],
    )
    const { control, applications } = whatIf({ ...all, lives }, "tariff=2", 1)
    expect(applications).toEqual({ all: 5, came: 1, went: 1 })
    const share = control.applications[2]!.share
    // Half of the time, among four.
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.16)
    expect(control.endings.orphaned).toBeGreaterThan(0)
    expect(control.endings.served + control.endings.orphaned + control.endings.unfinished).toBe(
      control.connections,
    )
    const closed = all.lives.map((x) => (x.application === 2 ? { ...x, closed: 100_000 } : x))
    const later = whatIf({ ...all, lives: closed }, "tariff=2", 1).control
    expect(later.applications[2]!.share).toBeGreaterThan(0.04)
    expect(later.applications[2]!.share).toBeLessThan(0.1)
    expect(later.endings.orphaned).toBe(0)
  })

  test("what nobody listens to is reset", async () => {
    const all = await recorded("Tournament 2")
    const lives = all.lives.map((x) => ({ ...x, closed: 200_000 }))
    const { control } = whatIf({ ...all, lives }, "tariff=2", 1)
    expect(control.tallies.refused).toBeGreaterThan(3000)
    expect(control.connections + control.tallies.refused).toBe(all.connections.count)
  })
})
