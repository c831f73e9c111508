/** The Transport Server as a component: TCP on one side, the accept handshake and applications' rings on the other. */

import {
  DataType,
  FLAG_PEER_FINISHED,
  OWES_ABORT,
  OWES_CLOSE,
  OWES_CONSUMED,
  OWES_FINISH,
  OWES_RELEASE,
  OWES_WRITTEN,
} from "../codec/data-message.ts"
import { decodeMessage, LAST_CORE_TYPE, typeOf } from "../codec/message.ts"
import type { TransportEvent } from "../core/event.ts"
import type { Message } from "../core/message.ts"
import type { Outbox } from "../core/outbox.ts"
import { type Topology, transportOf } from "../core/topology.ts"
import type { Transport } from "../core/transport.ts"
import type { Emit } from "../net/emit.ts"
import { TcpTable } from "../net/tcp/table.ts"
import type { EndReason, TcpConfig, TcpEvents } from "../net/tcp/types.ts"
import { type ApplicationLink, PENDING_ENDED, PENDING_STATUS } from "./application-link.ts"
import { BURST, type Dispatcher } from "./dispatcher.ts"
import { add } from "./in-use.ts"
import { flowKey, TransportHost } from "./instance.ts"
import { decodeSyn, emptySyn } from "./syn.ts"

const NOBODY = -1

/** Core messages that other servers send to a transport. */
export const TRANSPORT_MESSAGES: ReadonlyArray<Message["_tag"]> = ["Open", "Assign", "ResetConnection"]

export class TransportServer implements TcpEvents {
  readonly t: number
  readonly tcp: TcpTable
  readonly counters = { illegal: 0, noRoom: 0, badMessages: 0, served: 0, claimTimeouts: 0 }
  readonly #topology: Topology
  readonly #dispatcher: Dispatcher
  readonly #instances = new Map<number, TransportHost>()
  /** By TCP's index: connection id (−1: none of the protocol's), port, and the application's buffers. */
  readonly #connection: Int32Array
  readonly #port: Uint16Array
  readonly #link: Array<ApplicationLink | undefined>
  readonly #slot: Int32Array
  readonly #syn = emptySyn()
  /** Room in a ring that is kept for announcements and answers. */
  readonly #reserved: number
  readonly #rider = new Int32Array(5)
  /** Forwards what an application sends to its manager; false: it may not. */
  toManager: (message: Message, link: ApplicationLink) => boolean = () => false

  constructor(t: number, topology: Topology, dispatcher: Dispatcher, tcp: TcpConfig, emit: Emit) {
    this.t = t
    this.#topology = topology
    this.#reserved = 2 * topology.room + 1
    this.#dispatcher = dispatcher
    this.tcp = new TcpTable(tcp, emit, this)
    this.#connection = new Int32Array(tcp.maxConnections).fill(NOBODY)
    this.#port = new Uint16Array(tcp.maxConnections)
    this.#link = new Array<ApplicationLink | undefined>(tcp.maxConnections).fill(undefined)
    this.#slot = new Int32Array(tcp.maxConnections).fill(-1)
  }

