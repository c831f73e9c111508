/** The example that docs/tla-bridge.md shows: what stands there is what these files hold, and what TLC says of them. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { projectRoot } from "../../../src/setup/files.mjs"
import {
  printValue,
  readTraceText,
  type TraceVerdict,
  traceModule,
  validateEvents,
} from "../../../src/tla/index.ts"
import { blocksOf } from "./blocks.ts"
import { codeAgainstModel, lockTrace, modelCheck, record, validate } from "./check.ts"
import { Event, type State, step } from "./lock.ts"

const run = Effect.runPromise
const blocks = blocksOf("docs/tla-bridge.md")
/** What the document says that comes out. */
const output = (name: string): string | undefined =>
  blocks.find(({ mark }) => mark === `output: ${name}`)?.text

/** Always the same draws. */
const drawn = () => {
  let x = 1
  return () => {
    x = (x * 16807) % 2147483647
    return x / 2147483647
  }
}
const EVENTS = 60
const recorded = record(EVENTS, drawn())

/** In the words of the document. */
const told = (verdict: TraceVerdict): string => {
  if (verdict._tag === "Accepted") return `accepted: ${verdict.events} events`
  if (verdict._tag === "Violated") return `after event ${verdict.event} ${verdict.name} does not hold`
  if (verdict._tag === "Failed") return verdict.why
  const states = verdict.states.map((x) =>
    [...x].map(([name, y]) => `  ${name} = ${printValue(y)}`).join("\n"),
  )
  return `event ${verdict.event} is no step: ${verdict.found}\n${states.join("\nor\n")}`
}

describe("the model", () => {
  test("holds", async () => {
    const { outcome, distinct, depth } = await run(modelCheck("OneHolder", "HolderKnown"))
    expect([outcome, distinct, depth]).toEqual([{ _tag: "Success" }, 36, 9])
  })

  test("is refuted by a counterexample that is data", async () => {
    const { outcome, behaviour } = await run(modelCheck("NobodyWaits"))
    expect(outcome).toEqual({ _tag: "Invariant", name: "NobodyWaits" })
    // A shortest one, but which of them is TLC's choice.
    expect(behaviour.states.map((x) => x.action).sort()).toEqual(
      ["Initial predicate", "Ask", "Ask", "HearRequest", "HearRequest"].sort(),
    )
    expect(printValue(behaviour.states.at(-1)!.variables.get("queue")!)).toMatch(/^<<c[12]>>$/)
  })
})

/** Lends the lock to whoever asks, lent or not. */
const generous = (state: State, event: Event): State | undefined =>
  step(event._tag === "HearRequest" ? { ...state, holder: null } : state, event)

describe("the code", () => {
  test("is the model", async () => {
    expect(await run(codeAgainstModel())).toBeUndefined()
  })

  test("is told apart where it is not, by a shortest path", async () => {
    expect(await run(codeAgainstModel(generous))).toBe(output("generous"))
  })
})

describe("a recording", () => {
  test("is accepted", async () => {
    const verdict = await run(validate(recorded))
    expect(verdict).toEqual({ _tag: "Accepted", events: EVENTS, states: EVENTS + 2 })
  })

  const lines = recorded.split("\n")
  const events = readTraceText(recorded, Event)

  test.each([
    ["empty", "", "the end is missing"],
    ["cut", lines.slice(0, 20).join("\n").concat("\n"), "the end is missing"],
    ["cut within a line", recorded.slice(0, -20), "it has no end of line"],
    [
      "with an event too few",
      [...lines.slice(0, 9), ...lines.slice(10)].join("\n"),
      "the end counts 60 events, there are 59",
    ],
    ["going on after its end", `${recorded}${lines[0]}\n`, "something follows the end"],
    ["of another schema", recorded.replaceAll('"c1"', '"c9"'), "no event"],
    ["that is no text of events", "hello\n", "no JSON"],
  ])("%s is refused unread", async (_, text, why) => {
    const error = await run(Effect.flip(Effect.sandbox(validate(text))))
    expect(String(error)).toContain(why)
  })

  test("without an event, but whole, is one: nothing happened", async () => {
    expect(await run(validateEvents(lockTrace, []))).toEqual({ _tag: "Accepted", events: 0, states: 2 })
  })

  test("with an event left out, its count mended, is rejected, with the state before what can't be", async () => {
    const verdict = await run(validateEvents(lockTrace, [...events.slice(0, 20), ...events.slice(21)]))
    expect(`${told(verdict)}\n`).toBe(output("rejected"))
  })

  test.each([0, EVENTS - 1])("with event %d altered is rejected", async (k) => {
    const other = { ...events[k]!, client: events[k]!.client === "c1" ? "c2" : "c1" } as Event
    const altered = [...events.slice(0, k), other, ...events.slice(k + 1)]
    // The other client may well do the same at this point: then what follows can't be.
    const verdict = await run(validateEvents(lockTrace, altered))
    expect(verdict._tag).toBe("Rejected")
  })

  test("that breaks an invariant is told so, at the first event after which it does not hold", async () => {
    const check = { ...lockTrace, invariants: ["NobodyWaits"] }
    const verdict = await run(validateEvents(check, events))
    expect(told(verdict)).toMatch(/^after event \d+ NobodyWaits does not hold$/)
  })

  test("of a specification that can't be read shows nothing", async () => {
    const check = { ...lockTrace, invariants: ["NoSuchThing"] }
    expect((await run(validateEvents(check, events)))._tag).toBe("Failed")
  })
})

describe("what is committed", () => {
  test("LockTrace.tla is what the generator makes (to have it made again: npm test -- impl-tests/tla/example -u)", async () => {
    await expect(traceModule(lockTrace.trace)).toMatchFileSnapshot("LockTrace.tla")
  })

  test("the document shows these files as they are", () => {
    const shown = blocks.filter(({ mark }) => mark.startsWith("impl-tests/"))
    expect(new Set(shown.map(({ mark }) => mark.split("/").at(-1)))).toEqual(
      new Set(["Lock.tla", "lock.ts", "check.ts", "LockTrace.tla"]),
    )
    for (const { mark, text } of shown) {
      expect(readFileSync(join(projectRoot, mark), "utf8"), mark).toContain(text)
    }
  })

  test("the document has no block that nothing checks", () => {
    const marks = blocks.map(({ mark }) => mark)
    expect(marks.filter((x) => !/^(impl-tests\/|output: (generous|rejected)$)/.test(x))).toEqual([])
  })
})
