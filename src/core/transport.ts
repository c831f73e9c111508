/** The Transport Server's half of the accept handshake (§3.2). TCP itself is elsewhere: here a connection is an id. */
import type { Env, TransportEvent } from "./event.ts"
import type { Outbox } from "./outbox.ts"
import { Table } from "./table.ts"
import { connectionIds, homeOf, managerOf, NONE, type Topology, transportOf } from "./topology.ts"

/**
 * Gone: no such connection. Opening: TCP's handshake is under way; (a, g) is who will be told, NONE: nobody yet.
 * Waiting: established, nobody has been told. Announced: told to a under announcement `n`, the claim timer runs.
 * Claimed: a's own.
 */
export interface Connection {
  readonly phase: "Gone" | "Opening" | "Waiting" | "Announced" | "Claimed"
  readonly a: number
  readonly g: number
  /** Last announcement number of this id; survives the connection (hazard 3). */
  readonly n: number
  /** When it was offered to `a`, µs. */
  readonly offeredAt: number
}

export interface Acceptor {
  readonly alive: boolean
  /** Announcements out for which no claim has arrived. */
  readonly outstanding: number
  /** Newest generation given back for lack of room; 0: none (hazard 16). */
  readonly back: number
}

export interface Transport {
  readonly t: number
  readonly connections: Table<Connection>
  readonly acceptors: Table<Acceptor>
}

const GONE: Connection = { phase: "Gone", a: NONE, g: 0, n: 0, offeredAt: 0 }
const DEAD: Acceptor = { alive: false, outstanding: 0, back: 0 }

export const initialTransport = (t: number, topology: Topology): Transport => ({
  t,
  connections: Table.make(connectionIds(topology), GONE),
  acceptors: Table.make(topology.applications, DEAD),
})

/** When the claim timer of `c` fires, µs; Infinity when none is armed. */
export const claimDeadline = (state: Transport, c: number, topology: Topology): number => {
  const x = state.connections.get(c)
  return x.phase === "Announced" ? x.offeredAt + topology.claimTimeout : Number.POSITIVE_INFINITY
}

/** One handler for each action of the specification. An event that no action allows changes nothing. */
export const stepTransport = (
  state: Transport,
  event: TransportEvent,
  env: Env,
  topology: Topology,
  out: Outbox,
): Transport => {
  switch (event._tag) {
    case "ReceiveOpen": {
      const { c } = event.message
      const x = connectionAt(state, c, topology)
      if (x === undefined || x.phase !== "Gone") return illegal(state, out)
      return put(state, c, { ...x, phase: "Opening", a: NONE, g: 0, offeredAt: 0 })
    }
    case "ReceiveAssign":
      return receiveAssign(state, event.message, env, topology, out)
    case "ReceiveReset": {
      const { c } = event.message
      const x = connectionAt(state, c, topology)
      if (x === undefined) return illegal(state, out)
      if (x.phase !== "Opening" && x.phase !== "Waiting") {
        out.outcome = "Ignored"
        return state
      }
      return gone(state, c, x, topology, out)
    }
    case "Established": {
      const x = connectionAt(state, event.c, topology)
      if (x === undefined || x.phase !== "Opening") return illegal(state, out)
      if (x.a === NONE) {
        // Under Late nobody is chosen before.
        if (topology.balance.scheme === "Late")
          out.send("manager", managerOf(topology, event.c), { _tag: "ConnectionEstablished", c: event.c })
        return put(state, event.c, { ...x, phase: "Waiting" })
      }
      return announce(state, event.c, x, x.a, x.g, env, topology, out)
    }
    case "ClaimTimeout": {
      const x = connectionAt(state, event.c, topology)
      if (x === undefined || x.phase !== "Announced") return illegal(state, out)
      return giveBack(state, event.c, x, "Waiting", x.a, x.g, topology, out)
    }
    case "ReceiveClaim":
      return receiveClaim(state, event.message, topology, out)
    case "Gone": {
      const x = connectionAt(state, event.c, topology)
      if (x === undefined || x.phase === "Gone") return illegal(state, out)
      if (x.phase === "Claimed") {
        const time = Math.max(1, env.now - x.offeredAt)
        out.send("manager", homeOf(topology, x.a), { _tag: "ServiceTime", a: x.a, time })
        out.decide("Served", x.a, x.g)
        out.time = time
      }
      return gone(state, event.c, x, topology, out)
    }
    case "ReceiveAttach": {
      const { a } = event.message
      if (a < 0 || a >= topology.applications || state.acceptors.get(a).alive) return illegal(state, out)
      out.send("application", a, { _tag: "Attached" })
      return { ...state, acceptors: state.acceptors.set(a, { alive: true, outstanding: 0, back: 0 }) }
    }
    case "TransportReceiveDetach":
      return receiveDetach(state, event.message.a, topology, out)
    default:
      return event satisfies never
  }
}

const receiveAssign = (
  state: Transport,
  message: { readonly c: number; readonly a: number; readonly g: number; readonly fresh: boolean },
  env: Env,
  topology: Topology,
  out: Outbox,
): Transport => {
  const { c, a, g, fresh } = message
  const x = connectionAt(state, c, topology)
  if (x === undefined || a < 0 || a >= topology.applications) return illegal(state, out)
  if (fresh) {
    if (x.phase !== "Gone") return illegal(state, out)
    // Created even when the acceptor is dead: the connection has nobody else to answer for it.
    return assignOpening(state, c, { ...x, phase: "Opening" }, a, g, topology, out)
  }
  switch (x.phase) {
    case "Gone":
      // Never create what is not known: its CLOSED is under way (hazard 12). A registration that is good for one isn't used up.
      if (topology.balance.scheme === "Late")
        out.send("manager", homeOf(topology, a), { _tag: "AcceptorUnused", a, g })
      out.outcome = "Ignored"
      return state
    case "Opening":
      if (x.a !== NONE) return illegal(state, out)
      return assignOpening(state, c, x, a, g, topology, out)
    case "Waiting":
      return announce(state, c, x, a, g, env, topology, out)
    default:
      return illegal(state, out)
  }
}

