/** One NIC queue of the stack as the simulator has it: rings in netmap's layout, a wire behind them. */
import { initNicMemory, type NicMemory, type NicRing, nicMemoryBytes } from "../memory/nic-ring.ts"
import { allocateRegion, type Region } from "../memory/region.ts"
import type { NicShape } from "../ports/ports.ts"
import type { Network } from "./network.ts"
import type { Random } from "./random.ts"

export interface NicHabits {
  /** How often only some of the frames that have arrived are shown, as a probability. */
  readonly few: number
  /** How long a transmit slot is in use after its frame was handed over, µs. */
  readonly transmit: number
}

export class SimNic implements NicShape {
  readonly rx: NicRing
  readonly tx: NicRing
  /** Frames that found the rx ring full. */
  dropped = 0
  readonly #node: number
  readonly #network: Network
  readonly #random: Random
  readonly #habits: NicHabits
  readonly #clock: { readonly now: number }
  /** By tx slot: when the frame in it has left. */
  readonly #leaves: Float64Array
  #sent = 0
  #taken = 0

  constructor(
    memory: NicMemory,
    node: number,
    network: Network,
    clock: { readonly now: number },
    random: Random,
    habits: NicHabits,
  ) {
    const { rx, tx } = initNicMemory(allocateRegion(nicMemoryBytes(memory)), memory)
    this.rx = rx
    this.tx = tx
    this.#node = node
    this.#network = network
    this.#random = random
    this.#habits = habits
    this.#clock = clock
    this.#leaves = new Float64Array(this.tx.numSlots)
  }

  /** Frames have arrived that nobody has taken. */
  get ready(): boolean {
    return this.rx.head !== this.rx.tail
  }

  rxSync(): number {
    const there = this.rx.space()
    return there > 1 && this.#random.chance(this.#habits.few) ? this.#random.between(1, there) : there
  }

  txSync(): void {
    const { tx } = this
    const { now } = this.#clock
    for (; this.#sent !== tx.head; this.#sent = tx.next(this.#sent)) {
      this.#network.sendCopy(this.#node, tx.region, tx.bufferOffset(this.#sent), tx.slotLength(this.#sent))
      this.#leaves[this.#sent] = now + this.#habits.transmit
    }
    // Slots come back when their frames have left, in order.
    while (this.#taken !== this.#sent && this.#leaves[this.#taken]! <= now) this.#taken = tx.next(this.#taken)
    tx.tail = this.#taken === 0 ? tx.numSlots - 1 : this.#taken - 1
  }

  /** A frame arrives from the wire. */
  arrive(region: Region, offset: number, length: number): void {
    const { rx } = this
    const slot = rx.tail
    const after = rx.next(slot)
    if (after === rx.head || length > rx.bufferBytes) {
      this.dropped++
      return
    }
    rx.region.bytes.set(region.bytes.subarray(offset, offset + length), rx.bufferOffset(slot))
    rx.setSlotLength(slot, length)
    rx.tail = after
  }
}
