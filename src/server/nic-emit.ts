/** Frames built right in the slots of a NIC's transmit ring. */
import type { NicRing } from "../memory/nic-ring.ts"
import type { Region } from "../memory/region.ts"
import type { Emit } from "../net/emit.ts"

export class NicEmit implements Emit {
  readonly region: Region
  readonly #tx: NicRing
  /** Frames since the last sync. */
  unsent = 0
  /** A frame found no slot since the last sync: only a sync takes back those whose frames have left. */
  starved = false

  constructor(tx: NicRing) {
    this.region = tx.region
    this.#tx = tx
  }

  reserve(maxLength: number): number {
    const tx = this.#tx
    if (maxLength > tx.bufferBytes) return -1
    if (tx.space() === 0) {
      this.starved = true
      return -1
    }
    return tx.bufferOffset(tx.head)
  }

  commit(length: number): void {
    const tx = this.#tx
    tx.setSlotLength(tx.head, length)
    tx.head = tx.next(tx.head)
    this.unsent++
  }
}
