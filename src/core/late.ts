/**
 * Late binding (Ousterhout et al., Sparrow, SOSP 2013): nobody is chosen while all are busy. A registration is good for one
 * connection, and an application registers when it has nothing else to do (as in join-idle-queue: Lu et al., Performance
 * Evaluation 68(11), 2011), so that a listed acceptor is idle. It is at one place at a time: listed at home, lent to another
 * manager that has asked, or used. A connection waits, from its establishment on, with the manager that it came to.
 */
import { type Registration, withAcceptor, withoutAcceptor } from "./acceptors.ts"
import type { Env } from "./event.ts"
import type { Manager, OfferState } from "./manager.ts"
import type { Offer } from "./message.ts"
import { bestAcceptor, NOBODY, offerTo } from "./offer.ts"
import type { Outbox } from "./outbox.ts"
import { homeOf, indexAtManager, NONE, type Topology, transportOf } from "./topology.ts"
import { bestWorth, worthOf } from "./worth.ts"

/** An acceptor that a manager has: its own (`from` NONE), or lent by `from`. */
interface Token extends Registration {
  readonly from: number
  /** µs; 0: not measured. */
  readonly time: number
}

const tokensOf = (state: Manager, now: number, topology: Topology): Array<Token> => {
  const list: Array<Token> = state.acceptors.map(({ a, g }) => ({
    a,
    g,
    from: NONE,
    time: worthOf(state, a, now, topology),
  }))
  for (let m = 0; m < state.offers.size; m++) {
    const { a, g, serviceTime } = state.offers.get(m)
    if (a !== NONE) list.push({ a, g, from: m, time: serviceTime })
  }
  return list
}

/** The best service time known of anybody, µs: acceptors here, and who was lent last. 0: none is. */
export const bestTime = (state: Manager, now: number, topology: Topology): number => {
  let best = Number.POSITIVE_INFINITY
  for (let a = 0; a < state.listeners.size; a++) {
    const time = state.listeners.get(a) ? worthOf(state, a, now, topology) : 0
    if (time > 0 && time < best) best = time
  }
  for (let m = 0; m < state.offers.size; m++) {
    const { serviceTime } = state.offers.get(m)
    if (serviceTime > 0 && serviceTime < best) best = serviceTime
  }
  return best === Number.POSITIVE_INFINITY ? 0 : best
}

/**
 * How long a connection had better wait for a faster one than be given to who takes `time`, µs: what that would lose, where
 * it is more than the tariff; whole µs. (For two servers a threshold is the best policy: Lin and Kumar, IEEE TAC 29(8), 1984.)
 */
const slack = (time: number, best: number, tariff: number): number =>
  time > tariff * best ? Math.ceil(time - best) : 0

/** When the first in line had better be assigned, µs; Infinity: there is nobody to have it. */
export const assignAt = (state: Manager, now: number, topology: Topology): number => {
  const c = state.queue[0]
  if (c === undefined) return Number.POSITIVE_INFINITY
  const best = bestTime(state, now, topology)
  const since = state.since.get(indexAtManager(topology, c))
  let first = Number.POSITIVE_INFINITY
  for (const { time } of tokensOf(state, now, topology))
    first = Math.min(first, since + slack(time, best, topology.balance.tariff))
  return first
}

/** How long the best acceptor here is better kept from others, µs: for connections that have waited as long. */
export const grantSlack = (state: Manager, now: number, topology: Topology): number =>
  slack(bestWorth(state, now, topology), bestTime(state, now, topology), topology.balance.tariff)

/** Uses up the best acceptor: one's own unless one lent is better by more than the tariff; the draw settles ties. */
export const assignLate = (state: Manager, c: number, env: Env, topology: Topology, out: Outbox): Manager => {
  const known = bestTime(state, env.now, topology) || 1
  const tokens = tokensOf(state, env.now, topology)
  const costs = tokens.map(
    ({ from, time }) => (from === NONE ? 1 : topology.balance.tariff) * (time || known),
  )
  const least = Math.min(...costs)
  const best = tokens.filter((_, k) => costs[k] === least)
  const { a, g, from } = best[env.draw % best.length] as Token
  out.send("transport", transportOf(topology, c), { _tag: "Assign", c, a, g, fresh: false })
  out.decide("Assigned", a, g)
  const assigned = {
    ...state,
    queue: state.queue.slice(1),
    entries: state.entries.set(indexAtManager(topology, c), "Assigned" as const),
  }
  if (from !== NONE) return { ...assigned, offers: state.offers.set(from, without(state.offers.get(from))) }
  return { ...assigned, acceptors: withoutAcceptor(state.acceptors, a, g) }
}

/** The acceptor is no longer here; its time is remembered while somebody listens there. */
const without = (offer: OfferState): OfferState => ({ ...offer, a: NONE, g: 0 })

/** The best local acceptor goes to manager `to`. @returns undefined: there is none */
export const grant = (
  state: Manager,
  to: number,
  env: Env,
  topology: Topology,
  out: Outbox,
): Manager | undefined => {
  const best = bestAcceptor(state, env, topology)
  if (best === undefined) return undefined
  offerTo(state, to, best, out)
  const x = state.offers.get(to)
  return {
    ...state,
    acceptors: withoutAcceptor(state.acceptors, best.a, best.g),
    offers: state.offers.set(to, { ...x, wants: Math.max(0, x.wants - 1) }),
  }
}

export const ask = (state: Manager, to: number, out: Outbox): Manager => {
  offerTo(state, to, { ...NOBODY, serviceTime: state.queue.length }, out)
  return state
}

export const returnOffer = (state: Manager, to: number, out: Outbox): Manager => {
  const x = state.offers.get(to)
  offerTo(state, to, { a: x.a, g: x.g, serviceTime: 0 }, out)
  return { ...state, offers: state.offers.set(to, without(x)) }
}

/** An acceptor of our own comes back, if it still is one. */
export const relisted = (state: Manager, a: number, g: number): ReadonlyArray<Registration> =>
  state.listeners.get(a) && state.generations.get(a) === g
    ? withAcceptor(state.acceptors, a, g)
    : state.acceptors

/** A question, an acceptor lent, or one of our own that comes back. */
export const receiveLate = (
  state: Manager,
  from: number,
  message: Omit<Offer, "_tag">,
  topology: Topology,
  out: Outbox,
): Manager => {
  const { a, g, listener, serviceTime } = message
  const x = state.offers.get(from)
  const put = (change: Partial<OfferState>): Manager => ({
    ...state,
    offers: state.offers.set(from, { ...x, listener, ...change }),
  })
  if (a === NONE) return put({ wants: serviceTime, serviceTime: listener ? x.serviceTime : 0 })
  if (homeOf(topology, a) === state.m) return { ...put({ wants: 0 }), acceptors: relisted(state, a, g) }
  if (g <= state.tombstones.get(a)) return put({ wants: 0 })
  // One of each: what it replaces goes back.
  if (x.a !== NONE) returnOffer(state, from, out)
  return put({ a, g, serviceTime, wants: 0 })
}
