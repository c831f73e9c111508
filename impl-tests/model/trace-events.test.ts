import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { eventTags } from "../../src/codec/record.ts"
import { specDirectory } from "../../src/model/spec.ts"
import { traceStep, withTraceStep } from "../../src/model/stack/trace-events.ts"

const committed = readFileSync(join(specDirectory, "Trace.tla"), "utf8")

describe("Step of spec/Trace.tla", () => {
  test("is what the events' schema makes of it (again: node src/model/stack/write-trace-events.ts)", () => {
    expect(committed).toBe(withTraceStep(committed))
  })

  test("has an arm for every event that is recorded, and for no other", () => {
    const arms = [...traceStep().matchAll(/ev\.e = "(\w+)"/g)].map(([, tag]) => tag)
    expect(arms.sort()).toEqual([...eventTags].sort())
  })

  test("says of each event what became of it, by an operator that is there", () => {
    const asked = [...traceStep().matchAll(/(\w+Becomes)\(ev\)/g)].map(([, name]) => name!)
    const there = [...committed.matchAll(/^(\w+Becomes)\(ev\) ==/gm)].map(([, name]) => name!)
    expect(asked.sort()).toEqual(there.sort())
    expect(traceStep().match(/IsDone\(ev\)|Becomes\(ev\)/g)).toHaveLength(eventTags.length)
  })

  test("compares every field of a received message that the specification knows", () => {
    expect(traceStep()).toContain(
      '[type |-> "Claimed", c |-> ev.c, n |-> ev.n, g |-> ev.g, back |-> ev.back]',
    )
    expect(traceStep()).not.toMatch(/serviceTime|\btime\b/)
  })

  test("is put nowhere when the marks are lost", () => {
    expect(() => withTraceStep("---- MODULE Trace ----\n")).toThrow(/marks/)
  })
})
