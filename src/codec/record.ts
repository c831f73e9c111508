/**
 * One step of a core machine as a fixed record of 64 bytes.
 *
 *   word  0                          1    2    3    4    5    6            7        8         9      10    11       12    13
 *       ┌─────────────────────────┬────┬────┬────┬────┬────┬────────────┬────────┬─────────┬──────┬─────┬────────┬──────┬──────┐
 *       │ tag │ outcome << 8 │ …  │ p  │ a  │ c  │ n  │ g  │ back, time │ peer   │ chosen a│ cg   │ ct  │ now lo │ hi   │ draw │  14: hash of outputs
 *       └─────────────────────────┴────┴────┴────┴────┴────┴────────────┴────────┴─────────┴──────┴─────┴────────┴──────┴──────┘
 *
 * Word 0: tag (bits 0–7), outcome (8–14), flag (15), port (16–31). `p`: role << 16 | index. `peer`: t, from or to.
 * Word 15, of a Die: 1 when what the process did last may never have left it.
 */
import type { Env, Event, EventTag } from "../core/event.ts"
import type { Outcome, Role } from "../core/outbox.ts"
import { NONE } from "../core/topology.ts"

export { encodeRecord } from "./encode-record.ts"
export { hashOutputs } from "./output-hash.ts"

export const RECORD_WORDS = 16
export const RECORD_BYTES = 64
/** Word of a record. */
export const DOUBTFUL = 15

export const eventTags = [
  "Attach",
  "ReceiveAttached",
  "Register",
  "ReceiveAvailable",
  "Claim",
  "ReceiveClaimed",
  "ReceiveTimedOut",
  "Release",
  "CloseListener",
  "Die",
  "Syn",
  "AssignWaiting",
  "ResetWaiting",
  "SendOffer",
  "ReceiveOffer",
  "ReceiveAcceptConnection",
  "ManagerReceiveDetach",
  "ReceiveAcceptorTimedOut",
  "ReceiveAcceptorRemoved",
  "ReceiveConnectionClosed",
  "ReceiveServiceTime",
  "ReceiveOpen",
  "ReceiveAssign",
  "ReceiveReset",
  "Established",
  "ClaimTimeout",
  "ReceiveClaim",
  "Gone",
  "ReceiveAttach",
  "TransportReceiveDetach",
  "Ask",
  "ReturnOffer",
  "ReceiveConnectionEstablished",
  "ReceiveAcceptorUnused",
] as const satisfies ReadonlyArray<EventTag>

export const outcomes = [
  "Done",
  "Illegal",
  "Assigned",
  "Queued",
  "Refused",
  "Dropped",
  "Known",
  "Announced",
  "GivenBack",
  "Ignored",
  "Claimed",
  "TimedOut",
  "Served",
] as const satisfies ReadonlyArray<Outcome>

export const roles = ["application", "manager", "transport"] as const satisfies ReadonlyArray<Role>

/** Whose step it was. */
export interface Process {
  readonly role: Role
  readonly index: number
}

export interface StepRecord {
  readonly process: Process
  readonly port: number
  readonly event: Event
  readonly env: Env
  readonly outcome: Outcome
  readonly chosen: { readonly a: number; readonly g: number; readonly time: number }
  readonly hash: number
  /** A Die of a process that was killed between recording its last step and sending what the step sends. */
  readonly doubtful?: true
}

/** @throws {RangeError} on a tag, outcome or role that does not exist: the record is damaged. */
export const decodeRecord = (words: Int32Array, o: number): StepRecord => {
  const head = words[o]!
  const tag = eventTags[head & 0xff]
  const outcome = outcomes[(head >>> 8) & 0x7f]
  const role = roles[words[o + 1]! >>> 16]
  if (tag === undefined || outcome === undefined || role === undefined) {
    throw new RangeError(`record at word ${o}: unknown tag, outcome or role (${head.toString(16)})`)
  }
  const flag = ((head >>> 15) & 1) === 1
  const event = makeEvent(tag, {
    a: words[o + 2]!,
    c: words[o + 3]!,
    n: words[o + 4]!,
    g: words[o + 5]!,
    last: words[o + 6]!,
    peer: words[o + 7]!,
    flag,
  })
  return {
    process: { role, index: words[o + 1]! & 0xffff },
    port: head >>> 16,
    event,
    env: { now: (words[o + 11]! >>> 0) + words[o + 12]! * 0x100000000, draw: words[o + 13]! >>> 0 },
    outcome,
    chosen: { a: words[o + 8]!, g: words[o + 9]!, time: words[o + 10]! },
    hash: words[o + 14]! >>> 0,
    ...(tag === "Die" && words[o + DOUBTFUL] === 1 ? { doubtful: true as const } : undefined),
  }
}

