/** Where each machine, channel and limit stands in a state's vector, and how the specification names it. */
import type { Event } from "../../core/event.ts"
import type { Message } from "../../core/message.ts"
import type { Outbox, Role } from "../../core/outbox.ts"
import type { Channel } from "../../core/system.ts"
import { homeOf, type Topology } from "../../core/topology.ts"

export interface ChannelPlace {
  readonly place: number
  /** `tsToApp[0][1]`. */
  readonly path: string
  /** Place of the machine that reads it. */
  readonly receiver: number
}

export class Places {
  readonly width: number
  readonly left: number
  readonly channels: ReadonlyArray<ChannelPlace>
  readonly machinePlaces: ReadonlyArray<number>
  readonly #topology: Topology
  readonly #ends = new Map<number, Channel>()
  readonly #firstChannel: number
  readonly #firstSent: number

  constructor(topology: Topology) {
    this.#topology = topology
    const { applications, managers, transports } = topology
    this.#firstChannel = applications + managers + transports
    const channels: Array<ChannelPlace> = []
    const add = (from: Role, sender: number, to: Role, receiver: number, path: string) => {
      const place = this.#channel(from, sender, to, receiver)
      channels.push({ place, path, receiver: this.#machine(to, receiver) })
      this.#ends.set(place, { from, sender, to, receiver, messages: [] })
    }
    for (let a = 0; a < applications; a++) {
      // An application talks to its home manager only.
      add("application", a, "manager", homeOf(topology, a), `appToCm[${a}]`)
      for (let t = 0; t < transports; t++) {
        add("application", a, "transport", t, `appToTs[${a}][${t}]`)
        add("transport", t, "application", a, `tsToApp[${t}][${a}]`)
      }
    }
    for (let m = 0; m < managers; m++) {
      for (let t = 0; t < transports; t++) {
        add("transport", t, "manager", m, `tsToCm[${t}][${m}]`)
        add("manager", m, "transport", t, `cmToTs[${m}][${t}]`)
      }
      for (let k = 0; k < managers; k++) add("manager", m, "manager", k, `cmToCm[${m}][${k}]`)
    }
    this.channels = channels
    this.#firstSent = this.#firstChannel + this.#channelCount()
    this.left = this.#firstSent + managers * managers
    this.width = this.left + 1
    this.machinePlaces = Array.from({ length: this.#firstChannel }, (_, k) => k)
  }

  application(a: number): number {
    return a
  }

  manager(m: number): number {
    return this.#topology.applications + m
  }

  transport(t: number): number {
    return this.#topology.applications + this.#topology.managers + t
  }

  role(place: number): Role {
    if (place < this.manager(0)) return "application"
    return place < this.transport(0) ? "manager" : "transport"
  }

  index(place: number): number {
    const role = this.role(place)
    return role === "application" ? place : place - (role === "manager" ? this.manager(0) : this.transport(0))
  }

  tsToApp(t: number, a: number): number {
    return this.#channel("transport", t, "application", a)
  }

  appToTs(a: number, t: number): number {
    return this.#channel("application", a, "transport", t)
  }

  cmToCm(m: number, k: number): number {
    return this.#channel("manager", m, "manager", k)
  }

  sent(m: number, k: number): number {
    return this.#firstSent + m * this.#topology.managers + k
  }

  channelAt(place: number): Channel {
    return this.#ends.get(place)!
  }

  /** The channel from the machine at `place` to another. */
  channelTo(place: number, to: Role, receiver: number): number {
    return this.#channel(this.role(place), this.index(place), to, receiver)
  }

  /** Every channel that application `a` writes. */
  from(a: number): ReadonlyArray<number> {
    const places = [this.#channel("application", a, "manager", homeOf(this.#topology, a))]
    for (let t = 0; t < this.#topology.transports; t++) places.push(this.appToTs(a, t))
    return places
  }

  /** The channel that a transport empties when it takes this message from the one at `place`; −1: none. */
  purgedBy(place: number, message: Message): number {
    const { from, sender, to, receiver } = this.channelAt(place)
    const purges = message._tag === "Detach" && from === "application" && to === "transport"
    return purges ? this.tsToApp(receiver, sender) : -1
  }

  /** The step as MC names it, parameters in its order; the last one of some is what became of it. */
  labelOf(place: number, event: Event, out: Pick<Outbox, "outcome" | "a">): string {
    const self = this.index(place)
    const label = (...parameters: ReadonlyArray<number | string>) =>
      `${event._tag}(${[self, ...parameters].join(", ")})`
    const outcome = `"${out.outcome}"`
    switch (event._tag) {
      case "Release":
        return label(event.c, event.n)
      case "Syn":
        // Nothing but itself becomes of a duplicate, refused or dropped SYN.
        if (out.outcome !== "Assigned" && out.outcome !== "Queued") return label(event.c, outcome)
        return label(event.c, out.a, outcome)
      case "AssignWaiting":
        return label(out.a)
      case "SendOffer":
        return label(event.to, out.a)
      case "Ask":
      case "ReturnOffer":
        return label(event.to)
      case "ReceiveOffer":
        return label(event.from)
      case "Established":
      case "Gone":
        return label(event.c, outcome)
      case "ClaimTimeout":
        return label(event.c)
      case "ReceiveAttached":
      case "ReceiveAvailable":
      case "ReceiveClaimed":
      case "ReceiveTimedOut":
      case "ReceiveAcceptorTimedOut":
      case "ReceiveAcceptorRemoved":
      case "ReceiveAcceptorUnused":
      case "ReceiveConnectionEstablished":
      case "ReceiveConnectionClosed":
      case "ReceiveServiceTime":
        return label(event.t)
      case "ReceiveAcceptConnection":
        return label(out.a)
      case "ManagerReceiveDetach":
      case "ReceiveAttach":
      case "TransportReceiveDetach":
        return label(event.message.a)
      case "ReceiveClaim":
        return label(event.message.a, outcome)
      case "ReceiveOpen":
        return label(this.#managerOf(event.message.c))
      case "ReceiveAssign":
      case "ReceiveReset":
        return label(this.#managerOf(event.message.c), outcome)
      default:
        return label()
    }
  }

  #managerOf(c: number): number {
    return Math.trunc(c / (this.#topology.connections * this.#topology.transports))
  }

  #machine(role: Role, index: number): number {
    if (role === "application") return this.application(index)
    return role === "manager" ? this.manager(index) : this.transport(index)
  }

  #channelCount(): number {
    const { applications: a, managers: m, transports: t } = this.#topology
    return a + 2 * a * t + 2 * t * m + m * m
  }

  #channel(from: Role, sender: number, to: Role, receiver: number): number {
    const { applications: a, managers: m, transports: t } = this.#topology
    let at = this.#firstChannel
    if (from === "application" && to === "manager") return at + sender
    at += a
    if (from === "application") return at + sender * t + receiver
    at += a * t
    if (to === "application") return at + sender * a + receiver
    at += t * a
    if (from === "transport") return at + sender * m + receiver
    at += t * m
    if (to === "transport") return at + sender * t + receiver
    return at + m * t + sender * m + receiver
  }
}
