/** A server's end of the memory that it shares with one application. Nothing in it is trusted. */
import { type AppLinkConfig, type AppLinkOffsets, appLinkOffsets } from "../memory/app-link.ts"
import { QueueReader, QueueWriter } from "../memory/queue.ts"
import type { Region } from "../memory/region.ts"

/** Bits of `pending`. LISTED: the slot is in `dirty`. */
export const PENDING_STATUS = 1
export const PENDING_ENDED = 2
const PENDING_LISTED = 4

export class ApplicationLink {
  readonly a: number
  readonly port: number
  readonly region: Region
  readonly offsets: AppLinkOffsets
  readonly config: AppLinkConfig
  readonly reader: QueueReader
  readonly writer: QueueWriter
  /** By buffer slot: the connection that has it (−1: free), its announcement, and TCP's index for it (−1: ended). */
  readonly connection: Int32Array
  readonly announcement: Int32Array
  readonly tcb: Int32Array
  readonly readable: Int32Array
  readonly acked: Int32Array
  readonly ackedTold: Int32Array
  readonly flags: Int32Array
  readonly reason: Int32Array
  readonly pending: Uint8Array
  /** 1: the application has said Close or Abort. Only the end is news to it, and frees the slot. */
  readonly givenUp: Uint8Array
  /** Slots with something pending, each once. */
  readonly dirty: Array<number> = []
  /** Freed last, used first: its pages are warm. */
  readonly free: Array<number>
  /** Messages that only an application which does not keep the protocol sends. */
  violations = 0
  /** Of its last registration here. */
  generation: number
  /** Gone: only the buffers of connections that are still ending are in use. */
  dead = false

  /** `g`: what the generations of its registrations continue after. */
  constructor(a: number, port: number, region: Region, offset: number, config: AppLinkConfig, g = 0) {
    this.a = a
    this.generation = g
    this.port = port
    this.region = region
    this.config = config
    const relative = appLinkOffsets(config)
    this.offsets = {
      ...relative,
      toServer: offset + relative.toServer,
      toApplication: offset + relative.toApplication,
      rxRingOffset: (slot) => offset + relative.rxRingOffset(slot),
      txRingOffset: (slot) => offset + relative.txRingOffset(slot),
    }
    this.reader = new QueueReader(region, this.offsets.toServer, config.queueCapacity)
    this.writer = new QueueWriter(region, this.offsets.toApplication, config.queueCapacity)
    this.connection = new Int32Array(config.slots).fill(-1)
    this.announcement = new Int32Array(config.slots)
    this.tcb = new Int32Array(config.slots).fill(-1)
    this.readable = new Int32Array(config.slots)
    this.acked = new Int32Array(config.slots)
    this.flags = new Int32Array(config.slots)
    this.reason = new Int32Array(config.slots)
    this.ackedTold = new Int32Array(config.slots)
    this.pending = new Uint8Array(config.slots)
    this.givenUp = new Uint8Array(config.slots)
    this.free = Array.from({ length: config.slots }, (_, k) => config.slots - 1 - k)
  }

  /** The slot of a message, if connection and announcement are those that have it; −1 otherwise. */
  slotOf(slot: number, c: number, n: number): number {
    if (slot < 0 || slot >= this.config.slots) return -1
    return this.connection[slot] === c && this.announcement[slot] === n && this.tcb[slot]! >= 0 ? slot : -1
  }

  /** The application has read what an ended connection left: the slot is free. False: it has no such slot. */
  release(slot: number, c: number, n: number): boolean {
    const own = slot >= 0 && slot < this.config.slots && this.connection[slot] === c
    // Not before it was told of the end.
    if (!own || this.announcement[slot] !== n || this.tcb[slot]! >= 0 || this.pending[slot] !== 0)
      return false
    this.connection[slot] = -1
    this.free.push(slot)
    return true
  }

  /**
   * The application has said Close or Abort of a connection that had ended before it knew: it frees the slot, or telling it
   * of the end will.
   */
  giveUp(slot: number, c: number, n: number): void {
    if (this.release(slot, c, n)) return
    const own = slot >= 0 && slot < this.config.slots && this.connection[slot] === c
    if (own && this.announcement[slot] === n) this.givenUp[slot] = 1
  }

  take(c: number, n: number, tcb: number): number {
    const slot = this.free.pop()!
    this.connection[slot] = c
    this.announcement[slot] = n
    this.tcb[slot] = tcb
    this.readable[slot] = 0
    this.acked[slot] = 0
    this.ackedTold[slot] = 0
    this.givenUp[slot] = 0
    this.flags[slot] = 0
    return slot
  }

  /**
   * Whether as much as a quarter of the transmit ring has been acknowledged since the application was last told of any.
   * One that waits for room has filled the ring, so that in the end this much is.
   */
  hasNewRoom(slot: number): boolean {
    return (this.acked[slot]! - this.ackedTold[slot]!) >>> 0 >= this.config.txBytes >> 2
  }

  /** Something but the end has changed. */
  markStatus(slot: number): void {
    if (this.givenUp[slot] === 0) this.#mark(slot, PENDING_STATUS)
  }

  markEnded(slot: number): void {
    this.#mark(slot, PENDING_ENDED)
  }

  /** The application has been told all there is. */
  told(slot: number): void {
    this.pending[slot] = this.pending[slot]! & PENDING_LISTED
    this.ackedTold[slot] = this.acked[slot]!
  }

  /** Takes a slot off `dirty` and answers it; it has nothing pending when it was told of all meanwhile. */
  unlist(): number {
    const slot = this.dirty.pop()!
    this.pending[slot] = this.pending[slot]! & ~PENDING_LISTED
    return slot
  }

  #mark(slot: number, bit: number): void {
    if ((this.pending[slot]! & PENDING_LISTED) === 0) this.dirty.push(slot)
    this.pending[slot] = this.pending[slot]! | bit | PENDING_LISTED
  }
}
