/** What another manager was offered last, and whether it would learn anything by a new offer (§3.3). */
import { hasLocalListener, type Manager } from "../core/manager.ts"
import type { Outbox } from "../core/outbox.ts"
import { NONE, type Topology } from "../core/topology.ts"
import { worthOf } from "../core/worth.ts"

export interface Offered {
  readonly a: number
  readonly g: number
  readonly level: number
  readonly listener: boolean
}

/** What every manager believes of one that it has not heard of. */
export const NOTHING_OFFERED: Offered = { a: NONE, g: 0, level: NONE, listener: false }

/**
 * A change of the time by less than a sixteenth of its power of two is not news; under Shortest, where it changes with each
 * connection, by less than half.
 */
const levelOf = (time: number, { balance }: Topology): number =>
  Math.round(Math.log2(time + 1) * (balance.scheme === "Shortest" ? 2 : 16))

/** The offer that a step `SendOffer` in `state` has sent. `best`: of `bestWorth`. */
export const offered = (state: Manager, { a, g }: Outbox, best: number, topology: Topology): Offered => ({
  a,
  g,
  level: a === NONE ? NONE : levelOf(best, topology),
  listener: hasLocalListener(state),
})

/**
 * Whether the offer sent last is not what would be sent now. It still stands while its acceptor is registered as it was and
 * no worse than the best: which of several equals was chosen is the step's business, so it is the offer that counts here.
 */
export const isNews = (
  state: Manager,
  last: Offered,
  best: number,
  now: number,
  topology: Topology,
): boolean => {
  if (hasLocalListener(state) !== last.listener) return true
  if (best === Number.POSITIVE_INFINITY) return last.a !== NONE
  if (!state.acceptors.some(({ a, g }) => a === last.a && g === last.g)) return true
  const own = worthOf(state, last.a, now, topology)
  return levelOf(best, topology) !== last.level || levelOf(own, topology) !== last.level
}
