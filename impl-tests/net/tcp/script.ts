/** A connection's other end, played by the test: every segment that it hears and says is written out. */

import { allocateRegion } from "../../../src/memory/region.ts"
import { FIRST_DROP } from "../../../src/net/classified.ts"
import { classify, makeClassified } from "../../../src/net/classify.ts"
import type { CounterName } from "../../../src/net/tcp/counters.ts"
import { RECORD_WORDS } from "../../../src/net/tcp/layout.ts"
import {
  LOOKUP_REUSE,
  LOOKUP_TIME_WAIT,
  STATE_NAMES,
  type TcpConfig,
  type TcpEvents,
  TcpTable,
} from "../../../src/net/tcp/table.ts"
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../../src/net/wire/tcp.ts"
import { tcpFrame } from "../frames.ts"
import { LOCAL, PEER, Wire } from "../rig.ts"

/** A segment; `seq`, `ack` and the edges of SACK blocks count from each side's initial sequence number. */
export interface Said {
  readonly flags: string
  readonly seq: number
  readonly ack?: number
  /** Text, or a number of bytes of any text. */
  readonly payload?: string | number
  readonly window?: number
  readonly sack?: readonly (readonly [number, number])[]
  /** Value and echo of the timestamps option; the echo is taken as it is. */
  readonly stamp?: readonly [number, number]
  /** Options besides these, as bytes. */
  readonly options?: readonly number[]
}

/** What a SYN offers. */
export interface Offer {
  readonly mss?: number
  readonly scale?: number
  readonly sack?: boolean
  readonly stamp?: number
}

const int32 = (n: number): readonly number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]

function offered(offer: Offer): number[] {
  const options: number[] = []
  if (offer.mss !== undefined) options.push(2, 4, offer.mss >> 8, offer.mss & 255)
  if (offer.scale !== undefined) options.push(1, 3, 3, offer.scale)
  if (offer.sack === true) options.push(1, 1, 4, 2)
  if (offer.stamp !== undefined) options.push(1, 1, 8, 10, ...int32(offer.stamp), 0, 0, 0, 0)
  return options
}

/** Longer payloads are written out as their length. */
const SHOWN = 12

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
  /** As SYNs and plain segments have it unless they say otherwise. */
  window = 65_535
  listening = true
  attachOnEstablished = true
  /** Whether `heard` writes out windows. */
  showWindows = false

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
    this.hear(this.frame(said))
    return this.heard()
  }

  frame(said: Said): Uint8Array {
    return tcpFrame({
      fromIp: PEER.ip,
      toIp: LOCAL.ip,
      fromPort: this.peerPort,
      toPort: this.localPort,
      seq: (IRS + said.seq) | 0,
      ack: said.ack === undefined ? 0 : (this.iss + said.ack) | 0,
      flags: bits(said.flags),
      window: said.window ?? this.window,
      payload: bytesOf(said.payload ?? ""),
      options: this.#options(said),
    })
  }

  #options(said: Said): number[] {
    const options = [...(said.options ?? [])]
    if (said.stamp !== undefined) options.push(1, 1, 8, 10, ...int32(said.stamp[0]), ...int32(said.stamp[1]))
    if (said.sack === undefined) return options
    const edges = said.sack.flat().flatMap((edge) => int32((this.iss + edge) | 0))
    return [...options, 1, 1, 5, 2 + edges.length, ...edges]
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
      const seq = (view.getInt32(38) - this.iss) | 0
      const ack = (flags & TCP_ACK) !== 0 ? ` ack ${(view.getInt32(42) - IRS) | 0}` : ""
      const window = this.showWindows ? ` win ${view.getUint16(48)}` : ""
      return `${letters(flags)} ${seq}${ack}${window}${sackText(view, 34 + header)}${text(frame.subarray(34 + header))}`
    })
  }

  /** The last frame's timestamps: value and echo. */
  static stamps(frame: Uint8Array): [number, number] | undefined {
    const view = new DataView(frame.buffer, frame.byteOffset)
    const at = findOption(view, 34 + (view.getUint8(46) >>> 4) * 4, 8)
    return at < 0 ? undefined : [view.getUint32(at + 2), view.getUint32(at + 6)]
  }

  /** Time passes; timers run. */
  pass(us: number): string[] {
    this.now += us
    this.table.tick(this.now)
    return this.heard()
  }

  /** Writes from stream position `at`. */
  write(payload: string | number, at = 0): number {
    const bytes = bytesOf(payload)
    for (let i = 0; i < bytes.length; i++) this.region.bytes[RING + ((at + i) & (RING - 1))] = bytes[i]!
    return this.table.written(this.tcb, at + bytes.length, this.now)
  }

  /** Up to ESTABLISHED, by the peer's opening. */
  open(offer: Offer = {}): this {
    const stamp = offer.stamp === undefined ? {} : { stamp: [offer.stamp, 0] as const }
    this.say({ flags: "S", seq: 0, options: offered(offer) })
    this.say({ flags: "A", seq: 1, ack: 1, ...stamp })
    this.log.length = 0
    return this
  }

  /** A word of the connection's record, or a deadline of it. */
  word(field: number): number {
    return this.table.core.words[this.tcb * RECORD_WORDS + field]!
  }

  get state(): string {
    return STATE_NAMES[this.table.state(this.tcb)]!
  }

  count(name: CounterName): number {
    return this.table.counters()[name]
  }

  events(): string[] {
    return this.log.splice(0)
  }
}

function bytesOf(payload: string | number): Uint8Array {
  return typeof payload === "number" ? new Uint8Array(payload).fill(0x2e) : new TextEncoder().encode(payload)
}

function text(payload: Uint8Array): string {
  if (payload.length === 0) return ""
  return payload.length > SHOWN ? ` [${payload.length}]` : ` "${new TextDecoder().decode(payload)}"`
}

/** Offset of an option in the TCP header that ends at `end`, or -1. */
function findOption(view: DataView, end: number, wanted: number): number {
  for (let i = 54; i < end; ) {
    const kind = view.getUint8(i)
    if (kind === wanted) return i
    i += kind === 1 ? 1 : view.getUint8(i + 1)
  }
  return -1
}

function sackText(view: DataView, end: number): string {
  const at = findOption(view, end, 5)
  if (at < 0) return ""
  const blocks: string[] = []
  for (let i = at + 2; i < at + view.getUint8(at + 1); i += 8) {
    blocks.push(`${(view.getInt32(i) - IRS) | 0}-${(view.getInt32(i + 4) - IRS) | 0}`)
  }
  return ` sack ${blocks.join(",")}`
}
