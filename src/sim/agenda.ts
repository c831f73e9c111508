import { longer } from "./longer.ts"

/** Which events are meant; `time`: when one is due. */
export type Wanted = (kind: number, subject: number, time: number) => boolean

/**
 * What is to happen, by virtual time: a binary heap in flat arrays, without an object or a closure per event. Events of one
 * instant happen in the order of a number that the caller drew.
 */
export class Agenda {
  #times: Float64Array
  #ties: Uint32Array
  #kinds: Uint8Array
  #subjects: Int32Array
  #size = 0
  /** Of the event that `take` took. */
  time = 0
  kind = 0
  subject = 0

  constructor(capacity = 1024) {
    this.#times = new Float64Array(capacity)
    this.#ties = new Uint32Array(capacity)
    this.#kinds = new Uint8Array(capacity)
    this.#subjects = new Int32Array(capacity)
  }

  get size(): number {
    return this.#size
  }

  /** `tie`: 0 … 2³²−1. */
  add(time: number, tie: number, kind: number, subject: number): void {
    if (!(time < Number.POSITIVE_INFINITY)) throw new RangeError(`an event at ${time}`)
    if (this.#size === this.#times.length) this.#grow()
    const i = this.#up(this.#size++, time, tie)
    this.#times[i] = time
    this.#ties[i] = tie
    this.#kinds[i] = kind
    this.#subjects[i] = subject
  }

  /** Takes the next event into `time`, `kind` and `subject`; false: there is none. */
  take(): boolean {
    if (this.#size === 0) return false
    this.#takeAt(0)
    return true
  }

  /** Takes the first of the events that are wanted; false: none is. Looks at all: for few events. */
  takeFirst(wanted: Wanted): boolean {
    let first = -1
    for (let k = 0; k < this.#size; k++) {
      if (!wanted(this.#kinds[k]!, this.#subjects[k]!, this.#times[k]!)) continue
      if (first < 0 || this.#before(k, first)) first = k
    }
    if (first < 0) return false
    this.#takeAt(first)
    return true
  }

  #takeAt(hole: number): void {
    this.time = this.#times[hole]!
    this.kind = this.#kinds[hole]!
    this.subject = this.#subjects[hole]!
    const last = --this.#size
    if (hole === last) return
    const time = this.#times[last]!
    const tie = this.#ties[last]!
    let i = this.#up(hole, time, tie)
    for (;;) {
      let child = 2 * i + 1
      if (child >= last) break
      if (child + 1 < last && this.#before(child + 1, child)) child++
      const at = this.#times[child]!
      if (at > time || (at === time && this.#ties[child]! >= tie)) break
      this.#move(child, i)
      i = child
    }
    this.#move(last, i)
  }

  /** Makes the hole at `i` rise until an event of this time may stand there. */
  #up(i: number, time: number, tie: number): number {
    while (i > 0) {
      const parent = (i - 1) >> 1
      const at = this.#times[parent]!
      if (at < time || (at === time && this.#ties[parent]! <= tie)) break
      this.#move(parent, i)
      i = parent
    }
    return i
  }

  #before(i: number, j: number): boolean {
    const x = this.#times[i]!
    const y = this.#times[j]!
    return x < y || (x === y && this.#ties[i]! < this.#ties[j]!)
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!
    this.#ties[to] = this.#ties[from]!
    this.#kinds[to] = this.#kinds[from]!
    this.#subjects[to] = this.#subjects[from]!
  }

  #grow(): void {
    this.#times = longer(this.#times)
    this.#ties = longer(this.#ties)
    this.#kinds = longer(this.#kinds)
    this.#subjects = longer(this.#subjects)
  }
}

/** Where events are entered. */
export interface Calendar {
  readonly now: number
  at(time: number, kind: number, subject: number): void
}

/** One party's next waking, however often it is brought forward: a late event of an earlier wish finds nothing due. */
export class Alarm {
  readonly #calendar: Calendar
  readonly #kind: number
  readonly #subject: number
  #due = Number.POSITIVE_INFINITY
  /** Time of an event that is in the agenda. */
  #entered = Number.POSITIVE_INFINITY

  constructor(calendar: Calendar, kind: number, subject: number) {
    this.#calendar = calendar
    this.#kind = kind
    this.#subject = subject
  }

  get due(): number {
    return this.#due
  }

  /** Rings at `time` at the latest. */
  set(time: number): void {
    if (time < this.#due) this.#due = time
    if (this.#due < this.#entered) this.#enter()
  }

  clear(): void {
    this.#due = Number.POSITIVE_INFINITY
  }

  /** An event of this alarm has come: whether it is the one. */
  rings(): boolean {
    const { now } = this.#calendar
    if (now >= this.#entered) this.#entered = Number.POSITIVE_INFINITY
    if (now >= this.#due) {
      this.#due = Number.POSITIVE_INFINITY
      return true
    }
    if (this.#due < this.#entered) this.#enter()
    return false
  }

  #enter(): void {
    this.#entered = Math.max(this.#due, this.#calendar.now)
    this.#calendar.at(this.#entered, this.#kind, this.#subject)
  }
}
