/** The Connection Manager as a component: SYNs in, assignments out, offers now and then. */

import { SYN_WORDS, type SynAnswer } from "../codec/data-message.ts"
import { decodeMessage } from "../codec/message.ts"
import { anyListener, canAssignWaiting, canResetWaiting, type Manager } from "../core/manager.ts"
import type { Message } from "../core/message.ts"
import { indexAtManager, NONE, type Topology, transportOf } from "../core/topology.ts"
import { bestWorth } from "../core/worth.ts"
import type { ApplicationLink } from "./application-link.ts"
import { BURST, type Dispatcher } from "./dispatcher.ts"
import { add } from "./in-use.ts"
import { flowKey, ManagerHost } from "./instance.ts"
import { type LateEvent, LateOffers } from "./late-offers.ts"
import type { Microthread } from "./microthread.ts"
import { isNews, NOTHING_OFFERED, type Offered, offered } from "./offered.ts"
import { encodeSyn, type SynWithMac } from "./syn.ts"

/** §3.3: "every 50 µs", of activity. */
export const OFFER_INTERVAL = 50

/** What a SYN came to. */
export type SynOutcome = keyof typeof SynAnswer

/** Core messages that other servers send to a manager. */
export const MANAGER_MESSAGES: ReadonlyArray<Message["_tag"]> = [
  "AcceptorTimedOut",
  "AcceptorRemoved",
  "ConnectionClosed",
  "ServiceTime",
  "Offer",
  "ConnectionEstablished",
  "AcceptorUnused",
]

interface Hosted {
  readonly host: ManagerHost
  /** By manager: the offer last sent. */
  readonly sent: Array<Offered>
  /** By manager: the place of that offer in what goes to its server. */
  readonly places: Int32Array
  /** The state that the last offers were made of; undefined: some were not. */
  offered: Manager | undefined
  offeredAt: number
  /** A microthread goes on with what waits. */
  settling: boolean
  readonly late: LateOffers | undefined
}

export class ConnectionManager {
  readonly m: number
  readonly counters = { syns: 0, refused: 0, dropped: 0, known: 0, full: 0, illegal: 0, offers: 0 }
  readonly #topology: Topology
  readonly #dispatcher: Dispatcher
  readonly #instances = new Map<number, Hosted>()
  readonly #interval: number

  /** `interval`: between two offers at least, µs. */
  constructor(m: number, topology: Topology, dispatcher: Dispatcher, interval = OFFER_INTERVAL) {
    this.m = m
    this.#interval = interval
    this.#topology = topology
    this.#dispatcher = dispatcher
  }

