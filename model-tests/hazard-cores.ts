/** The core with each naive design of spec/MCBad.tla in it: what differs from the shipped one is all that stands here. */
import { type Hazard, hazards } from "../impl-tests/core/hazards.ts"
import { lateHazards } from "../impl-tests/core/late-hazards.ts"
import { production, type Variant } from "../impl-tests/core/walk.ts"
import type { Application } from "../src/core/application.ts"
import type { Event } from "../src/core/event.ts"
import type { Entry } from "../src/core/manager.ts"
import type { Message } from "../src/core/message.ts"
import { Outbox } from "../src/core/outbox.ts"
import { enabled, type Machines, machines, type Step, type System } from "../src/core/system.ts"
import { Table } from "../src/core/table.ts"
import { connectionIds, managerOf, NONE, type Topology } from "../src/core/topology.ts"

export interface Core extends Variant {
  /** What a step does besides, at processes of which no machine knows. */
  readonly besides?: (before: System, step: Step, after: System) => System
}

/** The one that the core's own tests have. */
const known = (number: string): Core =>
  (hazards.find(({ name }) => name.startsWith(`${number}:`)) as Hazard).variant

const knownLate = (name: string): Core =>
  (lateHazards.find((x) => x.name === `late: ${name}`) as Hazard).variant

const core = (part: Partial<Machines>, rest: Partial<Core> = {}): Core => ({
  ...production,
  ...rest,
  machines: { ...machines, ...part },
})

/** A transport that does not send what `keep` refuses. */
const sendingOnly = (keep: (x: Message, event: Event) => boolean): Core =>
  core({
    transport: (state, event, env, topology, out) => {
      const inner = new Outbox()
      const next = machines.transport(state, event, env, topology, inner)
      out.decide(inner.outcome, inner.a, inner.g)
      inner.messages.slice(0, inner.length).forEach((message, k) => {
        if (keep(message, event)) out.send(inner.roles[k]!, inner.to[k]!, message)
      })
      return next
    },
  })

const withoutBack = (tag: "Claimed" | "TimedOut"): Core =>
  core({
    transport: (state, event, env, topology, out) => {
      const next = machines.transport(state, event, env, topology, out)
      for (let k = 0; k < out.length; k++) {
        const x = out.messages[k]!
        if (x._tag === tag) out.messages[k] = { ...x, back: 0 }
      }
      return next
    },
  })

const withoutOffers = (topology: Topology) =>
  Table.make(topology.managers, { a: NONE, g: 0, listener: false, serviceTime: 0, admitted: false, wants: 0 })

const registersEarly = (x: Application): boolean => x.phase === "Attaching" && !x.registered

/** The announcements of the connection that ended, taken back from wherever they are. */
const withdrawn = (before: System, { event, index: t }: Step, after: System): System => {
  if (event._tag !== "Gone") return after
  const { c } = event
  const channels = new Map(after.channels)
  let transport = after.transports[t]!
  const applications = after.applications.map((x) => {
    const key = `t${t}>a${x.a}`
    const channel = channels.get(key)
    const ring = channel?.messages ?? []
    const kept = ring.filter((y) => y._tag !== "ConnectionAvailable" || y.c !== c)
    const tokens = x.tokens.filter((y) => y.c !== c)
    const acceptor = before.transports[t]!.acceptors.get(x.a)
    const outstanding = acceptor.outstanding - (ring.length - kept.length) - (x.tokens.length - tokens.length)
    transport = { ...transport, acceptors: transport.acceptors.set(x.a, { ...acceptor, outstanding }) }
    if (channel !== undefined && kept.length === 0) channels.delete(key)
    else if (channel !== undefined) channels.set(key, { ...channel, messages: kept })
    return { ...x, tokens }
  })
  return { ...after, channels, applications, transports: after.transports.with(t, transport) }
}

