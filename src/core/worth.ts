/** What an acceptor is worth at its home manager: the service times that count, and what Shortest makes of them. */
import type { Manager } from "./manager.ts"
import { NONE, type Topology } from "./topology.ts"
import { estimate, push, remembered, type Window } from "./window.ts"

/** What is old is forgotten. */
const remembers = ({ balance }: Topology): boolean =>
  balance.scheme === "Shortest" || balance.scheme === "Late"

/** The service times of `a` that count now. */
const current = (state: Manager, a: number, now: number, topology: Topology): Window =>
  remembers(topology) ? remembered(state.windows.get(a), now) : state.windows.get(a)

export const measured = (state: Manager, a: number, time: number, now: number, topology: Topology): Window =>
  push(current(state, a, now, topology), time, remembers(topology) ? now : 0)

/** What is measured best, here or abroad; 1 where nothing is. */
const knownTime = (state: Manager, now: number, topology: Topology): number => {
  let best = Number.POSITIVE_INFINITY
  for (const { a } of state.acceptors) {
    const time = estimate(current(state, a, now, topology))
    if (time > 0 && time < best) best = time
  }
  for (let m = 0; m < state.offers.size; m++) {
    const { a, serviceTime } = state.offers.get(m)
    if (a !== NONE && serviceTime > 0 && serviceTime < best) best = serviceTime
  }
  return best === Number.POSITIVE_INFINITY ? 1 : best
}

/**
 * What a local acceptor is chosen and offered by, µs: its service time; under Shortest times one more than the connections
 * that it has from here, since those are before the next.
 */
export const worthOf = (state: Manager, a: number, now: number, topology: Topology): number => {
  const time = estimate(current(state, a, now, topology))
  if (topology.balance.scheme !== "Shortest") return time
  return (time > 0 ? time : knownTime(state, now, topology)) * (1 + state.underWay.counts.get(a))
}

/** The best local acceptor's worth, which is the same for every manager that is told; Infinity: there is none. */
export const bestWorth = (state: Manager, now: number, topology: Topology): number => {
  let time = Number.POSITIVE_INFINITY
  for (const { a } of state.acceptors) time = Math.min(time, worthOf(state, a, now, topology))
  return time
}
