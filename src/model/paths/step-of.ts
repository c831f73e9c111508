/** Which step of the core a label of spec/MC.tla names, in a state of the whole system. */
import { canClaim, canRegister } from "../../core/application.ts"
import type { Event } from "../../core/event.ts"
import { canAssignWaiting, canResetWaiting } from "../../core/manager.ts"
import type { Role } from "../../core/outbox.ts"
import { receiving } from "../../core/receiving.ts"
import { channelKey, detachConsumed, type Step, type System, underWay } from "../../core/system.ts"
import type { Label } from "./label.ts"

/** Who sends the message that an action receives. */
const senders: Readonly<Record<string, readonly [receiver: Role, sender: Role]>> = {
  ReceiveAttached: ["application", "transport"],
  ReceiveAvailable: ["application", "transport"],
  ReceiveClaimed: ["application", "transport"],
  ReceiveTimedOut: ["application", "transport"],
  ReceiveOffer: ["manager", "manager"],
  ReceiveAcceptConnection: ["manager", "application"],
  ManagerReceiveDetach: ["manager", "application"],
  ReceiveAcceptorTimedOut: ["manager", "transport"],
  ReceiveAcceptorRemoved: ["manager", "transport"],
  ReceiveAcceptorUnused: ["manager", "transport"],
  ReceiveConnectionEstablished: ["manager", "transport"],
  ReceiveConnectionClosed: ["manager", "transport"],
  ReceiveServiceTime: ["manager", "transport"],
  ReceiveOpen: ["transport", "manager"],
  ReceiveAssign: ["transport", "manager"],
  ReceiveReset: ["transport", "manager"],
  ReceiveClaim: ["transport", "application"],
  ReceiveAttach: ["transport", "application"],
  TransportReceiveDetach: ["transport", "application"],
}

const own = (role: Role, index: number, event: Event): Step => ({ role, index, event })

/** The step, or why it can't be taken: what its host would ask before it says no, or the message is not there. */
export const stepOf = (system: System, label: Label): Step | string => {
  const { topology } = system
  const [self = 0, x = 0, y = 0] = label.numbers
  const asked = (may: boolean, step: Step): Step | string =>
    may ? step : `its host would not take ${label.text}`
  switch (label.name) {
    case "Attach": {
      const { g } = system.applications[self]!
      return asked(detachConsumed(system, self), own("application", self, { _tag: "Attach", g }))
    }
    case "Register":
      return asked(canRegister(system.applications[self]!), own("application", self, { _tag: "Register" }))
    case "Claim":
      return asked(canClaim(system.applications[self]!), own("application", self, { _tag: "Claim" }))
    case "Release":
      return own("application", self, { _tag: "Release", c: x, n: y })
    case "CloseListener":
    case "Die":
      return own("application", self, { _tag: label.name })
    case "Syn":
      return own("manager", self, { _tag: "Syn", c: x })
    case "AssignWaiting":
      return asked(
        canAssignWaiting(system.managers[self]!, topology),
        own("manager", self, { _tag: "AssignWaiting" }),
      )
    case "ResetWaiting":
      return asked(canResetWaiting(system.managers[self]!), own("manager", self, { _tag: "ResetWaiting" }))
    case "SendOffer":
    case "Ask":
    case "ReturnOffer":
      return own("manager", self, { _tag: label.name, to: x })
    case "Established":
    case "ClaimTimeout":
    case "Gone":
      return own("transport", self, { _tag: label.name, c: x })
    default:
      return received(system, label)
  }
}

/** The receipt of the oldest message of the channel, if it is one that the action takes. */
const received = (system: System, label: Label): Step | string => {
  const ends = senders[label.name]
  if (ends === undefined) return `the core has no event ${label.name}`
  const [role, from] = ends
  const [index = 0, sender = 0] = label.numbers
  const head = underWay(system, from, sender, role, index)[0]
  const where = channelKey(from, sender, role, index)
  if (head === undefined) return `${label.text}: nothing is under way on ${where}`
  const event = receiving({ from, sender, to: role, receiver: index, messages: [] }, head)
  return event._tag === label.name
    ? { role, index, event }
    : `${label.text}: the oldest message on ${where} is ${head._tag}`
}

/** The acceptor that a step must choose; undefined: it chooses none. */
export const choiceOf = ({ name, numbers, outcome }: Label): number | undefined => {
  if (name === "Syn") return outcome === "Assigned" ? numbers[2] : undefined
  if (name === "AssignWaiting") return numbers[1]
  return name === "SendOffer" ? numbers[2] : undefined
}
