import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import type { StepRecord } from "../../src/codec/record.ts"
import { defaultBalance, type SchemeName } from "../../src/core/topology.ts"
import { lineText, processName, toLine } from "../../src/trace/event.ts"
import { MergeError, Merger, merge, writeTrace } from "../../src/trace/merge.ts"
import { Replayer, replayFile } from "../../src/trace/replay.ts"
import { Driver, randomOf, topologyOf } from "./driver.ts"
import { interleaved, linesOf, signed, traceOf } from "./text.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-trace-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As if every application had been killed between recording its last step and sending. */
const doubted = (logs: ReadonlyArray<ReadonlyArray<StepRecord>>) =>
  logs.map((log) => log.map((x) => (x.event._tag === "Die" ? { ...x, doubtful: true as const } : x)))

const record = (seed: number, steps: number, part = {}) => {
  const driver = new Driver(topologyOf(part), seed).run(steps)
  expect(driver.illegal).toEqual([])
  const path = join(folder, `${seed}-${steps}.ndjson`)
  const merged = merge([...driver.logs.values()], driver.topology)
  writeTrace(path, merged)
  return { path, driver, merged }
}

describe("merge and replay", () => {
  test("any run merges from its processes' logs alone and replays to the same outputs", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.record({
          applications: fc.integer({ min: 1, max: 4 }),
          managers: fc.integer({ min: 1, max: 3 }),
          transports: fc.integer({ min: 1, max: 2 }),
          room: fc.integer({ min: 1, max: 3 }),
        }),
        fc.constantFrom<SchemeName>("Tournament", "Shortest", "Late"),
        async (seed, part, scheme) => {
          const balance = { ...defaultBalance, scheme }
          const { path, driver, merged } = record(seed, 400, { ...part, balance })
          const events = driver.steps.length - merged.unsent.length
          expect(merged.unsent.length).toBeLessThanOrEqual(part.applications)
          expect(await replayFile(path)).toMatchObject({ _tag: "Same", events })
        },
      ),
      { numRuns: 60 },
    )
  })

  test("a killed application's last step that never left it is left out", async () => {
    const driver = new Driver(topologyOf({ applications: 1, managers: 1, transports: 1 }), 1)
    driver.apply("application", 0, { _tag: "Attach", g: 0 })
    const deliver = (name: string) => {
      const x = driver.enabled().find((e) => e.event._tag === name)!
      driver.apply(x.role, x.index, x.event, x.channel)
    }
    deliver("ReceiveAttach")
    deliver("ReceiveAttached")
    driver.apply("application", 0, { _tag: "Register" })
    // Recorded, but killed before the message was in the queue.
    driver.channels.get("application 0 manager 0")!.queue.length = 0
    driver.apply("application", 0, { _tag: "Die" })
    deliver("ManagerReceiveDetach")
    deliver("TransportReceiveDetach")
    const logs = doubted([...driver.logs.values()])
    const merged = merge(logs, driver.topology)
    expect(merged.unsent).toEqual(["app0 Register"])
    expect(merged.steps.length).toBe(driver.steps.length - 1)
  })

  test.each([
    ["registers, closes and ends", ["Register", "CloseListener", "Die"]],
    ["registers and ends", ["Register", "Die"]],
    ["ends at once", ["Die"]],
    ["is there still", ["Register"]],
  ])("a close that never left a killed application is not taken for its successor's, which %s", (_, then) => {
    const driver = new Driver(topologyOf({ applications: 1, managers: 1, transports: 1 }), 1)
    const deliverAll = () => {
      for (let x = driver.enabled().find((e) => e.channel !== undefined); x !== undefined; ) {
        driver.apply(x.role, x.index, x.event, x.channel)
        x = driver.enabled().find((e) => e.channel !== undefined)
      }
    }
    const take = (tag: string) => {
      if (tag === "Attach") driver.apply("application", 0, { _tag: "Attach", g: driver.applications[0]!.g })
      else driver.apply("application", 0, { _tag: tag as "Register" | "CloseListener" | "Die" })
      deliverAll()
    }
    for (const tag of ["Attach", "Register"]) take(tag)
    driver.apply("application", 0, { _tag: "CloseListener" })
    driver.channels.get("application 0 manager 0")!.queue.length = 0
    for (const tag of ["Die", "Attach", ...then]) take(tag)
    const logs = [...driver.logs.values()]
    const first = logs.flat().find((x) => x.event._tag === "Die")
    const doubting = logs.map((log) => log.map((x) => (x === first ? { ...x, doubtful: true as const } : x)))
    const merged = merge(doubting, driver.topology)
    expect(merged.unsent).toEqual(["app0 CloseListener"])
    expect(merged.steps.length).toBe(driver.steps.length - 1)
  })

  test("what a killed application did last stays where it was received, whatever it was", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const driver = new Driver(topologyOf(), seed).run(400)
        // Everything was sent, but the recorder could not say so.
        const merged = merge(doubted([...driver.logs.values()]), driver.topology)
        // Only what nobody had received at the end of the run is left in doubt, and then left out.
        expect(merged.unsent.length).toBeLessThanOrEqual(driver.topology.applications)
        expect(merged.steps.length + merged.unsent.length).toBe(driver.steps.length)
      }),
      { numRuns: 40 },
    )
  })

  test("as records come, bit by bit, the same order is found as at once", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 50 }), (seed, most) => {
        const driver = new Driver(topologyOf(), seed).run(300)
        const logs = [...driver.logs.values()].map((log) => log.slice())
        const random = randomOf(seed)
        const steps: Array<StepRecord> = []
        const merger = new Merger(driver.topology, (step) => steps.push(step))
        while (logs.some((log) => log.length > 0)) {
          const log = logs[random() % logs.length]!
          const taken = log.splice(0, random() % 10)
          for (const step of taken) merger.add(step)
          if (taken.length > 0 && random() % 2 === 0) merger.settle(taken[0]!.process)
          merger.advance(most)
          expect(steps.length + merger.pending).toBeLessThanOrEqual(driver.steps.length)
        }
        merger.finish()
        expect(merger.pending).toBe(0)
        expect(steps.length).toBe(driver.steps.length)
        const replayer = new Replayer(driver.topology)
        for (const step of steps) expect(replayer.step(step)).toBeUndefined()
      }),
      { numRuns: 40 },
    )
  })

  test("a step that its process did not take as the core does is refused, as is one that never comes", () => {
    const { driver } = record(9, 300)
    const logs = [...driver.logs.values()].map((log) => log.slice())
    const log = logs.find((x) => x.some((s) => s.event._tag === "Syn"))!
    const at = log.findIndex((s) => s.event._tag === "Syn" && s.outcome === "Assigned")
    log[at] = { ...log[at]!, hash: log[at]!.hash ^ 1 }
    expect(() => merge(logs, driver.topology)).toThrow(/hash/)
  })

  test("several ports: one recording, one instance each", async () => {
    const drivers = [80, 443, 8080].map((port, k) => new Driver(topologyOf(), 20 + k, port).run(400))
    const logs = new Map<string, Array<StepRecord>>()
    for (const step of interleaved(drivers.map((x) => x.steps))) {
      const name = processName(step.process)
      logs.set(name, [...(logs.get(name) ?? []), step])
    }
    const merged = merge([...logs.values()], topologyOf())
    const path = join(folder, "ports.ndjson")
    writeTrace(path, merged)
    expect(await replayFile(path)).toMatchObject({ _tag: "Same", events: 1200, ports: [80, 443, 8080] })
    // An event under another port is no step of that port's instance.
    const { header, events } = linesOf(readFileSync(path, "utf8"))
    const at = events.findIndex((x) => x.e === "ReceiveClaim" && x.port === 443)
    const moved = events.map((x, k) => (k === at ? { ...x, port: 80 } : x))
    writeFileSync(path, traceOf(header, moved))
    expect(await replayFile(path)).toMatchObject({ _tag: "Diverged", at: at + 1 })
  })

  test("a line as text is the line as an object", () => {
    const late = new Driver(topologyOf({ balance: { ...defaultBalance, scheme: "Late" } }), 17).run(2000)
    const driver = new Driver(topologyOf(), 17).run(2000)
    for (const [k, step] of late.steps.entries())
      expect(JSON.parse(lineText(k, step))).toEqual(toLine(k, step))
    for (const [k, step] of driver.steps.entries())
      expect(JSON.parse(lineText(k, step))).toEqual(toLine(k, step))
  })

  test("a log with a step missing has no order", () => {
    const { driver } = record(7, 300)
    const logs = [...driver.logs.values()].map((log) => log.slice())
    const log = logs.find((x) => x.some((s) => s.event._tag === "ReceiveAssign"))!
    log.splice(
      log.findIndex((s) => s.event._tag === "ReceiveAssign"),
      1,
    )
    expect(() => merge(logs, driver.topology)).toThrow(MergeError)
  })
})

