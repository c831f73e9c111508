import { makeRegion, type Region } from "../../memory/region.ts"

/**
 * Receive rings for connections that no application has claimed: equal slots of one large buffer, handed out last
 * freed first, so that memory is touched only as far as it has ever been needed at once.
 */
export class Staging {
  readonly region: Region
  readonly bytes: number
  readonly #free: Int32Array
  #available: number

  constructor(slots: number, bytes: number) {
    this.region = makeRegion(new ArrayBuffer(slots * bytes))
    this.bytes = bytes
    this.#free = Int32Array.from({ length: slots }, (_, i) => slots - 1 - i)
    this.#available = slots
  }

  get capacity(): number {
    return this.#free.length
  }

  get available(): number {
    return this.#available
  }

  /** A slot's number, or -1. */
  take(): number {
    return this.#available === 0 ? -1 : this.#free[--this.#available]!
  }

  give(slot: number): void {
    this.#free[this.#available++] = slot
  }

  offset(slot: number): number {
    return slot * this.bytes
  }
}
