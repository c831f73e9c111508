/**
 * One step of a core machine as a fixed record of 64 bytes.
 *
 *   word  0                          1    2    3    4    5    6            7        8         9      10    11       12    13
 *       ┌─────────────────────────┬────┬────┬────┬────┬────┬────────────┬────────┬─────────┬──────┬─────┬────────┬──────┬──────┐
 *       │ tag │ outcome << 8 │ …  │ p  │ a  │ c  │ n  │ g  │ back, time │ peer   │ chosen a│ cg   │ ct  │ now lo │ hi   │ draw │  14: hash of outputs
 *       └─────────────────────────┴────┴────┴────┴────┴────┴────────────┴────────┴─────────┴──────┴─────┴────────┴──────┴──────┘
 *
 * Word 0: tag (bits 0–7), outcome (8–14), flag (15), port (16–31). `p`: role << 16 | index. `peer`: t, from or to.
 */
import type { Env, Event, EventTag } from "../core/event.ts"
import type { Outbox, Outcome, Role } from "../core/outbox.ts"
import { NONE } from "../core/topology.ts"
import { encodeMessage } from "./message.ts"

export const RECORD_WORDS = 16
export const RECORD_BYTES = 64

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

const tagCode: Record<string, number> = Object.fromEntries(eventTags.map((tag, i) => [tag, i]))
const outcomeCode: Record<string, number> = Object.fromEntries(outcomes.map((o, i) => [o, i]))
const roleCode: Record<Role, number> = { application: 0, manager: 1, transport: 2 }

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
}

const scratch = new Int32Array(6)

/** FNV-1a over the encoded outputs and their destinations, unsigned 32 bits. */
export const hashOutputs = (out: Outbox): number => {
  let hash = 0x811c9dc5
  for (let k = 0; k < out.length; k++) {
    encodeMessage(scratch, 0, out.messages[k]!, 0)
    hash = Math.imul(hash ^ ((roleCode[out.roles[k]!] << 16) | out.to[k]!), 0x01000193)
    for (let w = 0; w < 6; w++) hash = Math.imul(hash ^ scratch[w]!, 0x01000193)
  }
  return hash >>> 0
}

/** Writes words o … o + 15. */
export const encodeRecord = (
  words: Int32Array,
  o: number,
  role: Role,
  index: number,
  port: number,
  event: Event,
  env: Env,
  out: Outbox,
): void => {
  let a = 0
  let c = 0
  let n = 0
  let g = 0
  let last = 0
  let peer = 0
  let flag = 0
  switch (event._tag) {
    case "Attach":
      g = event.g
      break
    case "ReceiveAttached":
      peer = event.t
      break
    case "Release":
      c = event.c
      n = event.n
      break
    case "Syn":
    case "Established":
    case "ClaimTimeout":
    case "Gone":
      c = event.c
      break
    case "SendOffer":
      peer = event.to
      break
    case "Register":
    case "Claim":
    case "CloseListener":
    case "Die":
    case "AssignWaiting":
    case "ResetWaiting":
      break
    default: {
      if ("t" in event) peer = event.t
      else if ("from" in event) peer = event.from
      encodeMessage(scratch, 0, event.message, 0)
      flag = (scratch[0]! >>> 8) & 1
      a = scratch[1]!
      c = scratch[2]!
      n = scratch[3]!
      g = scratch[4]!
      last = scratch[5]!
    }
  }
  words[o] = (port << 16) | (flag << 15) | (outcomeCode[out.outcome]! << 8) | tagCode[event._tag]!
  words[o + 1] = (roleCode[role] << 16) | index
  words[o + 2] = a
  words[o + 3] = c
  words[o + 4] = n
  words[o + 5] = g
  words[o + 6] = last
  words[o + 7] = peer
  words[o + 8] = out.a
  words[o + 9] = out.g
  words[o + 10] = out.time
  words[o + 11] = env.now | 0
  words[o + 12] = (env.now / 0x100000000) | 0
  words[o + 13] = env.draw | 0
  words[o + 14] = hashOutputs(out) | 0
  words[o + 15] = 0
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
