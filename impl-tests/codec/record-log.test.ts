import { expect, test } from "vitest"
import { RECORD_WORDS } from "../../src/codec/record.ts"
import { RecordLog } from "../../src/codec/record-log.ts"
import { RecorderTail, RecorderWriter, recorderBytes } from "../../src/codec/recorder-ring.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { allocateRegion } from "../../src/memory/region.ts"

test("a log keeps each record as it was when it was added, over any number of chunks", () => {
  const region = allocateRegion(recorderBytes(4096))
  const writer = new RecorderWriter(region, 0, 4096)
  const tail = new RecorderTail(region, 0, 4096)
  const log = new RecordLog()
  expect(log.steps()).toEqual([])
  const claims = 3000
  for (let k = 0; k < claims; k++) {
    writer.record("application", k % 64, 80, { _tag: "Claim" }, { now: k, draw: 0 }, new Outbox())
  }
  // The tail hands over the same words again and again.
  tail.drain((record) => log.add(record))
  expect(log.length).toBe(claims)
  const steps = log.steps()
  expect(steps.map((x) => x.env.now)).toEqual(Array.from({ length: claims }, (_, k) => k))
  expect(steps.map((x) => x.process.index)).toEqual(Array.from({ length: claims }, (_, k) => k % 64))
  expect(() => log.add(new Int32Array(RECORD_WORDS).fill(-1))).not.toThrow()
  expect(() => log.steps()).toThrow(RangeError)
})
