/** An application's end of a claimed connection: byte streams in rings that it shares with the transport. */
import {
  OWES_ABORT,
  OWES_CLOSE,
  OWES_CONSUMED,
  OWES_FINISH,
  OWES_RELEASE,
  OWES_WRITTEN,
} from "../codec/data-message.ts"
import type { Region } from "../memory/region.ts"

/** `net/tcp`'s END_CLOSED: both sides finished, and what was received is whole. */
export const CLOSED = 0

export interface StreamMemory {
  readonly region: Region
  readonly rxOffset: number
  readonly rxBytes: number
  readonly txOffset: number
  readonly txBytes: number
}

export interface StreamOwner {
  /** The stream owes something that it did not owe before. */
  owes(stream: Stream): void
  /** Its buffers are free again at the server. */
  released(stream: Stream): void
}

/**
 * Small pieces are cut from a slab, as Node's own buffers are: memory outside the heap costs twenty times as much to get and
 * to collect as a view of some. A slab lives as long as any of its pieces.
 */
const SLAB = 32768
const LARGEST_PIECE = 4096
let slab = new Uint8Array(SLAB)
let used = 0

const piece = (count: number): Uint8Array => {
  if (count > LARGEST_PIECE) return new Uint8Array(count)
  if (used + count > SLAB) {
    slab = new Uint8Array(SLAB)
    used = 0
  }
  const out = slab.subarray(used, used + count)
  // Pieces begin at multiples of 8, where any view of them may lie.
  used = (used + count + 7) & ~7
  return out
}

/** Below this a loop is faster than the engine's block copy, which needs a view. */
const BLOCK = 128

const copy = (to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number, count: number): void => {
  if (count < BLOCK) for (let k = 0; k < count; k++) to[toAt + k] = from[fromAt + k]!
  else to.set(from.subarray(fromAt, fromAt + count), toAt)
}

/** Positions are byte counts since the stream's start, modulo 2³². */
export class Stream {
  readonly server: number
  readonly slot: number
  readonly c: number
  readonly n: number
  readonly peerIp: number
  readonly peerPort: number
  /** What the server is to be told (OWES_ bits) when the ring to it has room. */
  owed = 0
  /** Received in order up to here. */
  readable = 0
  consumed = 0
  written = 0
  /** The peer has acknowledged up to here: the ring's room. */
  acked = 0
  peerFinished = false
  /** Gone; why is `net/tcp`'s EndReason. */
  ended: number | undefined
  /** Its buffers are another's from now on. */
  released = false
  /** Something of the above changed. */
  changed: () => void = () => {}
  /** The server knows that nothing more will be read: the buffers go with the connection's end. */
  #givenUp = false
  /** Among those that the owner knows to owe something. */
  #known = false
  readonly #memory: StreamMemory
  readonly #owner: StreamOwner

  constructor(
    owner: StreamOwner,
    memory: StreamMemory,
    id: { readonly server: number; readonly slot: number; readonly c: number; readonly n: number },
    peer: { readonly ip: number; readonly port: number },
  ) {
    this.#owner = owner
    this.#memory = memory
    this.server = id.server
    this.slot = id.slot
    this.c = id.c
    this.n = id.n
    this.peerIp = peer.ip
    this.peerPort = peer.port
  }

  /** Bytes that `read` would answer. */
  get available(): number {
    return (this.readable - this.consumed) >>> 0
  }

  /** Bytes that `write` would take. */
  get room(): number {
    return this.#memory.txBytes - ((this.written - this.acked) >>> 0)
  }

  /** A copy of what has arrived, at most `most` bytes; undefined when nothing has. */
  read(most = 65536): Uint8Array | undefined {
    const count = Math.min(this.available, most, this.#memory.rxBytes)
    if (count === 0) return undefined
    const { region, rxOffset, rxBytes } = this.#memory
    const out = piece(count)
    const at = this.consumed & (rxBytes - 1)
    const first = Math.min(count, rxBytes - at)
    copy(out, 0, region.bytes, rxOffset + at, first)
    if (first < count) copy(out, first, region.bytes, rxOffset, count - first)
    this.consumed = (this.consumed + count) | 0
    if (this.ended === undefined) this.#owe(OWES_CONSUMED)
    else if (this.available === 0) this.discard()
    return out
  }

  /** Takes what the ring has room for; answers how many bytes. */
  write(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room)
    if (count <= 0 || this.ended !== undefined) return 0
    const { region, txOffset, txBytes } = this.#memory
    const at = this.written & (txBytes - 1)
    const first = Math.min(count, txBytes - at)
    copy(region.bytes, txOffset + at, bytes, 0, first)
    if (first < count) copy(region.bytes, txOffset, bytes, first, count - first)
    this.written = (this.written + count) | 0
    this.#owe(OWES_WRITTEN)
    return count
  }

  /** FIN after all that was written; reading goes on. */
  finish(): void {
    this.#owe(OWES_FINISH)
  }

  /** Done with both directions. */
  close(): void {
    this.#owe(OWES_CLOSE)
  }

  abort(): void {
    this.#owe(OWES_ABORT)
  }

  /** The connection is gone. What had arrived in order is still to be read; the buffers are ours until it was. */
  end(reason: number): void {
    if (this.ended !== undefined) return
    this.ended = reason
    this.owed = 0
    if (reason !== CLOSED || this.available === 0 || this.#givenUp) this.discard()
  }

  /** Nothing more will be read of what an ended connection left. */
  discard(): void {
    if (this.ended === undefined || this.released) return
    this.released = true
    this.consumed = this.readable
    if (this.#givenUp) this.#owner.released(this)
    else this.#owe(OWES_RELEASE)
  }

  /** The owner has told everything, and knows nothing of this stream until it owes again. */
  told(): void {
    if ((this.owed & (OWES_CLOSE | OWES_ABORT)) !== 0) this.#givenUp = true
    if ((this.owed & OWES_RELEASE) !== 0) this.#owner.released(this)
    this.owed = 0
    this.#known = false
  }

  #owe(what: number): void {
    if (this.ended !== undefined && what !== OWES_RELEASE) return
    this.owed |= what
    if (this.#known) return
    this.#known = true
    this.#owner.owes(this)
  }
}