  open(port: number): void {
    if (!this.#instances.has(port)) this.#instances.set(port, new TransportHost(this.t, this.#topology))
  }

  state(port: number): Transport | undefined {
    return this.#instances.get(port)?.state
  }

  /** What the protocol instances hold, all ports together: for metrics. */
  inUse() {
    const sum = { connections: 0, tcbs: 0, timers: 0 }
    for (const host of this.#instances.values()) add(sum, host.inUse())
    return sum
  }

  /** The peer of connection `c` as `flowKey` has it, or −1 when TCP does not have it: for diagnosis. */
  flowOf(port: number, c: number): number {
    const tcb = this.#instances.get(port)?.tcbOf[c] ?? -1
    return tcb < 0 ? -1 : flowKey(this.tcp.peerIp(tcb), this.tcp.peerPort(tcb))
  }

  /** A process takes an application slot. False: the slot is not free. */
  attach(link: ApplicationLink): boolean {
    const out = this.#step(link.port, { _tag: "ReceiveAttach", message: { _tag: "Attach", a: link.a } })
    return out !== undefined
  }

  /** The process in the slot ended, and everything that it sent has been taken. */
  detach(link: ApplicationLink): void {
    const { a, port } = link
    link.dead = true
    for (let slot = 0; slot < link.config.slots; slot++) {
      if (link.tcb[slot]! >= 0) this.#drop(link.connection[slot]!, port)
    }
    const out = this.#step(port, { _tag: "TransportReceiveDetach", message: { _tag: "Detach", a } })
    if (out === undefined) return
    this.#send(out, port)
    // What is announced to the dead is given to others now, not at the claim timeout.
    const host = this.#instances.get(port)!
    for (let c = 0; c < host.tcbOf.length; c++) {
      if (host.tcbOf[c]! < 0) continue
      const x = host.state.connections.get(c)
      if (x.phase === "Announced" && x.a === a) this.#claimTimeout(c, port)
    }
  }

  /** A core message from a manager. */
  receive(message: Message, port: number, _sender: number, rider: Int32Array | undefined, at: number): void {
    switch (message._tag) {
      case "Open":
        this.#create({ _tag: "ReceiveOpen", message }, message.c, port, rider, at)
        break
      case "Assign":
        if (message.fresh) this.#create({ _tag: "ReceiveAssign", message }, message.c, port, rider, at)
        else this.#announced(this.#step(port, { _tag: "ReceiveAssign", message }), message.c, port, false)
        break
      case "ResetConnection": {
        const out = this.#step(port, { _tag: "ReceiveReset", message })
        if (out === undefined) break
        this.#send(out, port)
        if (out.outcome === "Done") this.#drop(message.c, port)
        break
      }
      default:
        this.counters.badMessages++
    }
  }

  /** A burst from an application's ring. Nothing in a message is trusted. */
  fromApplication(link: ApplicationLink): number {
    const { reader } = link
    let taken = 0
    for (; taken < BURST; taken++) {
      const i = reader.peek()
      if (i < 0) break
      const { words } = reader
      const type = typeOf(words, i)
      if (type <= LAST_CORE_TYPE) this.#coreFromApplication(link, words, i)
      else this.#data(link, type, words, i)
      reader.release()
    }
    return taken
  }

  #coreFromApplication(link: ApplicationLink, words: Int32Array, i: number): void {
    const message = decodeMessage(words, i)
    // It can speak for itself alone.
    if (message === undefined || !("a" in message) || message.a !== link.a) {
      link.violations++
      return
    }
    if (message._tag === "ClaimConnection") this.#claim(link, message)
    else if (!this.toManager(message, link)) link.violations++
  }

  #claim(link: ApplicationLink, message: Extract<Message, { readonly _tag: "ClaimConnection" }>): void {
    const { port } = link
    const host = this.#instances.get(port)!
    const { c, n } = message
    if (
      link.free.length === 0 &&
      transportOf(this.#topology, c) === this.t &&
      c >= 0 &&
      c < host.tcbOf.length
    ) {
      // No buffers: as if the claim had come too late.
      const x = host.state.connections.get(c)
      if (x.phase === "Announced" && x.a === link.a && x.n === n) this.#claimTimeout(c, port)
    }
    const out = this.#step(port, { _tag: "ReceiveClaim", message })
    if (out === undefined) {
      link.violations++
      return
    }
    if (out.outcome !== "Claimed") {
      this.#send(out, port)
      return
    }
    const tcb = host.tcbOf[c]!
    const slot = link.take(c, n, tcb)
    this.#link[tcb] = link
    this.#slot[tcb] = slot
    const { rxBytes, txBytes } = link.config
    const { offsets } = link
    // What was staged is told by `readable` and `peerFinished` from within, and goes with CLAIMED.
    this.tcp.attach(
      tcb,
      link.region,
      offsets.rxRingOffset(slot),
      rxBytes,
      offsets.txRingOffset(slot),
      txBytes,
    )
    const rider = this.#rider
    rider[0] = slot
    rider[1] = this.tcp.peerIp(tcb)
    rider[2] = (this.tcp.peerPort(tcb) << 16) | this.tcp.localPort(tcb)
    rider[3] = link.readable[slot]!
    rider[4] = link.flags[slot]!
    link.told(slot)
    this.#dispatcher.dispatch(out, port, this.t, rider, 0, 5)
  }

  #data(link: ApplicationLink, type: number, words: Int32Array, i: number): void {
    const c = words[i + 2]!
    const n = words[i + 3]!
    const what = words[i + 6]!
    if (type !== DataType.Update) {
      link.violations++
      return
    }
    const slot = link.slotOf(words[i + 1]!, c, n)
    if (slot < 0) {
      if ((what & OWES_RELEASE) !== 0) {
        if (!link.release(words[i + 1]!, c, n)) link.violations++
      } else if ((what & (OWES_CLOSE | OWES_ABORT)) !== 0) link.giveUp(words[i + 1]!, c, n)
      // Anything else is of a connection that has ended: its Ended is under way.
      return
    }
    const tcb = link.tcb[slot]!
    const written = words[i + 4]!
    const now = this.#dispatcher.clock.now()
    const { tcp } = this
    let result = (what & OWES_RELEASE) !== 0 ? -1 : 0
    // Before all that may end the connection.
    if ((what & (OWES_CLOSE | OWES_ABORT)) !== 0) link.givenUp[slot] = 1
    if ((what & OWES_FINISH) !== 0) {
      const error = (what & OWES_WRITTEN) !== 0 ? tcp.writtenLast(tcb, written, now) : tcp.finish(tcb, now)
      result = Math.min(result, error)
    } else if ((what & OWES_WRITTEN) !== 0) result = Math.min(result, tcp.written(tcb, written, now))
    // After what was written, which carries the window that the claim has opened. Errors are negative: the least tells of any.
    if ((what & OWES_CONSUMED) !== 0) result = Math.min(result, tcp.consumed(tcb, words[i + 5]!, now))
    if ((what & OWES_CLOSE) !== 0) result = Math.min(result, tcp.close(tcb, now))
    if ((what & OWES_ABORT) !== 0) result = Math.min(result, tcp.abort(tcb, now))
    if (result < 0) link.violations++
  }