export interface EventFields {
  readonly a: number
  readonly c: number
  readonly n: number
  readonly g: number
  /** back, service time or time. */
  readonly last: number
  /** t, from or to. */
  readonly peer: number
  /** fresh or listener. */
  readonly flag: boolean
}

/** The event of a tag from its fields; the ones it lacks are ignored. */
export const makeEvent = (tag: EventTag, f: EventFields): Event => {
  const { a, c, n, g, last, peer, flag } = f
  switch (tag) {
    case "Attach":
      return { _tag: tag, g }
    case "ReceiveAttached":
      return { _tag: tag, t: peer }
    case "Register":
    case "Claim":
    case "CloseListener":
    case "Die":
    case "AssignWaiting":
    case "ResetWaiting":
      return { _tag: tag }
    case "Release":
      return { _tag: tag, c, n }
    case "Syn":
    case "Established":
    case "ClaimTimeout":
    case "Gone":
      return { _tag: tag, c }
    case "SendOffer":
    case "Ask":
    case "ReturnOffer":
      return { _tag: tag, to: peer }
    case "ReceiveAvailable":
      return { _tag: tag, t: peer, message: { _tag: "ConnectionAvailable", c, n, g } }
    case "ReceiveClaimed":
      return { _tag: tag, t: peer, message: { _tag: "Claimed", c, n, g, back: last } }
    case "ReceiveTimedOut":
      return { _tag: tag, t: peer, message: { _tag: "TimedOut", c, n, g, back: last } }
    case "ReceiveOffer":
      return { _tag: tag, from: peer, message: { _tag: "Offer", a, g, listener: flag, serviceTime: last } }
    case "ReceiveAcceptConnection":
      return { _tag: tag, message: { _tag: "AcceptConnection", a, g } }
    case "ManagerReceiveDetach":
    case "TransportReceiveDetach":
      return { _tag: tag, message: { _tag: "Detach", a } }
    case "ReceiveAcceptorTimedOut":
      return { _tag: tag, t: peer, message: { _tag: "AcceptorTimedOut", c, a, g } }
    case "ReceiveAcceptorRemoved":
      return { _tag: tag, t: peer, message: { _tag: "AcceptorRemoved", a, g } }
    case "ReceiveConnectionClosed":
      return { _tag: tag, t: peer, message: { _tag: "ConnectionClosed", c } }
    case "ReceiveServiceTime":
      return { _tag: tag, t: peer, message: { _tag: "ServiceTime", a, time: last } }
    case "ReceiveConnectionEstablished":
      return { _tag: tag, t: peer, message: { _tag: "ConnectionEstablished", c } }
    case "ReceiveAcceptorUnused":
      return { _tag: tag, t: peer, message: { _tag: "AcceptorUnused", a, g } }
    case "ReceiveOpen":
      return { _tag: tag, message: { _tag: "Open", c } }
    case "ReceiveAssign":
      return { _tag: tag, message: { _tag: "Assign", c, a, g, fresh: flag } }
    case "ReceiveReset":
      return { _tag: tag, message: { _tag: "ResetConnection", c } }
    case "ReceiveClaim":
      return { _tag: tag, message: { _tag: "ClaimConnection", a, c, n, g } }
    case "ReceiveAttach":
      return { _tag: tag, message: { _tag: "Attach", a } }
    default:
      return tag satisfies never
  }
}

export const noChoice = { a: NONE, g: 0, time: 0 } as const
