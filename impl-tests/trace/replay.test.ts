import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { MergeError, merge, writeTrace } from "../../src/trace/merge.ts"
import { replayFile } from "../../src/trace/replay.ts"
import { Driver, topologyOf } from "./driver.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-trace-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const record = (seed: number, steps: number, part = {}) => {
  const driver = new Driver(topologyOf(part), seed).run(steps)
  expect(driver.illegal).toEqual([])
  const path = join(folder, `${seed}-${steps}.ndjson`)
  const merged = merge([...driver.logs.values()], driver.topology)
  writeTrace(path, merged, 80)
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
        async (seed, part) => {
          const { path, driver, merged } = record(seed, 400, part)
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
    const merged = merge([...driver.logs.values()], driver.topology)
    expect(merged.unsent).toEqual(["app0 Register"])
    expect(merged.steps.length).toBe(driver.steps.length - 1)
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

describe("what replay refuses", () => {
  const lines = () => readFileSync(record(3, 500).path, "utf8").trimEnd().split("\n")
  const replayed = (changed: ReadonlyArray<string>) => {
    const path = join(folder, "changed.ndjson")
    writeFileSync(path, changed.map((x) => `${x}\n`).join(""))
    return replayFile(path)
  }
  const edit = (line: string, change: (x: Record<string, unknown>) => void) => {
    const value = JSON.parse(line) as Record<string, unknown>
    change(value)
    return JSON.stringify(value)
  }

  test("every field of an event but the clock and an unused draw: altered, it diverges there or later", async () => {
    const all = lines()
    let tried = 0
    for (const tag of [
      "ReceiveClaim",
      "ReceiveAssign",
      "ReceiveClaimed",
      "Register",
      "Syn",
      "SendOffer",
      "ReceiveOffer",
    ]) {
      const at = all.findIndex((x) => x.includes(`"e":"${tag}"`))
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
    expect(tried).toBeGreaterThan(40)
  })

  test("missing, doubled, swapped, truncated, empty, foreign", async () => {
    const all = lines()
    const claim = all.findIndex((x) => x.includes('"e":"ReceiveClaim"'))
    expect((await replayed(all.toSpliced(claim, 1)))._tag).toBe("Unusable")
    expect((await replayed(all.slice(0, -1)))._tag).toBe("Unusable")
    expect((await replayed([...all, all[1]!]))._tag).toBe("Unusable")
    expect((await replayed([]))._tag).toBe("Unusable")
    expect((await replayed(["rubbish"]))._tag).toBe("Unusable")
    const other = edit(all[0]!, (x) => {
      x.version = 2
    })
    expect(await replayed([other, ...all.slice(1)])).toMatchObject({
      why: expect.stringContaining("version 2"),
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
    expect((await replayFile(join(folder, "absent.ndjson")))._tag).toBe("Unusable")
  })
})
