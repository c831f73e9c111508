/** A recording is judged while it grows. */
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Fiber } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import { followTrace } from "../../../src/model/validate/follow.ts"
import type { ValidateResult } from "../../../src/model/validate/verdict.ts"
import { writeTrace } from "../../../src/trace/merge.ts"
import { Driver, topologyOf } from "../../trace/driver.ts"
import { interleaved, type Line, linesOf, traceOf } from "../../trace/text.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-follow-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
/** Two ports, so that two lanes grow. */
const recorded = (): string => {
  const path = join(folder, `${files++}.ndjson`)
  const runs = [80, 443].map((port, k) => new Driver(topologyOf(), 60 + k, port).run(900).steps)
  writeTrace(path, { steps: interleaved(runs), topology: topologyOf(), unsent: [] })
  return readFileSync(path, "utf8")
}
const text = recorded()
const { header, events } = linesOf(text)

/** Follows a file that first holds `pieces[0]`, and one more of them each time that a part has held. */
const grown = async (pieces: ReadonlyArray<string>) => {
  const path = join(folder, `${files++}.ndjson`)
  writeFileSync(path, pieces[0]!)
  const agreed: Array<number> = []
  let next = 1
  const following = followTrace(path, {
    onAgreed: (count) => {
      agreed.push(count)
      if (next < pieces.length) appendFileSync(path, pieces[next++]!)
    },
  })
  const result: ValidateResult = await Effect.runPromise(following)
  return { result, agreed, path }
}

/** Cut anywhere, also in the middle of a line. */
const cut = (whole: string, ...at: ReadonlyArray<number>): ReadonlyArray<string> =>
  [0, ...at].map((from, k) => whole.slice(Math.floor(from), Math.floor([...at, whole.length][k]!)))

describe("a recording that grows", () => {
  test("is accepted when its end has come: each part from where the one before ended", async () => {
    const { result, agreed } = await grown(cut(text, text.length / 5, text.length / 2 + 7, text.length - 40))
    expect(result).toEqual({ _tag: "Accepted", events: 1800, ports: [80, 443] })
    expect(agreed.length).toBeGreaterThanOrEqual(3)
    expect(agreed.at(-1)).toBe(1800)
    expect(agreed).toEqual(agreed.toSorted((x, y) => x - y))
  })

  test("is rejected as soon as the event that nothing allows has come, at its position", async () => {
    const at = events.findIndex((x, k) => k > 1000 && x.e === "ReceiveClaim" && x.o === "Claimed")
    const bad: ReadonlyArray<Line> = events.with(at, { ...events[at], n: (events[at]!.n as number) + 1 })
    const whole = traceOf(header, bad)
    // Its end never comes.
    const upTo = whole
      .split("\n")
      .slice(0, at + 5)
      .join("\n")
    const { result } = await grown(cut(upTo, upTo.length / 3))
    expect(result).toMatchObject({ _tag: "Rejected", event: at + 1 })
    const { diagnosis } = result as Extract<ValidateResult, { readonly _tag: "Rejected" }>
    expect(diagnosis?.blockers.map((x) => x.text)).toContain("Head(channel) = message")
    expect(diagnosis?.coreKnown).toBe(true)
  })

  test.each<[string, string, RegExp]>([
    ["holds a line that is none", `${text.split("\n").slice(0, 400).join("\n")}\nrubbish\n`, /line 401/],
    ["goes on after its end", `${text}{}\n`, /follows the end/],
    ["was altered", text.replace('"now":', '"now":1'), /digest/],
    ["lost steps", traceOf(header, events, { lost: 5, why: "overwritten" }), /hole.*overwritten/],
  ])("is unusable when it %s", async (_, whole, why) => {
    const { result } = await grown([whole])
    expect(result).toMatchObject({ _tag: "Unusable", why: expect.stringMatching(why) })
  })

  test("is unusable when it becomes shorter, or is not there", async () => {
    const path = join(folder, "shorter.ndjson")
    writeFileSync(path, text.split("\n").slice(0, 300).join("\n"))
    const following = followTrace(path, { onAgreed: () => truncateSync(path, 10) })
    expect(await Effect.runPromise(following)).toMatchObject({
      _tag: "Unusable",
      why: expect.stringContaining("shorter"),
    })
    expect(await Effect.runPromise(followTrace(join(folder, "none")))).toMatchObject({ _tag: "Unusable" })
  })

  test("is let go of by interruption, and nothing is left behind", async () => {
    const left = () =>
      readdirSync(tmpdir()).filter((x) => x.startsWith("pika-follow-") && !x.includes("test"))
    const before = left()
    const path = join(folder, "waiting.ndjson")
    writeFileSync(path, `${header}\n`)
    const fiber = Effect.runFork(followTrace(path))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(left().length).toBe(before.length + 1)
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(left()).toEqual(before)
  })
})
