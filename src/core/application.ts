/** The application's machine (§3.2): registers, receives announcements as tokens, claims them. */
import type { ApplicationEvent } from "./event.ts"
import type { Outbox } from "./outbox.ts"
import { homeOf, type Topology } from "./topology.ts"

/** An announcement that the application may claim, or has claimed. */
export interface Token {
  readonly t: number
  readonly c: number
  readonly n: number
  readonly g: number
}

export interface Application {
  readonly a: number
  /**
   * Down: no process in the slot. Attaching: some transport has not acknowledged. Up: may register and claim.
   * Closed: the listener is closed, the process lives.
   */
  readonly phase: "Down" | "Attaching" | "Up" | "Closed"
  /** Transports that have not acknowledged the attachment. */
  readonly awaiting: ReadonlyArray<number>
  /** Registration generation: that of the last ACCEPT-CONNECTION. */
  readonly g: number
  /** Believes that its home manager lists it under `g`. */
  readonly registered: boolean
  /** Announcements not claimed yet, oldest first. */
  readonly tokens: ReadonlyArray<Token>
  /** Claims without an answer. */
  readonly claims: ReadonlyArray<Token>
  /** Connections that are its own. */
  readonly owned: ReadonlyArray<Token>
}

export const initialApplication = (a: number): Application => ({
  a,
  phase: "Down",
  awaiting: [],
  g: 0,
  registered: false,
  tokens: [],
  claims: [],
  owned: [],
})

export const canRegister = (state: Application): boolean => state.phase === "Up" && !state.registered
export const canClaim = (state: Application): boolean => state.phase === "Up" && state.tokens.length > 0

const without = (list: ReadonlyArray<Token>, t: number, c: number, n: number): ReadonlyArray<Token> => {
  const at = list.findIndex((x) => x.t === t && x.c === c && x.n === n)
  if (at < 0) return list
  return at === 0 ? list.slice(1) : [...list.slice(0, at), ...list.slice(at + 1)]
}

/** One handler for each action of the specification. An event that no action allows changes nothing. */
export const stepApplication = (
  state: Application,
  event: ApplicationEvent,
  topology: Topology,
  out: Outbox,
): Application => {
  switch (event._tag) {
    case "Attach": {
      // Generations continue: a restarted one would be taken for its predecessor's (hazard 4).
      if (state.phase !== "Down" || event.g < state.g) return illegal(state, out)
      const awaiting: Array<number> = []
      for (let t = 0; t < topology.transports; t++) {
        awaiting.push(t)
        out.send("transport", t, { _tag: "Attach", a: state.a })
      }
      return { ...initialApplication(state.a), phase: "Attaching", awaiting, g: event.g }
    }
    case "ReceiveAttached": {
      if (state.phase !== "Attaching" || !state.awaiting.includes(event.t)) return illegal(state, out)
      const awaiting = state.awaiting.filter((t) => t !== event.t)
      // Registering earlier could have an announcement answered by "dead" (hazard 4c).
      return { ...state, awaiting, phase: awaiting.length === 0 ? "Up" : "Attaching" }
    }
    case "Register": {
      if (!canRegister(state)) return illegal(state, out)
      const g = state.g + 1
      out.send("manager", homeOf(topology, state.a), { _tag: "AcceptConnection", a: state.a, g })
      return { ...state, g, registered: true }
    }
    case "ReceiveAvailable": {
      // While attaching too: an assignment to the predecessor may reach a transport after our attachment.
      if (state.phase === "Down") return illegal(state, out)
      // A closed listener claims nothing: the claim timer repairs it.
      if (state.phase === "Closed") return state
      const { c, n, g } = event.message
      // Never merged with another announcement of the same connection (hazard 2b).
      // Under Late a registration is good for one connection.
      const registered = state.registered && !(topology.balance.scheme === "Late" && g === state.g)
      return { ...state, registered, tokens: [...state.tokens, { t: event.t, c, n, g }] }
    }
    case "Claim": {
      const token = state.tokens[0]
      if (state.phase !== "Up" || token === undefined) return illegal(state, out)
      out.send("transport", token.t, {
        _tag: "ClaimConnection",
        a: state.a,
        c: token.c,
        n: token.n,
        g: token.g,
      })
      return { ...state, tokens: state.tokens.slice(1), claims: [...state.claims, token] }
    }
    case "ReceiveClaimed": {
      const { c, n, g, back } = event.message
      const claims = without(state.claims, event.t, c, n)
      if (claims === state.claims) return illegal(state, out)
      return {
        ...state,
        claims,
        owned: [...state.owned, { t: event.t, c, n, g }],
        registered: state.registered && back !== state.g,
      }
    }
    case "ReceiveTimedOut": {
      const { c, n, g, back } = event.message
      const claims = without(state.claims, event.t, c, n)
      if (claims === state.claims) return illegal(state, out)
      // Only the current generation's time-out unregisters: re-registering at every one has no bound (hazard 1c).
      return { ...state, claims, registered: state.registered && g !== state.g && back !== state.g }
    }
    case "Release": {
      const at = state.owned.findIndex((x) => x.c === event.c && x.n === event.n)
      if (at < 0) return illegal(state, out)
      return { ...state, owned: [...state.owned.slice(0, at), ...state.owned.slice(at + 1)] }
    }
    case "CloseListener": {
      if (state.phase !== "Up") return illegal(state, out)
      out.send("manager", homeOf(topology, state.a), { _tag: "Detach", a: state.a })
      // Claims that are out are still answered and obeyed (hazard 6).
      return { ...state, phase: "Closed", registered: false, tokens: [] }
    }
    case "Die": {
      if (state.phase === "Down") return illegal(state, out)
      out.send("manager", homeOf(topology, state.a), { _tag: "Detach", a: state.a })
      for (let t = 0; t < topology.transports; t++) {
        out.send("transport", t, { _tag: "Detach", a: state.a })
      }
      return { ...initialApplication(state.a), g: state.g }
    }
    default:
      return event satisfies never
  }
}

const illegal = (state: Application, out: Outbox): Application => {
  out.outcome = "Illegal"
  return state
}
