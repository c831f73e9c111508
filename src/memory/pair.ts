import { initNicMemory, type NicMemory, type NicRing, nicMemoryBytes } from "./nic-ring.ts"
import { allocateRegion } from "./region.ts"

export interface PairedNic {
  readonly rx: NicRing
  readonly tx: NicRing
  rxSync(): number
  txSync(): void
  /** Frames lost because the other side's rx ring was full. */
  dropped(): number
}

/** Moves what `from` has sent into `to`'s rx ring; answers how many frames found no room. */
const deliver = (from: NicRing, sent: number, to: NicRing): number => {
  let lost = 0
  for (let i = sent; i !== from.head; i = from.next(i)) {
    const slot = to.tail
    const after = to.next(slot)
    const length = from.slotLength(i)
    if (after === to.head || length > to.bufferBytes) {
      lost++
      continue
    }
    const at = from.bufferOffset(i)
    to.region.bytes.set(from.region.bytes.subarray(at, at + length), to.bufferOffset(slot))
    to.setSlotLength(slot, length)
    to.tail = after
  }
  return lost
}

const end = (memory: NicMemory) => {
  const rings = initNicMemory(allocateRegion(nicMemoryBytes(memory)), memory)
  return { ...rings, sent: 0, lost: 0 }
}

/** Two NICs joined by a wire, all in this process: what one sends the other receives. */
export const makePair = (memory: NicMemory): readonly [PairedNic, PairedNic] => {
  const a = end(memory)
  const b = end(memory)
  const nic = (mine: typeof a, other: typeof a): PairedNic => ({
    rx: mine.rx,
    tx: mine.tx,
    rxSync: () => mine.rx.space(),
    txSync: () => {
      mine.lost += deliver(mine.tx, mine.sent, other.rx)
      mine.sent = mine.tx.head
      mine.tx.tail = mine.sent === 0 ? mine.tx.numSlots - 1 : mine.sent - 1
    },
    dropped: () => mine.lost,
  })
  return [nic(a, b), nic(b, a)]
}
