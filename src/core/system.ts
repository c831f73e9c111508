/**
 * One whole protocol instance as a value: every machine and the FIFO channel of every ordered pair of processes. For
 * tests, exploration and replay; the servers host the same machines, each in its own process.
 */
import {
  type Application,
  canClaim,
  canRegister,
  initialApplication,
  stepApplication,
} from "./application.ts"
import type { ApplicationEvent, Env, Event, ManagerEvent, TransportEvent } from "./event.ts"
import { type History, initialHistory, observe } from "./history.ts"
import {
  canAssignWaiting,
  canResetWaiting,
  hasLocalListener,
  initialManager,
  type Manager,
  stepManager,
} from "./manager.ts"
import type { Message, Offer } from "./message.ts"
import { Outbox, type Role } from "./outbox.ts"
import { receiving, senderOf } from "./receiving.ts"
import { connectionIds, managerOf, NONE, type Topology, transportOf } from "./topology.ts"
import { initialTransport, stepTransport, type Transport } from "./transport.ts"

export interface System {
  readonly topology: Topology
  readonly applications: ReadonlyArray<Application>
  readonly managers: ReadonlyArray<Manager>
  readonly transports: ReadonlyArray<Transport>
  /** By `channelKey`, oldest message first. An absent channel is empty. */
  readonly channels: ReadonlyMap<string, Channel>
  /** By `channelKey`: the last offer sent, so that an unchanged one isn't sent again. */
  readonly offered: ReadonlyMap<string, Offer>
  /** What the invariants need to know of the past; no step depends on it. */
  readonly history: History
}

export interface Channel {
  readonly from: Role
  readonly sender: number
  readonly to: Role
  readonly receiver: number
  readonly messages: ReadonlyArray<Message>
}

/** One event at one process. */
export interface Step {
  readonly role: Role
  readonly index: number
  readonly event: Event
}

/** The three step functions; a test may put a broken one in to see that a property catches it. */
export interface Machines {
  readonly application: typeof stepApplication
  readonly manager: typeof stepManager
  readonly transport: typeof stepTransport
}

export const machines: Machines = {
  application: stepApplication,
  manager: stepManager,
  transport: stepTransport,
}

const letter: Readonly<Record<Role, string>> = { application: "a", manager: "m", transport: "t" }

/** `a0>m1`: the channel from application 0 to manager 1. */
export const channelKey = (from: Role, sender: number, to: Role, receiver: number): string =>
  `${letter[from]}${sender}>${letter[to]}${receiver}`

const NO_MESSAGES: ReadonlyArray<Message> = []

/** What is under way, oldest first. */
export const underWay = (
  system: System,
  from: Role,
  sender: number,
  to: Role,
  receiver: number,
): ReadonlyArray<Message> =>
  system.channels.get(channelKey(from, sender, to, receiver))?.messages ?? NO_MESSAGES

export const initialSystem = (topology: Topology): System => ({
  topology,
  applications: Array.from({ length: topology.applications }, (_, a) => initialApplication(a)),
  managers: Array.from({ length: topology.managers }, (_, m) => initialManager(m, topology)),
  transports: Array.from({ length: topology.transports }, (_, t) => initialTransport(t, topology)),
  channels: new Map(),
  offered: new Map(),
  history: initialHistory(topology),
})

/** Every process has consumed the end of this slot's last process: a successor may attach (hazard 4b). */
export const detachConsumed = (system: System, a: number): boolean => {
  for (const channel of system.channels.values()) {
    if (channel.from !== "application" || channel.sender !== a) continue
    if (channel.messages.some((x) => x._tag === "Detach")) return false
  }
  return true
}