/** Remembers whom to tell at establishment; a dead acceptor is given back at once. */
const assignOpening = (
  state: Transport,
  c: number,
  x: Connection,
  a: number,
  g: number,
  topology: Topology,
  out: Outbox,
): Transport => {
  if (state.acceptors.get(a).alive) return put(state, c, { ...x, a, g, offeredAt: 0 })
  return giveBack(state, c, x, "Opening", a, g, topology, out)
}

const announce = (
  state: Transport,
  c: number,
  x: Connection,
  a: number,
  g: number,
  env: Env,
  topology: Topology,
  out: Outbox,
): Transport => {
  const acceptor = state.acceptors.get(a)
  if (!acceptor.alive) return giveBack(state, c, x, "Waiting", a, g, topology, out)
  if (acceptor.outstanding >= topology.room) {
    // A full ring means give back; the answer to one of the claims still to come says so (hazard 16).
    const back = Math.max(acceptor.back, g)
    const noted = { ...state, acceptors: state.acceptors.set(a, { ...acceptor, back }) }
    return giveBack(noted, c, x, "Waiting", a, g, topology, out)
  }
  const n = x.n + 1
  out.send("application", a, { _tag: "ConnectionAvailable", c, n, g })
  out.decide("Announced", a, g)
  return {
    t: state.t,
    connections: state.connections.set(c, { phase: "Announced", a, g, n, offeredAt: env.now }),
    acceptors: state.acceptors.set(a, { ...acceptor, outstanding: acceptor.outstanding + 1 }),
  }
}

/** The manager that assigned `c` is to give it to another; until then it is Opening or Waiting, unassigned. */
const giveBack = (
  state: Transport,
  c: number,
  x: Connection,
  phase: "Opening" | "Waiting",
  a: number,
  g: number,
  topology: Topology,
  out: Outbox,
): Transport => {
  const m = managerOf(topology, c)
  out.send("manager", m, { _tag: "AcceptorTimedOut", c, a, g })
  const home = homeOf(topology, a)
  // Otherwise the home manager would go on offering a busy application (hazard 10).
  if (home !== m) out.send("manager", home, { _tag: "AcceptorRemoved", a, g })
  out.decide("GivenBack", a, g)
  return put(state, c, { ...x, phase, a: NONE, g: 0, offeredAt: 0 })
}

const receiveClaim = (
  state: Transport,
  message: { readonly a: number; readonly c: number; readonly n: number; readonly g: number },
  topology: Topology,
  out: Outbox,
): Transport => {
  const { a, c, n, g } = message
  if (a < 0 || a >= topology.applications) return illegal(state, out)
  const acceptor = state.acceptors.get(a)
  // A claim without an announcement can only come from an application that does not keep the protocol.
  if (!acceptor.alive || acceptor.outstanding === 0) return illegal(state, out)
  const acceptors = state.acceptors.set(a, { ...acceptor, outstanding: acceptor.outstanding - 1 })
  const back = acceptor.back
  const x = connectionAt(state, c, topology)
  if (x !== undefined && x.phase === "Announced" && x.a === a && x.n === n) {
    out.send("application", a, { _tag: "Claimed", c, n, g, back })
    out.decide("Claimed", a, x.g)
    return { t: state.t, acceptors, connections: state.connections.set(c, { ...x, phase: "Claimed" }) }
  }
  // In every other state, gone included: exactly one answer per claim (hazard 5).
  out.send("application", a, { _tag: "TimedOut", c, n, g, back })
  out.decide("TimedOut", a, g)
  return { ...state, acceptors }
}

/** The process in slot `a` ended: what it had claimed ends, its rings are emptied, nothing is told to it any more. */
const receiveDetach = (state: Transport, a: number, topology: Topology, out: Outbox): Transport => {
  if (a < 0 || a >= topology.applications || !state.acceptors.get(a).alive) return illegal(state, out)
  let connections = state.connections
  for (let c = 0; c < connections.size; c++) {
    const x = connections.get(c)
    if (x.phase !== "Claimed" || x.a !== a) continue
    // No service time: how long a connection lived under an application that died says nothing (hazard 15).
    out.send("manager", managerOf(topology, c), { _tag: "ConnectionClosed", c })
    connections = connections.set(c, { ...GONE, n: x.n })
  }
  return { t: state.t, connections, acceptors: state.acceptors.set(a, DEAD) }
}

const gone = (state: Transport, c: number, x: Connection, topology: Topology, out: Outbox): Transport => {
  out.send("manager", managerOf(topology, c), { _tag: "ConnectionClosed", c })
  return put(state, c, { ...GONE, n: x.n })
}

const put = (state: Transport, c: number, x: Connection): Transport => ({
  t: state.t,
  acceptors: state.acceptors,
  connections: state.connections.set(c, x),
})

/** The connection under id `c`, or undefined when the id is not one of this transport's. */
const connectionAt = (state: Transport, c: number, topology: Topology): Connection | undefined => {
  if (!(c >= 0 && c < state.connections.size) || transportOf(topology, c) !== state.t) return undefined
  return state.connections.get(c)
}

const illegal = (state: Transport, out: Outbox): Transport => {
  out.outcome = "Illegal"
  return state
}
