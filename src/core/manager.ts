/** The Connection Manager's machine (§3.2, §3.3): a private accept queue, its acceptors, and other managers' offers. */
import { type Registration, withAcceptor, withoutAcceptor } from "./acceptors.ts"
import type { Env, ManagerEvent } from "./event.ts"
import { ask, assignLate, grant, receiveLate, relisted, returnOffer } from "./late.ts"
import { bestAcceptor, NOBODY, offerTo } from "./offer.ts"
import type { Outbox } from "./outbox.ts"
import { type Candidate, readmit, select } from "./selection.ts"
import { Table } from "./table.ts"
import { homeOf, indexAtManager, managerOf, NONE, type Topology, transportOf } from "./topology.ts"
import { hold, nothingUnderWay, type UnderWay } from "./under-way.ts"
import { emptyWindow, type Window } from "./window.ts"
import { measured, worthOf } from "./worth.ts"

/** The last offer of another manager. a = NONE: nobody to be had there. */
export interface OfferState {
  readonly a: number
  readonly g: number
  readonly listener: boolean
  /** µs; 0: not measured. Under Shortest the delay to expect, as its manager knows it. */
  readonly serviceTime: number
  /** Has passed the filter and not fallen below the low watermark since. */
  readonly admitted: boolean
  /** Under Late: how many connections wait there. */
  readonly wants: number
}

/** Free: the id is unused. Opening: nobody is chosen before it is established (Late). Queued: waits here. Assigned: some acceptor is to have it, or has it. Resetting: RESET sent. */
export type Entry = "Free" | "Opening" | "Queued" | "Assigned" | "Resetting"

export interface Manager {
  readonly m: number
  /** Registered local applications, by ascending `a`. */
  readonly acceptors: ReadonlyArray<Registration>
  /** By application: listens here. */
  readonly listeners: Table<boolean>
  /** By application: the newest generation seen from it. */
  readonly generations: Table<number>
  /** By application: its newest generation that timed out on one of our assignments; 0: none (hazard 11). */
  readonly tombstones: Table<number>
  /** By manager. */
  readonly offers: Table<OfferState>
  /** Connections that wait, first in line first. */
  readonly queue: ReadonlyArray<number>
  /** By `indexAtManager(c)`. */
  readonly entries: Table<Entry>
  /** By application: service times of its last connections. */
  readonly windows: Table<Window>
  readonly underWay: UnderWay
  /** Under Late, by `indexAtManager(c)`: since when it waits, µs. */
  readonly since: Table<number>
}

const NO_OFFER: OfferState = { a: NONE, g: 0, listener: false, serviceTime: 0, admitted: false, wants: 0 }

export const initialManager = (m: number, topology: Topology): Manager => ({
  m,
  acceptors: [],
  listeners: Table.make(topology.applications, false),
  generations: Table.make(topology.applications, 0),
  tombstones: Table.make(topology.applications, 0),
  offers: Table.make(topology.managers, NO_OFFER),
  queue: [],
  entries: Table.make(topology.transports * topology.connections, "Free" as Entry),
  windows: Table.make(topology.applications, emptyWindow(topology.balance.window)),
  underWay: nothingUnderWay(topology),
  since: Table.make(topology.transports * topology.connections, 0),
})

export const hasLocalListener = (state: Manager): boolean => {
  for (let a = 0; a < state.listeners.size; a++) if (state.listeners.get(a)) return true
  return false
}

/** Somebody listens here, or another manager says so of itself. */
export const anyListener = (state: Manager): boolean => {
  if (hasLocalListener(state)) return true
  for (let m = 0; m < state.offers.size; m++) if (state.offers.get(m).listener) return true
  return false
}

/** There is somebody to assign to: the scheme would choose. */
export const hasCandidate = (state: Manager, topology: Topology): boolean => {
  if (state.acceptors.length > 0) return true
  if (topology.balance.scheme === "Naive") return false
  for (let m = 0; m < state.offers.size; m++) if (state.offers.get(m).a !== NONE) return true
  return false
}

export const canAssignWaiting = (state: Manager, topology: Topology): boolean =>
  state.queue.length > 0 && hasCandidate(state, topology)

export const canResetWaiting = (state: Manager): boolean => state.queue.length > 0 && !anyListener(state)

