/**
 * The shipped core as an explorable system under the limits of spec/MC.tla. A state is a vector: one number for each
 * machine, channel and limit, naming its value in a table of its own. A machine's step depends on its own state and the
 * event alone, so each is taken once, by the core's own function, and remembered.
 *
 * Weights are forgotten, as the specification does: service times, the window and the watermarks. The scheme is
 * Unfiltered, under which every candidate may be drawn; that each scheme draws among exactly its candidates is a law
 * tested on `core/selection` itself.
 */
import type { Application } from "../../core/application.ts"
import type { ApplicationEvent, Event, ManagerEvent, TransportEvent } from "../../core/event.ts"
import type { Manager } from "../../core/manager.ts"
import type { Message, Offer } from "../../core/message.ts"
import { Outbox } from "../../core/outbox.ts"
import { receiving } from "../../core/receiving.ts"
import { connectionIds, managerOf, NONE, type Topology, transportOf } from "../../core/topology.ts"
import { type Explorable, Labels, type Visit } from "../../tla/graph/explore.ts"
import type { Atom, Print } from "../../tla/graph/print.ts"
import type { StackConstants } from "./constants.ts"
import { Values } from "./numbered.ts"
import { Places } from "./places.ts"
import type { Budget } from "./schemas.ts"
import {
  abstractMessage,
  abstractStep,
  type Core,
  DRAWS,
  type Effect,
  isTold,
  type Machine,
  type Own,
  predicted,
  shipped,
  type TransportWithBorn,
  topologyOf,
} from "./step.ts"
import {
  applicationAtoms,
  budgetAtom,
  channelAtom,
  managerAtoms,
  sentAtom,
  transportAtoms,
} from "./values.ts"

const NO_DRAW = [0]

export class StackSystem implements Explorable {
  readonly width: number
  readonly topology: Topology
  readonly #places: Places
  readonly #core: Core
  readonly #values: Array<Values<never>>
  readonly #messages: Array<Message> = []
  readonly #messageNumbers = new Map<string, number>()
  readonly #labels = new Labels()
  /** By place, number of the machine's value: its own steps. */
  readonly #own: Array<Array<ReadonlyArray<Own> | undefined>>
  /** By place of a channel, its value and the receiver's: the step that takes its first message. */
  readonly #received = new Map<number, ReadonlyArray<Effect>>()
  /** By place of a channel and value: the value without its first message; with one more. */
  readonly #tails: Array<Array<number | undefined>>
  readonly #appended = new Map<number, number>()
  readonly #next: Int32Array
  readonly #out = new Outbox()
  readonly #budget: Budget

