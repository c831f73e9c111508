/**
 * Blocks of memory for interval lists, behind the records in the same array: a connection has one only while the list has
 * something, so that 128 intervals cost those nothing that lose nothing. Handed out last freed first.
 */
import { INTERVALS } from "./layout.ts"

/** Words of a block. */
export const BLOCK_WORDS = 2 * INTERVALS

/** A connection's place for its block's first word; no block begins at word 0, where a record does. */
export const NO_BLOCK = 0

export class RangeBlocks {
  readonly #free: Int32Array
  #available: number

  /** @param first word at which the first of `count` blocks begins, above 0 */
  constructor(first: number, count: number) {
    this.#free = Int32Array.from({ length: count }, (_, i) => first + (count - 1 - i) * BLOCK_WORDS)
    this.#available = count
  }

  get capacity(): number {
    return this.#free.length
  }

  get available(): number {
    return this.#available
  }

  /** First word of a block, or NO_BLOCK. */
  take(): number {
    return this.#available === 0 ? NO_BLOCK : this.#free[--this.#available]!
  }

  give(at: number): void {
    this.#free[this.#available++] = at
  }
}
