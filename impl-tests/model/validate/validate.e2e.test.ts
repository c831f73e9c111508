import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { eventTags } from "../../../src/codec/record.ts"
import { defaultBalance, type Topology } from "../../../src/core/topology.ts"
import { validateTrace } from "../../../src/model/validate/validate.ts"
import { writeTrace } from "../../../src/trace/merge.ts"
import { Driver, topologyOf } from "../../trace/driver.ts"
import { interleaved, type Line, linesOf, traceOf } from "../../trace/text.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-validate-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const writeText = (content: string): string => {
  const path = join(folder, `${files++}.ndjson`)
  writeFileSync(path, content)
  return path
}

const record = (seed: number, steps: number, part: Partial<Topology> = {}) => {
  const driver = new Driver(topologyOf(part), seed).run(steps)
  const path = join(folder, `${files++}.ndjson`)
  writeTrace(path, { steps: driver.steps, topology: driver.topology, unsent: [] })
  return { path, tags: new Set<string>(driver.steps.map((step) => step.event._tag)) }
}

const base = record(5, 1500)
const text = readFileSync(base.path, "utf8")
const { header, events } = linesOf(text)
const rest = text.trimEnd().split("\n").slice(1)

/** A recording of these events: nothing but the events themselves is wrong. */
const write = (lines: ReadonlyArray<Line>): string => writeText(traceOf(header, lines))

/** Index of the first event from position 200 on that fits. */
const find = (tag: string, part: Line = {}): number => {
  const at = events.findIndex(
    (event, k) => k > 200 && event.e === tag && Object.entries(part).every(([key, x]) => event[key] === x),
  )
  if (at < 0) throw new Error(`the recording holds no ${tag} ${JSON.stringify(part)}`)
  return at
}

const altered = (at: number, change: (event: Line) => Line) =>
  events.map((event, k) => (k === at ? { ...event, ...change(event) } : event))
const plus = (field: string) => (event: Line) => ({ [field]: (event[field] as number) + 1 })
const set = (part: Line) => () => part

describe("recordings that the core made are accepted", () => {
  test("with every kind of event among them", async () => {
    const runs = [
      base,
      record(11, 3000, { applications: 4, managers: 3, transports: 1, room: 1 }),
      record(12, 1500, { applications: 2, managers: 1, transports: 2, connections: 2, backlog: 1 }),
      record(13, 1500, { balance: { ...defaultBalance, scheme: "Naive" } }),
      record(14, 3000, { applications: 4, room: 1, balance: { ...defaultBalance, scheme: "Late" } }),
      record(15, 1500, { backlog: 1, connections: 2, balance: { ...defaultBalance, scheme: "Late" } }),
    ]
    for (const { path } of runs) expect(await validateTrace(path)).toMatchObject({ _tag: "Accepted" })
    const seen = new Set(runs.flatMap(({ tags }) => [...tags]))
    expect(eventTags.filter((tag) => !seen.has(tag))).toEqual([])
  })

  test("100,000 events", async () => {
    const { path } = record(7, 100_000, { connections: 16 })
    expect(await validateTrace(path)).toEqual({ _tag: "Accepted", events: 100_000, ports: [80] })
  })

  test("of several ports, each an instance of its own", async () => {
    const drivers = [80, 443].map((port, k) => new Driver(topologyOf(), 30 + k, port).run(700))
    const path = join(folder, `${files++}.ndjson`)
    const steps = interleaved(drivers.map((x) => x.steps))
    writeTrace(path, { steps, topology: topologyOf(), unsent: [] })
    expect(await validateTrace(path)).toEqual({ _tag: "Accepted", events: 1400, ports: [80, 443] })
    // Position and line are the recording's, not the port's.
    const both = linesOf(readFileSync(path, "utf8")).events
    const at = both.findIndex((x, k) => k > 500 && x.e === "ReceiveClaim" && x.port === 443)
    const moved = both.map((x, k) => (k === at ? { ...x, n: (x.n as number) + 1 } : x))
    expect(await validateTrace(write(moved))).toMatchObject({ _tag: "Rejected", event: at + 1 })
  })
})

