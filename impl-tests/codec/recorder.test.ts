import { describe, expect, test } from "vitest"
import { decodeRecord, RECORD_WORDS, type StepRecord } from "../../src/codec/record.ts"
import { RecorderTail, RecorderWriter, recorderBytes } from "../../src/codec/recorder-ring.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { allocateRegion } from "../../src/memory/region.ts"

const CAPACITY = 16
const make = () => {
  const region = allocateRegion(recorderBytes(CAPACITY))
  return {
    region,
    writer: new RecorderWriter(region, 0, CAPACITY),
    tail: new RecorderTail(region, 0, CAPACITY),
  }
}
const out = new Outbox()
const claim = (writer: RecorderWriter, now: number) =>
  writer.record("application", 3, 80, { _tag: "Claim" }, { now, draw: 0 }, out)
const die = (writer: RecorderWriter) => writer.recordEnd(3, 80, { _tag: "Die" }, { now: 0, draw: 0 }, out)
const drained = (tail: RecorderTail): Array<StepRecord> => {
  const steps: Array<StepRecord> = []
  tail.drain((words) => steps.push(decodeRecord(words, 0)))
  return steps
}

describe("a recorder's ring", () => {
  test("hands over each record once, in order", () => {
    const { writer, tail } = make()
    const seen: Array<number> = []
    for (let k = 0; k < 100; k++) {
      claim(writer, k)
      if (k % 7 === 0) seen.push(...drained(tail).map((x) => x.env.now))
    }
    seen.push(...drained(tail).map((x) => x.env.now))
    expect(seen).toEqual(Array.from({ length: 100 }, (_, k) => k))
    expect(tail.overruns).toBe(0)
  })

  test("counts what was overwritten before it was read, and hands over none of it", () => {
    const { writer, tail } = make()
    for (let k = 0; k < 40; k++) claim(writer, k)
    const seen = drained(tail).map((x) => x.env.now)
    // One less than the ring holds: the next to be written takes the oldest one's place.
    expect(seen).toEqual(Array.from({ length: CAPACITY - 1 }, (_, k) => 40 - (CAPACITY - 1) + k))
    expect(tail.overruns).toBe(40 - (CAPACITY - 1))
  })

  test("a writer that comes round while the ring is read: what it overwrote is lost, not taken for whole", () => {
    const { writer, tail } = make()
    for (let k = 0; k < 10; k++) claim(writer, k)
    const seen: Array<number> = []
    tail.drain((words) => {
      seen.push(decodeRecord(words, 0).env.now)
      if (seen.length === 3) for (let k = 10; k < 22; k++) claim(writer, k)
    })
    // Records 3 … 6 were overwritten by 19 … 22 when they were to be read.
    expect(seen).toEqual([0, 1, 2, 7, 8, 9])
    expect(tail.overruns).toBe(4)
    expect(drained(tail).map((x) => x.env.now)).toEqual(Array.from({ length: 12 }, (_, k) => 10 + k))
  })

  test("a count that no writer would make is a loss, not a way out of the ring", () => {
    const { region, writer, tail } = make()
    claim(writer, 0)
    region.words[0] = -5
    expect(drained(tail).length).toBeLessThan(CAPACITY)
    expect(tail.overruns).toBeGreaterThan(0)
  })

  test("the count goes round 2³²", () => {
    const region = allocateRegion(recorderBytes(CAPACITY))
    region.words[0] = 0x7ffffffe
    const writer = new RecorderWriter(region, 0, CAPACITY)
    const tail = new RecorderTail(region, 0, CAPACITY)
    drained(tail)
    for (let k = 0; k < 5; k++) claim(writer, k)
    expect(drained(tail).map((x) => x.env.now)).toEqual([0, 1, 2, 3, 4])
  })
})

describe("what was read", () => {
  test("is settled when all of it has been sent", () => {
    const { writer, tail } = make()
    expect(tail.settled).toBe(true)
    claim(writer, 1)
    drained(tail)
    expect(tail.settled).toBe(false)
    writer.sent()
    expect(tail.settled).toBe(true)
    claim(writer, 2)
    writer.sent()
    // Sent, but not read.
    expect(tail.settled).toBe(false)
    drained(tail)
    expect(tail.settled).toBe(true)
  })
})

describe("the end of a process", () => {
  test("is doubtful when it was killed between recording a step and sending what the step sends", () => {
    const { region, writer, tail } = make()
    claim(writer, 1)
    die(new RecorderWriter(region, 0, CAPACITY))
    expect(drained(tail).map((x) => x.doubtful)).toEqual([undefined, true])
  })

  test("is not when it had sent", () => {
    const { region, writer, tail } = make()
    claim(writer, 1)
    writer.sent()
    die(new RecorderWriter(region, 0, CAPACITY))
    expect(drained(tail).map((x) => x.doubtful)).toEqual([undefined, undefined])
    // The successor goes on in the same ring.
    const successor = new RecorderWriter(region, 0, CAPACITY)
    claim(successor, 2)
    expect(drained(tail).length).toBe(1)
    expect(RECORD_WORDS).toBe(16)
  })
})