  established(tcb: number): void {
    const c = this.#connection[tcb]!
    if (c === NOBODY) return
    const port = this.#port[tcb]!
    this.#announced(this.#step(port, { _tag: "Established", c }), c, port, true)
  }

  readable(tcb: number, end: number): void {
    const link = this.#link[tcb]
    if (link === undefined) return
    const slot = this.#slot[tcb]!
    link.readable[slot] = end
    link.markStatus(slot)
  }

  acked(tcb: number, position: number): void {
    const link = this.#link[tcb]
    if (link === undefined) return
    const slot = this.#slot[tcb]!
    link.acked[slot] = position
    if (link.hasNewRoom(slot)) link.markStatus(slot)
  }

  peerFinished(tcb: number): void {
    const link = this.#link[tcb]
    if (link === undefined) return
    const slot = this.#slot[tcb]!
    link.flags[slot] = link.flags[slot]! | FLAG_PEER_FINISHED
    link.markStatus(slot)
  }

  ended(tcb: number, reason: EndReason): void {
    const c = this.#connection[tcb]!
    const port = this.#port[tcb]!
    const link = this.#link[tcb]
    this.#connection[tcb] = NOBODY
    this.#link[tcb] = undefined
    if (link !== undefined) {
      const slot = this.#slot[tcb]!
      link.tcb[slot] = -1
      link.reason[slot] = reason
      link.markEnded(slot)
    }
    if (c === NOBODY) return
    this.#instances.get(port)!.tcbOf[c] = -1
    const out = this.#step(port, { _tag: "Gone", c })
    if (out === undefined) return
    if (out.outcome === "Served") this.counters.served++
    this.#send(out, port)
  }

