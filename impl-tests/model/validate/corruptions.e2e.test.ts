/** A real recording of the stack under load, accepted as it is; each of many one-event corruptions of it rejected, at its line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { validateTrace } from "../../../src/model/validate/validate.ts"
import { replayFile } from "../../../src/trace/replay.ts"
import { privileged } from "../../runtime/kernel.ts"
import { recordedRun } from "../../runtime/recorded-run.ts"
import { type Line, linesOf, traceOf } from "../../trace/text.ts"

const plus = (field: string) => (x: Line) => ({ [field]: (x[field] as number) + 1 })
const set = (part: Line) => () => part

type Corruption = readonly [string, string, Line, (x: Line) => Line]

/** Name, event, fields that it must have, what becomes of it. Each is looked for from another place of the recording on. */
const corruptions: ReadonlyArray<Corruption> = [
  ["the generation of a SYN's acceptor", "Syn", { o: "Assigned" }, plus("cg")],
  ["the outcome of a SYN", "Syn", { o: "Assigned" }, set({ o: "Queued", ca: -1, cg: 0 })],
  ["the connection assigned", "ReceiveAssign", {}, plus("c")],
  ["the acceptor assigned", "ReceiveAssign", {}, (x) => ({ a: ((x.a as number) + 1) % 3 })],
  ["the generation assigned", "ReceiveAssign", {}, plus("g")],
  ["freshness", "ReceiveAssign", {}, (x) => ({ fresh: x.fresh !== true })],
  ["the outcome of an establishment", "Established", { o: "Announced" }, set({ o: "Done", ca: -1, cg: 0 })],
  ["the announcement number", "ReceiveAvailable", {}, plus("n")],
  ["the announcing transport", "ReceiveAvailable", {}, (x) => ({ t: 1 - (x.t as number) })],
  ["the process of a claim", "Claim", {}, set({ p: "app7" })],
  ["the announcement number claimed", "ReceiveClaim", {}, plus("n")],
  ["the outcome of a claim", "ReceiveClaim", { o: "Claimed" }, set({ o: "TimedOut" })],
  ["the claimer", "ReceiveClaim", { o: "Claimed" }, (x) => ({ a: ((x.a as number) + 1) % 3 })],
  ["the generation given back", "ReceiveClaimed", {}, plus("back")],
  ["an answer taken for a time-out", "ReceiveClaimed", {}, set({ e: "ReceiveTimedOut" })],
  ["who was served", "Gone", { o: "Served" }, plus("ca")],
  ["whose service time it is", "ReceiveServiceTime", {}, plus("a")],
  ["the connection closed", "ReceiveConnectionClosed", {}, plus("c")],
  ["the generation offered", "SendOffer", {}, plus("cg")],
  ["whether somebody listens", "ReceiveOffer", {}, (x) => ({ listener: x.listener !== true })],
  ["the generation timed out", "ReceiveAcceptorTimedOut", {}, plus("g")],
  ["the acceptor of what waited", "AssignWaiting", {}, plus("cg")],
  ["the port", "ReceiveClaim", {}, set({ port: 81 })],
  ["the event's kind", "Gone", { o: "Served" }, set({ e: "ClaimTimeout", o: "GivenBack" })],
]

/** What might have happened so: a SYN of another flow, another candidate, the end of another
 * connection of the same owner. Something later can't follow it. */
const seenLater: ReadonlyArray<Corruption> = [
  ["the flow of a SYN", "Syn", { o: "Assigned" }, plus("c")],
  ["the acceptor of a SYN", "Syn", { o: "Assigned" }, (x) => ({ ca: ((x.ca as number) + 1) % 3 })],
  ["the connection released", "Release", {}, plus("c")],
  ["the connection gone", "Gone", { o: "Served" }, plus("c")],
  ["the connection established", "Established", { o: "Announced" }, plus("c")],
]

describe.skipIf(!privileged)("a real recording", () => {
  const folder = mkdtempSync(join(tmpdir(), "pika-corruptions-"))
  let path: string
  let header: string
  let events: ReadonlyArray<Line>

  beforeAll(async () => {
    path = (await recordedRun()).path
    const lines = linesOf(readFileSync(path, "utf8"))
    header = lines.header
    events = lines.events
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test("has reassignments and resets in it, is replayed to the same outputs, and accepted", async () => {
    expect(events.length).toBeGreaterThan(100_000)
    const count = (e: string, o?: string) =>
      events.filter((x) => x.e === e && (o === undefined || x.o === o)).length
    expect(count("ClaimTimeout", "GivenBack")).toBeGreaterThan(0)
    expect(count("AssignWaiting")).toBeGreaterThan(0)
    expect(count("ReceiveReset", "Done")).toBeGreaterThan(0)
    expect(count("Die")).toBe(3)
    expect(await replayFile(path)).toMatchObject({ _tag: "Same", events: events.length })
    expect(await validateTrace(path)).toEqual({ _tag: "Accepted", events: events.length, ports: [80] })
  })

  let files = 0
  /** The recording with one event altered: spread over its first tenth, every eighth over the whole. */
  const alter = ([name, tag, part, change]: Corruption, k: number, of: number) => {
    const from = Math.floor((k * events.length) / of / (k % 8 === 7 ? 1 : 10))
    const fits = (x: Line) => x.e === tag && Object.entries(part).every(([key, y]) => x[key] === y)
    const later = events.findIndex((x, j) => j >= from && fits(x))
    const at = later >= 0 ? later : events.findLastIndex(fits)
    expect(at, name).toBeGreaterThanOrEqual(0)
    const file = join(folder, `${files++}.ndjson`)
    writeFileSync(file, traceOf(header, events.with(at, { ...events[at], ...change(events[at]!) })))
    return { file, at }
  }
  const judged = async (file: string) => {
    const result = await validateTrace(file, { explain: false })
    rmSync(file)
    return result
  }

  test.concurrent.each(corruptions.map((x, k) => [x[0], x, k] as const))(
    "%s altered: rejected there",
    async (_, x, k) => {
      const { file, at } = alter(x, k, corruptions.length)
      expect(await judged(file)).toMatchObject({ _tag: "Rejected", event: at + 1 })
    },
  )

  test.concurrent.each(seenLater.map((x, k) => [x[0], x, k] as const))(
    "%s altered: rejected where nothing follows from it",
    async (_, x, k) => {
      const { file, at } = alter(x, k, seenLater.length)
      const result = await judged(file)
      expect(result).toMatchObject({
        _tag: "Rejected",
        why: expect.stringMatching(new RegExp(`core does otherwise from event ${at + 1}\\b|${x[1]}`)),
      })
      expect((result as { event: number }).event).toBeGreaterThanOrEqual(at + 1)
    },
  )
})
