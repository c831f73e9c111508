/** Recordings as text, for tests that alter them. */
import { createHash } from "node:crypto"
import type { StepRecord } from "../../src/codec/record.ts"

export type Line = Record<string, unknown>

const digestOf = (text: string): string => createHash("sha256").update(text, "latin1").digest("hex")

/** A recording of these events, positions, count and digest in order: nothing but the events themselves can be wrong. */
export const traceOf = (header: string, events: ReadonlyArray<Line>, end: Line = {}): string => {
  const body = [header, ...events.map((x, k) => JSON.stringify({ ...x, i: k + 1 }))].join("\n")
  const last = { i: events.length + 1, p: "end", e: "End", events: events.length, lost: 0 }
  return `${body}\n${JSON.stringify({ ...last, digest: digestOf(`${body}\n`), ...end })}\n`
}

/** Any lines, the end's digest being theirs. */
export const signed = (lines: ReadonlyArray<string>): string => {
  const end = JSON.parse(lines.at(-1)!) as Line
  const body = `${lines.slice(0, -1).join("\n")}\n`
  return `${body}${JSON.stringify({ ...end, digest: digestOf(body) })}\n`
}

/** Header, events and end of a recording. */
export const linesOf = (text: string) => {
  const [header = "", ...rest] = text.trimEnd().split("\n")
  return { header, events: rest.slice(0, -1).map((x) => JSON.parse(x) as Line), end: rest.at(-1)! }
}

/** Several runs' steps in turn, a few of each: what one recording of several ports holds. */
export const interleaved = (runs: ReadonlyArray<ReadonlyArray<StepRecord>>): ReadonlyArray<StepRecord> => {
  const at = runs.map(() => 0)
  const steps: Array<StepRecord> = []
  for (let k = 0; at.some((x, r) => x < runs[r]!.length); k++) {
    const r = k % runs.length
    const part = runs[r]!.slice(at[r], at[r]! + 1 + (k % 7))
    at[r]! += part.length
    steps.push(...part)
  }
  return steps
}
