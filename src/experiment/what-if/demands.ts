/**
 * What each connection asked of whoever served it, told from the recording, and what it would have taken elsewhere.
 *
 * 1. From its claim to its end a connection lies with an application, which does one thing at a time. The time until it ends,
 *    counted from its claim or, if that is later, from the end before it at the same application, is its turn. Turns that follow
 *    on one another fill the time in which the application had connections.
 * 2. How much of that time the application worked is told by the announcements that it looked at late: the share that found it
 *    busy is the share of time in which it was (arrivals see time averages). So much of each turn is work, which holds up others;
 *    the rest of claim → end, less the work of those that ended meanwhile, is holding, which holds up nobody: timers, back ends,
 *    network, the client's last acknowledgement.
 * 3. Applications differ, and change. Among those that one application ended at about the same time (a phase: `PHASE`
 *    connections), a connection has a rank by its work, and one by its holding. Ranks are the connection's own; the times that go
 *    with them are the application's at that time. Elsewhere it takes what its ranks take there.
 */
import { NONE } from "../../core/topology.ts"
import type { Random } from "../../sim/random.ts"
import type { RecordedPort } from "./recording.ts"

/** Connections of one application from which its times at a time are told. */
export const PHASE = 32
/** Phases before and after one, from which is told how busy the application was in it. */
const AROUND = 2
/** Announcements that found an application idle, from which is told how late such a one looks. Fewer: all applications together. */
const ENOUGH = 50

interface Phases {
  /** When each began, µs; and by phase the first of its times. */
  readonly starts: ReadonlyArray<number>
  readonly first: ReadonlyArray<number>
  /** By phase, ascending, µs. */
  readonly work: Float64Array
  readonly hold: Float64Array
}

/** How late an application looks when it is idle, µs: the median, a time that most are below, and what `found` makes of that one. */
interface Lateness {
  readonly median: number
  readonly least: number
  readonly beyond: number
}

/**
 * What share was late because somebody was busy, before idle ones that are late are taken off: those beyond `least`, and as many
 * as lie between it and twice it for those that were busy only for less.
 */
const found = (beyond: number, farBeyond: number, all: number): number => (2 * beyond - farBeyond) / all

const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!

const latenessOf = (idle: Float64Array): Lateness => {
  const least = Math.max(1, quantile(idle, 0.75))
  const later = (than: number): number => idle.length - firstNotBefore(idle, than + 1)
  return {
    median: quantile(idle, 0.5),
    least,
    beyond: Math.min(0.9, found(later(least), later(2 * least), idle.length)),
  }
}

const lateness = ({ looks }: RecordedPort): ReadonlyArray<Lateness> => {
  const idle = looks.map(({ after, idle }) => after.values.filter((_, k) => idle.values[k] === 1).sort())
  const joined = Float64Array.from(idle.flatMap((x) => [...x])).sort()
  return looks.map(({ after }, a) => {
    if (idle[a]!.length >= ENOUGH) return latenessOf(idle[a]!)
    if (joined.length >= ENOUGH) return latenessOf(joined)
    // Never idle: the soonest of its looks are as if it were.
    const all = after.values.slice().sort()
    const soon = all.length === 0 ? 0 : quantile(all, 0.1)
    return { median: soon, least: Math.max(1, 3 * soon), beyond: 0 }
  })
}

/** The last of `starts` that is not after `time`, or the first. */
const phaseAt = (starts: ReadonlyArray<number>, time: number): number => {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= time) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

export class Demands {
  /** µs: how late an idle application looks, and from its look until a transport has its claim, in the median. */
  readonly look: number
  readonly claim: number
  /** Rows by arrival. */
  readonly order: Uint32Array
  /** Whose times are known. */
  readonly known: number
  readonly #port: RecordedPort
  /** By row, 0 … 1: NaN where it was not seen to its end. */
  readonly #workRank: Float32Array
  readonly #holdRank: Float32Array
  readonly #phases: ReadonlyArray<Phases>
  readonly #longest: ReadonlyArray<number>
  /** Who has served most: for one that has served nobody. */
  readonly #usual: number

