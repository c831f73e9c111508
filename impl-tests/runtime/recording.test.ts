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
import { validateTrace } from "../../src/model/validate/validate.ts"
import { RECORDER_CAPACITY } from "../../src/runtime/plan.ts"
import { Recording } from "../../src/runtime/recording.ts"
import { RecordingStream } from "../../src/runtime/recording-stream.ts"
import { replayFile } from "../../src/trace/replay.ts"
import { Driver, topologyOf } from "../trace/driver.ts"

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

describe("a recording that is written as it is made", () => {
  const dirty = (seed: number) => new Driver(topologyOf(), seed).run(600)

  test("holds what was recorded, each step as soon as it has its place", async () => {
    const driver = dirty(51)
    const path = join(folder, "stream.ndjson")
    const stream = new RecordingStream(path, driver.topology)
    let most = 0
    driver.records.forEach((record, k) => {
      stream.add(record)
      if (k % 10 !== 9) return
      for (let a = 0; a < driver.topology.applications; a++) stream.settle(a)
      stream.advance()
      most = Math.max(most, stream.waiting)
    })
    // All that was taken in causal order has its place at once.
    expect(most).toBe(0)
    const written = readFileSync(path, "utf8").trimEnd().split("\n")
    expect(written.length).toBe(1 + stream.events)
    expect(stream.end(0, [])).toEqual({ lost: 0, why: "" })
    expect(await replayFile(path)).toMatchObject({ _tag: "Same", events: 600 })
  })

  test("keeps no more than so many steps that wait: beyond it the recording ends, and says so", async () => {
    const driver = dirty(52)
    const path = join(folder, "bound.ndjson")
    const stream = new RecordingStream(path, driver.topology, 50)
    // Behind a hole nothing has its place: the first step of all is missing.
    for (const record of driver.records.slice(1)) {
      stream.add(record)
      stream.advance()
      expect(stream.waiting).toBeLessThanOrEqual(50)
    }
    const { lost, why } = stream.end(1, ["1 were overwritten before they were read"])
    expect(lost).toBe(600 - stream.events - stream.unsent)
    expect(why).toMatch(/overwritten.*more than 50 steps wait/)
    expect(await replayFile(path)).toMatchObject({ _tag: "Unusable", reason: "Lost" })
  })

  test("on a full disk ends, says so, and throws at nobody", () => {
    const driver = dirty(53)
    const stream = (() => {
      try {
        return new RecordingStream("/dev/full", driver.topology)
      } catch (error) {
        return error as Error
      }
    })()
    // Already its header can't be written: that is told before anything runs.
    expect(stream).toBeInstanceOf(Error)
    expect((stream as Error).message).toContain("ENOSPC")
  })

  test("through recorders: what the rings lost is counted", async () => {
    const { recording, take } = recorded()
    const path = join(folder, "rings.ndjson")
    recording.stream(path, topology)
    take({ _tag: "Attach", g: 0 })
    recording.drain()
    for (let k = 0; k < RECORDER_CAPACITY + 9; k++) take({ _tag: "CloseListener" })
    const { events, lost, why } = recording.close()
    expect(events).toBe(1)
    expect(lost).toBeGreaterThan(10)
    expect(why).toContain("10 were overwritten before they were read")
    expect(await replayFile(path)).toMatchObject({ _tag: "Unusable", reason: "Lost" })
  })
})