/** What manager `m` may offer now: one offer for each acceptor that is as good as the best one. */
export const possibleOffers = (system: System, m: number, to: number): ReadonlyArray<Offer> => {
  const state = system.managers[m] as Manager
  const list: Array<Offer> = []
  const out = new Outbox()
  for (let draw = 0; draw < Math.max(1, state.acceptors.length); draw++) {
    out.clear()
    stepManager(state, { _tag: "SendOffer", to }, { now: 0, draw }, system.topology, out)
    const offer = out.messages[0] as Offer
    if (!list.some((x) => sameOffer(x, offer))) list.push(offer)
  }
  return list
}

const sameOffer = (x: Offer, y: Offer): boolean =>
  x.a === y.a && x.g === y.g && x.listener === y.listener && x.serviceTime === y.serviceTime

/** Manager `to` would learn something new: its last offer from `m` isn't what `m` may offer now. */
export const offerIsStale = (system: System, m: number, to: number): boolean => {
  const last = system.offered.get(channelKey("manager", m, "manager", to))
  return last === undefined || !possibleOffers(system, m, to).some((x) => sameOffer(x, last))
}

/** Every step that can happen now, those of the environment included. */
export const enabled = (system: System): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (const channel of system.channels.values()) {
    const head = channel.messages[0]
    if (head === undefined) continue
    // What was told to a process that ended stays unread until its transport empties the rings.
    if (channel.to === "application" && system.applications[channel.receiver]?.phase === "Down") continue
    steps.push({ role: channel.to, index: channel.receiver, event: receiving(channel, head) })
  }
  for (const x of system.applications) applicationSteps(system, x, steps)
  for (const x of system.managers) managerSteps(system, x, steps)
  for (const x of system.transports) transportSteps(system, x, steps)
  return steps
}

const applicationSteps = (system: System, x: Application, steps: Array<Step>): void => {
  const add = (event: ApplicationEvent) => steps.push({ role: "application", index: x.a, event })
  if (x.phase === "Down") {
    if (detachConsumed(system, x.a)) add({ _tag: "Attach", g: x.g })
    return
  }
  if (canRegister(x)) add({ _tag: "Register" })
  if (canClaim(x)) add({ _tag: "Claim" })
  for (const { c, n } of x.owned) add({ _tag: "Release", c, n })
  if (x.phase === "Up") add({ _tag: "CloseListener" })
  add({ _tag: "Die" })
}

const managerSteps = (system: System, x: Manager, steps: Array<Step>): void => {
  const { topology } = system
  const add = (event: ManagerEvent) => steps.push({ role: "manager", index: x.m, event })
  // A free id is a new flow, any other a duplicate SYN.
  for (let c = 0; c < connectionIds(topology); c++) {
    if (managerOf(topology, c) === x.m) add({ _tag: "Syn", c })
  }
  if (canAssignWaiting(x, topology)) add({ _tag: "AssignWaiting" })
  if (canResetWaiting(x)) add({ _tag: "ResetWaiting" })
  if (topology.balance.scheme === "Late") {
    lateSteps(system, x, add)
    return
  }
  for (let to = 0; to < topology.managers; to++) {
    if (to === x.m || underWay(system, "manager", x.m, "manager", to).length > 0) continue
    const last = system.offered.get(channelKey("manager", x.m, "manager", to))
    const offers = possibleOffers(system, x.m, to)
    if (last === undefined || offers.some((o) => !sameOffer(o, last))) add({ _tag: "SendOffer", to })
  }
}

/** What is told again only when it is news, or it could be told for ever. */
const lateSteps = (system: System, x: Manager, add: (event: ManagerEvent) => void): void => {
  for (let to = 0; to < system.topology.managers; to++) {
    if (to === x.m || underWay(system, "manager", x.m, "manager", to).length > 0) continue
    const { listener, wants } = (system.managers[to] as Manager).offers.get(x.m)
    if (listener !== hasLocalListener(x) || wants !== x.queue.length) add({ _tag: "Ask", to })
    if (x.acceptors.length > 0) add({ _tag: "SendOffer", to })
    if (x.offers.get(to).a !== NONE && x.queue.length === 0) add({ _tag: "ReturnOffer", to })
  }
}

