/**
 * One PIKA server in virtual time. Its Connection Manager is the stack's own (`server/connection-manager.ts`, unchanged: ids,
 * backlog, offers and when they are sent, what waits), hosted by a dispatcher that sends to other cores of the `Machine`.
 * TCP's bytes are left out: whole servers over NICs in memory are what `sim/` runs, at a fiftieth of this speed.
 */
import type { Outbox, Role } from "../core/outbox.ts"
import type { ClockShape, EntropyShape, RecorderShape } from "../ports/ports.ts"
import type { ApplicationLink } from "../server/application-link.ts"
import type { ServerPlan } from "../server/configuration.ts"
import { ConnectionManager } from "../server/connection-manager.ts"
import { type Dispatcher, LOCAL_BURST, type Receive } from "../server/dispatcher.ts"
import { LocalMessages } from "../server/local-messages.ts"
import { Rpc } from "../server/rpc.ts"
import { emptySyn } from "../server/syn.ts"
import type { Random } from "../sim/random.ts"
import * as Kind from "./kinds.ts"
import type { Process } from "./machine.ts"
import { PORT, type Shared, transportCore } from "./shared.ts"
import { onWire, TransportHalf } from "./transport-half.ts"

const NONE = -1
/** What a SYN came to, as the word of an item. */
const TAKEN = 0
const REFUSED = 1
const DROPPED = 2

export class ServerProcess implements Process, Dispatcher {
  readonly core: number
  readonly manager: ConnectionManager | undefined
  readonly transport: TransportHalf | undefined
  readonly clock: ClockShape
  readonly entropy: EntropyShape
  readonly recorder: RecorderShape
  readonly links = new Map<number, ApplicationLink>()
  readonly rpc: Rpc
  readonly #shared: Shared
  readonly #plan: ServerPlan
  readonly #local = new LocalMessages()
  readonly #receivers = new Map<Role, Receive>()
  readonly #syn = emptySyn()
  readonly #tick: number
  /** When offers are looked at next. */
  #tickAt = Number.POSITIVE_INFINITY

  constructor(core: number, plan: ServerPlan, shared: Shared, draws: Random) {
    this.core = core
    this.#plan = plan
    this.#shared = shared
    const { machine, topology } = shared
    // The stack's clock counts whole µs.
    this.clock = { now: () => Math.floor(machine.now) }
    this.entropy = { draw: () => draws.draw() }
    this.recorder = shared.recorder
    this.rpc = new Rpc([], this.clock)
    this.#tick = machine.on(() => machine.post(core, 0, Kind.TICK, NONE))
    if (plan.manager !== undefined) {
      const manager = new ConnectionManager(plan.manager, topology, this, shared.offerInterval)
      manager.open(PORT)
      this.manager = manager
      this.#receivers.set("manager", (message, port, sender) => manager.receive(message, port, sender))
    }
    if (plan.transport !== undefined) {
      const transport = new TransportHalf(plan.transport, core, shared, this.#local, this)
      this.transport = transport
      this.#receivers.set("transport", (message, _port, _sender, rider, at) =>
        transport.receive(message, rider === undefined ? NONE : rider[at]!),
      )
    }
  }

  cost(item: number): number {
    const { machine } = this.#shared
    const { costs } = machine
    const taking = machine.sender[item] === NONE ? 0 : machine.taking(item)
    switch (machine.kind[item]) {
      case Kind.SYN:
        return taking + costs.transport / 4 + (this.manager === undefined ? 0 : costs.manager)
      case Kind.ACK:
      case Kind.QUESTION:
      case Kind.FIN:
        return taking + costs.transport / 4
      case Kind.WRITTEN:
        return taking + costs.transport / 4 + machine.dataOf(item)
      case Kind.LINK_IN:
      case Kind.LINK_OUT:
        return taking + costs.link
      case Kind.SYN_CALL:
        return taking + costs.manager
      default:
        return taking
    }
  }

