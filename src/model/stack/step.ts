/** A machine's own step, with what the specification leaves out forgotten. */
import { type Application, canClaim, canRegister, initialApplication } from "../../core/application.ts"
import type { ApplicationEvent, Event, ManagerEvent, TransportEvent } from "../../core/event.ts"
import { canAssignWaiting, canResetWaiting, initialManager, type Manager } from "../../core/manager.ts"
import type { Message } from "../../core/message.ts"
import type { Outbox, Role } from "../../core/outbox.ts"
import { type Machines, machines } from "../../core/system.ts"
import { Table } from "../../core/table.ts"
import { defaultBalance, type Topology } from "../../core/topology.ts"
import { initialTransport, type Transport } from "../../core/transport.ts"
import { nothingUnderWay } from "../../core/under-way.ts"
import { emptyWindow } from "../../core/window.ts"
import type { StackConstants } from "./constants.ts"

/** Draws tried for a step that draws: enough that each of a few candidates is chosen by some. */
export const DRAWS: ReadonlyArray<number> = Array.from(
  { length: 48 },
  (_, k) => Math.imul(k, 0x9e3779b1) >>> 0,
)

export interface TransportWithBorn {
  readonly transport: Transport
  /** By connection: the announcement number at its creation, the specification's history variable. */
  readonly born: ReadonlyArray<number>
}

/** What a host asks before it has a machine take a step by itself. */
export interface Predicates {
  readonly canRegister: (state: Application) => boolean
  readonly canClaim: (state: Application) => boolean
  readonly canAssignWaiting: (state: Manager, topology: Topology) => boolean
  readonly canResetWaiting: (state: Manager) => boolean
}

/** The core that is explored: the shipped one, or a mutant of it. */
export interface Core {
  readonly initial: {
    readonly initialApplication: (a: number) => Application
    readonly initialManager: (m: number, topology: Topology) => Manager
    readonly initialTransport: (t: number, topology: Topology) => Transport
  }
  readonly machines: Machines
  readonly predicates: Predicates
}

export const shipped: Core = {
  initial: { initialApplication, initialManager, initialTransport },
  machines,
  predicates: { canRegister, canClaim, canAssignWaiting, canResetWaiting },
}

/** What one event does to one machine. */
export interface Effect {
  readonly label: number
  readonly next: number
  /** Place of a channel, number of the message in `#messages`, in turn. */
  readonly sends: ReadonlyArray<number>
}

/** A step that a machine may take by itself. */
export interface Own {
  readonly event: Event
  readonly effects: ReadonlyArray<Effect>
}

/** What the predicates say of an event; undefined: hosts ask nothing before it. */
export const predicted = (
  { predicates }: Core,
  topology: Topology,
  machine: Machine,
  event: Event,
): boolean | undefined => {
  switch (event._tag) {
    case "Register":
      return predicates.canRegister(machine as Application)
    case "Claim":
      return predicates.canClaim(machine as Application)
    case "AssignWaiting":
      return predicates.canAssignWaiting(machine as Manager, topology)
    case "ResetWaiting":
      return predicates.canResetWaiting(machine as Manager)
    default:
      return undefined
  }
}

/** It says what may be said again: an offer gives something away under Late. */
export const isTold = (
  event: Event,
  { balance }: Topology,
): event is Extract<Event, { readonly _tag: "SendOffer" | "Ask" }> =>
  event._tag === "Ask" || (event._tag === "SendOffer" && balance.scheme !== "Late")

export type Machine = Application | Manager | TransportWithBorn

/** Fresh tables: an older version of one is slow to read. */
const fresh = <A>(table: Table<A>): Table<A> => Table.from(table.toArray())

/** The machine after `event`, at time 0 with this draw; times, windows and watermarks are as at the beginning. */
export const abstractStep = (
  { machines }: Core,
  topology: Topology,
  role: Role,
  machine: Machine,
  event: Event,
  draw: number,
  out: Outbox,
): Machine => {
  const env = { now: 0, draw }
  switch (role) {
    case "application":
      return machines.application(machine as Application, event as ApplicationEvent, topology, out)
    case "manager": {
      const x = machines.manager(machine as Manager, event as ManagerEvent, env, topology, out)
      const offers = x.offers.toArray().map((y) => ({ ...y, serviceTime: 0, admitted: false, wants: 0 }))
      return {
        ...x,
        listeners: fresh(x.listeners),
        generations: fresh(x.generations),
        tombstones: fresh(x.tombstones),
        entries: fresh(x.entries),
        offers: Table.from(offers),
        windows: Table.make(topology.applications, emptyWindow(topology.balance.window)),
        underWay: nothingUnderWay(topology),
        since: Table.make(x.since.size, 0),
      }
    }
    default: {
      const { transport, born } = machine as TransportWithBorn
      const x = machines.transport(transport, event as TransportEvent, env, topology, out)
      const connections = x.connections.toArray().map((y) => ({ ...y, offeredAt: 0 }))
      const next = { t: x.t, acceptors: fresh(x.acceptors), connections: Table.from(connections) }
      const gone = (c: number) => connections[c]!.phase === "Gone"
      return { transport: next, born: born.map((n, c) => (gone(c) ? connections[c]!.n : n)) }
    }
  }
}

/** The message without the times that only weigh. */
export const abstractMessage = (message: Message): Message => {
  if (message._tag === "Offer") return { ...message, serviceTime: 0 }
  return message._tag === "ServiceTime" ? { ...message, time: 1 } : message
}

/** The world of a model. */
export const topologyOf = (x: StackConstants): Topology => ({
  applications: x.NApplications,
  managers: x.NManagers,
  transports: x.NTransports,
  connections: x.NConnections,
  backlog: x.Backlog,
  room: x.Room,
  claimTimeout: 1,
  // Whose acceptor it is weighs nothing either.
  balance: { ...defaultBalance, tariff: 1, scheme: x.Naive ? "Naive" : x.Late ? "Late" : "Unfiltered" },
})