/** By the name of the replacement in spec/MCBad.tla. */
export const naiveCores: Readonly<Record<string, Core>> = {
  RemovesAnyGeneration: known("1"),
  RemovesWhenTold: known("1b"),
  AnyTimeoutUnregisters: known("1c"),
  AnswersAnyAnnouncement: core({
    transport: (state, event, env, topology, out) => {
      if (event._tag !== "ReceiveClaim") return machines.transport(state, event, env, topology, out)
      const { n } = event.message
      const message = { ...event.message, n: state.connections.get(event.message.c).n }
      const next = machines.transport(state, { ...event, message }, env, topology, out)
      const answer = out.messages[0]!
      if (answer._tag === "Claimed" || answer._tag === "TimedOut") out.messages[0] = { ...answer, n }
      return next
    },
  }),
  MergesAnnouncements: core({
    application: (state, event, topology, out) => {
      const known = event._tag === "ReceiveAvailable" && state.tokens.some((x) => x.c === event.message.c)
      return known ? state : machines.application(state, event, topology, out)
    },
  }),
  CountsFromOne: known("3"),
  ForgetsGeneration: known("4"),
  NeverLeaving: known("4b"),
  RegistersEarly: core(
    {
      application: (state, event, topology, out) => {
        const early = event._tag === "Register" && registersEarly(state)
        const asked: Application = early ? { ...state, phase: "Up" } : state
        const next = machines.application(asked, event, topology, out)
        return early ? { ...next, phase: state.phase } : next
      },
    },
    {
      enabled: (system) => [
        ...enabled(system),
        ...system.applications
          .filter(registersEarly)
          .map(({ a }): Step => ({ role: "application", index: a, event: { _tag: "Register" } })),
      ],
    },
  ),
  SilentOfTheGone: known("5"),
  WithdrawsAll: { ...production, besides: withdrawn },
  IgnoresWhenClosed: known("6"),
  DiesUnseen: known("6b"),
  UsesAtClaim: known("7"),
  NeverKnown: known("8"),
  TakesAnothers: core(
    {
      manager: (state, event, env, topology, out) => {
        const anothers = event._tag === "Syn" && managerOf(topology, event.c) !== state.m
        if (!anothers) return machines.manager(state, event, env, topology, out)
        // As its own manager would, did it know nothing of it.
        const { entries } = state
        const unknown = Table.make<Entry>(entries.size, "Free")
        const asked = { ...state, m: managerOf(topology, event.c), entries: unknown }
        const next = machines.manager(asked, event, env, topology, out)
        return { ...next, m: state.m, entries }
      },
    },
    {
      enabled: (system) => [
        ...enabled(system),
        ...system.managers.flatMap(({ m }) =>
          Array.from({ length: connectionIds(system.topology) }, (_, c) => c)
            .filter((c) => managerOf(system.topology, c) !== m)
            .map((c): Step => ({ role: "manager", index: m, event: { _tag: "Syn", c } })),
        ),
      ],
    },
  ),
  GivesToLocals: core(
    {
      manager: (state, event, env, topology, out) => {
        if (event._tag !== "AssignWaiting") return machines.manager(state, event, env, topology, out)
        const alone = { ...state, offers: withoutOffers(topology) }
        return { ...machines.manager(alone, event, env, topology, out), offers: state.offers }
      },
    },
    {
      enabled: (system) =>
        enabled(system).filter(
          ({ event, index }) =>
            event._tag !== "AssignWaiting" || system.managers[index]!.acceptors.length > 0,
        ),
    },
  ),
  TellsAssignerOnly: known("10"),
  NeverStale: core({
    manager: (state, event, env, topology, out) => {
      if (event._tag !== "ReceiveOffer") return machines.manager(state, event, env, topology, out)
      const forgetful = { ...state, tombstones: Table.make(topology.applications, 0) }
      const next = machines.manager(forgetful, event, env, topology, out)
      return { ...next, tombstones: state.tombstones }
    },
  }),
  CreatesAlways: known("12"),
  DropsReturned: core({
    manager: (state, event, env, topology, out) => {
      const next = machines.manager(state, event, env, topology, out)
      const full = event._tag === "ReceiveAcceptorTimedOut" && state.queue.length >= topology.backlog
      if (!full) return next
      const at = event.message.c % (topology.connections * topology.transports)
      return { ...next, queue: state.queue, entries: next.entries.set(at, "Free") }
    },
  }),
  KeepsWaiting: {
    ...production,
    enabled: (system) => enabled(system).filter((x) => x.event._tag !== "ResetWaiting"),
  },
  ReportsToAssigner: known("15"),
  ClaimedAlone: withoutBack("Claimed"),
  TimedOutAlone: withoutBack("TimedOut"),
  TimerRunsOn: core(
    {
      transport: (state, event, env, topology, out) => {
        if (event._tag !== "ClaimTimeout") return machines.transport(state, event, env, topology, out)
        const { connections } = state
        const x = connections.get(event.c)
        const running = x.phase === "Claimed" ? { ...x, phase: "Announced" as const } : x
        const asked = { ...state, connections: connections.set(event.c, running) }
        return machines.transport(asked, event, env, topology, out)
      },
    },
    {
      enabled: (system) => [
        ...enabled(system),
        ...system.transports.flatMap(({ t, connections }) =>
          connections
            .toArray()
            .flatMap(
              (x, c): Array<Step> =>
                x.phase === "Claimed"
                  ? [{ role: "transport", index: t, event: { _tag: "ClaimTimeout", c } }]
                  : [],
            ),
        ),
      ],
    },
  ),
  LapsedIsBack: core({
    transport: (state, event, env, topology, out) => {
      const next = machines.transport(state, event, env, topology, out)
      if (event._tag !== "ClaimTimeout") return next
      const { a } = state.connections.get(event.c)
      const acceptor = next.acceptors.get(a)
      const acceptors = next.acceptors.set(a, { ...acceptor, outstanding: acceptor.outstanding - 1 })
      return { ...next, acceptors }
    },
  }),
  NeverFull: core({
    transport: (state, event, env, topology, out) =>
      machines.transport(state, event, env, { ...topology, room: 4096 }, out),
  }),
  ForgetsAcceptorOnly: core({
    manager: (state, event, env, topology, out) => {
      const next = machines.manager(state, event, env, topology, out)
      return event._tag === "ManagerReceiveDetach" ? { ...next, listeners: state.listeners } : next
    },
  }),
  ResetsSilently: sendingOnly((_message, event) => event._tag !== "ReceiveReset"),
  AttachesSilently: sendingOnly((_message, event) => event._tag !== "ReceiveAttach"),
  DropsAnyOffer: core({
    manager: (state, event, env, topology, out) => {
      const next = machines.manager(state, event, env, topology, out)
      if (event._tag !== "ReceiveAcceptorTimedOut") return next
      const { a } = event.message
      const offers = next.offers
        .toArray()
        .map((x) => (x.a === a ? { ...x, a: NONE, g: 0, serviceTime: 0, admitted: false } : x))
      return { ...next, offers: Table.from(offers) }
    },
  }),
  DropsUnused: knownLate("nobody is told that the connection was gone"),
  HoldsNewest: knownLate("who was lent is forgotten when another comes"),
  ListsStill: knownLate("who is lent stays listed"),
  RelistsAny: knownLate(
    "who comes back or was unused is listed though it listens no more, or registered anew",
  ),
}
