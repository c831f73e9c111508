/** What spec/MC.tla lets the world do yet: its variable `left`. */

import type { Message } from "../../core/message.ts"
import { channelKey, type System, underWay } from "../../core/system.ts"
import { NONE, transportOf } from "../../core/topology.ts"
import type { StackConstants } from "../stack/constants.ts"
import type { Budget } from "../stack/schemas.ts"
import { isTold } from "../stack/step.ts"
import type { Label } from "./label.ts"

export const limitsOf = (constants: StackConstants): Budget => ({
  syns: constants.MaxSyns,
  timeouts: constants.MaxTimeouts,
  offers: constants.MaxOffers,
  stops: constants.MaxStops,
})

const less = (limits: Budget, what: keyof Budget): Budget => ({ ...limits, [what]: limits[what] - 1 })

/** The limits after a step from `before` to `after`; below zero: the model does not allow it. */
export const spent = (limits: Budget, label: Label, before: System, after: System): Budget => {
  const [self = 0, x = 0] = label.numbers
  switch (label.name) {
    case "Syn":
      // A SYN that comes to nothing has no limit.
      return label.outcome === "Assigned" || label.outcome === "Queued" ? less(limits, "syns") : limits
    case "CloseListener":
    case "Die":
      return less(limits, "stops")
    case "Attach":
      return before.applications[self]!.g === 0 ? limits : less(limits, "stops")
    case "ClaimTimeout":
      return isTooEarly(before, x) ? less(limits, "timeouts") : limits
    case "SendOffer":
    case "Ask": {
      if (!isTold({ _tag: label.name, to: x }, before.topology)) return limits
      const key = channelKey("manager", self, "manager", x)
      const isNews = !sameButForWeights(before.offered.get(key), after.offered.get(key))
      return isNews ? limits : less(limits, "offers")
    }
    default:
      return limits
  }
}

type Told = { readonly a: number; readonly g: number; readonly listener: boolean }

/** What a manager is taken to have said before it said anything. */
const NOTHING: Told = { a: NONE, g: 0, listener: false }

const sameButForWeights = (x: Told = NOTHING, y: Told = NOTHING): boolean =>
  x.a === y.a && x.g === y.g && x.listener === y.listener

/** MC's TooEarly: the application that was told of the connection would still claim it. */
const isTooEarly = (system: System, c: number): boolean => {
  const t = transportOf(system.topology, c)
  const { a, n } = system.transports[t]!.connections.get(c)
  const { phase, tokens } = system.applications[a]!
  if (phase === "Down") return false
  const has = (messages: ReadonlyArray<Message>, tag: Message["_tag"]) =>
    messages.some((z) => z._tag === tag && "n" in z && z.c === c && z.n === n)
  return (
    tokens.some((y) => y.c === c && y.n === n) ||
    (phase !== "Closed" && has(underWay(system, "transport", t, "application", a), "ConnectionAvailable")) ||
    has(underWay(system, "application", a, "transport", t), "ClaimConnection")
  )
}
