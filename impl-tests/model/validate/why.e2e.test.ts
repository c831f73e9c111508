import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { reportOf } from "../../../src/model/validate/report.ts"
import { validateTrace } from "../../../src/model/validate/validate.ts"
import { chartText } from "../../../src/tla/chart/text.ts"
import { writeTrace } from "../../../src/trace/merge.ts"
import { Driver, topologyOf } from "../../trace/driver.ts"
import { type Line, linesOf, traceOf } from "../../trace/text.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-why-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const driver = new Driver(topologyOf(), 5).run(5000)
const source = join(folder, "good.ndjson")
writeTrace(source, { steps: driver.steps, topology: driver.topology, unsent: [] })
const { header, events } = linesOf(readFileSync(source, "utf8"))

/** Validates the recording with one event altered, from `after` on. */
const rejected = async (tag: string, part: Line, change: (x: Line) => Line, after = 300) => {
  const at = events.findIndex(
    (x, k) => k > after && x.e === tag && Object.entries(part).every(([key, y]) => x[key] === y),
  )
  expect(at).toBeGreaterThan(0)
  const path = join(folder, "bad.ndjson")
  writeFileSync(path, traceOf(header, events.with(at, { ...events[at], ...change(events[at]!) })))
  const result = await validateTrace(path)
  if (result._tag !== "Rejected" || result.diagnosis === undefined) throw new Error(JSON.stringify(result))
  expect(result.event).toBe(at + 1)
  return { at, result, diagnosis: result.diagnosis, report: await reportOf(path, result) }
}
const plus = (field: string) => (x: Line) => ({ [field]: (x[field] as number) + 1 })

describe("a rejection names the conjunct in the event's way, with the values that it is about", () => {
  test("a message that does not head its channel", async () => {
    const { diagnosis, report, at } = await rejected("ReceiveClaim", { o: "TimedOut" }, plus("n"))
    const [blocker] = diagnosis.blockers
    expect(diagnosis.blockers.length).toBe(1)
    expect(blocker).toMatchObject({ text: "Head(channel) = message", module: "Trace", trouble: "" })
    expect(blocker!.frames.at(-1)).toMatchObject({
      name: "Arrives",
      says: "The head of the channel is exactly this message.",
    })
    const { a, c, n, g, p } = events[at]!
    const message = (x: number) =>
      `[a |-> ${a}, c |-> ${c}, g |-> ${g}, n |-> ${x}, type |-> "ClaimConnection"]`
    const facts = Object.fromEntries(blocker!.facts.map((x) => [x.name, x.value]))
    expect(facts["Head(channel)"]).toBe(message(n as number))
    expect(facts.message).toBe(message((n as number) + 1))
    const channel = `appToTs[${a}][${(p as string).slice(2)}]`
    expect(facts[channel]).toContain(message(n as number))
    // The state before it, side by side: the same on both sides, and what the blocker is about.
    expect(diagnosis.coreKnown).toBe(true)
    expect(diagnosis.state.map((x) => x.path)).toEqual([channel])
    for (const row of diagnosis.state) expect(row.core).toBe(row.specification)
    expect(report).toContain(`rejected at event ${at + 1} (line ${at + 2})`)
    expect(report).toContain(`${p} ReceiveClaim: a ${a}, c ${c}, n ${(n as number) + 1}, g ${g}`)
    expect(report).toContain("action: ReceiveClaim(t, a)")
    expect(report).toContain("the same")
  })

  test("and draws the last steps of its connection, and the event that was refused", async () => {
    const { diagnosis, at } = await rejected("ReceiveClaim", { o: "TimedOut" }, plus("n"))
    const { lanes, steps, verdict } = diagnosis.chart!
    const { c, p } = events[at]!
    // All that name the connection, and the claims and other steps that sent something about it.
    const named = events.flatMap((x, k) => (k < at && x.c === c ? [k + 2] : []))
    const drawn = steps.slice(0, -1).map((x) => x.number)
    const its = drawn.filter((x) => named.includes(x))
    expect(its.length).toBeGreaterThan(3)
    expect(its).toEqual(named.slice(-its.length))
    expect(steps.some((x) => x.label === "Claim")).toBe(true)
    expect(steps.length).toBeLessThanOrEqual(17)
    const last = steps.at(-1)!
    expect(steps.filter((x) => x.wrong === true)).toEqual([last])
    expect(last.number).toBe(at + 2)
    expect(lanes[last.lane]).toBe(p)
    expect(last.label).toContain(`c ${c}`)
    expect(verdict![0]).toBe("no action of the specification allows it")
    expect(verdict![1]).toContain("Head(channel) = message does not hold")
    // The claim is on its way still.
    expect(chartText(diagnosis.chart!)).toMatch(new RegExp(`under way: CLAIM-CONNECTION c ${c},`))
  })

  test("an acceptor that is no candidate: through the action's own CASE, with what the set was", async () => {
    const { diagnosis, at } = await rejected("Syn", { o: "Assigned" }, plus("cg"))
    const [blocker] = diagnosis.blockers
    expect(blocker).toMatchObject({ text: "x \\in Candidates(m)", module: "StackManager" })
    expect(blocker!.frames.at(-1)).toMatchObject({ name: "Syn" })
    const facts = Object.fromEntries(blocker!.facts.map((x) => [x.name, x.value]))
    const { ca, cg } = events[at]!
    expect(facts.x).toBe(`<<${ca}, ${(cg as number) + 1}>>`)
    expect(facts["Candidates(m)"]).toContain(`<<${ca}, ${cg}>>`)
    expect(facts["Candidates(m)"]).not.toContain(facts.x)
  })

  test("an outcome that the action does not have", async () => {
    const { diagnosis } = await rejected("ReceiveClaim", { o: "Claimed" }, () => ({ o: "TimedOut" }))
    expect(diagnosis.blockers.map((x) => x.text)).toContain("ev.o = o")
    const facts = diagnosis.blockers[0]!.facts
    expect(facts).toContainEqual({ name: "ev.o", value: '"TimedOut"' })
    expect(facts).toContainEqual({ name: "o", value: '"Claimed"' })
  })

  test("a guard of the action over the state", async () => {
    const { diagnosis } = await rejected("Release", {}, plus("n"))
    const [blocker] = diagnosis.blockers
    expect(blocker).toMatchObject({ text: "<<c, n>> \\in app[a].owned", module: "StackApplication" })
    expect(blocker!.facts.some((x) => /^app\[\d\]\.owned$/.test(x.name))).toBe(true)
    expect(diagnosis.state.some((x) => /^app\[\d\]$/.test(x.path))).toBe(true)
  })

  test("several conjuncts: all of them", async () => {
    const { diagnosis } = await rejected("Established", { o: "Announced" }, () => ({ o: "Done", cg: 77 }))
    expect(diagnosis.blockers.map((x) => x.text)).toEqual(["ev.o = o", "ev.cg = g"])
  })

  test("what can't be evaluated, in TLC's words", async () => {
    const { diagnosis } = await rejected("Claim", {}, () => ({ p: "app9" }))
    expect(diagnosis.blockers.length).toBeGreaterThan(0)
    expect(diagnosis.blockers[0]!.text).toContain("Applications")
  })

  test("far into a recording: from the nearest state that was agreed on", async () => {
    const { diagnosis } = await rejected("ReceiveAssign", { fresh: true }, () => ({ fresh: false }), 4500)
    expect(diagnosis.blockers[0]).toMatchObject({ text: "Head(channel) = message" })
    expect(diagnosis.coreKnown).toBe(true)
    expect(diagnosis.chart!.steps.length).toBeGreaterThan(1)
  })
})
