/** Records one after the other, as many as memory holds: in chunks, without an object for each. */
import { decodeRecord, RECORD_WORDS, type StepRecord } from "./record.ts"

/** Records of a chunk: 64 KiB. */
const CHUNK = 1024

export class RecordLog {
  length = 0
  readonly #chunks: Array<Int32Array> = []

  /** Copies the record at the start of `words`. */
  add(words: Int32Array): void {
    const k = this.length % CHUNK
    if (k === 0) this.#chunks.push(new Int32Array(CHUNK * RECORD_WORDS))
    const chunk = this.#chunks.at(-1)!
    const at = k * RECORD_WORDS
    for (let w = 0; w < RECORD_WORDS; w++) chunk[at + w] = words[w]!
    this.length++
  }

  steps(): Array<StepRecord> {
    return Array.from({ length: this.length }, (_, k) =>
      decodeRecord(this.#chunks[Math.trunc(k / CHUNK)]!, (k % CHUNK) * RECORD_WORDS),
    )
  }
}
