/** A TCP host at the other end of one wire: opens connections, says something, hears the answer. */
import type { PairedNic } from "../../src/memory/pair.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { classify, FRAME_ARP, FRAME_TCP, FRAME_TCP_SYN, makeClassified } from "../../src/net/classify.ts"
import { TcpTable } from "../../src/net/tcp/table.ts"
import type { TcpEvents } from "../../src/net/tcp/types.ts"
import { NicEmit } from "../../src/server/nic-emit.ts"
import { hostIp, hostMac, stackIp, stackMac, tcpConfig } from "./stack.ts"

const RING = 8192
const MOST = 128
const text = new TextDecoder()

export interface Conversation {
  readonly port: number
  heard: string
  established: boolean
  finished: boolean
  ended: number | undefined
}

export class Client implements TcpEvents {
  readonly tcp: TcpTable
  readonly conversations = new Map<number, Conversation>()
  readonly #emit: NicEmit
  readonly #nic: PairedNic
  readonly #rings = allocateRegion(MOST * 2 * RING)
  readonly #free = Array.from({ length: MOST }, (_, k) => k)
  readonly #slot = new Map<number, number>()
  readonly #says: string
  readonly #c = makeClassified({ ip: hostIp, mac: hostMac })
  #now = 0

  constructor(nic: PairedNic, says: string) {
    this.#nic = nic
    this.#says = says
    this.#emit = new NicEmit(nic.tx)
    const high = (stackMac[0]! << 8) | stackMac[1]!
    const low = (stackMac[2]! << 24) | (stackMac[3]! << 16) | (stackMac[4]! << 8) | stackMac[5]!
    const neighbours = { find: () => 0, macHigh: () => high, macLow: () => low }
    this.tcp = new TcpTable({ ...tcpConfig(hostIp, hostMac), neighbours }, this.#emit, this)
  }

  open(localPort: number, now: number): Conversation {
    const conversation = { port: localPort, heard: "", established: false, finished: false, ended: undefined }
    const tcb = this.tcp.connect(stackIp, 80, localPort, now)
    if (tcb < 0) throw new Error(`connect: ${tcb}`)
    this.conversations.set(tcb, conversation)
    const slot = this.#free.pop()!
    this.#slot.set(tcb, slot)
    this.tcp.attach(tcb, this.#rings, slot * 2 * RING, RING, (slot * 2 + 1) * RING, RING)
    return conversation
  }

  turn(now: number): void {
    this.#now = now
    const { rx } = this.#nic
    this.#nic.rxSync()
    for (; rx.head !== rx.tail; rx.head = rx.next(rx.head)) {
      const kind = classify(rx.region, rx.bufferOffset(rx.head), rx.slotLength(rx.head), this.#c)
      if (kind === FRAME_ARP) continue
      if (kind !== FRAME_TCP && kind !== FRAME_TCP_SYN)
        throw new Error(`the stack sent a frame of class ${kind}`)
      const tcb = this.tcp.lookup(this.#c)
      if (tcb >= 0) this.tcp.segment(tcb, rx.region, this.#c, now)
      else if (tcb === -2) this.tcp.timeWait(this.#c, now)
    }
    this.tcp.tick(now)
    this.tcp.flushPending(now)
    this.#nic.txSync()
  }

  established(tcb: number): void {
    this.conversations.get(tcb)!.established = true
    const bytes = Buffer.from(this.#says)
    this.#rings.bytes.set(bytes, (this.#slot.get(tcb)! * 2 + 1) * RING)
    this.tcp.written(tcb, bytes.length, this.#now)
  }

  readable(tcb: number, end: number): void {
    const x = this.conversations.get(tcb)!
    const from = this.#slot.get(tcb)! * 2 * RING
    x.heard = text.decode(this.#rings.bytes.subarray(from, from + end))
    this.tcp.consumed(tcb, end, this.#now)
  }

  acked(): void {}

  peerFinished(tcb: number): void {
    this.conversations.get(tcb)!.finished = true
    this.tcp.finish(tcb, this.#now)
  }

  ended(tcb: number, reason: number): void {
    this.conversations.get(tcb)!.ended = reason
    this.conversations.delete(tcb)
    this.#free.push(this.#slot.get(tcb)!)
    this.#slot.delete(tcb)
  }
}