const transportSteps = (system: System, x: Transport, steps: Array<Step>): void => {
  const { topology } = system
  const add = (event: TransportEvent) => steps.push({ role: "transport", index: x.t, event })
  for (let c = 0; c < x.connections.size; c++) {
    if (transportOf(topology, c) !== x.t) continue
    const { phase } = x.connections.get(c)
    if (phase === "Gone") continue
    if (phase === "Opening") add({ _tag: "Established", c })
    if (phase === "Announced") add({ _tag: "ClaimTimeout", c })
    add({ _tag: "Gone", c })
  }
}

/**
 * The system after `step`; `out` then holds what the step sent and decided. A step that isn't enabled, or whose
 * message isn't the oldest of its channel, is `Illegal` and changes nothing. (That a successor attaches only after
 * `detachConsumed` is the supervisor's promise: `enabled` keeps it, `apply` trusts it.)
 */
export const apply = (
  system: System,
  step: Step,
  env: Env,
  out: Outbox,
  variant: Machines = machines,
): System => {
  out.clear()
  const { topology } = system
  const { role, index, event } = step
  const sender = senderOf(topology, event)
  const taken = sender === undefined ? undefined : channelKey(sender.role, sender.index, role, index)
  if (taken !== undefined && !isOldest(system, taken, event)) {
    out.outcome = "Illegal"
    return system
  }
  let { applications, managers, transports } = system
  switch (role) {
    case "application": {
      const x = applications[index] as Application
      applications = applications.with(
        index,
        variant.application(x, event as ApplicationEvent, topology, out),
      )
      break
    }
    case "manager": {
      const x = managers[index] as Manager
      managers = managers.with(index, variant.manager(x, event as ManagerEvent, env, topology, out))
      break
    }
    case "transport": {
      const x = transports[index] as Transport
      transports = transports.with(index, variant.transport(x, event as TransportEvent, env, topology, out))
      break
    }
    default:
      role satisfies never
  }
  if (out.outcome === "Illegal") return system
  const channels = new Map(system.channels)
  if (taken !== undefined) shift(channels, taken)
  if (event._tag === "TransportReceiveDetach") {
    channels.delete(channelKey("transport", index, "application", event.message.a))
  }
  let offered = system.offered
  for (let k = 0; k < out.length; k++) {
    const message = out.messages[k] as Message
    const key = append(channels, role, index, out.roles[k] as Role, out.to[k] as number, message)
    // Under Late an offer with an acceptor gives it away: only what was told can be told again.
    const tells = message._tag === "Offer" && (topology.balance.scheme !== "Late" || message.a === NONE)
    if (tells) offered = new Map(offered).set(key, message)
  }
  const next = { topology, applications, managers, transports, channels, offered, history: system.history }
  return { ...next, history: observe(system, step, next, out) }
}

const isOldest = (system: System, key: string, event: Event): boolean => {
  const channel = system.channels.get(key)
  const head = channel?.messages[0]
  if (channel === undefined || head === undefined) return false
  const expected = receiving(channel, head)
  if (expected._tag !== event._tag) return false
  if (!("message" in expected)) return true
  const x = expected.message as unknown as Record<string, unknown>
  const y = (event as { readonly message: unknown }).message as Record<string, unknown>
  return Object.keys(x).every((field) => x[field] === y[field])
}

const shift = (channels: Map<string, Channel>, key: string): void => {
  const channel = channels.get(key) as Channel
  if (channel.messages.length === 1) channels.delete(key)
  else channels.set(key, { ...channel, messages: channel.messages.slice(1) })
}

const append = (
  channels: Map<string, Channel>,
  from: Role,
  sender: number,
  to: Role,
  receiver: number,
  message: Message,
): string => {
  const key = channelKey(from, sender, to, receiver)
  const messages = channels.get(key)?.messages ?? NO_MESSAGES
  channels.set(key, { from, sender, to, receiver, messages: [...messages, message] })
  return key
}
