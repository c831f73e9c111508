/** A connection's other end, played by the test: every segment that it hears and says is written out. */

import { allocateRegion } from "../../../src/memory/region.ts"
import { FIRST_DROP } from "../../../src/net/classified.ts"
import { classify, makeClassified } from "../../../src/net/classify.ts"
import {
  LOOKUP_REUSE,
  LOOKUP_TIME_WAIT,
  type TcpConfig,
  type TcpEvents,
  TcpTable,
} from "../../../src/net/tcp/table.ts"
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../../src/net/wire/tcp.ts"
import { tcpFrame } from "../frames.ts"
import { LOCAL, PEER, Wire } from "../rig.ts"

/** A segment; `seq` and `ack` count from each side's initial sequence number. */
export interface Said {
  readonly flags: string
  readonly seq: number
  readonly ack?: number
  readonly payload?: string
  readonly window?: number
  readonly options?: readonly number[]
}

const LETTERS: readonly (readonly [string, number])[] = [
  ["S", TCP_SYN],
  ["F", TCP_FIN],
  ["R", TCP_RST],
  ["P", TCP_PSH],
  ["A", TCP_ACK],
]
const bits = (flags: string): number => LETTERS.reduce((n, [l, bit]) => (flags.includes(l) ? n | bit : n), 0)
const letters = (n: number): string => LETTERS.map(([l, bit]) => ((n & bit) !== 0 ? l : "")).join("")

/** Peer's initial sequence number. */
export const IRS = 0x7fff_fff0
export const RING = 4096

export class Script {
  readonly wire = new Wire()
  readonly table: TcpTable
  readonly log: string[] = []
  readonly region = allocateRegion(2 * RING)
  now = 1_000_000
  tcb = -1
  iss = 0
  peerPort = 40_000
  localPort = 80
  listening = true
  attachOnEstablished = true

  constructor(config: Partial<TcpConfig> = {}, events: Partial<TcpEvents> = {}) {
    const neighbours = { find: () => 0, macHigh: () => 0x0200, macLow: () => 1 }
    this.table = new TcpTable(
      {
        localIp: LOCAL.ip,
        localMac: LOCAL.mac,
        maxConnections: 4,
        secret: new Uint8Array(16).fill(9),
        stagingBytes: 1024,
        timestamps: false,
        sack: false,
        delayedAckUs: 0,
        neighbours,
        ...config,
      },
      this.wire,
      {
        established: (tcb) => {
          this.tcb = tcb
          this.log.push("established")
          events.established?.(tcb)
          if (this.attachOnEstablished) this.attach()
        },
        readable: (tcb, end) => {
          this.log.push(`readable ${end}`)
          events.readable?.(tcb, end)
        },
        acked: (tcb, position) => {
          this.log.push(`acked ${position}`)
          events.acked?.(tcb, position)
        },
        peerFinished: (tcb) => {
          this.log.push("peerFinished")
          events.peerFinished?.(tcb)
        },
        ended: (tcb, reason) => {
          this.log.push(`ended ${reason}`)
          events.ended?.(tcb, reason)
        },
      },
    )
  }

  attach(): number {
    return this.table.attach(this.tcb, this.region, 0, RING, RING, RING)
  }

  /** The peer says this; what the stack answers is given back. */
  say(said: Said): string[] {
    const frame = tcpFrame({
      fromIp: PEER.ip,
      toIp: LOCAL.ip,
      fromPort: this.peerPort,
      toPort: this.localPort,
      seq: (IRS + said.seq) | 0,
      ack: said.ack === undefined ? 0 : (this.iss + said.ack) | 0,
      flags: bits(said.flags),
      window: said.window ?? 65_535,
      payload: new TextEncoder().encode(said.payload ?? ""),
      ...(said.options === undefined ? {} : { options: said.options }),
    })
    this.hear(frame)
    return this.heard()
  }

  /** As a server does with a frame. */
  hear(frame: Uint8Array): void {
    const region = allocateRegion(frame.length)
    region.bytes.set(frame)
    const c = makeClassified(LOCAL)
    const kind = classify(region, 0, frame.length, c)
    if (kind >= FIRST_DROP) return
    const found = this.table.lookup(c)
    if (found >= 0) this.table.segment(found, region, c, this.now)
    else if (found === LOOKUP_TIME_WAIT) this.table.timeWait(c, this.now)
    else if (((c.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN && this.listening) || found === LOOKUP_REUSE) {
      const tcb = this.table.openPassive(c, c.peerMacHigh, c.peerMacLow, this.now)
      if (tcb >= 0) this.tcb = tcb
    } else this.table.refuse(c, this.now)
  }

  /** What the stack has said since. */
  heard(): string[] {
    return this.wire.take().map((frame) => {
      const view = new DataView(frame.buffer)
      const flags = view.getUint8(47)
      if ((flags & TCP_SYN) !== 0) this.iss = view.getInt32(38)
      const header = (view.getUint8(46) >>> 4) * 4
      const payload = new TextDecoder().decode(frame.subarray(34 + header))
      const seq = (view.getInt32(38) - this.iss) | 0
      const ack = (flags & TCP_ACK) !== 0 ? ` ack ${(view.getInt32(42) - IRS) | 0}` : ""
      return `${letters(flags)} ${seq}${ack}${payload === "" ? "" : ` "${payload}"`}`
    })
  }

  /** Time passes; timers run. */
  pass(us: number): string[] {
    this.now += us
    this.table.tick(this.now)
    return this.heard()
  }

  write(text: string, at: number): number {
    const bytes = new TextEncoder().encode(text)
    for (let i = 0; i < bytes.length; i++) this.region.bytes[RING + ((at + i) & (RING - 1))] = bytes[i]!
    return this.table.written(this.tcb, at + bytes.length, this.now)
  }

  /** Up to ESTABLISHED, by the peer's opening. */
  open(): this {
    this.say({ flags: "S", seq: 0 })
    this.say({ flags: "A", seq: 1, ack: 1 })
    this.log.length = 0
    return this
  }

  events(): string[] {
    return this.log.splice(0)
  }
}