  constructor(constants: StackConstants, core: Core = shipped) {
    const topology = topologyOf(constants)
    this.topology = topology
    this.#core = core
    this.#budget = {
      syns: constants.MaxSyns,
      timeouts: constants.MaxTimeouts,
      offers: constants.MaxOffers,
      stops: constants.MaxStops,
    }
    const places = new Places(topology)
    this.#places = places
    this.width = places.width
    const values: Array<Values<never>> = new Array(places.width)
    const at = <A>(place: number, atoms: (value: A) => ReadonlyArray<Atom>) => {
      values[place] = new Values<A>(atoms) as unknown as Values<never>
    }
    for (let a = 0; a < topology.applications; a++) at(places.application(a), applicationAtoms)
    for (let m = 0; m < topology.managers; m++) {
      at(places.manager(m), (x: Manager) => managerAtoms(x, topology))
    }
    for (let t = 0; t < topology.transports; t++) {
      at(places.transport(t), (x: TransportWithBorn) => transportAtoms(x.transport, x.born, topology))
    }
    for (const { place, path } of places.channels) {
      at(place, (x: ReadonlyArray<Message>) => [channelAtom(path, x)])
    }
    for (let m = 0; m < topology.managers; m++) {
      for (let k = 0; k < topology.managers; k++) at(places.sent(m, k), (x: Offer) => [sentAtom(m, k, x)])
    }
    at(places.left, (x: Budget) => [budgetAtom(x)])
    this.#values = values
    this.#own = values.map(() => [])
    this.#tails = values.map(() => [])
    this.#next = new Int32Array(places.width)
  }

  get labelNames(): ReadonlyArray<string> {
    return this.#labels.names
  }

  initial(): Int32Array {
    const { topology } = this
    const places = this.#places
    const core = this.#core.initial
    const state = new Int32Array(this.width)
    const put = (place: number, value: unknown) => {
      state[place] = this.#number(place, value)
    }
    for (let a = 0; a < topology.applications; a++) put(a, core.initialApplication(a))
    for (let m = 0; m < topology.managers; m++) put(places.manager(m), core.initialManager(m, topology))
    const born = new Array<number>(connectionIds(topology)).fill(0)
    for (let t = 0; t < topology.transports; t++) {
      put(places.transport(t), { transport: core.initialTransport(t, topology), born })
    }
    for (const { place } of places.channels) put(place, [])
    const nothing: Offer = { _tag: "Offer", a: NONE, g: 0, listener: false, serviceTime: 0 }
    for (let m = 0; m < topology.managers; m++) {
      for (let k = 0; k < topology.managers; k++) put(places.sent(m, k), nothing)
    }
    put(places.left, this.#budget)
    return state
  }

  print(k: number, value: number): Print {
    return this.#values[k]!.prints[value]!
  }

  describe(state: Int32Array): ReadonlyMap<string, string> {
    const parts: Array<readonly [string, string]> = []
    state.forEach((value, k) => {
      const values = this.#values[k]!
      for (const { path, value: text } of values.atoms(values.items[value]!)) parts.push([path, text])
    })
    return new Map(parts)
  }

  steps(state: Int32Array, visit: Visit): void {
    const { channels, machinePlaces } = this.#places
    for (const { place, receiver } of channels) {
      const value = state[place]!
      if (this.#channel(place, value).length > 0) this.#receive(state, place, receiver, visit)
    }
    for (const place of machinePlaces) {
      const value = state[place]!
      const own = this.#own[place]![value] ?? this.#findOwn(place, value)
      for (const { event, effects } of own) {
        if (!this.#allowed(state, place, event)) continue
        const left = this.#spent(state, event)
        for (const effect of effects) {
          // A SYN that comes to nothing has no limit.
          if (effect.next === value && event._tag === "Syn") visit(effect.label, state)
          else if (left >= 0) this.#visit(state, place, event, effect, left, visit)
        }
      }
    }
  }

  /** The first message of a channel is taken. */
  #receive(state: Int32Array, place: number, receiver: number, visit: Visit): void {
    const value = state[place]!
    const machine = state[receiver]!
    const key = (place * 0x200000 + value) * 0x200000 + machine
    let effects = this.#received.get(key)
    if (effects === undefined) {
      const channel = this.#places.channelAt(place)
      const event = receiving(channel, this.#channel(place, value)[0]!)
      effects = this.#effects(receiver, machine, event)
      this.#received.set(key, effects)
    }
    for (const { label, next, sends } of effects) {
      const into = this.#next
      into.set(state)
      into[receiver] = next
      into[place] = this.#tail(place, value)
      this.#send(into, sends)
      const purged = this.#places.purgedBy(place, this.#channel(place, value)[0]!)
      if (purged >= 0) into[purged] = this.#number(purged, [])
      visit(label, into)
    }
  }

  #visit(state: Int32Array, place: number, event: Event, effect: Effect, left: number, visit: Visit): void {
    const into = this.#next
    into.set(state)
    into[place] = effect.next
    into[this.#places.left] = left
    if (isTold(event, this.topology)) {
      const sent = this.#places.sent(this.#places.index(place), event.to)
      const value = this.#number(sent, this.#messages[effect.sends[1]!])
      if (value === state[sent]) {
        // Only its service time is new.
        const again = this.#spend(state, "offers")
        if (again < 0) return
        into[this.#places.left] = again
      } else into[sent] = value
    }
    this.#send(into, effect.sends)
    visit(effect.label, into)
  }

  #send(into: Int32Array, sends: ReadonlyArray<number>): void {
    for (let k = 0; k < sends.length; k += 2) {
      const place = sends[k]!
      into[place] = this.#append(place, into[place]!, sends[k + 1]!)
    }
  }

  /** What the supervisor and MC keep from happening. */
  #allowed(state: Int32Array, place: number, event: Event): boolean {
    const places = this.#places
    switch (event._tag) {
      case "Attach":
        return !places
          .from(places.index(place))
          .some((x) => this.#channel(x, state[x]!).some((message) => message._tag === "Detach"))
      case "SendOffer":
      case "Ask":
      case "ReturnOffer": {
        const to = places.cmToCm(places.index(place), event.to)
        return this.#channel(to, state[to]!).length === 0
      }
      default:
        return true
    }
  }

  /** The limits after an event of the world; −1: it may not happen any more. */
  #spent(state: Int32Array, event: Event): number {
    const left = state[this.#places.left]!
    switch (event._tag) {
      case "Syn":
        return this.#spend(state, "syns")
      case "CloseListener":
      case "Die":
        return this.#spend(state, "stops")
      case "Attach":
        return event.g === 0 ? left : this.#spend(state, "stops")
      case "ClaimTimeout":
        return this.#tooEarly(state, event.c) ? this.#spend(state, "timeouts") : left
      default:
        return left
    }
  }

  #spend(state: Int32Array, what: keyof Budget): number {
    const { left } = this.#places
    const budget = this.#item<Budget>(left, state[left]!)
    return budget[what] > 0 ? this.#number(left, { ...budget, [what]: budget[what] - 1 }) : -1
  }

  /** The application that was told would still claim (MC's TooEarly). */
  #tooEarly(state: Int32Array, c: number): boolean {
    const places = this.#places
    const t = transportOf(this.topology, c)
    const transport = this.#item<TransportWithBorn>(places.transport(t), state[places.transport(t)]!)
    const { a, n } = transport.transport.connections.get(c)
    const application = this.#item<Application>(places.application(a), state[places.application(a)]!)
    if (application.phase === "Down") return false
    if (application.tokens.some((x) => x.c === c && x.n === n)) return true
    const is = (message: Message, tag: Message["_tag"]) =>
      message._tag === tag && "n" in message && message.c === c && message.n === n
    const told = this.#channel(places.tsToApp(t, a), state[places.tsToApp(t, a)]!)
    if (application.phase !== "Closed" && told.some((x) => is(x, "ConnectionAvailable"))) return true
    return this.#channel(places.appToTs(a, t), state[places.appToTs(a, t)]!).some((x) =>
      is(x, "ClaimConnection"),
    )
  }

  #findOwn(place: number, value: number): ReadonlyArray<Own> {
    const own: Array<Own> = []
    for (const event of this.#ownEvents(place, value)) {
      const effects = this.#effects(place, value, event)
      const asked = predicted(this.#core, this.topology, this.#item<Machine>(place, value), event)
      if (asked !== undefined && asked !== effects.length > 0) {
        throw new Error(`${event._tag}: a host would ${asked ? "" : "not "}take it, the step says otherwise`)
      }
      if (effects.length > 0) own.push({ event, effects })
    }
    this.#own[place]![value] = own
    return own
  }

  #ownEvents(place: number, value: number): ReadonlyArray<Event> {
    const { topology } = this
    switch (this.#places.role(place)) {
      case "application": {
        const x = this.#item<Application>(place, value)
        const events: Array<ApplicationEvent> = [
          { _tag: "Attach", g: x.g },
          { _tag: "Register" },
          { _tag: "Claim" },
          { _tag: "CloseListener" },
          { _tag: "Die" },
        ]
        for (const { c, n } of x.owned) events.push({ _tag: "Release", c, n })
        return events
      }
      case "manager": {
        const x = this.#item<Manager>(place, value)
        const events: Array<ManagerEvent> = []
        for (let c = 0; c < connectionIds(topology); c++) {
          if (managerOf(topology, c) === x.m) events.push({ _tag: "Syn", c })
        }
        events.push({ _tag: "AssignWaiting" }, { _tag: "ResetWaiting" })
        for (let to = 0; to < topology.managers; to++) {
          if (to === x.m) continue
          for (const _tag of ["SendOffer", "Ask", "ReturnOffer"] as const) events.push({ _tag, to })
        }
        return events
      }
      default: {
        const { transport } = this.#item<TransportWithBorn>(place, value)
        const events: Array<TransportEvent> = []
        for (let c = 0; c < transport.connections.size; c++) {
          if (transportOf(topology, c) !== transport.t) continue
          events.push({ _tag: "Established", c }, { _tag: "ClaimTimeout", c }, { _tag: "Gone", c })
        }
        return events
      }
    }
  }

  /** Takes the core's step for every draw; what differs only in weights is one effect. */
  #effects(place: number, value: number, event: Event): ReadonlyArray<Effect> {
    const draws =
      event._tag === "Syn" || event._tag === "AssignWaiting" || event._tag === "SendOffer" ? DRAWS : NO_DRAW
    const role = this.#places.role(place)
    const effects = new Map<string, Effect>()
    for (const draw of draws) {
      const out = this.#out
      out.clear()
      const next = abstractStep(
        this.#core,
        this.topology,
        role,
        this.#item<Machine>(place, value),
        event,
        draw,
        out,
      )
      if (out.outcome === "Illegal") continue
      const sends: Array<number> = []
      for (let k = 0; k < out.length; k++) {
        const to = this.#places.channelTo(place, out.roles[k]!, out.to[k]!)
        sends.push(to, this.#message(out.messages[k]!))
      }
      const label = this.#labels.number(this.#places.labelOf(place, event, out))
      const number = this.#number(place, next)
      effects.set(`${label} ${number} ${sends.join(" ")}`, { label, next: number, sends })
    }
    return [...effects.values()]
  }

  #item<A>(place: number, value: number): A {
    return this.#values[place]!.items[value]! as A
  }

  #channel(place: number, value: number): ReadonlyArray<Message> {
    return this.#values[place]!.items[value]!
  }

  #number(place: number, value: unknown): number {
    return this.#values[place]!.number(value as never)
  }

  #tail(place: number, value: number): number {
    const known = this.#tails[place]![value]
    if (known !== undefined) return known
    const tail = this.#number(place, this.#channel(place, value).slice(1))
    this.#tails[place]![value] = tail
    return tail
  }

  #append(place: number, value: number, message: number): number {
    const key = (place * 0x200000 + value) * 0x200000 + message
    const known = this.#appended.get(key)
    if (known !== undefined) return known
    const longer = this.#number(place, [...this.#channel(place, value), this.#messages[message]!])
    this.#appended.set(key, longer)
    return longer
  }

  #message(message: Message): number {
    const plain = abstractMessage(message)
    const key = JSON.stringify(plain)
    const known = this.#messageNumbers.get(key)
    if (known !== undefined) return known
    this.#messages.push(plain)
    this.#messageNumbers.set(key, this.#messages.length - 1)
    return this.#messages.length - 1
  }
}
