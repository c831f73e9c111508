import type { FlowTable } from "./flow-table.ts"

/**
 * Connections in TIME-WAIT, 64 bytes each, in the order in which they leave it: all wait equally long. The flow
 * table knows them by values from `firstValue` on. Full: the one nearest its end is recycled.
 *
 *   0 peer ip  1 ports  2 snd.nxt  3 rcv.nxt  4 ts recent  5 ts offset  6 flags  7 window field
 *   8 older  9 newer    10,11 expiry (float64)             12 mac high  13 mac low
 */
const WORDS = 16
export const TW_PEER_IP = 0
export const TW_PORTS = 1
export const TW_SND_NXT = 2
export const TW_RCV_NXT = 3
export const TW_TS_RECENT = 4
export const TW_TS_OFFSET = 5
/** 1 when timestamps were agreed. */
export const TW_TIMESTAMPS = 6
export const TW_WINDOW = 7
const OLDER = 8
const NEWER = 9
const EXPIRY = 10
export const TW_MAC_HIGH = 12
export const TW_MAC_LOW = 13

export class TimeWaitTable {
  readonly words: Int32Array
  readonly #times: Float64Array
  readonly #flows: FlowTable
  readonly #firstValue: number
  readonly #duration: number
  readonly #capacity: number
  #free = -1
  #oldest = -1
  #newest = -1
  #size = 0

  constructor(capacity: number, firstValue: number, durationUs: number, flows: FlowTable) {
    const buffer = new ArrayBuffer(capacity * WORDS * 4)
    this.words = new Int32Array(buffer)
    this.#times = new Float64Array(buffer)
    this.#flows = flows
    this.#firstValue = firstValue
    this.#duration = durationUs
    this.#capacity = capacity
    for (let i = capacity - 1; i >= 0; i--) {
      this.words[i * WORDS + NEWER] = this.#free
      this.#free = i * WORDS
    }
  }

  get size(): number {
    return this.#size
  }

  get capacity(): number {
    return this.#capacity
  }

  get full(): boolean {
    return this.#size === this.#capacity
  }

  /** The entry (a word base into `words`) of a flow table value. */
  entry(value: number): number {
    return (value - this.#firstValue) * WORDS
  }

  /** A fresh entry, its key already in the flow table, recycling the oldest when full; -1 when the table has no room at all. */
  add(ip: number, ports: number, now: number): number {
    if (this.#free < 0) {
      if (this.#oldest < 0) return -1
      this.remove(this.#oldest)
    }
    const e = this.#free
    this.#free = this.words[e + NEWER]!
    this.words[e + TW_PEER_IP] = ip
    this.words[e + TW_PORTS] = ports
    this.#flows.set(ip, ports, this.#firstValue + e / WORDS)
    this.#append(e, now)
    this.#size++
    return e
  }

  /** Waits anew (RFC 9293 3.10.7.4: a retransmitted FIN restarts the timer). */
  restart(e: number, now: number): void {
    this.#unlink(e)
    this.#append(e, now)
  }

  remove(e: number): void {
    this.#flows.remove(this.words[e + TW_PEER_IP]!, this.words[e + TW_PORTS]!)
    this.#unlink(e)
    this.words[e + NEWER] = this.#free
    this.#free = e
    this.#size--
  }

  /** Ends what has waited long enough, at most `limit` entries. */
  expire(now: number, limit: number): void {
    for (let i = 0; i < limit && this.next() <= now; i++) this.remove(this.#oldest)
  }

  /** When the next entry ends, µs, or Infinity. */
  next(): number {
    return this.#oldest < 0 ? Number.POSITIVE_INFINITY : this.#times[(this.#oldest + EXPIRY) >> 1]!
  }

  #append(e: number, now: number): void {
    this.#times[(e + EXPIRY) >> 1] = now + this.#duration
    this.words[e + OLDER] = this.#newest
    this.words[e + NEWER] = -1
    if (this.#newest >= 0) this.words[this.#newest + NEWER] = e
    else this.#oldest = e
    this.#newest = e
  }

  #unlink(e: number): void {
    const older = this.words[e + OLDER]!
    const newer = this.words[e + NEWER]!
    if (older >= 0) this.words[older + NEWER] = newer
    else this.#oldest = newer
    if (newer >= 0) this.words[newer + OLDER] = older
    else this.#newest = older
  }
}
