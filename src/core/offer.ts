/** What a manager says of its acceptors to another (§3.3). */
import type { Registration } from "./acceptors.ts"
import type { Env } from "./event.ts"
import { hasLocalListener, type Manager } from "./manager.ts"
import type { Outbox } from "./outbox.ts"
import { NONE, type Topology } from "./topology.ts"
import { worthOf } from "./worth.ts"

/** What a message can say, µs. */
export const MOST_TIME = 0x7fffffff

/** `serviceTime`: µs. */
export interface Offered extends Registration {
  readonly serviceTime: number
}

export const NOBODY: Offered = { a: NONE, g: 0, serviceTime: 0 }

/** The best local acceptor, unmeasured ones first so that they are sampled; the draw settles ties. */
export const bestAcceptor = (state: Manager, env: Env, topology: Topology): Offered | undefined => {
  const worth = state.acceptors.map(({ a }) => worthOf(state, a, env.now, topology))
  const least = Math.min(...worth)
  const best = state.acceptors.filter((_, k) => worth[k] === least)
  const chosen = best[env.draw % best.length]
  if (chosen === undefined) return undefined
  return { a: chosen.a, g: chosen.g, serviceTime: Math.min(Math.round(least), MOST_TIME) }
}

export const offerTo = (state: Manager, to: number, { a, g, serviceTime }: Offered, out: Outbox): void => {
  out.send("manager", to, { _tag: "Offer", a, g, listener: hasLocalListener(state), serviceTime })
  out.decide("Done", a, g)
  out.time = serviceTime
}