  constructor(port: RecordedPort) {
    this.#port = port
    const { connections, topology } = port
    const { count } = connections
    this.order = Uint32Array.from({ length: count }, (_, k) => k)
    this.order.sort((x, y) => connections.arrived[x]! - connections.arrived[y]! || x - y)
    this.#workRank = new Float32Array(count).fill(Number.NaN)
    this.#holdRank = new Float32Array(count).fill(Number.NaN)
    const late = lateness(port)
    const served: Array<Array<number>> = Array.from({ length: topology.applications }, () => [])
    for (let k = 0; k < count; k++)
      if (connections.endingOf(k) === "served") served[connections.application[k]!]!.push(k)
    this.#phases = served.map((rows, a) => this.#split(rows, a, late[a]!))
    const lasted = (k: number): number => connections.ended[k]! - connections.claimed[k]!
    this.#longest = served.map((rows) => rows.reduce((most, k) => Math.max(most, lasted(k)), 0))
    this.known = served.reduce((sum, rows) => sum + rows.length, 0)
    this.#usual = served.reduce((best, rows, a) => (rows.length > served[best]!.length ? a : best), 0)
    const medians = late.filter((_, a) => served[a]!.length > 0).map(({ median }) => median)
    this.look = medians.length === 0 ? 0 : quantile(Float64Array.from(medians).sort(), 0.5)
    const claims = connections.claimed.subarray(0, count).map((x, k) => x - connections.looked[k]!)
    const sorted = claims.filter((x) => x >= 0).sort()
    this.claim = sorted.length === 0 ? 0 : quantile(sorted, 0.5)
  }

