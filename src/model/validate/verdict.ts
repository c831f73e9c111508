/** What TLC's runs over the parts of a recording come to. */
import { ALTERED } from "../../trace/parser.ts"
import { recordAt } from "./lane.ts"
import { type Part, type PartResult, tiles } from "./part.ts"
import type { Recording } from "./recording.ts"
import type { Diagnosis } from "./why.ts"

export type ValidateResult =
  | { readonly _tag: "Accepted"; readonly events: number; readonly ports: ReadonlyArray<number> }
  /** No action allows the event at position `event` (from 1; line event + 1), or what follows it is not so. */
  | {
      readonly _tag: "Rejected"
      readonly event: number
      readonly why: string
      readonly diagnosis?: Diagnosis
    }
  | { readonly _tag: "Unusable"; readonly why: string }

export interface Checked {
  readonly part: Part
  /** Undefined: what an earlier event came to made it needless. */
  readonly result: PartResult | undefined
}

/** What stood in the way of which record, and the position of the event whose state before it tells. */
export interface Culprit {
  readonly part: Part
  readonly record: number
  readonly before: number
  /** What is wrong with it, in words. */
  readonly why: string
  /** The event itself is not allowed; otherwise what came before it is found out by it. */
  readonly refused: boolean
}

export type Verdict = ValidateResult & { readonly culprit?: Culprit }

/** The event that a part stumbled at, and why; undefined: at none. */
export const rejection = ({ part, result }: Checked) => {
  if (result?._tag !== "Blocked" && result?._tag !== "Violated") return undefined
  const { record } = result
  // Before its first record stands the state that it starts from.
  const { at, event } =
    record === 0 ? { at: part.start?.at ?? 0, event: "" } : recordAt(part.lane.path, record)
  if (result._tag === "Violated") {
    // It is the next record that finds it.
    return {
      at,
      why: `${result.name} does not hold after it`,
      part,
      record: record + 1,
      before: at + 1,
      refused: false,
    }
  }
  if (event === "Agree") {
    return {
      at,
      why: "after it the specification's state is not the core's",
      part,
      record,
      before: at + 1,
      refused: false,
    }
  }
  return { at, why: "no action of the specification allows it", part, record, before: at, refused: true }
}

/** What the core did there, or otherwise before. */
export const coreText = (diverged: NonNullable<Recording["diverged"]>, at: number): string =>
  diverged.at === at
    ? `; ${diverged.why}`
    : `; the core does otherwise from event ${diverged.at} (line ${diverged.at + 1}) on: ${diverged.why}`

/** What all runs come to. */
export const judge = (recording: Recording, checked: ReadonlyArray<Checked>): Verdict => {
  const { diverged, altered, events, lanes } = recording
  const failed = checked.find((x) => x.result?._tag === "Failed")?.result
  if (failed?._tag === "Failed") return { _tag: "Unusable", why: failed.why }
  const [first] = checked.flatMap((x) => rejection(x) ?? []).sort((x, y) => x.at - y.at)
  const note = altered ? `; ${ALTERED.why}` : ""
  if (first !== undefined) {
    const { at, why, ...culprit } = first
    const core = diverged === undefined || diverged.at > at ? "" : coreText(diverged, at)
    return {
      _tag: "Rejected",
      event: at,
      why: `${why}${core}${note}`,
      culprit: { ...culprit, why },
    }
  }
  const whole = lanes.every((lane) =>
    tiles(
      lane,
      checked.flatMap((x) => (x.part.lane === lane && x.result?._tag === "Held" ? [x.part] : [])),
    ),
  )
  if (!whole || lanes.reduce((sum, x) => sum + x.events, 0) !== events) {
    return { _tag: "Unusable", why: "not every part of the recording was checked" }
  }
  if (diverged !== undefined) {
    return {
      _tag: "Rejected",
      event: diverged.at,
      why: `the specification allows it, but the core does not do it: ${diverged.why}${note}`,
    }
  }
  if (altered) return { _tag: "Unusable", why: ALTERED.why }
  return { _tag: "Accepted", events, ports: lanes.map((x) => x.port).sort((x, y) => x - y) }
}
