/** What a run measures: histograms and sums over slices of time, whose size does not depend on how many connections come. */
import { build, type Histogram } from "hdr-histogram-js"

/** A histogram's unit is 0.1 µs; it holds up to 100 s with three digits. */
const UNIT = 0.1
const MOST = 1_000_000_000
/** Slices of a run at the most. */
export const MOST_SLICES = 4096

export const percentiles = [
  10, 25, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97, 98, 99, 99.5, 99.75, 99.9, 99.95, 99.99,
] as const
export type Percentile = (typeof percentiles)[number]

/** Times of a kind, µs. */
export class Times {
  /** Longer ones than can be held; counted as the longest. */
  beyond = 0
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  })

  record(time: number): void {
    const units = Math.round(time / UNIT)
    if (units > MOST) this.beyond++
    this.#histogram.recordValue(Math.min(MOST, units))
  }

  get count(): number {
    return this.#histogram.totalCount
  }

  /** µs; 0 where there is none. */
  at(percentile: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percentile) * UNIT
  }

  summary(): TimesSummary {
    const rounded = (x: number): number => Math.round(x * 10) / 10
    return {
      count: this.count,
      mean: rounded(this.count === 0 ? 0 : this.#histogram.mean * UNIT),
      most: rounded(this.count === 0 ? 0 : this.#histogram.maxValue * UNIT),
      beyond: this.beyond,
      percentiles: percentiles.map((p) => rounded(this.at(p))),
    }
  }
}

/** µs, to a tenth; `percentiles` in the order of the list above. */
export interface TimesSummary {
  readonly count: number
  readonly mean: number
  readonly most: number
  readonly beyond: number
  readonly percentiles: ReadonlyArray<number>
}

/** Sums by slice of time and application. */
export class Slices {
  readonly length: number
  readonly #slice: number
  readonly #from: number
  readonly #columns: number
  readonly #sums: Float64Array
  readonly #counts: Float64Array

  /** Slices of `slice` µs between two times. */
  constructor(from: number, to: number, slice: number, columns: number) {
    this.#from = from
    this.#slice = slice
    this.#columns = columns
    this.length = Math.ceil((to - from) / slice)
    this.#sums = new Float64Array(this.length * columns)
    this.#counts = new Float64Array(this.length * columns)
  }

  add(time: number, column: number, value: number): void {
    const row = Math.floor((time - this.#from) / this.#slice)
    if (row < 0 || row >= this.length) return
    const at = row * this.#columns + column
    this.#sums[at]! += value
    this.#counts[at]!++
  }

  /** By column, by slice. */
  counts(): ReadonlyArray<ReadonlyArray<number>> {
    return this.#table((at) => this.#counts[at]!)
  }

  /** By column, by slice; null where nothing was added. */
  means(): ReadonlyArray<ReadonlyArray<number | null>> {
    return this.#table((at) =>
      this.#counts[at] === 0 ? null : Math.round((this.#sums[at]! / this.#counts[at]!) * 10) / 10,
    )
  }

  #table<A>(of: (at: number) => A): ReadonlyArray<ReadonlyArray<A>> {
    return Array.from({ length: this.#columns }, (_, column) =>
      Array.from({ length: this.length }, (_, row) => of(row * this.#columns + column)),
    )
  }
}

/** µs. */
export const percentileOf = (times: TimesSummary, percentile: Percentile): number =>
  times.percentiles[percentiles.indexOf(percentile)]!

export class Measures {
  /** From the client's sending until it has the answer: what a user sees. */
  readonly response = new Times()
  /** The same without the network's round trips: what stack and web servers took. */
  readonly sojourn = new Times()
  /** From offered to closed: the paper's service time (§3.3). */
  readonly service = new Times()
  /** From a SYN's being looked at to a transport's having it: T_cm (§5.4). */
  readonly managing = new Times()
  readonly from: number
  readonly to: number
  /** By application: connections served; those of them that its home manager had assigned; service times; estimates. */
  readonly served: Slices
  readonly local: Slices
  readonly truth: Slices
  readonly estimates: Slices
  answered = 0
  connections = 0
  localConnections = 0
  /** SYNs that found a full backlog or no id, and connections whose client gave up for that. */
  dropped = 0
  lost = 0
  refused = 0
  unfinished = 0
  claimTimeouts = 0
  /** Offers sent, and what handling them took, µs. */
  offers = 0
  offerTime = 0

  constructor(from: number, to: number, slice: number, applications: number) {
    this.from = from
    this.to = to
    this.served = new Slices(from, to, slice, applications)
    this.local = new Slices(from, to, slice, applications)
    this.truth = new Slices(from, to, slice, applications)
    this.estimates = new Slices(from, to, slice, applications)
  }

  measures(time: number): boolean {
    return time >= this.from && time < this.to
  }
}
