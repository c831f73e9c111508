/** A recording in parts that TLC checks side by side, and what the runs of all of them show together. */
import type { TlcReport } from "../../tla/messages.ts"
import type { Checkpoint, Lane } from "./recording.ts"

/** Records first … last of a lane, one chain of states. */
export interface Part {
  readonly lane: Lane
  readonly first: number
  readonly last: number
  /** The state that it starts from; undefined: Init. */
  readonly start: Checkpoint | undefined
  /** The state that it ends by comparing itself with, the next part's start; undefined: the lane's end. */
  readonly end: Checkpoint | undefined
}

/** A part of fewer events costs more by TLC's start than it saves. */
export const LEAST_EVENTS = 100_000

/** The lane in at most `most` parts of about the same length, cut at checkpoints. */
export const partsOf = (lane: Lane, most: number): ReadonlyArray<Part> => {
  const wanted = Math.max(1, Math.min(most, Math.floor(lane.events / LEAST_EVENTS)))
  const cuts: Array<Checkpoint> = []
  for (const x of lane.checkpoints) {
    if (cuts.length + 1 < wanted && x.record >= ((cuts.length + 1) * lane.records) / wanted) cuts.push(x)
  }
  return [...cuts, undefined].map((end, k) => {
    const start = cuts[k - 1]
    return {
      lane,
      first: start === undefined ? 1 : start.record + 1,
      last: end === undefined ? lane.records : end.record,
      start,
      end,
    }
  })
}

export type PartResult =
  | { readonly _tag: "Held" }
  /** No action allows this record of the lane. */
  | { readonly _tag: "Blocked"; readonly record: number }
  /** After this record, an invariant does not hold. */
  | { readonly _tag: "Violated"; readonly record: number; readonly name: string }
  /** TLC's run shows nothing. */
  | { readonly _tag: "Failed"; readonly why: string }

/** What the specification prints: the last word for the whole, the others on the way. */
const mark = /^<<"(ACCEPTED|JOINED|AGREED|VIOLATED)", (.*)>>$/

/**
 * What one run shows. That a part held is shown positively, never by the absence of a complaint: its last record was
 * consumed exactly once, and the states are one chain as long as it. By VIEW, states are told apart by their position.
 */
export const judgePart = (part: Part, report: TlcReport): PartResult => {
  const { outcome, generated, distinct, queued, printed } = report
  const marks = printed.flatMap((line) => {
    const found = mark.exec(line)
    return found === null ? [] : [{ word: found[1]!, value: found[2]! }]
  })
  const violated = marks.find((x) => x.word === "VIOLATED")
  if (violated !== undefined) {
    const [, name = "?", record = "0"] = /^"(\w+)", (\d+)$/.exec(violated.value) ?? []
    return { _tag: "Violated", record: Number(record), name }
  }
  if (outcome._tag !== "Success") {
    const message = "message" in outcome ? `: ${outcome.message}` : ""
    return { _tag: "Failed", why: `TLC ended with ${outcome._tag}${message}` }
  }
  const records = part.last - part.first + 1
  const ends = marks.filter((x) => x.word === "ACCEPTED" || x.word === "JOINED")
  const agreed = marks.filter((x) => x.word === "AGREED")
  const chain = generated === distinct && queued === 0
  if (ends.length === 0 && chain && distinct >= 1 && distinct <= records) {
    return { _tag: "Blocked", record: part.first + distinct - 1 }
  }
  const { lane, end } = part
  const wanted = end === undefined ? `ACCEPTED ${lane.events}` : `JOINED ${end.state}`
  const between = lane.checkpoints.filter((x) => x.record >= part.first && x.record < part.last)
  if (
    chain &&
    distinct === records + 1 &&
    ends.length === 1 &&
    `${ends[0]!.word} ${ends[0]!.value}` === wanted &&
    agreed.map((x) => x.value).join() === between.map((x) => x.state).join()
  ) {
    return { _tag: "Held" }
  }
  return {
    _tag: "Failed",
    why:
      `TLC's run is not one chain of steps: ${generated} states generated, ${distinct} distinct, ${queued} queued, ` +
      `${records} records, ${ends.length} ends, ${agreed.length} of ${between.length} states agreed`,
  }
}

/** Whether the parts are the whole lane: from Init to its end, each starting from the state that the one before joined. */
export const tiles = (lane: Lane, parts: ReadonlyArray<Part>): boolean => {
  let next = 1
  let start: Checkpoint | undefined
  for (const part of parts) {
    if (part.lane !== lane || part.first !== next || part.start !== start) return false
    next = part.last + 1
    start = part.end
    if (start !== undefined && start.record !== part.last) return false
  }
  return parts.length > 0 && next === lane.records + 1 && start === undefined
}
