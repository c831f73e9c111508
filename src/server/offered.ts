/** What another manager was offered last, and whether it would learn anything by a new offer (§3.3). */
import { hasLocalListener, type Manager } from "../core/manager.ts"
import type { Outbox } from "../core/outbox.ts"
import { NONE } from "../core/topology.ts"
import { estimate } from "../core/window.ts"

export interface Offered {
  readonly a: number
  readonly g: number
  readonly level: number
  readonly listener: boolean
}

/** What every manager believes of one that it has not heard of. */
export const NOTHING_OFFERED: Offered = { a: NONE, g: 0, level: NONE, listener: false }

/** A change of the time by less than a sixteenth of its power of two is not news. */
const levelOf = (time: number): number => Math.round(Math.log2(time + 1) * 16)

const best = (state: Manager): number => {
  let time = Number.POSITIVE_INFINITY
  for (const { a } of state.acceptors) time = Math.min(time, estimate(state.windows.get(a)))
  return time
}

/** The offer that a step `SendOffer` in `state` has sent. */
export const offered = (state: Manager, { a, g }: Outbox): Offered => ({
  a,
  g,
  level: a === NONE ? NONE : levelOf(best(state)),
  listener: hasLocalListener(state),
})

/**
 * Whether the offer sent last is not what would be sent now. It still stands while its acceptor is registered as it was and
 * no worse than the best: which of several equals was chosen is the step's business, so it is the offer that counts here.
 */
export const isNews = (state: Manager, last: Offered): boolean => {
  if (hasLocalListener(state) !== last.listener) return true
  const time = best(state)
  if (time === Number.POSITIVE_INFINITY) return last.a !== NONE
  if (!state.acceptors.some(({ a, g }) => a === last.a && g === last.g)) return true
  return levelOf(time) !== last.level || levelOf(estimate(state.windows.get(last.a))) !== last.level
}
