import fc from "fast-check"
import { expect, test } from "vitest"
import {
  FrameQueueReader,
  FrameQueueWriter,
  frameQueueBytes,
  initFrameQueue,
} from "../../src/memory/frame-queue.ts"
import {
  FRAME_DATA,
  FRAME_LENGTH,
  FRAME_MAX_LENGTH,
  FRAME_SLOT_BYTES,
  QUEUE_CONSUMED,
  QUEUE_SLOTS,
  QUEUE_WRITTEN,
} from "../../src/memory/layout.ts"
import { initQueue } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"

const make = (capacity: number) => {
  const region = allocateRegion(frameQueueBytes(capacity))
  initFrameQueue(region, 0, capacity)
  return {
    region,
    writer: new FrameQueueWriter(region, 0, capacity),
    reader: new FrameQueueReader(region, 0, capacity),
  }
}

test("frames of every length come out whole and in order; a full queue says so", () => {
  const frame = fc.uint8Array({ maxLength: FRAME_MAX_LENGTH })
  fc.assert(
    fc.property(fc.array(fc.option(frame, { nil: undefined }), { maxLength: 40 }), (steps) => {
      const { region, writer, reader } = make(4)
      const model: Array<Uint8Array> = []
      for (const sent of steps) {
        if (sent !== undefined) {
          const at = writer.reserve()
          expect(at === -1).toBe(model.length === 4)
          if (at === -1) continue
          region.bytes.set(sent, at)
          writer.submit(sent.length)
          model.push(sent)
        } else {
          const expected = model.shift()
          const at = reader.peek()
          expect(at === -1).toBe(expected === undefined)
          if (expected === undefined) continue
          expect(region.bytes.slice(at, at + reader.length())).toEqual(expected)
          reader.release()
        }
        expect(reader.pending()).toBe(model.length)
        expect(writer.free()).toBe(4 - model.length)
      }
    }),
  )
})

test("a producer goes on after a frame whose stamp its predecessor stored last", () => {
  const { region, writer, reader } = make(4)
  writer.reserve()
  writer.submit(1)
  // It died before it counted.
  region.words[QUEUE_WRITTEN / 4] = 0
  const successor = new FrameQueueWriter(region, 0, 4)
  expect(successor.free()).toBe(3)
  successor.reserve()
  successor.submit(2)
  const lengths: Array<number> = []
  for (; reader.peek() >= 0; reader.release()) lengths.push(reader.length())
  expect(lengths).toEqual([1, 2])
  expect(successor.violations + reader.violations).toBe(0)
})

test("a length that a hostile producer wrote is judged once, and counts as 0 when it is impossible", () => {
  for (const bad of [FRAME_MAX_LENGTH + 1, -1, 0x7fff_ffff]) {
    const { region, writer, reader } = make(2)
    writer.reserve()
    writer.submit(60)
    region.words[(QUEUE_SLOTS + FRAME_LENGTH) / 4] = bad
    expect(reader.peek()).toBe(QUEUE_SLOTS + FRAME_DATA)
    expect(reader.length()).toBe(0)
    expect(reader.violations).toBe(1)
    region.words[(QUEUE_SLOTS + FRAME_LENGTH) / 4] = 60
    expect(reader.length()).toBe(0)
  }
})

test("an impossible count makes it full, an impossible stamp empty; both are counted", () => {
  const { region, writer, reader } = make(2)
  writer.reserve()
  writer.submit(1)
  writer.reserve()
  writer.submit(2)
  region.words[QUEUE_CONSUMED / 4] = 3
  expect(writer.reserve()).toBe(-1)
  expect(writer.violations).toBe(1)
  region.words[QUEUE_SLOTS / 4] = 99
  expect(reader.peek()).toBe(-1)
  expect(reader.violations).toBe(1)
})

test("the flush after a submit rings a sleeping consumer once; one that finds a frame does not sleep", () => {
  const { writer, reader } = make(2)
  expect(reader.arm()).toBe(true)
  expect(writer.flush()).toBe(false)
  writer.reserve()
  writer.submit(60)
  expect(writer.flush()).toBe(true)
  expect(writer.flush()).toBe(false)
  expect(reader.arm()).toBe(false)
  reader.peek()
  reader.release()
  reader.arm()
  reader.disarm()
  writer.reserve()
  writer.submit(60)
  expect(writer.flush()).toBe(false)
})

test("a frame beyond the slot, and memory that is something else, are refused", () => {
  const { region, writer } = make(2)
  writer.reserve()
  expect(() => writer.submit(FRAME_MAX_LENGTH + 1)).toThrow("a slot holds")
  expect(() => writer.submit(Number.NaN)).toThrow("a slot holds")
  expect(() => new FrameQueueReader(region, 64, 2)).toThrow(RangeError)
  initQueue(region, 0, 2)
  expect(() => new FrameQueueReader(region, 0, 2)).toThrow("was it initialised")
  expect(FRAME_SLOT_BYTES).toBe(2048)
})
