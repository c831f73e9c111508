/**
 * The flight recorder: every core step of one process as a 64-byte record in a ring, always on.
 *
 * The ring is in memory that the supervisor maps too, so that what a killed process recorded is still read. The
 * count of records is written after the record: a record that is counted is whole.
 *
 *      0 ┌──────────────────────────┐
 *        │ count (mod 2³²), capacity│
 *      8 │ sent                     │  records whose messages have left the process
 *     64 ├──────────────────────────┤
 *        │ record 0                 │
 *        │ record 1 …               │
 */

import type { Env, Event } from "../core/event.ts"
import type { Outbox, Role } from "../core/outbox.ts"
import { loadAcquire, storeRelease } from "../memory/order.ts"
import type { Region } from "../memory/region.ts"
import { DOUBTFUL, encodeRecord, RECORD_BYTES, RECORD_WORDS } from "./record.ts"

const HEADER_BYTES = 64
/** Word of the header. */
const SENT = 2

export const recorderBytes = (capacity: number): number => HEADER_BYTES + capacity * RECORD_BYTES

export class RecorderWriter {
  readonly #words: Int32Array
  readonly #base: number
  readonly #mask: number
  #count = 0

  /** `capacity`: records, a power of two. */
  constructor(region: Region, offset: number, capacity: number) {
    this.#words = region.words
    this.#base = offset >> 2
    this.#mask = capacity - 1
    this.#words[this.#base + 1] = capacity
    this.#count = this.#words[this.#base]!
  }

  record(role: Role, index: number, port: number, event: Event, env: Env, out: Outbox): void {
    const at = this.#base + RECORD_WORDS + (this.#count & this.#mask) * RECORD_WORDS
    encodeRecord(this.#words, at, role, index, port, event, env, out)
    this.#counted()
  }

  /** What the last step sends is on its way: a kill can no longer come between. */
  sent(): void {
    storeRelease(this.#words, this.#base + SENT, this.#count)
  }

  /** The end of the process that wrote here until now, told by another. */
  recordEnd(index: number, port: number, event: Event, env: Env, out: Outbox): void {
    const doubtful = this.#words[this.#base + SENT] !== this.#count
    const at = this.#base + RECORD_WORDS + (this.#count & this.#mask) * RECORD_WORDS
    encodeRecord(this.#words, at, "application", index, port, event, env, out)
    this.#words[at + DOUBTFUL] = doubtful ? 1 : 0
    this.#counted()
    this.sent()
  }

  #counted(): void {
    this.#count = (this.#count + 1) | 0
    // Release, paired with the load in RecorderTail.drain: who sees the count sees the record.
    storeRelease(this.#words, this.#base, this.#count)
  }
}

/** Reads what a recorder has written since the last time. */
export class RecorderTail {
  /** Records that were overwritten before they were read: the recording has a hole. */
  overruns = 0
  readonly #words: Int32Array
  readonly #base: number
  readonly #capacity: number
  readonly #record = new Int32Array(RECORD_WORDS)
  #read = 0

  constructor(region: Region, offset: number, capacity: number) {
    this.#words = region.words
    this.#base = offset >> 2
    this.#capacity = capacity
  }

  /** Everything that was read has also left the process. */
  get settled(): boolean {
    return loadAcquire(this.#words, this.#base + SENT) === this.#read
  }

  /** Hands over each new record, in order: words that are used again for the next. Answers how many. */
  drain(take: (record: Int32Array) => void): number {
    // Acquire, paired with the release in RecorderWriter.
    const count = loadAcquire(this.#words, this.#base)
    let waiting = (count - this.#read) | 0
    // The record that is being written now is not counted yet, and takes the place of the one a lap before.
    const most = this.#capacity - 1
    if (waiting < 0 || waiting > most) {
      // Overtaken, or a count that a hostile process made up: only the last lap can be whole.
      this.overruns += waiting < 0 ? most : waiting - most
      this.#read = (count - most) | 0
      waiting = most
    }
    const first = this.#base + RECORD_WORDS
    const words = this.#words
    const record = this.#record
    let whole = 0
    for (let k = 0; k < waiting; k++) {
      const at = first + (this.#read & (this.#capacity - 1)) * RECORD_WORDS
      for (let w = 0; w < RECORD_WORDS; w++) record[w] = words[at + w]!
      // The writer may have come round while it was copied.
      const ahead = (loadAcquire(words, this.#base) - this.#read) | 0
      if (ahead < 0 || ahead > most) this.overruns++
      else {
        take(record)
        whole++
      }
      this.#read = (this.#read + 1) | 0
    }
    return whole
  }
}
