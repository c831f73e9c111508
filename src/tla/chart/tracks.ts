/** Where lanes stand in a chart of characters, and where messages wait beside them. */
import type { Passage } from "./chart.ts"

export interface Places {
  /** Columns of the lanes. */
  readonly lanes: ReadonlyArray<number>
  readonly width: number
  /** Column in which the message waits. */
  readonly track: (id: number) => number
}

/** Side by side on one side of a lane; more share the outermost place. */
const MOST_TRACKS = 5
/** Columns from a lane to where a message waits nearest, and from one such place to the next. */
const STEP = 2
/** Between two lanes at least. */
const LEAST_GAP = 6

interface Side {
  /** By place, from the lane outwards: the step at which what waits there leaves it. */
  readonly until: Array<number>
}

/** The nearest place that is free at `sent`. */
const takePlace = ({ until }: Side, sent: number, leaves: number): number => {
  let place = until.findIndex((end) => end < sent)
  if (place < 0) place = until.length
  if (place >= MOST_TRACKS) place = MOST_TRACKS - 1
  until[place] = Math.max(leaves, until[place] ?? 0)
  return place
}

export const placesOf = (names: ReadonlyArray<string>, passages: ReadonlyArray<Passage>): Places => {
  const lefts = names.map((): Side => ({ until: [] }))
  const rights = names.map((): Side => ({ until: [] }))
  const taken = new Map<number, { readonly to: number; readonly side: -1 | 1; readonly place: number }>()
  for (const { message, sent, received, dropped } of passages) {
    if (received === sent) continue
    const { id, from, to } = message
    const side = from < to ? -1 : 1
    const leaves = received ?? dropped ?? Number.POSITIVE_INFINITY
    const place = takePlace((side < 0 ? lefts : rights)[to]!, sent, leaves)
    taken.set(id, { to, side, place })
  }
  const lanes: Array<number> = []
  names.forEach((name, k) => {
    const half = Math.floor(name.length / 2)
    if (k === 0) {
      lanes.push(Math.max(half, STEP * lefts[0]!.until.length + 1))
      return
    }
    const tracks = rights[k - 1]!.until.length + lefts[k]!.until.length
    const words = Math.ceil((names[k - 1]!.length + name.length) / 2) + 2
    lanes.push(lanes[k - 1]! + Math.max(LEAST_GAP, STEP * (tracks + 1), words))
  })
  const last = names.length - 1
  const width =
    lanes[last]! + Math.max(Math.ceil(names[last]!.length / 2), STEP * rights[last]!.until.length) + 2
  return {
    lanes,
    width,
    track: (id) => {
      const { to, side, place } = taken.get(id)!
      return lanes[to]! + side * STEP * (place + 1)
    },
  }
}
