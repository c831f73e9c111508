import { RECORD_WORDS, T_WHEEL, W_WHEEL_NEXT, W_WHEEL_PREV, W_WHEEL_SLOT } from "./layout.ts"

/** Slots of one millisecond: 4.096 s ahead; what lies further is looked at again at the horizon. */
const SLOTS = 4096
export const SLOT_US = 1000

/**
 * One entry per connection in a wheel of lists threaded through the records. An entry stands for the earliest of
 * the connection's deadlines *or earlier*: moving a deadline back costs nothing, its owner is then looked at in vain once.
 * Timers fire up to SLOT_US late, never early.
 */
export class Wheel {
  readonly #words: Int32Array
  readonly #times: Float64Array
  readonly #heads = new Int32Array(SLOTS).fill(-1)
  /** A bit for every slot with entries. */
  readonly #used = new Int32Array(SLOTS / 32)
  /** The last slot that has been emptied, as a count of slots since time 0. */
  #cursor = -1
  #entries = 0

  constructor(words: Int32Array, times: Float64Array) {
    this.#words = words
    this.#times = times
  }

  /** Sees to it that record `b` is looked at by `deadline`. */
  schedule(b: number, deadline: number): void {
    const t = (b + T_WHEEL) >> 1
    if (this.#times[t]! <= deadline) return
    this.remove(b)
    const first = this.#cursor + 1
    const wanted = Math.ceil(deadline / SLOT_US)
    const slot = wanted < first ? first : wanted > first + SLOTS - 1 ? first + SLOTS - 1 : wanted
    this.#times[t] = slot * SLOT_US
    const i = slot & (SLOTS - 1)
    const w = this.#words
    const head = this.#heads[i]!
    w[b + W_WHEEL_SLOT] = i
    w[b + W_WHEEL_PREV] = -1
    w[b + W_WHEEL_NEXT] = head
    if (head >= 0) w[head + W_WHEEL_PREV] = b
    this.#heads[i] = b
    this.#used[i >> 5] = this.#used[i >> 5]! | (1 << (i & 31))
    this.#entries++
  }

  get size(): number {
    return this.#entries
  }

  remove(b: number): void {
    const w = this.#words
    const i = w[b + W_WHEEL_SLOT]!
    if (i < 0) return
    const next = w[b + W_WHEEL_NEXT]!
    const prev = w[b + W_WHEEL_PREV]!
    if (next >= 0) w[next + W_WHEEL_PREV] = prev
    if (prev >= 0) w[prev + W_WHEEL_NEXT] = next
    else {
      this.#heads[i] = next
      if (next < 0) this.#used[i >> 5] = this.#used[i >> 5]! & ~(1 << (i & 31))
    }
    w[b + W_WHEEL_SLOT] = -1
    this.#times[(b + T_WHEEL) >> 1] = Number.POSITIVE_INFINITY
    this.#entries--
  }

  /**
   * Takes out one record whose time has come, or answers -1. To be called until it does, or as often as a bound
   * allows; what is left is due at the next call.
   */
  expire(now: number): number {
    const due = Math.floor(now / SLOT_US)
    if (this.#entries === 0) {
      if (due > this.#cursor) this.#cursor = due
      return -1
    }
    while (this.#cursor < due) {
      const slot = this.#firstUsed()
      if (slot > due) {
        this.#cursor = due
        return -1
      }
      // The slot stays ahead of the cursor until it is empty.
      this.#cursor = slot - 1
      const b = this.#heads[slot & (SLOTS - 1)]!
      this.remove(b)
      return b
    }
    return -1
  }

  /** When the first entry will be due, µs, or Infinity. */
  next(): number {
    return this.#entries === 0 ? Number.POSITIVE_INFINITY : this.#firstUsed() * SLOT_US
  }

  /** The first slot after the cursor that has entries; there must be one. At most SLOTS / 32 + 1 steps. */
  #firstUsed(): number {
    const first = this.#cursor + 1
    const i = first & (SLOTS - 1)
    let word = i >> 5
    let bits = this.#used[word]! & (-1 << (i & 31))
    let base = first - (i & 31)
    for (let step = 0; bits === 0 && step <= SLOTS / 32; step++) {
      word = (word + 1) & (SLOTS / 32 - 1)
      base += 32
      bits = this.#used[word]!
    }
    return base + 31 - Math.clz32(bits & -bits)
  }
}

/** Marks the records as being in no slot. */
export function initWheelFields(words: Int32Array, times: Float64Array, records: number): void {
  for (let b = 0; b < records * RECORD_WORDS; b += RECORD_WORDS) {
    words[b + W_WHEEL_SLOT] = -1
    times[(b + T_WHEEL) >> 1] = Number.POSITIVE_INFINITY
  }
}