  run(item: number): void {
    const shared = this.#shared
    const { machine } = shared
    const k = machine.connection[item]!
    const word = machine.word[item]!
    switch (machine.kind[item]) {
      case Kind.SYN:
        this.#takeSyn(k)
        break
      case Kind.ACK:
        this.transport!.established(k)
        break
      case Kind.QUESTION:
        this.transport!.tell(k, Kind.NEWS)
        break
      case Kind.FIN:
        this.transport!.gone(k)
        break
      case Kind.LINK_IN:
        machine.send(this.core, transportCore(shared, k), word, this.#plan.link!, k, 0, undefined)
        break
      case Kind.LINK_OUT:
        onWire(shared, k, word)
        break
      case Kind.TO_MANAGER:
        this.#toManager(item)
        break
      case Kind.TO_TRANSPORT:
        this.transport!.receive(machine.message[item]!, k)
        break
      case Kind.SYN_CALL:
        this.#answerSyn(k, machine.sender[item]!)
        break
      case Kind.SYN_ANSWER:
        this.#outcome(k, word)
        break
      case Kind.WRITTEN:
        this.transport!.transmit(k, word === 1 ? Kind.FIN : NONE)
        break
      case Kind.TIMER:
        this.transport!.timers()
        break
      default:
        this.#tickAt = Number.POSITIVE_INFINITY
    }
    this.#rest()
  }

  positionTo(m: number): number {
    return this.#shared.offersSent[this.#pair(this.#plan.manager!, m)]!
  }

  isTaken(m: number, position: number): boolean {
    return this.#shared.offersTaken[this.#pair(this.#plan.manager!, m)]! >= position
  }

  /** Of the Connection Manager. A rider is a SYN, whose peer's address is our number of the connection. */
  dispatch(out: Outbox, port: number, sender: number, rider?: Int32Array, at = 0, count = 0): void {
    const { machine, managers, transports } = this.#shared
    for (let n = 0; n < out.length; n++) {
      const role = out.roles[n]!
      const message = out.messages[n]!
      const to = out.to[n]!
      const core = role === "manager" ? managers[to]! : transports[to]!
      if (message._tag === "Offer") this.#offer(core, sender, to, message)
      else if (core === this.core) this.#local.push(role, message, port, sender, rider, at, count)
      else {
        const k = rider === undefined ? NONE : rider[at]!
        const kind = role === "manager" ? Kind.TO_MANAGER : Kind.TO_TRANSPORT
        machine.send(this.core, core, kind, sender, k, 0, message)
      }
    }
  }

  #offer(core: number, from: number, to: number, message: Outbox["messages"][number]): void {
    const { machine, measures, offersSent } = this.#shared
    const before = machine.busy[this.core]!
    offersSent[this.#pair(from, to)]!++
    machine.send(this.core, core, Kind.TO_MANAGER, from, NONE, 0, message)
    if (!measures.measures(machine.now)) return
    measures.offers++
    measures.offerTime += machine.busy[this.core]! - before
  }

  /** `server/frame-path.ts`: the manager beside the transport, or the one with number t mod managers, by a call. */
  #takeSyn(k: number): void {
    const { machine, connections, managers, topology } = this.#shared
    const { t } = this.transport!
    // TCP has looked at the frame by then; what follows is T_cm.
    connections.synAt[k] = machine.now - (this.manager === undefined ? 0 : machine.costs.manager)
    if (this.manager !== undefined) this.#outcome(k, this.#ask(k, t))
    else machine.send(this.core, managers[t % topology.managers]!, Kind.SYN_CALL, t, k, 0, undefined)
  }

  /** `server/syn-call.ts`. */
  #answerSyn(k: number, t: number): void {
    const { machine, transports } = this.#shared
    const outcome = this.#ask(k, t)
    machine.send(this.core, transports[t]!, Kind.SYN_ANSWER, this.manager!.m, k, outcome, undefined)
  }

  #ask(k: number, t: number): number {
    const syn = this.#syn
    syn.peerIp = k
    syn.localPort = PORT
    const outcome = this.manager!.syn(syn, t)
    if (outcome === "Refused") return REFUSED
    return outcome === "Dropped" || outcome === "Full" ? DROPPED : TAKEN
  }

  #outcome(k: number, outcome: number): void {
    if (outcome === REFUSED) this.#shared.clients.refused(k)
    else if (outcome === DROPPED) this.#shared.clients.dropped(k)
  }

  #toManager(item: number): void {
    const { machine, measures, offersTaken } = this.#shared
    const message = machine.message[item]!
    const sender = machine.sender[item]!
    if (message._tag === "Offer") {
      offersTaken[this.#pair(sender, this.manager!.m)]!++
      if (measures.measures(machine.now)) measures.offerTime += machine.taking(item)
    }
    this.manager!.receive(message, PORT, sender)
  }

  /** After each item, as after each turn of a server: messages within it, threads, offers. */
  #rest(): void {
    const local = this.#local
    local.run(LOCAL_BURST, this.#receivers)
    const { manager, rpc } = this
    if (manager === undefined) return
    if (rpc.threads.ready > 0) rpc.threads.turn()
    const next = manager.offer(this.clock.now())
    local.run(LOCAL_BURST, this.#receivers)
    const { machine } = this.#shared
    const again = rpc.threads.ready > 0 ? machine.now + 1 : next
    if (again >= this.#tickAt || again === Number.POSITIVE_INFINITY) return
    this.#tickAt = again
    machine.at(again, this.#tick, 0)
  }

  #pair(from: number, to: number): number {
    return from * this.#shared.topology.managers + to
  }
}
