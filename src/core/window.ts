/** Service times of an acceptor's last connections (§3.3, §5.3). */
import type { WindowKind } from "./topology.ts"

/** How many connections each kind remembers (§5.3). */
export const windowLength: Readonly<Record<WindowKind, number>> = { median: 128, mean: 256 }

export interface Window {
  readonly kind: WindowKind
  /** The last times, µs, in no particular order: `next` is overwritten next. */
  readonly times: ReadonlyArray<number>
  readonly next: number
  /** median: the same times in ascending order. */
  readonly sorted: ReadonlyArray<number>
  /** mean: the sum of the times. */
  readonly sum: number
  /** When the last one was added, µs; 0 where nothing asks for it. */
  readonly at: number
}

const EMPTY: Readonly<Record<WindowKind, Window>> = {
  median: { kind: "median", times: [], next: 0, sorted: [], sum: 0, at: 0 },
  mean: { kind: "mean", times: [], next: 0, sorted: [], sum: 0, at: 0 },
}

export const emptyWindow = (kind: WindowKind): Window => EMPTY[kind]

/** The first position in `sorted` whose value is not below `time`. */
const position = (sorted: ReadonlyArray<number>, time: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** What is older tells nothing of an acceptor that nobody has chosen since: it is sampled again. µs. */
export const MEMORY = 1_000_000

/** The window as it counts at `now`. */
export const remembered = (window: Window, now: number): Window =>
  now - window.at > MEMORY ? EMPTY[window.kind] : window

/** The window with one more service time (µs, > 0); the oldest one leaves when it is full. `now`: of `remembered`. */
export const push = (window: Window, time: number, now = 0): Window => {
  const { kind, next } = window
  const full = window.times.length === windowLength[kind]
  const oldest = full ? (window.times[next] as number) : 0
  const times = window.times.slice()
  times[next] = time
  let sorted = window.sorted
  if (kind === "median") {
    const copy = sorted.slice()
    if (full) copy.splice(position(copy, oldest), 1)
    copy.splice(position(copy, time), 0, time)
    sorted = copy
  }
  return {
    kind,
    times,
    next: (next + 1) % windowLength[kind],
    sorted,
    sum: kind === "mean" ? window.sum - oldest + time : 0,
    at: now,
  }
}

/** µs; 0: nothing measured yet. */
export const estimate = (window: Window): number => {
  const n = window.times.length
  if (n === 0) return 0
  if (window.kind === "mean") return window.sum / n
  const middle = n >> 1
  const upper = window.sorted[middle] as number
  return n % 2 === 1 ? upper : ((window.sorted[middle - 1] as number) + upper) / 2
}
