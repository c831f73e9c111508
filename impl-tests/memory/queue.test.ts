import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  QUEUE_CONSUMED,
  QUEUE_MAX_CAPACITY,
  QUEUE_SLEEPING,
  QUEUE_SLOTS,
  QUEUE_WRITTEN,
} from "../../src/memory/layout.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion, makeRegion } from "../../src/memory/region.ts"

const make = (capacity: number, offset = 0) => {
  const region = allocateRegion(offset + queueBytes(capacity))
  initQueue(region, offset, capacity)
  return {
    region,
    writer: new QueueWriter(region, offset, capacity),
    reader: new QueueReader(region, offset, capacity),
  }
}

const send = (writer: QueueWriter, value: number): boolean => {
  const at = writer.reserve()
  if (at < 0) return false
  for (let k = 0; k < 15; k++) writer.words[at + k] = value + k
  writer.submit()
  return true
}

const receive = (reader: QueueReader): number => {
  const at = reader.peek()
  if (at < 0) return -1
  const value = reader.words[at]!
  for (let k = 0; k < 15; k++) expect(reader.words[at + k]).toBe(value + k)
  reader.release()
  return value
}

describe("a queue", () => {
  test("is a bounded FIFO under any interleaving, also where the counts wrap", () => {
    const action = fc.constantFrom("send", "receive", "reattach writer", "reattach reader")
    fc.assert(
      fc.property(
        fc.constantFrom(2, 4, 16),
        fc.constantFrom(0, 0x7fff_fffe, -2),
        fc.array(action, { maxLength: 200 }),
        (capacity, start, actions) => {
          let { region, writer, reader } = make(capacity, 64)
          // As after `start` messages: both counts there, and each slot with the stamp of the lap before.
          const words = region.words
          words[(64 + QUEUE_WRITTEN) / 4] = start
          words[(64 + QUEUE_CONSUMED) / 4] = start
          for (let n = 0; n < capacity; n++) {
            const slot = (start + n) & (capacity - 1)
            words[(64 + QUEUE_SLOTS) / 4 + slot * 16] = (start + n + 1 - capacity) | 0
          }
          writer = new QueueWriter(region, 64, capacity)
          reader = new QueueReader(region, 64, capacity)
          const model: Array<number> = []
          let next = 1
          for (const a of actions) {
            if (a === "send") {
              expect(send(writer, next)).toBe(model.length < capacity)
              if (model.length < capacity) model.push(next)
              next++
            } else if (a === "receive") {
              expect(receive(reader)).toBe(model.shift() ?? -1)
            } else if (a === "reattach writer") writer = new QueueWriter(region, 64, capacity)
            else reader = new QueueReader(region, 64, capacity)
            expect(reader.pending()).toBe(model.length)
            expect(writer.free()).toBe(capacity - model.length)
          }
          expect(writer.violations + reader.violations).toBe(0)
        },
      ),
    )
  })

  test("a message is not seen before it is submitted", () => {
    const { writer, reader } = make(2)
    writer.words[writer.reserve()] = 5
    expect(reader.peek()).toBe(-1)
    writer.submit()
    expect(reader.words[reader.peek()]).toBe(5)
  })

  test("a producer goes on after a message whose stamp its predecessor stored last", () => {
    const { region, writer, reader } = make(4)
    for (let k = 0; k < 6; k++) {
      send(writer, 10 * k)
      receive(reader)
    }
    send(writer, 60)
    // It died before it counted.
    region.words[QUEUE_WRITTEN / 4] = 6
    const successor = new QueueWriter(region, 0, 4)
    expect([successor.position, successor.free()]).toEqual([7, 3])
    send(successor, 70)
    expect([receive(reader), receive(reader), receive(reader)]).toEqual([60, 70, -1])
    expect(successor.violations + reader.violations).toBe(0)
  })
})