  /** Claim timers that are due. Answers when the next one is, µs. */
  tick(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const [port, host] of this.#instances) {
      let at = host.nextTimer()
      while (at <= now) {
        this.#claimTimeout(host.popTimer(), port)
        at = host.nextTimer()
      }
      if (at < next) next = at
    }
    return next
  }

  /** Tells an application what has changed on its connections, as far as its ring has room. */
  flushStatus(link: ApplicationLink): void {
    const { dirty, writer } = link
    while (dirty.length > 0) {
      const slot = dirty.at(-1)!
      const pending = link.pending[slot]!
      const ended = (pending & PENDING_ENDED) !== 0
      if (!link.dead && (pending & (PENDING_STATUS | PENDING_ENDED)) !== 0) {
        if (writer.free() <= this.#reserved) return
        const i = writer.reserve()
        if (i < 0) return
        const { words } = writer
        words[i] = ended ? DataType.Ended : DataType.Status
        words[i + 1] = slot
        words[i + 2] = link.connection[slot]!
        words[i + 3] = link.announcement[slot]!
        // Also with Ended: what was received in order is still the application's to read.
        words[i + 4] = link.readable[slot]!
        words[i + 5] = ended ? link.reason[slot]! : link.acked[slot]!
        words[i + 6] = link.flags[slot]!
        writer.submit()
      }
      link.told(link.unlist())
      if (ended && link.givenUp[slot] === 1)
        link.release(slot, link.connection[slot]!, link.announcement[slot]!)
    }
  }

  /** About to sleep: false when there is something to tell an application, and room for it by now. */
  armStatus(link: ApplicationLink): boolean {
    return link.dirty.length === 0 || link.writer.armRoom(this.#reserved + 1)
  }

  #create(event: TransportEvent, c: number, port: number, rider: Int32Array | undefined, at: number): void {
    const host = this.#instances.get(port)
    const out = this.#step(port, event)
    if (out === undefined || host === undefined || rider === undefined) return
    this.#send(out, port)
    decodeSyn(rider, at, this.#syn)
    const now = this.#dispatcher.clock.now()
    const tcb = this.tcp.openPassive(this.#syn, this.#syn.peerMacHigh, this.#syn.peerMacLow, now)
    if (tcb < 0) {
      this.counters.noRoom++
      const gone = this.#step(port, { _tag: "Gone", c })
      if (gone !== undefined) this.#send(gone, port)
      return
    }
    host.tcbOf[c] = tcb
    this.#connection[tcb] = c
    this.#port[tcb] = port
  }

  #announced(out: Outbox | undefined, c: number, port: number, established: boolean): void {
    if (out === undefined) return
    if (out.outcome === "Announced")
      this.#instances.get(port)!.arm(c, this.#dispatcher.clock.now(), established)
    this.#send(out, port)
  }

  #claimTimeout(c: number, port: number): void {
    const out = this.#step(port, { _tag: "ClaimTimeout", c })
    if (out === undefined) return
    this.counters.claimTimeouts++
    this.#send(out, port)
  }

  /** Ends a connection that the protocol has already given up. */
  #drop(c: number, port: number): void {
    const host = this.#instances.get(port)!
    const tcb = host.tcbOf[c]!
    if (tcb < 0) return
    host.tcbOf[c] = -1
    this.#connection[tcb] = NOBODY
    this.tcp.abort(tcb, this.#dispatcher.clock.now())
  }

  #send(out: Outbox, port: number): void {
    if (out.length > 0) this.#dispatcher.dispatch(out, port, this.t)
  }

  #step(port: number, event: TransportEvent): Outbox | undefined {
    const host = this.#instances.get(port)
    if (host === undefined) {
      this.counters.illegal++
      return undefined
    }
    const env = { now: this.#dispatcher.clock.now(), draw: 0 }
    const out = host.step(event, env, port, this.#dispatcher.recorder)
    if (out.outcome !== "Illegal") return out
    this.counters.illegal++
    return undefined
  }
}
