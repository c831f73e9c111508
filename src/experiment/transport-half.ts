/**
 * The Transport Server of one server: the stack's own host of its machine (`server/instance.ts`: ids, claim timers), and the
 * rules of `server/transport-server.ts` that tie it to TCP, whose frames have times here but no bytes.
 */
import type { TransportEvent } from "../core/event.ts"
import type { Message } from "../core/message.ts"
import type { Outbox } from "../core/outbox.ts"
import { homeOf, managerOf } from "../core/topology.ts"
import type { ClockShape, RecorderShape } from "../ports/ports.ts"
import { TransportHost } from "../server/instance.ts"
import type { LocalMessages } from "../server/local-messages.ts"
import * as Kind from "./kinds.ts"
import { arrive, linkCore, PORT, type Shared } from "./shared.ts"

const NONE = -1

export class TransportHalf {
  readonly t: number
  readonly host: TransportHost
  readonly #core: number
  readonly #shared: Shared
  readonly #local: LocalMessages
  readonly #clock: ClockShape
  readonly #recorder: RecorderShape
  readonly #wake: number
  /** Time of the claim timer that is in the agenda. */
  #wakeAt = Number.POSITIVE_INFINITY

  constructor(
    t: number,
    core: number,
    shared: Shared,
    local: LocalMessages,
    ports: { readonly clock: ClockShape; readonly recorder: RecorderShape },
  ) {
    this.t = t
    this.#core = core
    this.#shared = shared
    this.#local = local
    this.#clock = ports.clock
    this.#recorder = ports.recorder
    this.host = new TransportHost(t, shared.topology)
    this.#wake = shared.machine.on(() => shared.machine.post(core, 0, Kind.TIMER, NONE))
    for (let a = 0; shared.attached && a < shared.topology.applications; a++)
      this.#step({ _tag: "ReceiveAttach", message: { _tag: "Attach", a } })
  }

