/**
 * The Link Server as a component: owns one NIC queue. ARP and echo are answered here; a TCP frame goes to the transport
 * that the flow director's rule names: the low 12 bits of the peer's port (§4.1). Where the NIC or the kernel applies
 * the same rule, nothing is ever forwarded.
 */
import type { Region } from "../memory/region.ts"
import { ArpTable } from "../net/arp/arp-table.ts"
import type { Classified, FrameClass } from "../net/classified.ts"
import {
  classify,
  FRAME_ARP,
  FRAME_CLASS_NAMES,
  FRAME_CLASSES,
  FRAME_ICMP_ECHO,
  FRAME_TCP,
  FRAME_TCP_SYN,
  type LocalAddress,
  makeClassified,
} from "../net/classify.ts"
import { replyEcho } from "../net/icmp/echo.ts"
import type { NicShape } from "../ports/ports.ts"
import { BURST } from "./dispatcher.ts"
import { NicEmit } from "./nic-emit.ts"

/**
 * §4.1: the rule that hardware, kernel and Link Server share. The lowest bit counts for nothing: Linux gives outgoing
 * connections ports of one parity only, so that modulo 2 would send every flow to one server.
 */
export const directed = (peerPort: number, transports: number): number =>
  ((peerPort & 0xfff) >>> 1) % transports

/** Takes a TCP frame for transport `t`; false: no room, the frame is dropped and counted. */
export type Deliver = (
  t: number,
  region: Region,
  offset: number,
  length: number,
  c: Classified,
  kind: FrameClass,
) => boolean

/** Brings nearer what the frame at `offset` will need; the answer means nothing. */
export type Prefetch = (region: Region, offset: number) => number

export class LinkServer {
  /** Where `Prefetch`'s answers are left, so that they are asked for. */
  touched = 0
  readonly emit: NicEmit
  readonly arp: ArpTable
  /** By frame class. */
  readonly counts = new Float64Array(FRAME_CLASSES)
  readonly counters = { received: 0, sent: 0, undelivered: 0 }
  readonly #nic: NicShape
  readonly #transports: number
  readonly #deliver: Deliver
  readonly #prefetch: Prefetch | undefined
  readonly #c: Classified

  constructor(
    nic: NicShape,
    local: LocalAddress,
    transports: number,
    deliver: Deliver,
    prefetch?: Prefetch | undefined,
  ) {
    this.#nic = nic
    this.#transports = transports
    this.#deliver = deliver
    this.#prefetch = prefetch
    this.#c = makeClassified(local)
    this.emit = new NicEmit(nic.tx)
    this.arp = new ArpTable(local, this.emit)
  }

  /** A burst of received frames; answers how many. */
  receive(now: number): number {
    const { rx } = this.#nic
    const ready = Math.min(this.#nic.rxSync(), BURST)
    let i = rx.head
    if (this.#prefetch !== undefined && ready > 1) this.#ahead(ready, this.#prefetch)
    for (let k = 0; k < ready; k++) {
      this.#input(rx.region, rx.bufferOffset(i), rx.slotLength(i), now)
      i = rx.next(i)
    }
    if (ready > 0) rx.head = i
    this.counters.received += ready
    return ready
  }

  /** The whole burst before any of it is taken: so the cache misses of all its frames overlap. */
  #ahead(ready: number, prefetch: Prefetch): void {
    const { rx } = this.#nic
    let i = rx.head
    let touched = 0
    for (let k = 0; k < ready; k++) {
      touched ^= prefetch(rx.region, rx.bufferOffset(i))
      i = rx.next(i)
    }
    this.touched = touched
  }

  /** Sends what was built since the last call, and makes room where there was none. */
  flush(): void {
    const { emit } = this
    if (emit.unsent === 0 && !emit.starved) return
    this.counters.sent += emit.unsent
    emit.unsent = 0
    emit.starved = false
    this.#nic.txSync()
  }

  #input(region: Region, offset: number, length: number, now: number): void {
    const c = this.#c
    const kind = classify(region, offset, length, c)
    this.counts[kind] = this.counts[kind]! + 1
    if (kind === FRAME_TCP || kind === FRAME_TCP_SYN) {
      if (!this.#deliver(directed(c.peerPort, this.#transports), region, offset, length, c, kind)) {
        this.counters.undelivered++
      }
    } else if (kind === FRAME_ARP) this.arp.handle(region, c, now)
    else if (kind === FRAME_ICMP_ECHO) replyEcho(c, region, this.emit)
  }

  /** Frames by class, those that occurred. */
  classes(): Record<string, number> {
    const result: Record<string, number> = {}
    this.counts.forEach((count, k) => {
      if (count > 0) result[FRAME_CLASS_NAMES[k]!] = count
    })
    return result
  }
}
