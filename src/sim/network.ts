/**
 * The wire between the stack's NIC queues and the hosts: frames in flight in a pool of slots, each on its way for a time
 * drawn anew, lost, doubled, damaged or overtaken as the faults say.
 */
import { allocateRegion, type Region } from "../memory/region.ts"
import { directed } from "../server/link-server.ts"
import type { Random } from "./random.ts"

/** Of one direction; probabilities are per frame. */
export interface WireFaults {
  readonly loss: number
  readonly duplicate: number
  readonly corrupt: number
  /** Bounds of the delay, µs. */
  readonly delay: readonly [number, number]
}

export interface NetworkOptions {
  /** NIC queues of the stack: nodes 0 … links − 1. Hosts are the nodes after them. */
  readonly links: number
  readonly hosts: number
  readonly stackMac: ReadonlyArray<number>
  readonly hostMac: (host: number) => ReadonlyArray<number>
  /** The NIC applies the flow director's rule; otherwise a frame reaches any queue, and the Link Servers forward. */
  readonly director: boolean
  /** Frames under way at a time; what is beyond is lost, as at any full queue. Default: 4096. */
  readonly slots?: number
}

/** What the network asks of the world around it. */
export interface NetworkWorld {
  readonly now: number
  /** Frame `slot` arrives at `time`: `deliver` is to be called then. */
  arrival(time: number, slot: number): void
  /** A frame for node `node`; its bytes are valid during the call. */
  frame(node: number, region: Region, offset: number, length: number): void
}

const SLOT = 2048
/** The longest frame that a slot holds, bytes. */
export const NETWORK_FRAME = SLOT
const SLOTS = 4096
const BROADCAST = 0xffff
/** No node. */
const NOWHERE = 0x7fffffff
const TCP_PORTS_END = 38

export class Network {
  readonly region: Region
  readonly counts = { sent: 0, lost: 0, duplicated: 0, corrupted: 0, overflowed: 0, stray: 0 }
  /** From hosts to the stack, and back. */
  up: WireFaults
  down: WireFaults
  readonly #options: NetworkOptions
  readonly #world: NetworkWorld
  readonly #random: Random
  readonly #slots: number
  readonly #lengths: Int32Array
  readonly #nodes: Int32Array
  readonly #free: Int32Array
  #available: number
  readonly #hostMacs: ReadonlyArray<number>

  constructor(options: NetworkOptions, faults: WireFaults, world: NetworkWorld, random: Random) {
    const slots = options.slots ?? SLOTS
    this.#slots = slots
    this.region = allocateRegion(slots * SLOT)
    this.#lengths = new Int32Array(slots)
    this.#nodes = new Int32Array(slots)
    this.#free = Int32Array.from({ length: slots }, (_, k) => slots - 1 - k)
    this.#available = slots
    this.#options = options
    this.#world = world
    this.#random = random
    this.up = faults
    this.down = faults
    this.#hostMacs = Array.from({ length: options.hosts }, (_, h) => lowWord(options.hostMac(h)))
  }

  get inFlight(): number {
    return this.#slots - this.#available
  }

  /** A slot to build a frame in, or −1; its offset in `region` is `offsetOf`. Given back by `send`. */
  take(): number {
    return this.#available === 0 ? -1 : this.#free[--this.#available]!
  }

  offsetOf(slot: number): number {
    return slot * SLOT
  }