/** One handler for each action of the specification. An event that no action allows changes nothing. */
export const stepManager = (
  state: Manager,
  event: ManagerEvent,
  env: Env,
  topology: Topology,
  out: Outbox,
): Manager => {
  switch (event._tag) {
    case "Syn":
      return syn(state, event.c, env, topology, out)
    case "AssignWaiting": {
      const c = state.queue[0]
      if (c === undefined || !hasCandidate(state, topology)) return illegal(state, out)
      if (topology.balance.scheme === "Late") return assignLate(state, c, env, topology, out)
      return assign({ ...state, queue: state.queue.slice(1) }, c, false, env, topology, out)
    }
    case "ResetWaiting": {
      const c = state.queue[0]
      if (c === undefined || anyListener(state)) return illegal(state, out)
      out.send("transport", transportOf(topology, c), { _tag: "ResetConnection", c })
      return { ...state, queue: state.queue.slice(1), entries: enter(state, c, "Resetting", topology) }
    }
    case "SendOffer": {
      if (event.to === state.m || event.to < 0 || event.to >= topology.managers) return illegal(state, out)
      if (topology.balance.scheme !== "Late") return sendOffer(state, event.to, env, topology, out)
      return grant(state, event.to, env, topology, out) ?? illegal(state, out)
    }
    case "Ask":
      return isOther(state, event.to, topology) ? ask(state, event.to, out) : illegal(state, out)
    case "ReturnOffer": {
      const returns = isOther(state, event.to, topology) && state.queue.length === 0
      if (!returns || state.offers.get(event.to).a === NONE) return illegal(state, out)
      return returnOffer(state, event.to, out)
    }
    case "ReceiveOffer": {
      const { a, g, listener, serviceTime } = event.message
      if (event.from === state.m || event.from < 0 || event.from >= topology.managers)
        return illegal(state, out)
      if (a !== NONE && (a < 0 || a >= topology.applications)) return illegal(state, out)
      if (topology.balance.scheme === "Late") {
        const foreign = a !== NONE && homeOf(topology, a) !== state.m && homeOf(topology, a) !== event.from
        if (foreign) return illegal(state, out)
        return receiveLate(state, event.from, event.message, topology, out)
      }
      // A stale offer must not be taken again (hazard 11).
      const dead = a === NONE || g <= state.tombstones.get(a)
      const admitted = !dead && state.offers.get(event.from).admitted
      const offer: OfferState = dead
        ? { ...NO_OFFER, listener }
        : { a, g, listener, serviceTime, admitted, wants: 0 }
      return { ...state, offers: state.offers.set(event.from, offer) }
    }
    case "ReceiveAcceptConnection": {
      const { a, g } = event.message
      // In any state of the application; generations only rise.
      if (!isLocal(state, a, topology) || g <= state.generations.get(a)) return illegal(state, out)
      out.decide("Done", a, g)
      return {
        ...state,
        acceptors: withAcceptor(state.acceptors, a, g),
        generations: state.generations.set(a, g),
        listeners: state.listeners.set(a, true),
      }
    }
    case "ManagerReceiveDetach": {
      const { a } = event.message
      if (!isLocal(state, a, topology)) return illegal(state, out)
      return {
        ...state,
        acceptors: state.acceptors.filter((x) => x.a !== a),
        listeners: state.listeners.set(a, false),
        windows: state.windows.set(a, emptyWindow(topology.balance.window)),
      }
    }
    case "ReceiveAcceptorTimedOut":
      return acceptorTimedOut(state, event.message, env, topology, out)
    case "ReceiveAcceptorRemoved": {
      const { a, g } = event.message
      if (!isLocal(state, a, topology)) return illegal(state, out)
      return { ...state, acceptors: withoutAcceptor(state.acceptors, a, g) }
    }
    case "ReceiveConnectionClosed": {
      const { c } = event.message
      if (!isOurs(state, c, topology) || entryOf(state, c, topology) === "Free") return illegal(state, out)
      const queue = state.queue.includes(c) ? state.queue.filter((x) => x !== c) : state.queue
      const underWay = hold(state.underWay, c, NONE, topology)
      return { ...state, queue, underWay, entries: enter(state, c, "Free", topology) }
    }
    case "ReceiveServiceTime": {
      const { a, time } = event.message
      if (!isLocal(state, a, topology) || !(time > 0)) return illegal(state, out)
      return { ...state, windows: state.windows.set(a, measured(state, a, time, env.now, topology)) }
    }
    case "ReceiveConnectionEstablished": {
      const { c } = event.message
      if (!isOurs(state, c, topology) || entryOf(state, c, topology) !== "Opening") return illegal(state, out)
      return waits(state, c, [...state.queue, c], env, topology)
    }
    case "ReceiveAcceptorUnused": {
      const { a, g } = event.message
      if (topology.balance.scheme !== "Late" || !isLocal(state, a, topology)) return illegal(state, out)
      return { ...state, acceptors: relisted(state, a, g) }
    }
    default:
      return event satisfies never
  }
}

/** Connection `c` has its place in `queue`, and waits from now on. */
const waits = (
  state: Manager,
  c: number,
  queue: ReadonlyArray<number>,
  env: Env,
  topology: Topology,
): Manager => ({
  ...state,
  queue,
  entries: enter(state, c, "Queued", topology),
  since:
    topology.balance.scheme === "Late" ? state.since.set(indexAtManager(topology, c), env.now) : state.since,
})