test("a recording of before late binding is read as it was", async () => {
  const path = join(import.meta.dirname, "before-late.ndjson")
  const events = readFileSync(path, "utf8").trimEnd().split("\n").length - 2
  expect(await replayFile(path)).toMatchObject({ _tag: "Same", events })
})

describe("what replay refuses", () => {
  const lines = (part = {}) =>
    readFileSync(record(3, 500, part).path, "utf8")
      .trimEnd()
      .split("\n")
  const replayed = (changed: ReadonlyArray<string>, sign = true) => {
    const path = join(folder, "changed.ndjson")
    const whole = sign && changed.at(-1)?.includes('"e":"End"') === true
    writeFileSync(path, whole ? signed(changed) : changed.map((x) => `${x}\n`).join(""))
    return replayFile(path)
  }
  const edit = (line: string, change: (x: Record<string, unknown>) => void) => {
    const value = JSON.parse(line) as Record<string, unknown>
    change(value)
    return JSON.stringify(value)
  }

  test.for([
    [
      "Tournament",
      40,
      ["ReceiveClaim", "ReceiveAssign", "ReceiveClaimed", "Register", "Syn", "SendOffer", "ReceiveOffer"],
    ],
    [
      "Late",
      40,
      [
        ...["Ask", "SendOffer", "ReturnOffer", "ReceiveOffer"],
        ...["ReceiveConnectionEstablished", "ReceiveAcceptorUnused"],
      ],
    ],
  ] as const)(
    "every field of an event but the clock and an unused draw: altered, it diverges there or later (%s)",
    async ([scheme, least, tags]) => {
      const all = lines({ balance: { ...defaultBalance, scheme } })
      let tried = 0
      for (const tag of tags) {
        // A refused SYN is one on any port.
        const at = all.findIndex((x) => x.includes(`"e":"${tag}"`) && !x.includes("Refused"))
        const value = JSON.parse(all[at]!) as Record<string, unknown>
        for (const field of Object.keys(value)) {
          if (field === "now" || field === "draw") continue
          const changed = all.slice()
          changed[at] = edit(all[at]!, (x) => {
            const v = x[field]
            x[field] = typeof v === "number" ? v + 1 : typeof v === "boolean" ? !v : "Done?"
          })
          const result = await replayed(changed)
          expect(result._tag, `${tag}.${field}`).not.toBe("Same")
          tried++
        }
      }
      expect(tried).toBeGreaterThan(least)
    },
  )

  test("missing, doubled, swapped, truncated, empty, foreign", async () => {
    const all = lines()
    const claim = all.findIndex((x) => x.includes('"e":"ReceiveClaim"'))
    expect((await replayed(all.toSpliced(claim, 1)))._tag).toBe("Unusable")
    expect((await replayed(all.slice(0, -1)))._tag).toBe("Unusable")
    expect(await replayed([...all, all[1]!])).toMatchObject({ reason: "AfterEnd" })
    expect((await replayed([]))._tag).toBe("Unusable")
    expect((await replayed(["rubbish"]))._tag).toBe("Unusable")
    const other = edit(all[0]!, (x) => {
      x.version = 1
    })
    expect(await replayed([other, ...all.slice(1)])).toMatchObject({
      reason: "WrongVersion",
      // Place, what is wrong, remedy.
      why: expect.stringMatching(/^line 1: trace version 1, .*; use the version of PIKA that recorded it/),
    })
    const foreign = edit(all[0]!, (x) => {
      ;(x.topology as { applications: number }).applications = 1
    })
    expect(await replayed([foreign, ...all.slice(1)])).toMatchObject({
      _tag: "Diverged",
      why: expect.stringMatching(
        /app[1-9] no such process in this topology: is the header another configuration's/,
      ),
    })
    const renumber = (x: string, i: number) =>
      edit(x, (v) => {
        v.i = i
      })
    const doubled = [
      ...all.slice(0, claim + 1),
      ...all.slice(claim).map((x, k) => renumber(x, claim + k + 1)),
    ]
    expect((await replayed(doubled))._tag).toBe("Diverged")
    const claimSent = all.findIndex((x) => x.includes('"e":"Claim"'))
    const swapped = all.slice()
    swapped[claimSent] = renumber(all[claim]!, claimSent)
    swapped[claim] = renumber(all[claimSent]!, claim)
    expect((await replayed(swapped))._tag).toBe("Diverged")
    expect(await replayFile(join(folder, "absent.ndjson"))).toMatchObject({ reason: "Unreadable" })
  })

  test("a clock altered where no step depends on it: only the digest tells", async () => {
    const all = lines()
    const at = all.findIndex((x) => x.includes('"e":"ReceiveAvailable"'))
    const changed = all.with(
      at,
      edit(all[at]!, (x) => {
        x.now = (x.now as number) + 1
      }),
    )
    expect(await replayed(changed, false)).toMatchObject({ _tag: "Unusable", reason: "Altered" })
    // Signed anew, it is another recording, and a good one.
    expect(await replayed(changed)).toMatchObject({ _tag: "Same" })
  })

  test("a recording with a hole, and the reason that it gives", async () => {
    const all = lines()
    const end = edit(all.at(-1)!, (x) => {
      x.lost = 17
      x.why = "overwritten before they were read"
    })
    expect(await replayed([...all.slice(0, -1), end])).toMatchObject({
      _tag: "Unusable",
      reason: "Lost",
      why: expect.stringMatching(/17 steps were lost .*overwritten/),
    })
  })
})
