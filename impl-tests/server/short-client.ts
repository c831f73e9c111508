/**
 * A light TCP client for benchmarks: short connections, `most` at a time, each a whole TCP life as a Linux client with
 * `ab` has it — SYN with MSS, SACK, timestamps and window scale; ACK; the request; an ACK of the answer, which is compared
 * byte by byte; FIN; and the last ACK awaited. It retransmits nothing: the wire of a benchmark loses nothing, and a connection
 * that is never answered is one that `done` does not count.
 */
import { fold, sumBytes } from "../../src/net/checksum.ts"
import {
  classify,
  FRAME_TCP,
  FRAME_TCP_SYN,
  type LocalAddress,
  macHigh,
  macLow,
  makeClassified,
} from "../../src/net/classify.ts"
import { distance } from "../../src/net/tcp/sequence.ts"
import { TYPE_IPV4, writeEthernet } from "../../src/net/wire/ethernet.ts"
import { PROTOCOL_TCP, pseudoSum, writeIpv4 } from "../../src/net/wire/ipv4.ts"
import { ALIGNED_TIMESTAMPS, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../src/net/wire/tcp.ts"
import type { NicShape } from "../../src/ports/ports.ts"

const FIRST_PORT = 1024
const PORTS = 65536 - FIRST_PORT
const IP = 14
const TCP = 34
const HEADER = 32
const SYN_HEADER = 40
const WINDOW = 64240

const IDLE = 0
const OPENING = 1
const ASKING = 2
const CLOSING = 3

export interface ShortClientOptions {
  readonly local: LocalAddress
  readonly peer: LocalAddress
  readonly port: number
  readonly request: Uint8Array
  readonly answer: Uint8Array
  /** Connections under way at a time, below 1024: a port comes again only after all others. */
  readonly most: number
}

export class ShortClient {
  /** Connections that lived and ended as they should. */
  done = 0
  /** Connections reset, and answers that were not `answer`. */
  failed = 0
  opened = 0
  framesIn = 0
  framesOut = 0
  /** While false, no new connection is opened. */
  opening = true
  readonly #nic: NicShape
  readonly #options: ShortClientOptions
  readonly #c
  readonly #state = new Uint8Array(65536)
  readonly #seq = new Int32Array(65536)
  readonly #next = new Int32Array(65536)
  readonly #heard = new Int32Array(65536)
  readonly #stamp = new Int32Array(65536)
  #live = 0
  #port = 0
  #id = 0
  #clock = 1

  constructor(nic: NicShape, options: ShortClientOptions) {
    this.#nic = nic
    this.#options = options
    this.#c = makeClassified(options.local)
  }

  /** Takes what came, answers it, opens what may be opened; false: there was nothing to do. */
  turn(nowMs: number): boolean {
    this.#clock = nowMs | 0
    const { rx } = this.#nic
    const ready = this.#nic.rxSync()
    for (let k = 0, i = rx.head; k < ready; k++) {
      this.#input(rx.bufferOffset(i), rx.slotLength(i))
      i = rx.next(i)
      rx.head = i
    }
    this.framesIn += ready
    let opened = 0
    while (this.opening && this.#live < this.#options.most && this.#nic.tx.space() > 4 * this.#options.most) {
      this.#open()
      opened++
    }
    this.#nic.txSync()
    return ready + opened > 0
  }

  /** Connections under way. */
  get live(): number {
    return this.#live
  }

  #open(): void {
    const p = FIRST_PORT + this.#port
    this.#port = (this.#port + 1) % PORTS
    if (this.#state[p] !== IDLE) throw new Error(`port ${p} comes again while its connection lives`)
    this.#state[p] = OPENING
    this.#seq[p] = (Math.imul(p, 0x9e3779b1) + this.opened) | 0
    this.#next[p] = 0
    this.#heard[p] = 0
    this.#stamp[p] = 0
    this.#live++
    this.opened++
    this.#send(p, TCP_SYN, SYN_HEADER, undefined)
  }

  #input(offset: number, length: number): void {
    const c = this.#c
    const { region } = this.#nic.rx
    const kind = classify(region, offset, length, c)
    if (kind !== FRAME_TCP && kind !== FRAME_TCP_SYN) return
    const p = c.localPort
    const state = this.#state[p]
    if (state === IDLE) return
    if ((c.flags & TCP_RST) !== 0) {
      this.#over(p, false)
      return
    }
    this.#stamp[p] = c.tsVal
    if (state === OPENING) {
      if ((c.flags & TCP_SYN) === 0 || c.ack !== ((this.#seq[p]! + 1) | 0)) return
      this.#seq[p] = c.ack
      this.#next[p] = (c.seq + 1) | 0
      this.#state[p] = ASKING
      this.#send(p, TCP_ACK, HEADER, undefined)
      this.#send(p, TCP_ACK | TCP_PSH, HEADER, this.#options.request)
      this.#seq[p] = (this.#seq[p]! + this.#options.request.length) | 0
      return
    }
    if (state === ASKING) this.#hear(p, region.bytes)
    else if (c.ack === this.#seq[p]) this.#over(p, true)
  }

  /** A segment of the answer, or its end. */
  #hear(p: number, bytes: Uint8Array): void {
    const c = this.#c
    const { answer } = this.#options
    if (c.seq !== this.#next[p]) return
    const heard = this.#heard[p]!
    for (let k = 0; k < c.payloadLength; k++) {
      if (bytes[c.payloadOffset + k] !== answer[heard + k]) {
        this.#over(p, false)
        return
      }
    }
    this.#heard[p] = heard + c.payloadLength
    const fin = c.flags & TCP_FIN
    this.#next[p] = (this.#next[p]! + c.payloadLength + fin) | 0
    if (c.payloadLength + fin > 0) this.#send(p, TCP_ACK, HEADER, undefined)
    if (fin === 0) return
    if (this.#heard[p] !== answer.length || distance(c.ack, this.#seq[p]!) !== 0) {
      this.#over(p, false)
      return
    }
    this.#state[p] = CLOSING
    this.#send(p, TCP_ACK | TCP_FIN, HEADER, undefined)
    this.#seq[p] = (this.#seq[p]! + 1) | 0
  }

  #over(p: number, good: boolean): void {
    this.#state[p] = IDLE
    this.#live--
    if (good) this.done++
    else this.failed++
  }

  #send(p: number, flags: number, header: number, payload: Uint8Array | undefined): void {
    const { tx } = this.#nic
    const { local, peer, port } = this.#options
    const { view, bytes } = tx.region
    const slot = tx.head
    if (tx.space() === 0)
      throw new Error("the client's transmit ring is full: too many connections at a time")
    const at = tx.bufferOffset(slot)
    const length = header + (payload?.length ?? 0)
    writeEthernet(
      view,
      at,
      macHigh(peer.mac),
      macLow(peer.mac),
      macHigh(local.mac),
      macLow(local.mac),
      TYPE_IPV4,
    )
    this.#id = (this.#id + 1) & 0xffff
    writeIpv4(view, at + IP, 20 + length, this.#id, PROTOCOL_TCP, local.ip, peer.ip)
    const t = at + TCP
    view.setUint16(t, p)
    view.setUint16(t + 2, port)
    view.setInt32(t + 4, this.#seq[p]!)
    view.setInt32(t + 8, this.#next[p]!)
    view.setInt32(t + 12, (header << 26) | (flags << 16) | WINDOW)
    view.setInt32(t + 16, 0)
    if (header === SYN_HEADER) {
      // MSS 1460, SACK permitted and timestamps, NOP and window scale 7: as Linux orders them.
      view.setInt32(t + 20, 0x020405b4)
      view.setInt32(t + 24, 0x0402080a)
      view.setInt32(t + 28, this.#clock)
      view.setInt32(t + 32, 0)
      view.setInt32(t + 36, 0x01030307)
    } else {
      view.setInt32(t + 20, ALIGNED_TIMESTAMPS)
      view.setInt32(t + 24, this.#clock)
      view.setInt32(t + 28, this.#stamp[p]!)
      if (payload !== undefined) bytes.set(payload, t + header)
    }
    const sum = pseudoSum(local.ip, peer.ip, PROTOCOL_TCP, length) + sumBytes(view, t, length)
    view.setUint16(t + 16, ~fold(sum) & 0xffff)
    tx.setSlotLength(slot, IP + 20 + length)
    tx.head = tx.next(slot)
    this.framesOut++
  }
}