  /** What the protocol instances hold, all ports together: for metrics. */
  inUse() {
    const sum = { entries: 0, flows: 0, queued: 0, ids: 0 }
    for (const { host } of this.#instances.values()) add(sum, host.inUse())
    return sum
  }

  /** Makes sure that `port` is known here: before any of its messages can arrive. */
  open(port: number): void {
    if (this.#instances.has(port)) return
    const host = new ManagerHost(this.m, this.#topology)
    this.#instances.set(port, {
      host,
      // Of a manager that nobody has registered with nothing need be said: it is what the others believe.
      sent: new Array<Offered>(this.#topology.managers).fill(NOTHING_OFFERED),
      places: Int32Array.from({ length: this.#topology.managers }, (_, to) =>
        to === this.m ? 0 : this.#dispatcher.positionTo(to),
      ),
      offered: host.state,
      offeredAt: 0,
      settling: false,
      late: this.#topology.balance.scheme === "Late" ? new LateOffers(this.m, this.#topology) : undefined,
    })
  }

  /** Whether somebody is known to listen on `port`, here or by another manager's offer. */
  listens(port: number): boolean {
    const state = this.state(port)
    return state !== undefined && anyListener(state)
  }

  state(port: number): Manager | undefined {
    return this.#instances.get(port)?.host.state
  }

  /** Flows that have an id here: for diagnosis. */
  flows(port: number): number {
    return this.#instances.get(port)?.host.flows.size ?? 0
  }

  /** A SYN of a flow that no transport knows; `t`: the transport that should have it. */
  syn(syn: SynWithMac, t: number): SynOutcome {
    this.counters.syns++
    const port = syn.localPort
    const hosted = this.#instances.get(port)
    if (hosted === undefined) {
      this.counters.refused++
      return "Refused"
    }
    const { host } = hosted
    const key = flowKey(syn.peerIp, syn.peerPort)
    const c = host.idFor(key, t)
    if (c < 0) {
      this.counters.full++
      return "Full"
    }
    const at = indexAtManager(this.#topology, c) * SYN_WORDS
    const known = host.flows.has(key)
    if (!known) encodeSyn(host.syns, at, syn)
    const out = host.step({ _tag: "Syn", c }, this.#env(), port, this.#dispatcher.recorder)
    if (out.outcome === "Assigned" || out.outcome === "Queued") {
      host.take(key, c, t)
      this.#dispatcher.dispatch(out, port, this.m, host.syns, at, SYN_WORDS)
    } else if (out.outcome === "Refused") this.counters.refused++
    else if (out.outcome === "Dropped") this.counters.dropped++
    else if (out.outcome === "Known") this.counters.known++
    return out.outcome as SynOutcome
  }

  /** A core message. `sender`: the transport's or manager's index. */
  receive(message: Message, port: number, sender: number): void {
    const hosted = this.#instances.get(port)
    if (hosted === undefined) {
      this.counters.illegal++
      return
    }
    switch (message._tag) {
      case "AcceptConnection":
        this.#step(hosted, port, { _tag: "ReceiveAcceptConnection", message })
        break
      case "Detach":
        this.#step(hosted, port, { _tag: "ManagerReceiveDetach", message })
        break
      case "AcceptorTimedOut":
        this.#step(hosted, port, { _tag: "ReceiveAcceptorTimedOut", t: sender, message })
        break
      case "AcceptorRemoved":
        this.#step(hosted, port, { _tag: "ReceiveAcceptorRemoved", t: sender, message })
        break
      case "ConnectionClosed":
        if (this.#step(hosted, port, { _tag: "ReceiveConnectionClosed", t: sender, message })) {
          hosted.host.release(message.c, transportOf(this.#topology, message.c))
        }
        break
      case "ServiceTime":
        this.#step(hosted, port, { _tag: "ReceiveServiceTime", t: sender, message })
        break
      case "ConnectionEstablished":
        this.#step(hosted, port, { _tag: "ReceiveConnectionEstablished", t: sender, message })
        break
      case "AcceptorUnused":
        this.#step(hosted, port, { _tag: "ReceiveAcceptorUnused", t: sender, message })
        break
      case "Offer": {
        const before = hosted.host.state
        if (this.#step(hosted, port, { _tag: "ReceiveOffer", from: sender, message }))
          hosted.late?.heard(sender, message.a, before, hosted.host.state, this.#dispatcher.clock.now())
        break
      }
      default:
        this.counters.illegal++
        return
    }
    this.#settle(hosted, port)
  }

  /** A burst from an application's ring, where no transport shares the server. Nothing in a message is trusted. */
  fromApplication(link: ApplicationLink): number {
    const { reader } = link
    let taken = 0
    for (; taken < BURST; taken++) {
      const i = reader.peek()
      if (i < 0) break
      const message = decodeMessage(reader.words, i)
      reader.release()
      const own = message !== undefined && "a" in message && message.a === link.a
      if (!own || !this.hear(message, link)) link.violations++
    }
    return taken
  }

  /**
   * A message of an application, about itself. False: it is none for a manager, or a registration that does not follow on
   * the last one, which would use up the generations of all who come after it in the slot.
   */
  hear(message: Message, link: ApplicationLink): boolean {
    if (message._tag === "AcceptConnection") {
      if (message.g !== link.generation + 1) return false
      link.generation = message.g
    } else if (message._tag !== "Detach") return false
    this.receive(message, link.port, -1)
    return true
  }

  /**
   * Tells the other managers what changed, at most every 50 µs (the interval), and none before it has taken the offer before: the newest
   * replaces what is under way by waiting for it. Answers when it wants to be called again, µs.
   */
  offer(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const [port, hosted] of this.#instances) {
      const { state } = hosted.host
      if (hosted.late !== undefined) {
        next = Math.min(next, this.#lend(hosted, hosted.late, port, now))
        continue
      }
      if (this.#topology.managers === 1) break
      if (state === hosted.offered) continue
      const due = hosted.offeredAt + this.#interval
      if (now < due) {
        next = Math.min(next, due)
        continue
      }
      hosted.offered = state
      hosted.offeredAt = now
      const best = bestWorth(state, now, this.#topology)
      for (let to = 0; to < this.#topology.managers; to++) {
        if (to === this.m || !isNews(state, hosted.sent[to]!, best, now, this.#topology)) continue
        if (!this.#dispatcher.isTaken(to, hosted.places[to]!)) {
          hosted.offered = undefined
          next = Math.min(next, now + this.#interval)
          continue
        }
        this.counters.offers++
        this.#step(hosted, port, { _tag: "SendOffer", to })
        // Whom the step chose: among equals any.
        hosted.sent[to] = offered(state, hosted.host.out, best, this.#topology)
        // The step leaves the state as it is.
        hosted.places[to] = this.#dispatcher.positionTo(to)
      }
    }
    return next
  }

  /** Asks, lends and gives back what has become news, to each manager that has taken what it was sent before. */
  #lend(hosted: Hosted, late: LateOffers, port: number, now: number): number {
    if (now >= late.due) {
      late.due = Number.POSITIVE_INFINITY
      hosted.offered = undefined
      this.#settle(hosted, port)
    }
    if (hosted.host.state === hosted.offered) return late.due
    let blocked = false
    const ready = (to: number): boolean => {
      const taken = this.#dispatcher.isTaken(to, hosted.places[to]!)
      blocked ||= !taken
      return taken
    }
    for (;;) {
      const event = late.next(hosted.host.state, now, ready)
      if (event === undefined) break
      this.#tell(hosted, late, port, event)
    }
    hosted.offered = blocked ? undefined : hosted.host.state
    return blocked ? Math.min(late.due, now + this.#interval) : late.due
  }

  #tell(hosted: Hosted, late: LateOffers, port: number, event: LateEvent): void {
    this.counters.offers++
    late.told(event, hosted.host.state)
    this.#step(hosted, port, event)
    hosted.places[event.to] = this.#dispatcher.positionTo(event.to)
  }

  /**
   * Gives what waits to whom there is, or resets it when nobody listens any more: a burst now, and what then still waits
   * by a microthread, a burst in each turn. Without a free one all at once: no more than the queue holds.
   */
  #settle(hosted: Hosted, port: number): void {
    if (hosted.settling || this.#settleSome(hosted, port)) return
    const { threads } = this.#dispatcher.rpc
    const thread = threads.take()
    if (thread === undefined) {
      while (!this.#settleSome(hosted, port));
      return
    }
    hosted.settling = true
    thread.port = port
    threads.run(thread, (x) => threads.yield(x, this.#settleOn))
  }

  readonly #settleOn = (thread: Microthread): void => {
    const hosted = this.#instances.get(thread.port)!
    if (this.#settleSome(hosted, thread.port)) hosted.settling = false
    else this.#dispatcher.rpc.threads.yield(thread, this.#settleOn)
  }

  /** A burst of steps; true when there is nothing left to do. */
  #settleSome(hosted: Hosted, port: number): boolean {
    const { host, late } = hosted
    for (let k = 0; k < BURST; k++) {
      const to = late?.longer(host.state) ?? NONE
      if (late !== undefined && to !== NONE && this.#dispatcher.isTaken(to, hosted.places[to]!))
        this.#tell(hosted, late, port, { _tag: "SendOffer", to })
      else if (this.#mayAssign(hosted)) this.#step(hosted, port, { _tag: "AssignWaiting" })
      else if (canResetWaiting(host.state)) this.#step(hosted, port, { _tag: "ResetWaiting" })
      else return true
    }
    return false
  }

  #mayAssign({ host, late }: Hosted): boolean {
    if (!canAssignWaiting(host.state, this.#topology)) return false
    return late === undefined || late.assigns(host.state, this.#dispatcher.clock.now())
  }

  #step(hosted: Hosted, port: number, event: Parameters<ManagerHost["step"]>[0]): boolean {
    const out = hosted.host.step(event, this.#env(), port, this.#dispatcher.recorder)
    if (out.outcome === "Illegal") {
      this.counters.illegal++
      return false
    }
    this.#dispatcher.dispatch(out, port, this.m)
    return true
  }

  #env() {
    return { now: this.#dispatcher.clock.now(), draw: this.#dispatcher.entropy.draw() }
  }
}
