/** How far the re-run under the recorded settings is from what was: no what-if is better than that. */
import { type Percentile, percentileOf } from "../measures.ts"
import type { SummaryResult } from "./summary.ts"

/** Beyond it a word is said: shares and locality, points of a hundred; times, part of the recorded. */
export const MOST_POINTS = 5
export const MOST_PART = 0.25
/** Fewer connections say little of percentiles, and shares are chance. */
export const ENOUGH = 1000

export const compared: ReadonlyArray<Percentile> = [50, 95, 99]

export interface Doubt {
  readonly what: string
  readonly recorded: number
  readonly control: number
}

const points = (x: number): number => Math.round(1000 * x) / 10

/** The measures of which the control is too far from the recording; empty: it may be trusted as far as these bounds go. */
export const doubtsOf = (recorded: SummaryResult, control: SummaryResult): ReadonlyArray<Doubt> => {
  const doubts: Array<Doubt> = []
  if (recorded.claimed < ENOUGH)
    doubts.push({ what: "connections: few", recorded: recorded.claimed, control: control.claimed })
  const share = (what: string, was: number, is: number): void => {
    if (Math.abs(was - is) * 100 > MOST_POINTS)
      doubts.push({ what, recorded: points(was), control: points(is) })
  }
  recorded.applications.forEach((x, a) => {
    share(`share of application ${a}, %`, x.share, control.applications[a]!.share)
  })
  share("local share, %", recorded.locality, control.locality)
  share("unfinished or reset, % of the connections", lostPart(recorded), lostPart(control))
  const median = percentileOf(recorded.whole, 50)
  for (const [name, of] of [
    ["waiting", (x: SummaryResult) => x.waiting],
    ["service", (x: SummaryResult) => x.service],
    ["established → closed", (x: SummaryResult) => x.whole],
  ] as const) {
    for (const p of compared) {
      const [was, is] = [percentileOf(of(recorded), p), percentileOf(of(control), p)]
      // Of a wait that is nothing beside the rest, twice is nothing too.
      if (Math.abs(was - is) > MOST_PART * Math.max(was, name === "waiting" ? median / 2 : 0))
        doubts.push({ what: `${name}, ${p}th percentile, µs`, recorded: was, control: is })
    }
  }
  return doubts
}

const lostPart = ({ endings, connections }: SummaryResult): number =>
  connections === 0 ? 0 : (endings.unfinished + endings.reset + endings.orphaned) / connections
