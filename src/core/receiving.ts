/** Which event a message's arrival is, and back: whose message an event receives. */
import type { Event } from "./event.ts"
import type {
  ApplicationToManager,
  ApplicationToTransport,
  ManagerToTransport,
  Message,
  Offer,
  TransportToApplication,
  TransportToManager,
} from "./message.ts"
import type { Role } from "./outbox.ts"
import type { Channel } from "./system.ts"
import { managerOf, type Topology } from "./topology.ts"

/** The event by which the receiver takes the channel's oldest message. */
export const receiving = (channel: Channel, head: Message): Event => {
  const { from, sender, to } = channel
  if (to === "application") {
    const message = head as TransportToApplication
    switch (message._tag) {
      case "Attached":
        return { _tag: "ReceiveAttached", t: sender }
      case "ConnectionAvailable":
        return { _tag: "ReceiveAvailable", t: sender, message }
      case "Claimed":
        return { _tag: "ReceiveClaimed", t: sender, message }
      case "TimedOut":
        return { _tag: "ReceiveTimedOut", t: sender, message }
      default:
        return message satisfies never
    }
  }
  if (to === "manager" && from === "application") {
    const message = head as ApplicationToManager
    return message._tag === "Detach"
      ? { _tag: "ManagerReceiveDetach", message }
      : { _tag: "ReceiveAcceptConnection", message }
  }
  if (to === "manager" && from === "manager") {
    return { _tag: "ReceiveOffer", from: sender, message: head as Offer }
  }
  if (to === "manager") {
    const message = head as TransportToManager
    switch (message._tag) {
      case "AcceptorTimedOut":
        return { _tag: "ReceiveAcceptorTimedOut", t: sender, message }
      case "AcceptorRemoved":
        return { _tag: "ReceiveAcceptorRemoved", t: sender, message }
      case "ConnectionClosed":
        return { _tag: "ReceiveConnectionClosed", t: sender, message }
      case "ServiceTime":
        return { _tag: "ReceiveServiceTime", t: sender, message }
      case "ConnectionEstablished":
        return { _tag: "ReceiveConnectionEstablished", t: sender, message }
      case "AcceptorUnused":
        return { _tag: "ReceiveAcceptorUnused", t: sender, message }
      default:
        return message satisfies never
    }
  }
  const message = head as ApplicationToTransport | ManagerToTransport
  switch (message._tag) {
    case "Attach":
      return { _tag: "ReceiveAttach", message }
    case "Detach":
      return { _tag: "TransportReceiveDetach", message }
    case "ClaimConnection":
      return { _tag: "ReceiveClaim", message }
    case "Open":
      return { _tag: "ReceiveOpen", message }
    case "Assign":
      return { _tag: "ReceiveAssign", message }
    case "ResetConnection":
      return { _tag: "ReceiveReset", message }
    default:
      return message satisfies never
  }
}

/** The sender of the message that an event receives, undefined when it receives none. */
export const senderOf = (
  topology: Topology,
  event: Event,
): { readonly role: Role; readonly index: number } | undefined => {
  switch (event._tag) {
    case "ReceiveAttached":
    case "ReceiveAvailable":
    case "ReceiveClaimed":
    case "ReceiveTimedOut":
    case "ReceiveAcceptorTimedOut":
    case "ReceiveAcceptorRemoved":
    case "ReceiveConnectionClosed":
    case "ReceiveServiceTime":
    case "ReceiveConnectionEstablished":
    case "ReceiveAcceptorUnused":
      return { role: "transport", index: event.t }
    case "ReceiveOffer":
      return { role: "manager", index: event.from }
    case "ReceiveAcceptConnection":
    case "ManagerReceiveDetach":
    case "ReceiveClaim":
    case "ReceiveAttach":
    case "TransportReceiveDetach":
      return { role: "application", index: event.message.a }
    case "ReceiveOpen":
    case "ReceiveAssign":
    case "ReceiveReset":
      return { role: "manager", index: managerOf(topology, event.message.c) }
    default:
      return undefined
  }
}