const syn = (state: Manager, c: number, env: Env, topology: Topology, out: Outbox): Manager => {
  if (!isOurs(state, c, topology)) return illegal(state, out)
  if (entryOf(state, c, topology) !== "Free") {
    // The transport answers a duplicate (hazard 8).
    out.outcome = "Known"
    return state
  }
  if (!anyListener(state)) {
    out.outcome = "Refused"
    return state
  }
  const isLate = topology.balance.scheme === "Late"
  // What waits is not overtaken.
  if (!isLate && state.queue.length === 0 && hasCandidate(state, topology)) {
    return assign(state, c, true, env, topology, out)
  }
  if (state.queue.length >= topology.backlog) {
    out.outcome = "Dropped"
    return state
  }
  out.send("transport", transportOf(topology, c), { _tag: "Open", c })
  out.outcome = "Queued"
  // It waits from its establishment on.
  if (isLate) return { ...state, entries: enter(state, c, "Opening", topology) }
  return { ...state, queue: [...state.queue, c], entries: enter(state, c, "Queued", topology) }
}

const assign = (
  state: Manager,
  c: number,
  fresh: boolean,
  env: Env,
  topology: Topology,
  out: Outbox,
): Manager => {
  const offers = readmitted(state, env.now, topology)
  const mine = locals(state, env.now, topology)
  const chosen = select(mine, remotes(state, offers, topology), topology.balance, env.draw)
  if (chosen === undefined) return illegal(state, out)
  const { a, g } = chosen
  out.send("transport", transportOf(topology, c), { _tag: "Assign", c, a, g, fresh })
  out.decide("Assigned", a, g)
  const underWay = hold(state.underWay, c, a, topology)
  return { ...state, offers, underWay, entries: enter(state, c, "Assigned", topology) }
}

const sendOffer = (state: Manager, to: number, env: Env, topology: Topology, out: Outbox): Manager => {
  offerTo(state, to, bestAcceptor(state, env, topology) ?? NOBODY, out)
  return state
}

const acceptorTimedOut = (
  state: Manager,
  message: { readonly c: number; readonly a: number; readonly g: number },
  env: Env,
  topology: Topology,
  out: Outbox,
): Manager => {
  const { c, a, g } = message
  if (!isOurs(state, c, topology) || a < 0 || a >= topology.applications) return illegal(state, out)
  if (entryOf(state, c, topology) !== "Assigned") return illegal(state, out)
  // First in line, above the backlog too: it was admitted once (hazard 13).
  const queued = waits(state, c, [c, ...state.queue], env, topology)
  const underWay = hold(state.underWay, c, NONE, topology)
  if (homeOf(topology, a) === state.m) {
    // A later registration survives (hazard 1).
    return { ...queued, underWay, acceptors: withoutAcceptor(state.acceptors, a, g) }
  }
  const tombstones = state.tombstones.set(a, Math.max(g, state.tombstones.get(a)))
  const home = homeOf(topology, a)
  const offer = state.offers.get(home)
  const stale = offer.a === a && offer.g <= g
  const offers = stale
    ? state.offers.set(home, { ...NO_OFFER, listener: offer.listener, wants: offer.wants })
    : state.offers
  return { ...queued, underWay, tombstones, offers }
}

const locals = (state: Manager, now: number, topology: Topology): Array<Candidate> =>
  state.acceptors.map(({ a, g }) => ({
    a,
    g,
    from: NONE,
    time: worthOf(state, a, now, topology),
    admitted: true,
  }))

const remotes = (state: Manager, offers: Table<OfferState>, topology: Topology): Array<Candidate> => {
  const counts = topology.balance.scheme === "Shortest" ? state.underWay.counts : undefined
  const list: Array<Candidate> = []
  for (let m = 0; m < offers.size; m++) {
    const x = offers.get(m)
    if (x.a === NONE) continue
    // What its own manager has there it knows; what we have there we do.
    const time = x.serviceTime * (1 + (counts === undefined ? 0 : counts.get(x.a)))
    list.push({ a: x.a, g: x.g, from: m, time, admitted: x.admitted })
  }
  return list
}

/** Offers with the watermarks applied against today's best local acceptor. */
const readmitted = (state: Manager, now: number, topology: Topology): Table<OfferState> => {
  if (topology.balance.scheme !== "Tournament" || state.acceptors.length === 0) return state.offers
  const mine = locals(state, now, topology)
  let offers = state.offers
  for (let m = 0; m < offers.size; m++) {
    const x = offers.get(m)
    if (x.a === NONE) continue
    const admitted = readmit(mine, x.serviceTime, x.admitted, topology.balance)
    if (admitted !== x.admitted) offers = offers.set(m, { ...x, admitted })
  }
  return offers
}

/** A manager that knows of Late, and is not this one. */
const isOther = (state: Manager, m: number, topology: Topology): boolean =>
  topology.balance.scheme === "Late" && m !== state.m && m >= 0 && m < topology.managers

const isLocal = (state: Manager, a: number, topology: Topology): boolean =>
  a >= 0 && a < topology.applications && homeOf(topology, a) === state.m

const isOurs = (state: Manager, c: number, topology: Topology): boolean =>
  c >= 0 && managerOf(topology, c) === state.m

const entryOf = (state: Manager, c: number, topology: Topology): Entry =>
  state.entries.get(indexAtManager(topology, c))

const enter = (state: Manager, c: number, entry: Entry, topology: Topology): Table<Entry> =>
  state.entries.set(indexAtManager(topology, c), entry)

const illegal = (state: Manager, out: Outbox): Manager => {
  out.outcome = "Illegal"
  return state
}
