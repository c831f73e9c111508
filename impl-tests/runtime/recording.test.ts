import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { RecorderWriter, recorderBytes } from "../../src/codec/recorder-ring.ts"
import type { Application } from "../../src/core/application.ts"
import { initialApplication, stepApplication } from "../../src/core/application.ts"
import type { ApplicationEvent } from "../../src/core/event.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { RECORDER_CAPACITY } from "../../src/runtime/plan.ts"
import { Recording } from "../../src/runtime/recording.ts"
import { validateTrace } from "../../src/tla/validate.ts"
import { replayFile } from "../../src/trace/replay.ts"
import { topologyOf } from "../trace/driver.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-recording-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const topology = topologyOf()

/** The recorder of application 0, which comes and goes: steps that wait for nobody. */
const recorded = () => {
  const region = allocateRegion(recorderBytes(RECORDER_CAPACITY))
  const writer = new RecorderWriter(region, 0, RECORDER_CAPACITY)
  const recording = new Recording()
  recording.follow(region, [{ role: "application", index: 0 }])
  let state: Application = initialApplication(0)
  const take = (event: ApplicationEvent) => {
    const out = new Outbox()
    state = stepApplication(state, event, topology, out)
    writer.record("application", 0, 80, event, { now: 1, draw: 0 }, out)
    writer.sent()
  }
  return { recording, writer, take, region }
}

const endOf = (path: string) =>
  JSON.parse(readFileSync(path, "utf8").trimEnd().split("\n").at(-1)!) as Record<string, unknown>

describe("a recording", () => {
  test("without a hole says that nothing is lost", async () => {
    const { recording, take } = recorded()
    take({ _tag: "Attach", g: 0 })
    recording.drain()
    const path = join(folder, "whole.ndjson")
    expect(recording.write(path, topology)).toEqual({ events: 1, unsent: 0, lost: 0, why: "" })
    expect(endOf(path)).toMatchObject({ events: 1, lost: 0 })
    expect(await replayFile(path)).toMatchObject({ _tag: "Same", events: 1 })
  })

  test("whose ring was overrun says how many steps are lost, and is refused", async () => {
    const { recording, take } = recorded()
    take({ _tag: "Attach", g: 0 })
    for (let k = 0; k < RECORDER_CAPACITY + 9; k++) take({ _tag: "CloseListener" })
    recording.drain()
    const path = join(folder, "overrun.ndjson")
    const { lost, why } = recording.write(path, topology)
    expect(recording.overruns).toBe(11)
    expect(lost).toBeGreaterThanOrEqual(11)
    expect(why).toContain("11 were overwritten before they were read")
    expect(endOf(path)).toMatchObject({ lost, why })
    expect(await replayFile(path)).toMatchObject({ _tag: "Unusable", reason: "Lost" })
    expect(await validateTrace(path)).toMatchObject({
      _tag: "Unusable",
      why: expect.stringContaining("hole"),
    })
  })

  test("with a step that nothing allows keeps what comes before it, and is refused", async () => {
    const { recording, take } = recorded()
    take({ _tag: "Attach", g: 0 })
    take({ _tag: "ReceiveAttached", t: 0 })
    recording.drain()
    const path = join(folder, "stuck.ndjson")
    expect(recording.write(path, topology)).toMatchObject({
      events: 1,
      lost: 1,
      why: expect.stringContaining("app0"),
    })
    expect(await replayFile(path)).toMatchObject({ _tag: "Unusable", reason: "Lost" })
  })

  test("with a damaged record is refused too, and not thrown at whoever writes it", async () => {
    const { recording, take, region } = recorded()
    take({ _tag: "Attach", g: 0 })
    // The tag of the first record, past the ring's header.
    region.words[16] = 0xff
    recording.drain()
    const path = join(folder, "damaged.ndjson")
    expect(recording.write(path, topology)).toMatchObject({ events: 0, lost: 1 })
    expect(await replayFile(path)).toMatchObject({ _tag: "Unusable", reason: "Lost" })
  })

  test("that can't be written is an error that says so", () => {
    const { recording } = recorded()
    expect(() => recording.write(join(folder, "no", "such", "folder"), topology)).toThrow(/ENOENT/)
  })
})
