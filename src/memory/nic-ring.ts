import {
  LINE,
  NIC_DIR_RX,
  NIC_DIR_TX,
  NIC_FIRST_BUFFER,
  NIC_MAX_SLOTS,
  NIC_RING_BUF_OFS,
  NIC_RING_BUF_SIZE,
  NIC_RING_DIR,
  NIC_RING_HEAD,
  NIC_RING_NUM_SLOTS,
  NIC_RING_SLOTS,
  NIC_SLOT_BUF_IDX,
  NIC_SLOT_BYTES,
  NIC_SLOT_LEN,
} from "./layout.ts"
import { checkPart, type Region } from "./region.ts"

/**
 * A NIC ring in netmap's own layout: the batch interface of every driver. Slots from `head` up to, not including, `tail`
 * are ours: received frames in an rx ring, room in a tx ring. Moving `head` gives slots to the driver at its next sync.
 */
export class NicRing {
  readonly region: Region
  readonly numSlots: number
  readonly bufferBytes: number
  readonly #ring: number
  readonly #buffers: number

  /** `ringOffset`: where struct netmap_ring begins. */
  constructor(region: Region, ringOffset: number) {
    const { view } = region
    checkPart(region, ringOffset, NIC_RING_SLOTS, 8, "NIC ring")
    this.region = region
    this.#ring = ringOffset
    this.#buffers = ringOffset + Number(view.getBigInt64(ringOffset + NIC_RING_BUF_OFS, true))
    this.numSlots = view.getUint32(ringOffset + NIC_RING_NUM_SLOTS, true)
    this.bufferBytes = view.getUint32(ringOffset + NIC_RING_BUF_SIZE, true)
    if (this.numSlots < 2 || this.numSlots > NIC_MAX_SLOTS) {
      throw new RangeError(`NIC ring at ${ringOffset}: ${this.numSlots} slots`)
    }
    checkPart(region, ringOffset, NIC_RING_SLOTS + this.numSlots * NIC_SLOT_BYTES, 8, "NIC ring")
  }

  get head(): number {
    return this.region.words[(this.#ring + NIC_RING_HEAD) >> 2]!
  }

  /** Moves cur too. */
  set head(i: number) {
    const at = (this.#ring + NIC_RING_HEAD) >> 2
    this.region.words[at] = i
    this.region.words[at + 1] = i
  }

  get tail(): number {
    return this.region.words[((this.#ring + NIC_RING_HEAD) >> 2) + 2]!
  }

  /** The driver's to move. */
  set tail(i: number) {
    this.region.words[((this.#ring + NIC_RING_HEAD) >> 2) + 2] = i
  }

  /** Slots from head to tail. */
  space(): number {
    const n = this.tail - this.head
    return n < 0 ? n + this.numSlots : n
  }

  next(i: number): number {
    return i + 1 === this.numSlots ? 0 : i + 1
  }

  slotLength(i: number): number {
    return this.region.view.getUint16(this.#slot(i) + NIC_SLOT_LEN, true)
  }

  /** Clears the slot's flags. */
  setSlotLength(i: number, bytes: number): void {
    this.region.words[(this.#slot(i) + NIC_SLOT_LEN) >> 2] = bytes
  }

  setSlotFlags(i: number, flags: number): void {
    const at = (this.#slot(i) + NIC_SLOT_LEN) >> 2
    this.region.words[at] = (this.region.words[at]! & 0xffff) | (flags << 16)
  }

  /** Byte offset of the slot's buffer in the region. */
  bufferOffset(i: number): number {
    return this.#buffers + this.region.words[(this.#slot(i) + NIC_SLOT_BUF_IDX) >> 2]! * this.bufferBytes
  }

  #slot(i: number): number {
    return this.#ring + NIC_RING_SLOTS + i * NIC_SLOT_BYTES
  }
}

export interface NicMemory {
  readonly rxSlots: number
  readonly txSlots: number
  /** A multiple of 64. */
  readonly bufSize: number
}

const aligned = (n: number): number => Math.ceil(n / LINE) * LINE
const ringBytes = (slots: number): number => aligned(NIC_RING_SLOTS + slots * NIC_SLOT_BYTES)

/** Bytes of one rx and one tx ring with a buffer for every slot. */
export const nicMemoryBytes = ({ rxSlots, txSlots, bufSize }: NicMemory): number =>
  ringBytes(rxSlots) + ringBytes(txSlots) + (rxSlots + txSlots + NIC_FIRST_BUFFER) * bufSize

/** Where the rings of `initNicMemory` begin. */
export const nicMemoryOffsets = ({ rxSlots }: NicMemory): { readonly rx: number; readonly tx: number } => ({
  rx: 0,
  tx: ringBytes(rxSlots),
})

/** Lays out one rx and one tx ring at the start of `region`, as netmap does: rx empty, tx all ours. */
export const initNicMemory = (region: Region, memory: NicMemory): { rx: NicRing; tx: NicRing } => {
  checkPart(region, 0, nicMemoryBytes(memory), LINE, "NIC memory")
  const { rxSlots, txSlots, bufSize } = memory
  const { rx, tx } = nicMemoryOffsets(memory)
  const buffers = ringBytes(rxSlots) + ringBytes(txSlots)
  let index = NIC_FIRST_BUFFER
  const lay = (at: number, slots: number, direction: number, tail: number) => {
    const { view } = region
    view.setBigInt64(at + NIC_RING_BUF_OFS, BigInt(buffers - at), true)
    view.setUint32(at + NIC_RING_NUM_SLOTS, slots, true)
    view.setUint32(at + NIC_RING_BUF_SIZE, bufSize, true)
    view.setUint16(at + NIC_RING_DIR, direction, true)
    for (let i = 0; i < slots; i++) {
      view.setUint32(at + NIC_RING_SLOTS + i * NIC_SLOT_BYTES + NIC_SLOT_BUF_IDX, index++, true)
    }
    const ring = new NicRing(region, at)
    ring.head = 0
    ring.tail = tail
    return ring
  }
  return { rx: lay(rx, rxSlots, NIC_DIR_RX, 0), tx: lay(tx, txSlots, NIC_DIR_TX, txSlots - 1) }
}
