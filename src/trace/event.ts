/**
 * A recording as text: NDJSON, a header, one line for each step of a core machine in an order that respects causality
 * (a message's send before its receive, each process's own order), and an end that counts them.
 */

import { encodeMessage } from "../codec/message.ts"
import {
  type EventFields,
  eventTags,
  makeEvent,
  outcomes,
  type Process,
  type StepRecord,
} from "../codec/record.ts"
import type { EventTag } from "../core/event.ts"
import type { Outcome, Role } from "../core/outbox.ts"
import type { Topology } from "../core/topology.ts"

export const TRACE_VERSION = 1

export interface TraceHeader {
  readonly pika: "trace"
  readonly version: number
  readonly topology: Topology
  /** The listening port whose protocol instance this is. */
  readonly port: number
}

export interface TraceEvent {
  /** Position: 1, 2, … */
  readonly i: number
  /** Process: app0 …, cm0 …, ts0 … */
  readonly p: string
  readonly e: EventTag
  readonly a?: number
  readonly c?: number
  readonly n?: number
  readonly g?: number
  readonly back?: number
  readonly t?: number
  readonly from?: number
  readonly to?: number
  readonly fresh?: boolean
  readonly listener?: boolean
  /** µs */
  readonly serviceTime?: number
  /** µs */
  readonly time?: number
  /** Outcome of the step. */
  readonly o: Outcome
  /** The acceptor that the step chose or concerned (−1: none), its generation, and a time in µs. */
  readonly ca: number
  readonly cg: number
  readonly ct: number
  /** µs since the stack's start: an annotation, not an order. */
  readonly now: number
  /** 32-bit draw. */
  readonly draw: number
  /** Hash of the messages that the step sent. */
  readonly h: number
}

export interface TraceEnd {
  readonly i: number
  readonly p: "end"
  readonly e: "End"
  readonly events: number
}

export type TraceLine = TraceHeader | TraceEvent | TraceEnd

const prefix: Record<Role, string> = { application: "app", manager: "cm", transport: "ts" }
const roleOf: Record<string, Role> = { app: "application", cm: "manager", ts: "transport" }

export const processName = (p: Process): string => `${prefix[p.role]}${p.index}`

/** Undefined when the name is none. */
export const parseProcess = (name: string): Process | undefined => {
  const match = /^(app|cm|ts)(0|[1-9]\d{0,3})$/.exec(name)
  if (match === null) return undefined
  return { role: roleOf[match[1]!]!, index: Number(match[2]) }
}

const messageFields: Record<string, ReadonlyArray<keyof TraceEvent>> = {
  ReceiveAvailable: ["t", "c", "n", "g"],
  ReceiveClaimed: ["t", "c", "n", "g", "back"],
  ReceiveTimedOut: ["t", "c", "n", "g", "back"],
  ReceiveOffer: ["from", "a", "g", "listener", "serviceTime"],
  ReceiveAcceptConnection: ["a", "g"],
  ManagerReceiveDetach: ["a"],
  ReceiveAcceptorTimedOut: ["t", "c", "a", "g"],
  ReceiveAcceptorRemoved: ["t", "a", "g"],
  ReceiveConnectionClosed: ["t", "c"],
  ReceiveServiceTime: ["t", "a", "time"],
  ReceiveOpen: ["c"],
  ReceiveAssign: ["c", "a", "g", "fresh"],
  ReceiveReset: ["c"],
  ReceiveClaim: ["a", "c", "n", "g"],
  ReceiveAttach: ["a"],
  TransportReceiveDetach: ["a"],
  Attach: ["g"],
  ReceiveAttached: ["t"],
  Release: ["c", "n"],
  Syn: ["c"],
  Established: ["c"],
  ClaimTimeout: ["c"],
  Gone: ["c"],
  SendOffer: ["to"],
}

/** Which fields an event of each tag has besides the common ones. */
export const fieldsOf = (tag: EventTag): ReadonlyArray<keyof TraceEvent> => messageFields[tag] ?? []

const words = new Int32Array(6)

/** The line of a step, at position `i`. */
export const toLine = (i: number, step: StepRecord): TraceEvent => {
  const event = step.event
  const all: Record<string, number | boolean> = {}
  if ("message" in event) {
    encodeMessage(words, 0, event.message, 0)
    const flag = (words[0]! & 0x100) !== 0
    Object.assign(all, { a: words[1]!, c: words[2]!, n: words[3]!, g: words[4]! })
    Object.assign(all, {
      back: words[5]!,
      serviceTime: words[5]!,
      time: words[5]!,
      fresh: flag,
      listener: flag,
    })
  }
  for (const [key, value] of Object.entries(event)) {
    if (key !== "_tag" && key !== "message") all[key] = value as number
  }
  const own: Record<string, number | boolean> = {}
  for (const field of fieldsOf(event._tag)) own[field] = all[field]!
  return {
    i,
    p: processName(step.process),
    e: event._tag,
    ...own,
    o: step.outcome,
    ca: step.chosen.a,
    cg: step.chosen.g,
    ct: step.chosen.time,
    now: step.env.now,
    draw: step.env.draw,
    h: step.hash,
  }
}

const isCount = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= -1

/** The step of a line; a string says what is wrong with it. */
export const fromLine = (line: Record<string, unknown>, port: number): StepRecord | string => {
  const tag = eventTags.find((x) => x === line.e)
  if (tag === undefined) return `unknown event ${JSON.stringify(line.e)}`
  const process = typeof line.p === "string" ? parseProcess(line.p) : undefined
  if (process === undefined) return `unknown process ${JSON.stringify(line.p)}`
  const outcome = outcomes.find((x) => x === line.o)
  if (outcome === undefined) return `unknown outcome ${JSON.stringify(line.o)}`
  const expected = new Set<string>([
    "i",
    "p",
    "e",
    "o",
    "ca",
    "cg",
    "ct",
    "now",
    "draw",
    "h",
    ...fieldsOf(tag),
  ])
  for (const key of Object.keys(line)) if (!expected.has(key)) return `field ${key} does not belong to ${tag}`
  for (const key of expected) {
    const value = line[key]
    if (key === "p" || key === "e" || key === "o") continue
    if (key === "fresh" || key === "listener") {
      if (typeof value !== "boolean") return `field ${key} of ${tag} must be true or false`
    } else if (!isCount(value)) return `field ${key} of ${tag} must be a whole number`
  }
  const at = (key: string): number => (typeof line[key] === "number" ? (line[key] as number) : 0)
  const fields: EventFields = {
    a: at("a"),
    c: at("c"),
    n: at("n"),
    g: at("g"),
    last: at("back") || at("serviceTime") || at("time"),
    peer: at("t") || at("from") || at("to"),
    flag: line.fresh === true || line.listener === true,
  }
  return {
    process,
    port,
    event: makeEvent(tag, fields),
    env: { now: at("now"), draw: at("draw") },
    outcome,
    chosen: { a: at("ca"), g: at("cg"), time: at("ct") },
    hash: at("h"),
  }
}