  /** Ranks of row `k`; one that was not seen to its end has drawn ones. Two draws, whichever it is. */
  ranks(k: number, random: Random): { readonly work: number; readonly hold: number } {
    const drawn = { work: random.unit(), hold: random.unit() }
    const known = !Number.isNaN(this.#workRank[k]!)
    return known ? { work: this.#workRank[k]!, hold: this.#holdRank[k]! } : drawn
  }

  /** µs of work that a connection of that rank asks of application `a` at `time`. */
  work(a: number, time: number, rank: number): number {
    return this.#at(a, time, rank, "work")
  }

  /** µs from claim to end, of what application `a` has served; 0: nothing. NONE: as if it had served all. */
  longest(a: number): number {
    return a === NONE ? Number.POSITIVE_INFINITY : this.#longest[a]!
  }

  hold(a: number, time: number, rank: number): number {
    return this.#at(a, time, rank, "hold")
  }

  #at(a: number, time: number, rank: number, what: "work" | "hold"): number {
    const own = this.#phases[a]!
    const phases = own.starts.length === 0 ? this.#phases[this.#usual]! : own
    const p = phaseAt(phases.starts, time)
    const from = phases.first[p]!
    const to = phases.first[p + 1]!
    return phases[what][Math.min(to - 1, from + Math.floor(rank * (to - from)))]!
  }

  /** `rows`: what application `a` has served, in the order of their ends. */
  #split(rows: ReadonlyArray<number>, a: number, late: Lateness): Phases {
    const { connections, lives } = this.#port
    const { claimed, ended } = connections
    const byEnd = rows.toSorted((x, y) => ended[x]! - ended[y]! || x - y)
    const ends = Float64Array.from(byEnd, (k) => ended[k]!)
    const turns = new Float64Array(byEnd.length)
    byEnd.forEach((k, n) => {
      const before = n === 0 ? Number.NEGATIVE_INFINITY : ends[n - 1]!
      turns[n] = Math.max(0, ends[n]! - Math.max(claimed[k]!, before))
    })
    const births = lives.filter((x) => x.application === a).map((x) => x.from)
    const first = phaseStarts(ends, births)
    const lifeOf = (p: number): number => births.findLastIndex((x) => x <= ends[first[p]!]!)
    const starts = first.slice(0, -1).map((at) => ends[at]! - turns[at]!)
    const work = new Float64Array(byEnd.length)
    const busy = this.#busy(a, late)
    for (let p = 0; p + 1 < first.length; p++) {
      // The same process's phases around it have a say: looks are few.
      let [near, past] = [p, p + 1]
      while (near > Math.max(0, p - AROUND) && lifeOf(near - 1) === lifeOf(p)) near--
      while (past < Math.min(first.length - 1, p + 1 + AROUND) && lifeOf(past) === lifeOf(p)) past++
      const [from, to] = [first[near]!, first[past]!]
      const time = ends[to - 1]! - starts[near]!
      const open = turns.subarray(from, to).reduce((sum, x) => sum + x, 0)
      const part = open === 0 ? 0 : Math.min(1, (busy(starts[near]!, ends[to - 1]!) * time) / open)
      for (let n = first[p]!; n < first[p + 1]!; n++) work[n] = part * turns[n]!
    }
    const hold = holding(byEnd, ends, claimed, work)
    for (let p = 0; p + 1 < first.length; p++) {
      const members = byEnd.slice(first[p], first[p + 1])
      rank(members, work.subarray(first[p], first[p + 1]), this.#workRank)
      rank(members, hold.subarray(first[p], first[p + 1]), this.#holdRank)
    }
    return { starts, first, work, hold }
  }

  /** Share of a stretch of time in which the application was busy, told by the announcements made in it. */
  #busy(a: number, { least, beyond }: Lateness): (from: number, to: number) => number {
    const { offered, after } = this.#port.looks[a]!
    const order = Uint32Array.from({ length: offered.count }, (_, k) => k)
    const [at, late] = [offered.values, after.values]
    order.sort((x, y) => at[x]! - at[y]!)
    const times = Float64Array.from(order, (k) => at[k]!)
    // Sums up to each, so that a stretch is two look-ups.
    const some = new Uint32Array(order.length + 1)
    const far = new Uint32Array(order.length + 1)
    order.forEach((k, n) => {
      some[n + 1] = some[n]! + (late[k]! > least ? 1 : 0)
      far[n + 1] = far[n]! + (late[k]! > 2 * least ? 1 : 0)
    })
    return (from, to) => {
      const [first, last] = [firstNotBefore(times, from), firstNotBefore(times, to)]
      if (last <= first) return 0
      const share = found(some[last]! - some[first]!, far[last]! - far[first]!, last - first)
      return Math.min(1, Math.max(0, (share - beyond) / (1 - beyond)))
    }
  }
}

const firstNotBefore = (times: Float64Array, time: number): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Where phases begin among ends in the order of time, and the last's end: none spans a new process in the slot. */
const phaseStarts = (ends: Float64Array, births: ReadonlyArray<number>): ReadonlyArray<number> => {
  const starts: Array<number> = []
  let life = -1
  ends.forEach((time, at) => {
    const now = births.findLastIndex((x) => x <= time)
    const last = starts.at(-1)
    if (last === undefined || at - last === PHASE || now !== life) starts.push(at)
    life = now
  })
  return [...starts, ends.length]
}

/** Of each: claim → end, less the work of those that ended in it, its own included. */
const holding = (
  byEnd: ReadonlyArray<number>,
  ends: Float64Array,
  claimed: Float64Array,
  work: Float64Array,
): Float64Array => {
  const sums = new Float64Array(byEnd.length + 1)
  work.forEach((x, n) => {
    sums[n + 1] = sums[n]! + x
  })
  return Float64Array.from(byEnd, (k, n) => {
    // Ends at the very time of the claim come before it.
    const from = Math.min(n, firstNotBefore(ends, claimed[k]! + 1))
    return Math.max(0, ends[n]! - claimed[k]! - (sums[n + 1]! - sums[from]!))
  })
}

/** Sorts the members' times, and says each member's rank. */
const rank = (members: ReadonlyArray<number>, times: Float64Array, ranks: Float32Array): void => {
  const order = members.map((_, n) => n).sort((x, y) => times[x]! - times[y]! || x - y)
  order.forEach((member, n) => {
    ranks[members[member]!] = (n + 0.5) / order.length
  })
  times.sort()
}