  /** Sends the frame in `slot`, as it is now. */
  send(from: number, slot: number, length: number): void {
    this.#lengths[slot] = length
    this.counts.sent++
    const random = this.#random
    const up = from >= this.#options.links
    const faults = up ? this.up : this.down
    if (random.chance(faults.loss)) {
      this.counts.lost++
      this.#give(slot)
      return
    }
    const at = slot * SLOT
    const { view } = this.region
    const isBroadcast = view.getUint16(at) === BROADCAST
    if (up && (isBroadcast || this.#isStack(at))) this.#route(slot, this.#link(at, length), faults)
    else if (up) this.#lose(slot)
    else if (isBroadcast) this.#toAll(slot, faults)
    else {
      const host = this.#hostMacs.indexOf(view.getInt32(at + 2))
      if (host < 0) this.#lose(slot)
      else this.#route(slot, this.#options.links + host, faults)
    }
  }

  /** A copy of a frame that lies elsewhere. */
  sendCopy(from: number, region: Region, offset: number, length: number): void {
    const slot = this.take()
    if (slot < 0) {
      this.counts.overflowed++
      return
    }
    this.region.bytes.set(region.bytes.subarray(offset, offset + length), slot * SLOT)
    this.send(from, slot, length)
  }

  /** Where the frame under way in `slot` goes. */
  nodeOf(slot: number): number {
    return this.#nodes[slot]!
  }

  /** The frame under way in `slot` will arrive nowhere. */
  lose(slot: number): void {
    this.#nodes[slot] = NOWHERE
  }

  /** A copy of the frame under way in `slot`. */
  copyOf(slot: number): Uint8Array {
    return this.region.bytes.slice(slot * SLOT, slot * SLOT + this.#lengths[slot]!)
  }

  /** The event that `arrival` asked for. */
  deliver(slot: number): void {
    this.#world.frame(this.#nodes[slot]!, this.region, slot * SLOT, this.#lengths[slot]!)
    this.#give(slot)
  }

  #route(slot: number, node: number, faults: WireFaults): void {
    const random = this.#random
    if (random.chance(faults.duplicate)) {
      const copy = this.take()
      if (copy >= 0) {
        const at = slot * SLOT
        this.region.bytes.copyWithin(copy * SLOT, at, at + this.#lengths[slot]!)
        this.#lengths[copy] = this.#lengths[slot]!
        this.counts.duplicated++
        this.#arrive(copy, node, faults)
      }
    }
    if (random.chance(faults.corrupt) && !this.#corrupt(slot)) {
      this.#lose(slot)
      return
    }
    this.#arrive(slot, node, faults)
  }

  #toAll(slot: number, faults: WireFaults): void {
    const at = slot * SLOT
    const length = this.#lengths[slot]!
    for (let h = 1; h < this.#options.hosts; h++) {
      const copy = this.take()
      if (copy < 0) break
      this.region.bytes.copyWithin(copy * SLOT, at, at + length)
      this.#lengths[copy] = length
      this.#route(copy, this.#options.links + h, faults)
    }
    this.#route(slot, this.#options.links, faults)
  }

  #arrive(slot: number, node: number, faults: WireFaults): void {
    this.#nodes[slot] = node
    const [low, high] = faults.delay
    this.#world.arrival(this.#world.now + this.#random.between(low, high), slot)
  }

  /**
   * One wrong bit within the IP packet, which its checksums always notice. What only Ethernet's own check sequence would
   * notice is a lost frame: false.
   */
  #corrupt(slot: number): boolean {
    this.counts.corrupted++
    const at = slot * SLOT
    const { bytes, view } = this.region
    const k = this.#random.between(0, this.#lengths[slot]! - 1)
    if (view.getUint16(at + 12) !== 0x0800 || k < 14) return false
    bytes[at + k]! ^= 1 << this.#random.between(0, 7)
    return true
  }

  #lose(slot: number): void {
    this.counts.stray++
    this.#give(slot)
  }

  #give(slot: number): void {
    this.#free[this.#available++] = slot
  }

  #isStack(at: number): boolean {
    return this.region.view.getInt32(at + 2) === lowWord(this.#options.stackMac)
  }

  /** The NIC queue that a frame to the stack reaches. */
  #link(at: number, length: number): number {
    const { links, director } = this.#options
    if (links === 1) return 0
    if (!director) return this.#random.between(0, links - 1)
    const { view } = this.region
    const isTcp =
      length >= TCP_PORTS_END && view.getUint16(at + 12) === 0x0800 && view.getUint8(at + 23) === 6
    return isTcp ? directed(view.getUint16(at + 34), links) : 0
  }
}

const lowWord = (mac: ReadonlyArray<number>): number =>
  (mac[2]! << 24) | (mac[3]! << 16) | (mac[4]! << 8) | mac[5]!
