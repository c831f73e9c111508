import { describe, expect, test } from "vitest"
import { defaultBalance, type Topology } from "../../../src/core/topology.ts"
import { judgePart, type Part, partsOf, tiles } from "../../../src/model/validate/part.ts"
import type { Lane, Recording } from "../../../src/model/validate/recording.ts"
import { judge } from "../../../src/model/validate/verdict.ts"
import type { TlcReport } from "../../../src/tla/messages.ts"
import { topologyOf } from "../../trace/driver.ts"

const laneOf = (events: number, every: number): Lane => {
  const checks = Math.floor(events / every)
  return {
    port: 80,
    path: "lane",
    states: "states",
    records: events + checks + 1,
    events,
    used: { applications: [0], connections: [0] },
    checkpoints: Array.from({ length: checks }, (_, k) => ({
      record: (k + 1) * (every + 1),
      state: k,
      at: (k + 1) * every,
    })),
  }
}

const lane = laneOf(10, 4)
const whole: Part = { lane, first: 1, last: 13, start: undefined, end: undefined }
const firstHalf: Part = { ...whole, last: 5, end: lane.checkpoints[0] }
const secondHalf: Part = { ...whole, first: 6, start: lane.checkpoints[0] }

const good: TlcReport = {
  outcome: { _tag: "Success" },
  generated: 14,
  distinct: 14,
  queued: 0,
  depth: 14,
  behaviour: { states: [], backTo: undefined, stutters: false },
  printed: ['<<"AGREED", 0>>', '<<"AGREED", 1>>', '<<"ACCEPTED", 10>>'],
  exitCode: 0,
}
const joined: TlcReport = { ...good, generated: 6, distinct: 6, printed: ['<<"JOINED", 0>>'] }

describe("that a part held is shown positively", () => {
  test("by its end, the states agreed on the way and a chain of the right length", () => {
    expect(judgePart(whole, good)).toEqual({ _tag: "Held" })
    expect(judgePart(firstHalf, joined)).toEqual({ _tag: "Held" })
  })

  test.each<[string, Partial<TlcReport>]>([
    ["no end", { printed: good.printed.slice(0, 2) }],
    ["two ends", { printed: [...good.printed, good.printed[2]!] }],
    ["the end of another length", { printed: [...good.printed.slice(0, 2), '<<"ACCEPTED", 9>>'] }],
    ["a join where the end belongs", { printed: [...good.printed.slice(0, 2), '<<"JOINED", 10>>'] }],
    ["a state that was not compared", { printed: good.printed.slice(1) }],
    ["another state than was asked for", { printed: ['<<"AGREED", 1>>', ...good.printed.slice(1)] }],
    ["a branch", { generated: 15 }],
    ["too short a chain", { generated: 13, distinct: 13 }],
    ["too long a chain", { generated: 15, distinct: 15 }],
    ["states left", { queued: 1 }],
    ["an invariant violated", { printed: ['<<"VIOLATED", "NotLost", 7>>', ...good.printed] }],
    ["a violation of TLC's own", { outcome: { _tag: "Invariant", name: "X" } }],
    ["TLC killed", { outcome: { _tag: "Killed", message: "", remedy: "" } }],
    ["nothing checked", { generated: 0, distinct: 0, printed: [] }],
  ])("not with %s", (_name, part) => {
    expect(judgePart(whole, { ...good, ...part })._tag).not.toBe("Held")
  })

  test("a join with another state than the next part starts from is none", () => {
    expect(judgePart(firstHalf, { ...joined, printed: ['<<"JOINED", 1>>'] })._tag).not.toBe("Held")
  })

  test("a chain that ends early names the record that nothing allows", () => {
    const stuck = { ...good, generated: 8, distinct: 8, printed: good.printed.slice(0, 1) }
    expect(judgePart(whole, stuck)).toEqual({ _tag: "Blocked", record: 8 })
    expect(judgePart(secondHalf, { ...stuck, generated: 1, distinct: 1, printed: [] })).toEqual({
      _tag: "Blocked",
      record: 6,
    })
  })

  test("an invariant that does not hold names its record", () => {
    const violated = { ...good, printed: ['<<"VIOLATED", "NotLost", 7>>'] }
    expect(judgePart(whole, violated)).toEqual({ _tag: "Violated", name: "NotLost", record: 7 })
  })
})

describe("parts", () => {
  test("are the whole lane, cut at states, none too short", () => {
    for (const events of [1, 99_999, 100_000, 250_000, 1_000_000]) {
      for (const most of [1, 2, 3, 8]) {
        const one = laneOf(events, 4096)
        const parts = partsOf(one, most)
        expect(tiles(one, parts)).toBe(true)
        expect(parts.length).toBeLessThanOrEqual(most)
        if (parts.length > 1) {
          for (const x of parts) expect(x.last - x.first).toBeGreaterThan(90_000)
        }
      }
    }
    expect(partsOf(laneOf(1_000_000, 4096), 2).length).toBe(2)
  })

  test.each<[string, ReadonlyArray<Part>]>([
    ["none", []],
    ["the first missing", [secondHalf]],
    ["the last missing", [firstHalf]],
    ["one twice", [firstHalf, firstHalf, secondHalf]],
    ["a gap", [firstHalf, { ...secondHalf, first: 7 }]],
    ["an overlap", [firstHalf, { ...secondHalf, first: 5 }]],
    ["another start than the end before", [firstHalf, { ...secondHalf, start: lane.checkpoints[1] }]],
    ["a start that nobody joined", [{ ...whole, start: lane.checkpoints[0] }]],
    ["an end that is not the lane's", [{ ...whole, end: lane.checkpoints[1] }]],
    ["another lane's", [{ ...whole, lane: laneOf(10, 4) }]],
  ])("are not the whole lane with %s", (_name, parts) => {
    expect(tiles(lane, parts)).toBe(false)
  })
})

describe("a recording is accepted", () => {
  const topology: Topology = topologyOf({ balance: defaultBalance })
  const recording: Recording = { topology, events: 10, lanes: [lane], altered: false, diverged: undefined }
  const held = (part: Part) => ({ part, result: { _tag: "Held" } as const })

  test("when every part of every port held", () => {
    expect(judge(recording, [held(whole)])).toEqual({ _tag: "Accepted", events: 10, ports: [80] })
    expect(judge(recording, [held(firstHalf), held(secondHalf)])._tag).toBe("Accepted")
  })

  test.each<[string, Partial<Recording>, ReadonlyArray<Parameters<typeof judge>[1][number]>]>([
    ["a part was not checked", {}, [held(firstHalf), { part: secondHalf, result: undefined }]],
    ["a part is missing", {}, [held(firstHalf)]],
    ["a part failed", {}, [held(firstHalf), { part: secondHalf, result: { _tag: "Failed", why: "killed" } }]],
    ["there are more events than ports have", { events: 11 }, [held(whole)]],
    ["another port was not checked", { lanes: [lane, { ...laneOf(10, 4), port: 443 }] }, [held(whole)]],
    ["the file was altered", { altered: true }, [held(whole)]],
    ["the core does not do it", { diverged: { at: 3, why: "hash" } }, [held(whole)]],
  ])("not when %s", (_name, part, checked) => {
    expect(judge({ ...recording, ...part }, checked)._tag).not.toBe("Accepted")
  })
})