  /** A core message; `k`: the connection that it brings, if it creates one. */
  receive(message: Message, k: number): void {
    switch (message._tag) {
      case "Open":
        this.#create({ _tag: "ReceiveOpen", message }, message.c, k)
        break
      case "Assign":
        if (message.fresh) this.#create({ _tag: "ReceiveAssign", message }, message.c, k)
        else this.#announced({ _tag: "ReceiveAssign", message }, message.c)
        break
      case "ResetConnection": {
        const { connections, clients } = this.#shared
        const at = this.host.tcbOf[message.c]!
        if (this.#step({ _tag: "ReceiveReset", message }) !== "Done") break
        this.host.tcbOf[message.c] = NONE
        connections.id[at] = NONE
        clients.refused(at)
        break
      }
      case "ClaimConnection":
        this.#claim(message)
        break
      case "Attach":
        this.#step({ _tag: "ReceiveAttach", message })
        break
      case "Detach":
        this.#detach(message)
        break
      default:
        throw new Error(`a transport got ${message._tag}`)
    }
  }

  /** TCP's handshake is complete. An ACK of what has been reset meanwhile finds nothing. */
  established(k: number): void {
    const c = this.#shared.connections.id[k]!
    if (c !== NONE) this.#announced({ _tag: "Established", c }, c)
  }

  /** TCP has ended, both ways, or the peer is gone before anybody has claimed. What is not there any more has ended already. */
  gone(k: number): void {
    const { machine, connections, measures, clients } = this.#shared
    const a = connections.application[k]!
    const c = connections.id[k]!
    if (c === NONE) return
    if (a !== NONE) {
      const time = machine.now - connections.offered[k]!
      if (measures.measures(connections.begun[k]!)) measures.service.record(time)
      measures.truth.add(machine.now, a, time)
    }
    this.host.tcbOf[c] = NONE
    this.#step({ _tag: "Gone", c })
    if (a !== NONE) this.tell(k, Kind.ENDED)
    connections.id[k] = NONE
    clients.closed(k)
  }

  /** Claim timers that are due. */
  timers(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    while (this.host.nextTimer() <= now) {
      this.#step({ _tag: "ClaimTimeout", c: this.host.popTimer() })
      this.#shared.measures.claimTimeouts++
    }
    this.#watch()
  }

  /** A message to a connection's application that is none of the handshake's. */
  tell(k: number, kind: number): void {
    const { connections, applications, machine } = this.#shared
    const core = applications[connections.application[k]!]!
    machine.send(this.#core, core, kind, this.t, k, connections.id[k]!, undefined)
  }

  /** A frame leaves; `back`: the client's frame that comes back; NONE: none does, it hears the answer to a request. */
  transmit(k: number, back: number): void {
    const link = linkCore(this.#shared, k)
    if (link === this.#core) onWire(this.#shared, k, back)
    else this.#shared.machine.send(this.#core, link, Kind.LINK_OUT, this.t, k, back, undefined)
  }

  #create(event: TransportEvent, c: number, k: number): void {
    const { machine, connections, measures } = this.#shared
    const began = connections.synAt[k]!
    this.host.tcbOf[c] = k
    connections.id[k] = c
    if (measures.measures(began)) measures.managing.record(machine.now - began)
    this.#step(event)
    this.transmit(k, Kind.ACK)
  }

  /** A step that may announce: the claim timer is armed. */
  #announced(event: TransportEvent, c: number): void {
    if (this.#step(event) !== "Announced") return
    const { connections, machine } = this.#shared
    connections.offered[this.host.tcbOf[c]!] = machine.now
    this.host.arm(c, this.#clock.now(), event._tag === "Established")
    this.#watch()
  }

  #claim(message: Extract<Message, { readonly _tag: "ClaimConnection" }>): void {
    const { connections, measures, machine, topology } = this.#shared
    const { c, a } = message
    const k = this.host.tcbOf[c]!
    if (this.#step({ _tag: "ReceiveClaim", message }) !== "Claimed") return
    connections.application[k] = a
    const { now } = machine
    const local = homeOf(topology, a) === managerOf(topology, c)
    measures.served.add(now, a, 1)
    if (local) measures.local.add(now, a, 1)
    if (!measures.measures(now)) return
    measures.connections++
    if (local) measures.localConnections++
  }

  /** What the application had claimed ends with it. */
  #detach(message: Extract<Message, { readonly _tag: "Detach" }>): void {
    const { connections, clients } = this.#shared
    this.#step({ _tag: "TransportReceiveDetach", message })
    const { out } = this.host
    for (let n = 0; n < out.length; n++) {
      const sent = out.messages[n]!
      if (sent._tag !== "ConnectionClosed") continue
      const k = this.host.tcbOf[sent.c]!
      this.host.tcbOf[sent.c] = NONE
      connections.id[k] = NONE
      clients.closed(k)
    }
  }

  #watch(): void {
    const next = this.host.nextTimer()
    if (next >= this.#wakeAt) return
    this.#wakeAt = next
    this.#shared.machine.at(next, this.#wake, 0)
  }

  #step(event: TransportEvent): Outbox["outcome"] {
    const { host } = this
    const out = host.step(event, { now: this.#clock.now(), draw: 0 }, PORT, this.#recorder)
    if (out.outcome === "Illegal") throw new Error(`transport ${host.t}: ${event._tag} is illegal`)
    const { machine, applications, managers } = this.#shared
    for (let n = 0; n < out.length; n++) {
      const message = out.messages[n]!
      const to = out.to[n]!
      if (out.roles[n] === "manager") {
        if (managers[to] === this.#core) this.#local.push("manager", message, PORT, host.t, undefined, 0, 0)
        else machine.send(this.#core, managers[to]!, Kind.TO_MANAGER, host.t, NONE, 0, message)
      } else if (message._tag !== "Attached" || !this.#shared.attached) {
        const k = "c" in message ? host.tcbOf[message.c]! : NONE
        machine.send(this.#core, applications[to]!, Kind.TO_APPLICATION, host.t, k, 0, message)
      }
    }
    return out.outcome
  }
}

/** A frame is on the wire. */
export const onWire = (shared: Shared, k: number, back: number): void => {
  const { machine, clients } = shared
  if (back !== Kind.ACK) clients.answered(k)
  if (back !== NONE) arrive(shared, machine.now + clients.trip(k, back), k, back)
}