describe("one altered event is rejected, at its position", () => {
  test.each<[string, string, Line, (event: Line) => Line]>([
    ["connection assigned", "ReceiveAssign", {}, plus("c")],
    ["acceptor assigned", "ReceiveAssign", {}, (x) => ({ a: ((x.a as number) + 1) % 3 })],
    ["generation assigned", "ReceiveAssign", {}, plus("g")],
    ["freshness", "ReceiveAssign", {}, (x) => ({ fresh: !(x.fresh as boolean) })],
    ["outcome of an assignment", "ReceiveAssign", { o: "Announced" }, set({ o: "GivenBack" })],
    ["outcome of a SYN", "Syn", { o: "Assigned" }, set({ o: "Queued", ca: -1, cg: 0 })],
    ["acceptor of a SYN", "Syn", { o: "Assigned" }, plus("cg")],
    ["a known flow called dropped", "Syn", { o: "Known" }, set({ o: "Dropped" })],
    ["acceptor of what waited", "AssignWaiting", {}, plus("cg")],
    ["announcement number", "ReceiveAvailable", {}, plus("n")],
    ["announcing transport", "ReceiveAvailable", {}, (x) => ({ t: 1 - (x.t as number) })],
    ["announcement number claimed", "ReceiveClaim", {}, plus("n")],
    ["outcome of a claim", "ReceiveClaim", { o: "Claimed" }, set({ o: "TimedOut" })],
    ["generation given back", "ReceiveClaimed", {}, plus("back")],
    ["a time-out taken for a claim", "ReceiveTimedOut", {}, set({ e: "ReceiveClaimed" })],
    ["generation timed out", "ReceiveAcceptorTimedOut", {}, plus("g")],
    ["generation removed", "ReceiveAcceptorRemoved", {}, plus("g")],
    [
      "generation registered",
      "ReceiveAcceptConnection",
      {},
      (x) => ({ g: (x.g as number) + 1, cg: (x.cg as number) + 1 }),
    ],
    ["listener offered", "ReceiveOffer", {}, (x) => ({ listener: !(x.listener as boolean) })],
    ["generation offered", "SendOffer", {}, plus("cg")],
    ["connection closed", "ReceiveConnectionClosed", {}, plus("c")],
    ["whom a claim timer took it from", "ClaimTimeout", {}, plus("cg")],
    ["a served connection", "Gone", { o: "Served" }, set({ o: "Done", ca: -1, cg: 0 })],
    ["a dead process's generation restarted", "Attach", {}, set({ g: 0 })],
    ["an application that is none", "Claim", {}, set({ p: "app9" })],
    ["a manager's step by a transport", "AssignWaiting", {}, set({ p: "ts0" })],
    ["a connection that is none", "Established", {}, set({ c: 99_999 })],
  ])("%s", async (_name, tag, part, change) => {
    const at = find(tag, part)
    const result = await validateTrace(write(altered(at, change)), { explain: false })
    expect(result).toMatchObject({ _tag: "Rejected", event: at + 1 })
  })
})

describe("events missing, doubled or moved are rejected", () => {
  const received = find("ReceiveAssign", { fresh: true })
  const sent = events.findLastIndex(
    (event, k) =>
      k < received && event.e === "Syn" && event.o === "Assigned" && event.c === events[received]!.c,
  )
  test.each<[string, ReadonlyArray<Line>, number]>([
    ["first one missing", events.slice(1), 1],
    ["receipt missing", events.toSpliced(received, 1), received + 1],
    ["sending missing", events.toSpliced(sent, 1), sent + 1],
    ["receipt doubled", events.toSpliced(received, 0, events[received]!), received + 2],
    [
      "received before it was sent",
      events.toSpliced(received, 1).toSpliced(sent, 0, events[received]!),
      sent + 1,
    ],
  ])("%s", async (_name, lines, earliest) => {
    const result = await validateTrace(write(lines), { explain: false })
    expect(result).toMatchObject({ _tag: "Rejected" })
    expect((result as { event: number }).event).toBeGreaterThanOrEqual(earliest)
  })
})

describe("what is no whole recording is unusable", () => {
  test.each<[string, string, RegExp]>([
    ["empty", "", /empty/],
    ["header only", `${header}\n`, /truncated/],
    ["end missing", `${text.trimEnd().split("\n").slice(0, -1).join("\n")}\n`, /truncated/],
    ["last line cut off", text.trimEnd(), /cut off/],
    ["cut in the middle of a line", text.slice(0, text.length >> 1), /cut off/],
    ["lines swapped", [header, rest[1], rest[0], ...rest.slice(2), ""].join("\n"), /out of order/],
    ["something after the end", `${text}{}\n`, /follows the end/],
    [
      "end in the middle",
      [header, rest[0], rest.at(-1), ...rest.slice(1), ""].join("\n"),
      /line 3: the end counts/,
    ],
    [
      "an older version",
      text.replace('"version":2', '"version":1'),
      /line 1: trace version 1, and this program reads version 2; use the version of PIKA that recorded it/,
    ],
    ["no event", traceOf(header, []), /no event/],
    [
      "steps lost",
      traceOf(header, events, { lost: 3, why: "overwritten" }),
      /3 steps were lost .*overwritten/,
    ],
    ["a clock altered", text.replace('"now":', '"now":1'), /digest/],
    ["no topology", text.replace('"topology"', '"topologie"'), /topology/],
    ["unknown event", text.replace('"e":"Syn"', '"e":"Sin"'), /unknown event/],
    ["a field too many", text.replace('"e":"Syn"', '"e":"Syn","x":1'), /does not belong/],
    [
      "a number that TLC can't hold",
      text.replace('"e":"Attach","g":0', '"e":"Attach","g":4294967296'),
      /31 bits/,
    ],
  ])("%s", async (_name, content, why) => {
    const result = await validateTrace(writeText(content))
    expect(result).toMatchObject({ _tag: "Unusable", why: expect.stringMatching(why) })
  })

  test("a file that isn't there", async () => {
    expect(await validateTrace(join(folder, "none"))).toMatchObject({ _tag: "Unusable" })
  })
})
