/**
 * The messages of the accept protocol (§3.2, §3.3). Every ordered pair of processes has one FIFO channel.
 *
 * `g` is an application's registration generation: raised at every ACCEPT-CONNECTION, never restarted, not even by a
 * new process in the slot. `n` is a connection id's announcement number at its transport: raised at every
 * CONNECTION-AVAILABLE, continuing when the id is used again.
 */

/** application → home manager: accept() or select() while not registered. */
export interface AcceptConnection {
  readonly _tag: "AcceptConnection"
  readonly a: number
  readonly g: number
}

/** application → transport: a process takes the slot. Acknowledged by `Attached`. */
export interface AttachMessage {
  readonly _tag: "Attach"
  readonly a: number
}

/** transport → application. */
export interface Attached {
  readonly _tag: "Attached"
}

/** application → home manager at listener close; to every transport too at the process's end, after all it sent. */
export interface Detach {
  readonly _tag: "Detach"
  readonly a: number
}

/** manager → transport: create the connection; nobody is to have it yet. */
export interface Open {
  readonly _tag: "Open"
  readonly c: number
}

/** manager → transport: give connection `c` to acceptor `a`, registered under `g`. `fresh`: create it first. */
export interface Assign {
  readonly _tag: "Assign"
  readonly c: number
  readonly a: number
  readonly g: number
  readonly fresh: boolean
}

/** transport → application (CONNECTION-AVAILABLE). */
export interface ConnectionAvailable {
  readonly _tag: "ConnectionAvailable"
  readonly c: number
  readonly n: number
  readonly g: number
}

/** application → transport (CLAIM-CONNECTION). */
export interface ClaimConnection {
  readonly _tag: "ClaimConnection"
  readonly a: number
  readonly c: number
  readonly n: number
  readonly g: number
}

/**
 * transport → application: the connection is yours. `back` is the newest generation of this application that the
 * transport gave back for lack of room (0: none): if it is the current one, the application registers again.
 */
export interface Claimed {
  readonly _tag: "Claimed"
  readonly c: number
  readonly n: number
  readonly g: number
  readonly back: number
}

/** transport → application: too late, or gone. Unregisters when `g` or `back` is the current generation. */
export interface TimedOut {
  readonly _tag: "TimedOut"
  readonly c: number
  readonly n: number
  readonly g: number
  readonly back: number
}

/** transport → assigning manager: (a, g) did not claim `c` in time, is dead, or has no room. */
export interface AcceptorTimedOut {
  readonly _tag: "AcceptorTimedOut"
  readonly c: number
  readonly a: number
  readonly g: number
}

/** transport → the acceptor's home manager, when another manager had assigned. */
export interface AcceptorRemoved {
  readonly _tag: "AcceptorRemoved"
  readonly a: number
  readonly g: number
}

/**
 * manager → manager (§3.3): the best local acceptor (a = NONE: no acceptor now), its service time in µs. Under Late the acceptor goes
 * with it, and comes back with one; without an acceptor it asks, and says instead of a time how many connections wait.
 */
export interface Offer {
  readonly _tag: "Offer"
  readonly a: number
  readonly g: number
  /** Some application here listens, though perhaps none can be offered now. */
  readonly listener: boolean
  /** µs; 0: not measured yet. */
  readonly serviceTime: number
}

/** manager → transport: nobody listens any more. */
export interface ResetConnection {
  readonly _tag: "ResetConnection"
  readonly c: number
}

/** transport → assigning manager, under Late: established, and nobody is to have it yet. */
export interface ConnectionEstablished {
  readonly _tag: "ConnectionEstablished"
  readonly c: number
}

/** transport → the acceptor's home manager, under Late: the connection that (a, g) was to have is gone, a can have another. */
export interface AcceptorUnused {
  readonly _tag: "AcceptorUnused"
  readonly a: number
  readonly g: number
}

/** transport → assigning manager: the connection is gone, its id is free. */
export interface ConnectionClosed {
  readonly _tag: "ConnectionClosed"
  readonly c: number
}

/** transport → the claimer's home manager: from offered to closed, µs. */
export interface ServiceTime {
  readonly _tag: "ServiceTime"
  readonly a: number
  readonly time: number
}

export type ApplicationToManager = AcceptConnection | Detach
export type ApplicationToTransport = AttachMessage | ClaimConnection | Detach
export type TransportToApplication = Attached | ConnectionAvailable | Claimed | TimedOut
export type TransportToManager =
  | AcceptorTimedOut
  | AcceptorRemoved
  | ConnectionClosed
  | ServiceTime
  | ConnectionEstablished
  | AcceptorUnused
export type ManagerToTransport = Open | Assign | ResetConnection
export type ManagerToManager = Offer

export type Message =
  | ApplicationToManager
  | ApplicationToTransport
  | TransportToApplication
  | TransportToManager
  | ManagerToTransport
  | ManagerToManager
