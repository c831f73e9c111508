/** Each thing that an acceptance rests on, broken alone under TLC: what was laid out for it is altered, not the recording. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import type { Topology } from "../../../src/core/topology.ts"
import { LANE_WORDS, texts } from "../../../src/model/validate/lane.ts"
import { judgePart, type Part, tiles } from "../../../src/model/validate/part.ts"
import { CHECK_EVERY, type Lane, readRecording } from "../../../src/model/validate/recording.ts"
import { tracePart } from "../../../src/model/validate/trace-run.ts"
import { writeTrace } from "../../../src/trace/merge.ts"
import { Driver, topologyOf } from "../../trace/driver.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-sound-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A lane with two states on the way. */
const laid = async (): Promise<{ readonly lane: Lane; readonly topology: Topology }> => {
  const driver = new Driver(topologyOf(), 41).run(2 * CHECK_EVERY + 400)
  const path = join(folder, "trace.ndjson")
  writeTrace(path, { steps: driver.steps, topology: driver.topology, unsent: [] })
  const recording = await readRecording(path, folder)
  if ("reason" in recording) throw new Error(recording.why)
  const [lane] = recording.lanes
  if (lane === undefined) throw new Error("no lane")
  return { lane, topology: recording.topology }
}
const { lane, topology } = await laid()
const [first, second] = lane.checkpoints
const whole: Part = { lane, first: 1, last: lane.records, start: undefined, end: undefined }
const parts: ReadonlyArray<Part> = [
  { ...whole, last: first!.record, end: first },
  { ...whole, first: first!.record + 1, last: second!.record, start: first, end: second },
  { ...whole, first: second!.record + 1, start: second },
]

let copies = 0
/** A copy of the lane, its records and states as `change` makes them. */
const altered = (change: (words: Int32Array, states: Buffer) => Buffer | undefined): Lane => {
  const directory = join(folder, `copy-${copies++}`)
  mkdirSync(directory)
  const path = join(directory, "lane")
  const states = join(directory, "states")
  copyFileSync(lane.states, states)
  const bytes = readFileSync(lane.path)
  const words = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const other = change(words, readFileSync(states))
  writeFileSync(path, Buffer.from(words.buffer))
  if (other !== undefined) writeFileSync(states, other)
  return { ...lane, path, states }
}

const run = async (part: Part) => {
  const scratch = join(folder, `run-${copies++}`)
  mkdirSync(scratch)
  const report = await Effect.runPromise(tracePart(part, topology, scratch, { module: "Trace" }))
  return judgePart(part, report)
}

/** Word `k` of record `n`. */
const at = (n: number, k: number): number => (n - 1) * LANE_WORDS + k
const swapRecords = (words: Int32Array, n: number) => {
  const one = words.slice(at(n, 0), at(n + 1, 0))
  words.copyWithin(at(n, 0), at(n + 1, 0), at(n + 2, 0))
  words.set(one, at(n + 1, 0))
}

/** State `k`'s bytes, as another value of the same length. */
const replaced = (states: Buffer, k: number, from: string, to: string): Buffer => {
  const begin = Number(states.readBigInt64LE(8 * k))
  const found = states.indexOf(from, begin, "latin1")
  expect(found).toBeGreaterThan(0)
  expect(found).toBeLessThan(Number(states.readBigInt64LE(8 * (k + 1))))
  expect(to.length).toBe(from.length)
  return Buffer.concat([states.subarray(0, found), Buffer.from(to), states.subarray(found + from.length)])
}

describe("parts that join", () => {
  test("hold, each by itself, and are the whole", async () => {
    expect(tiles(lane, parts)).toBe(true)
    for (const part of parts) expect(await run(part)).toEqual({ _tag: "Held" })
    expect(await run(whole)).toEqual({ _tag: "Held" })
  })

  test("do not, when a state that the next part starts from is another", async () => {
    // A connection's phase: the recording goes on from another state than it came to.
    const other = altered((_words, states) => replaced(states, 0, "Waiting", "Opening"))
    expect(await run({ ...parts[0]!, lane: other })).toEqual({ _tag: "Blocked", record: first!.record })
    // The part that starts from it may well hold: the join alone tells.
  })

  test("do not, when the state compared is not the one that the next part starts from", async () => {
    const other = altered((words) => {
      words[at(first!.record, 13)] = second!.state
      return undefined
    })
    expect(await run({ ...parts[0]!, lane: other })).toEqual({ _tag: "Blocked", record: first!.record })
  })
})

describe("a part is not held", () => {
  test("whose end is missing", async () => {
    expect(await run({ ...whole, last: lane.records - 1 })).toMatchObject({ _tag: "Failed" })
    expect(await run({ ...parts[0]!, last: first!.record - 1 })).toMatchObject({ _tag: "Failed" })
  })

  test("whose end comes before its last record", async () => {
    const end = texts.indexOf("End")
    const other = altered((words) => {
      words.copyWithin(at(500, 1), at(lane.records, 1), at(lane.records + 1, 0))
      expect(words[at(500, 16)]).toBe(end)
      return undefined
    })
    expect(await run({ ...whole, lane: other })).toEqual({ _tag: "Blocked", record: 500 })
  })

  test("whose end counts other events than were read", async () => {
    const other = altered((words) => {
      words[at(lane.records, 13)]!--
      return undefined
    })
    expect(await run({ ...whole, lane: other })).toMatchObject({ _tag: "Failed" })
  })

  test("whose records are not in their order", async () => {
    const other = altered((words) => {
      swapRecords(words, 700)
      return undefined
    })
    expect(await run({ ...whole, lane: other })).toEqual({ _tag: "Blocked", record: 700 })
  })

  test("whose state on the way is not compared", async () => {
    const other = altered((words) => {
      // A step that changes nothing in its place: a SYN of a known flow, were it there.
      words.copyWithin(at(first!.record, 1), at(first!.record - 1, 1), at(first!.record, 0))
      return undefined
    })
    expect((await run({ ...whole, lane: other }))._tag).not.toBe("Held")
  })

  test("in which a property is violated, though every step is allowed", async () => {
    // One more announcement out than the application was told of, in the state that the part starts from.
    const other = altered((_words, states) => {
      const living = Buffer.from("alive\u0001\u0004\u0000back\u0002", "latin1")
      const alive = states.indexOf(living, Number(states.readBigInt64LE(8)))
      expect(alive).toBeGreaterThan(0)
      const copy = Buffer.from(states)
      // Past the number, a name of eleven letters and its tag.
      const number = alive + living.length + 4 + 2 + "outstanding".length + 1
      copy.writeInt32LE(copy.readInt32LE(number) + 1, number)
      return copy
    })
    const result = await run({ ...parts[2]!, lane: other })
    expect(result).toMatchObject({ _tag: "Violated", name: expect.stringMatching(/RoomKept|TypeOK/) })
  })
})