describe("sleep and bell", () => {
  test("the flush after a submit rings a sleeping consumer once", () => {
    const { writer, reader } = make(4)
    send(writer, 1)
    expect(writer.flush()).toBe(false)
    receive(reader)
    expect(reader.arm()).toBe(true)
    expect(writer.flush()).toBe(false)
    send(writer, 2)
    expect(writer.flush()).toBe(true)
    send(writer, 3)
    expect(writer.flush()).toBe(false)
  })

  test("who finds a message while falling asleep stays awake and needs no bell", () => {
    const { region, writer, reader } = make(4)
    send(writer, 1)
    expect(reader.arm()).toBe(false)
    expect(region.words[QUEUE_SLEEPING / 4]).toBe(0)
    expect(writer.flush()).toBe(false)
  })

  test("disarm withdraws the wish for a bell", () => {
    const { writer, reader } = make(4)
    reader.arm()
    reader.disarm()
    send(writer, 1)
    expect(writer.flush()).toBe(false)
  })

  test("no wake-up is lost: every order of the two sides' steps ends awake, or with the bell rung", () => {
    // Producer: submit, flush. Consumer: arm. Both orders of the three steps, with a message already read or not.
    fc.assert(
      fc.property(fc.array(fc.constantFrom("submit", "flush", "arm", "read"), { maxLength: 40 }), (steps) => {
        const { writer, reader } = make(64)
        let asleep = false
        for (const step of steps) {
          if (step === "submit") send(writer, 1)
          else if (step === "flush") asleep = writer.flush() ? false : asleep
          else if (asleep) continue
          else if (step === "arm") asleep = reader.arm()
          else receive(reader)
        }
        if (writer.flush()) asleep = false
        expect(asleep && reader.peek() >= 0).toBe(false)
      }),
    )
  })

  test("a producer that waits for room is rung by the release that makes some", () => {
    const { writer, reader } = make(2)
    send(writer, 1)
    expect(writer.armRoom()).toBe(false)
    send(writer, 2)
    expect(writer.armRoom()).toBe(true)
    expect(reader.flushRoom()).toBe(false)
    receive(reader)
    expect(reader.flushRoom()).toBe(true)
    receive(reader)
    expect(reader.flushRoom()).toBe(false)
  })

  test("a producer that needs several slots waits on when there are fewer", () => {
    const { writer, reader } = make(4)
    for (let k = 0; k < 4; k++) send(writer, k)
    receive(reader)
    expect(writer.armRoom(2)).toBe(true)
    expect(writer.armRoom(1)).toBe(false)
    expect(writer.armRoom(2)).toBe(true)
    receive(reader)
    expect(reader.flushRoom()).toBe(true)
    expect(writer.armRoom(2)).toBe(false)
  })

  test("a place in the stream is consumed when everything before it is", () => {
    const { writer, reader } = make(4)
    for (let k = 0; k < 9; k++) {
      const before = writer.position
      send(writer, 10 * k)
      expect([writer.isConsumed(before), writer.isConsumed(writer.position)]).toEqual([true, false])
      receive(reader)
      expect(writer.isConsumed(writer.position)).toBe(true)
    }
  })
})

describe("a hostile peer", () => {
  test("a count that can't be makes the queue full, is counted, and heals when it is right again", () => {
    for (const bad of [1, -5, 0x7fff_ffff, -0x8000_0000]) {
      const { region, writer } = make(4)
      for (let k = 0; k < 4; k++) expect(send(writer, k)).toBe(true)
      region.words[QUEUE_CONSUMED / 4] = bad + 4
      expect(writer.reserve()).toBe(-1)
      expect(writer.violations).toBe(1)
      region.words[QUEUE_CONSUMED / 4] = 1
      expect(writer.reserve()).toBeGreaterThan(0)
    }
  })

  test("whatever it writes, each side stays inside the queue", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(QUEUE_SLOTS / 4 + 4 * 16 - 1), fc.integer()), { maxLength: 60 }),
        (writes) => {
          const { region, writer, reader } = make(4, 64)
          const first = (64 + QUEUE_SLOTS) / 4
          const inside = (at: number) =>
            at === -1 || (at > first && at < first + 64 && at % 16 === (first % 16) + 1)
          for (const [at, value] of writes) {
            region.words[16 + at] = value
            const to = writer.reserve()
            expect(inside(to)).toBe(true)
            if (to >= 0) writer.submit()
            writer.flush()
            const from = reader.peek()
            expect(inside(from)).toBe(true)
            if (from >= 0) reader.release()
            expect(reader.pending()).toBeGreaterThanOrEqual(0)
            expect(reader.pending()).toBeLessThanOrEqual(4)
            expect(writer.free()).toBeGreaterThanOrEqual(0)
            expect(writer.free()).toBeLessThanOrEqual(4)
          }
          // What lies around the queue is untouched.
          expect(region.words.subarray(0, 16).every((w) => w === 0)).toBe(true)
        },
      ),
    )
  })

  test("a stamp of no lap is an empty slot, and counted", () => {
    const { region, reader } = make(4)
    region.words[QUEUE_SLOTS / 4] = 77
    expect(reader.peek()).toBe(-1)
    expect(reader.violations).toBe(1)
  })
})

describe("what can't be a queue is refused", () => {
  test.each([0, 1, 3, 2.5, -4, 2 * QUEUE_MAX_CAPACITY, Number.NaN])("capacity %d", (capacity) => {
    expect(() => queueBytes(capacity)).toThrow(RangeError)
  })

  test("a part that leaves the region, a crooked offset", () => {
    const region = allocateRegion(queueBytes(4))
    expect(() => initQueue(region, 64, 4)).toThrow("the region has")
    expect(() => initQueue(region, 4, 2)).toThrow("multiple of 64")
    expect(() => initQueue(region, -64, 2)).toThrow("multiple of 64")
    expect(() => makeRegion(new ArrayBuffer(6))).toThrow("multiple of 4")
  })

  test("memory that is no queue, or one of another capacity", () => {
    const region = allocateRegion(queueBytes(8))
    expect(() => new QueueReader(region, 0, 8)).toThrow("initialised")
    initQueue(region, 0, 8)
    expect(() => new QueueWriter(region, 0, 4)).toThrow("made for 8 slots, opened for 4")
  })
})
