/**
 * What can happen to a machine: one event for each action of the specification, bearing its name. Together with
 * `Env` an event is all that a step depends on, so a recording of events determines the run.
 */
import type {
  AcceptConnection,
  AcceptorRemoved,
  AcceptorTimedOut,
  AcceptorUnused,
  Assign,
  AttachMessage,
  ClaimConnection,
  Claimed,
  ConnectionAvailable,
  ConnectionClosed,
  ConnectionEstablished,
  Detach,
  Offer,
  Open,
  ResetConnection,
  ServiceTime,
  TimedOut,
} from "./message.ts"

/** Time and chance, as arguments. */
export interface Env {
  /** µs since the stack's start. */
  readonly now: number
  /** One uniform 32-bit draw, 0 … 2³²−1; every random number of the step derives from it. */
  readonly draw: number
}

export type ApplicationEvent =
  /** A process takes the slot; its generations continue after `g`. */
  | { readonly _tag: "Attach"; readonly g: number }
  | { readonly _tag: "ReceiveAttached"; readonly t: number }
  /** accept() or select() while not registered. */
  | { readonly _tag: "Register" }
  | { readonly _tag: "ReceiveAvailable"; readonly t: number; readonly message: ConnectionAvailable }
  /** accept() or select() with a token: the oldest one is claimed. */
  | { readonly _tag: "Claim" }
  | { readonly _tag: "ReceiveClaimed"; readonly t: number; readonly message: Claimed }
  | { readonly _tag: "ReceiveTimedOut"; readonly t: number; readonly message: TimedOut }
  /** The application is done with a connection that it owned. */
  | { readonly _tag: "Release"; readonly c: number; readonly n: number }
  | { readonly _tag: "CloseListener" }
  /** The process ended, seen by the supervisor. */
  | { readonly _tag: "Die" }

export type ManagerEvent =
  /** A SYN of a flow that has been given the id `c`. */
  | { readonly _tag: "Syn"; readonly c: number }
  /** Something waits and there is a candidate. */
  | { readonly _tag: "AssignWaiting" }
  /** Something waits and nobody listens anywhere. */
  | { readonly _tag: "ResetWaiting" }
  /** Time to tell manager `to` of the best acceptor here. */
  | { readonly _tag: "SendOffer"; readonly to: number }
  /** Under Late: tells manager `to` how many wait here, and whether somebody listens. */
  | { readonly _tag: "Ask"; readonly to: number }
  /** Under Late: gives back the acceptor that manager `to` has sent. */
  | { readonly _tag: "ReturnOffer"; readonly to: number }
  | { readonly _tag: "ReceiveOffer"; readonly from: number; readonly message: Offer }
  | { readonly _tag: "ReceiveAcceptConnection"; readonly message: AcceptConnection }
  | { readonly _tag: "ManagerReceiveDetach"; readonly message: Detach }
  | { readonly _tag: "ReceiveAcceptorTimedOut"; readonly t: number; readonly message: AcceptorTimedOut }
  | { readonly _tag: "ReceiveAcceptorRemoved"; readonly t: number; readonly message: AcceptorRemoved }
  | { readonly _tag: "ReceiveConnectionClosed"; readonly t: number; readonly message: ConnectionClosed }
  | { readonly _tag: "ReceiveServiceTime"; readonly t: number; readonly message: ServiceTime }
  | {
      readonly _tag: "ReceiveConnectionEstablished"
      readonly t: number
      readonly message: ConnectionEstablished
    }
  | { readonly _tag: "ReceiveAcceptorUnused"; readonly t: number; readonly message: AcceptorUnused }

export type TransportEvent =
  | { readonly _tag: "ReceiveOpen"; readonly message: Open }
  | { readonly _tag: "ReceiveAssign"; readonly message: Assign }
  | { readonly _tag: "ReceiveReset"; readonly message: ResetConnection }
  /** TCP's three-way handshake completed. */
  | { readonly _tag: "Established"; readonly c: number }
  | { readonly _tag: "ClaimTimeout"; readonly c: number }
  | { readonly _tag: "ReceiveClaim"; readonly message: ClaimConnection }
  /** TCP says that the connection is gone: closed both ways, reset, or timed out. */
  | { readonly _tag: "Gone"; readonly c: number }
  | { readonly _tag: "ReceiveAttach"; readonly message: AttachMessage }
  | { readonly _tag: "TransportReceiveDetach"; readonly message: Detach }

export type Event = ApplicationEvent | ManagerEvent | TransportEvent
export type EventTag = Event["_tag"]
