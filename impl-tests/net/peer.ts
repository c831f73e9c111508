/** An application model for the harness: writes a deterministic stream, checks the one it reads. */

import { allocateRegion, type Region } from "../../src/memory/region.ts"
import type { TcpEvents } from "../../src/net/tcp/table.ts"
import { END_CLOSED } from "../../src/net/tcp/types.ts"
import type { Random } from "./random.ts"
import type { Host, HostOptions, World } from "./world.ts"

export const byteAt = (position: number, salt: number): number =>
  (Math.imul(position + salt, 0x9e3779b1) >>> 24) ^ (position & 0xff)

export interface PeerOptions {
  readonly total: number
  readonly salt: number
  readonly peerSalt: number
  readonly ringBytes: number
  /** Largest write and read at once. */
  readonly chunk: number
  /** Longest pause between two reads or writes, µs; 0: everything at once. */
  readonly pause: number
  /** How it says farewell. */
  readonly ending: "finish" | "close" | "finishAfterPeer" | "never"
  /** How long after being established it attaches, µs. */
  readonly attachAfter: number
}

/** One end of one connection. */
export class Peer {
  tcb = -1
  written = 0
  acked = 0
  readable = 0
  read = 0
  peerFinished = false
  finished = false
  ended: number | undefined
  wrong: string | undefined
  /** Half-open connections that came of old duplicates. */
  stray = 0
  readonly region: Region
  readonly options: PeerOptions
  readonly random: Random
  host!: Host
  #writing = false
  #reading = false

  constructor(options: PeerOptions, random: Random) {
    this.options = options
    this.random = random
    this.region = allocateRegion(2 * options.ringBytes)
  }

  get world(): World {
    return this.host.world
  }

  get done(): boolean {
    return this.ended !== undefined
  }

  readonly events: Partial<TcpEvents> = {
    established: (tcb) => {
      if (this.ended !== undefined) this.fail("established again")
      this.tcb = tcb
      if (this.options.attachAfter === 0) this.attach()
      else this.world.at(this.world.now + this.options.attachAfter, () => this.attach())
    },
    readable: (_tcb, end) => {
      if (((end - this.readable) | 0) <= 0) this.fail(`readable went from ${this.readable} to ${end}`)
      this.readable = end
      this.later("read")
    },
    acked: (_tcb, position) => {
      if (position <= this.acked || position > this.written) this.fail(`acked ${position} of ${this.written}`)
      this.acked = position
      this.later("write")
    },
    peerFinished: () => {
      this.peerFinished = true
      this.later("read")
      this.later("write")
    },
    ended: (_tcb, reason) => {
      if (this.ended !== undefined) {
        // An old duplicate of the SYN may open once more after the end. Its SYN-ACK meets TIME-WAIT, which does not take
        // it, and it gives up (RFC 9293 3.10.7.4); it must not become a connection, nor end as one.
        this.stray++
        if (reason === END_CLOSED) this.fail("ended twice")
        return
      }
      this.ended = reason
      this.#check(this.readable - this.read)
    },
  }

  attach(): void {
    if (this.ended !== undefined) return
    const n = this.options.ringBytes
    const result = this.host.table.attach(this.tcb, this.region, 0, n, n, n)
    if (result !== 0) this.fail(`attach answered ${result}`)
    this.later("write")
    this.host.arrange()
  }

  fail(why: string): void {
    this.wrong ??= `${this.host.name} at ${this.world.now}: ${why}`
  }

  later(what: "read" | "write"): void {
    if (what === "read" ? this.#reading : this.#writing) return
    if (what === "read") this.#reading = true
    else this.#writing = true
    const pause = this.options.pause === 0 ? 0 : this.random.between(0, this.options.pause)
    this.world.at(this.world.now + pause, () => {
      if (what === "read") this.#reading = false
      else this.#writing = false
      if (this.ended !== undefined) return
      if (what === "read") this.#read()
      else this.#write()
      this.host.arrange()
    })
  }

  #chunk(): number {
    return this.options.pause === 0 ? this.options.chunk : this.random.between(1, this.options.chunk)
  }

  #write(): void {
    const { total, ringBytes, salt, ending } = this.options
    if (!this.host.table.isAttached(this.tcb) || this.finished) return
    const room = ringBytes - (this.written - this.acked)
    const n = Math.min(room, total - this.written, this.#chunk())
    for (let i = 0; i < n; i++) {
      const p = this.written + i
      this.region.bytes[ringBytes + (p & (ringBytes - 1))] = byteAt(p, salt)
    }
    this.written += n
    if (n > 0) {
      const result = this.host.table.written(this.tcb, this.written, this.world.now)
      if (result !== 0) this.fail(`written answered ${result}`)
    }
    if (this.written < total) {
      if (room > n) this.later("write")
      return
    }
    this.#closeWhenDone()
    if (
      ending === "finish" ||
      (ending === "finishAfterPeer" && this.peerFinished && this.read === this.readable)
    ) {
      this.finished = true
      const result = this.host.table.finish(this.tcb, this.world.now)
      if (result !== 0) this.fail(`finish answered ${result}`)
    }
  }

  #read(): void {
    const n = Math.min(this.readable - this.read, this.#chunk())
    this.#check(n)
    if (n > 0) {
      const result = this.host.table.consumed(this.tcb, this.read, this.world.now)
      if (result !== 0) this.fail(`consumed answered ${result}`)
    }
    if (this.read < this.readable) this.later("read")
    else if (this.peerFinished) this.later("write")
    this.#closeWhenDone()
  }

  #closeWhenDone(): void {
    if (this.options.ending !== "close" || !this.peerFinished || this.finished) return
    if (this.read === this.readable && this.written === this.options.total) {
      this.finished = true
      const result = this.host.table.close(this.tcb, this.world.now)
      if (result !== 0) this.fail(`close answered ${result}`)
    }
  }

  /** The next `n` bytes of what was received are those that were sent. */
  #check(n: number): void {
    const { ringBytes, peerSalt } = this.options
    for (let i = 0; i < n; i++) {
      const p = this.read + i
      if (this.region.bytes[p & (ringBytes - 1)] !== byteAt(p, peerSalt)) {
        this.fail(`byte ${p} is wrong`)
        break
      }
    }
    this.read += n
  }
}

/** Two hosts with a peer each; the first connects to the second's port 80. */
export function connectPeers(
  world: World,
  a: PeerOptions,
  b: PeerOptions,
  hostA: HostOptions = {},
  hostB: HostOptions = {},
): [Peer, Peer] {
  const first = new Peer(a, world.random)
  const second = new Peer(b, world.random)
  const [x, y] = world.pair({ ...hostA, events: first.events }, { ...hostB, events: second.events })
  first.host = x
  second.host = y
  first.tcb = x.table.connect(y.ip, 80, 40000, world.now)
  x.arrange()
  return [first, second]
}
