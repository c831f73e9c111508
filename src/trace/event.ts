/**
 * A recording as text: NDJSON, a header, one line for each step of a core machine in an order that respects causality
 * (a message's send before its receive, each process's own order), and an end that counts them. Every listening port
 * is a protocol instance of its own; each event names its port.
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

/** 2: all ports in one recording, ids as the stack has them, a digest at the end. */
export const TRACE_VERSION = 2

export interface TraceHeader {
  readonly pika: "trace"
  readonly version: number
  /** Of every port's instance. */
  readonly topology: Topology
}

export interface TraceEvent {
  /** Position: 1, 2, … */
  readonly i: number
  /** The listening port whose instance took the step. */
  readonly port: number
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
  /** Steps that were taken and are not here: overwritten before they were read, or in no order. 0 in a whole recording. */
  readonly lost: number
  /** Why some are lost. */
  readonly why?: string
  /** SHA-256 of all bytes before this line, hexadecimal. */
  readonly digest: string
}

export type TraceLine = TraceHeader | TraceEvent | TraceEnd

const prefix: Record<Role, string> = { application: "app", manager: "cm", transport: "ts" }
const roleOf: Record<string, Role> = { app: "application", cm: "manager", ts: "transport" }

export const processName = (p: Process): string => `${prefix[p.role]}${p.index}`

const processes = new Map<string, Process>()
/** Names remembered, not parsed again for each event: more than a topology has processes. */
const MAX_NAMES = 1024

/** Undefined when the name is none. */
export const parseProcess = (name: string): Process | undefined => {
  const seen = processes.get(name)
  if (seen !== undefined) return seen
  const match = /^(app|cm|ts)(0|[1-9]\d{0,3})$/.exec(name)
  if (match === null) return undefined
  const process = { role: roleOf[match[1]!]!, index: Number(match[2]) }
  if (processes.size < MAX_NAMES) processes.set(name, process)
  return process
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
  Ask: ["to"],
  ReturnOffer: ["to"],
  ReceiveConnectionEstablished: ["t", "c"],
  ReceiveAcceptorUnused: ["t", "a", "g"],
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
  const { event } = step
  const plain = event as unknown as Readonly<Record<string, number | undefined>>
  const all: Record<string, number | boolean> = {}
  if ("message" in event) {
    encodeMessage(words, 0, event.message, 0)
    const flag = (words[0]! & 0x100) !== 0
    all.a = words[1]!
    all.c = words[2]!
    all.n = words[3]!
    all.g = words[4]!
    all.back = all.serviceTime = all.time = words[5]!
    all.fresh = all.listener = flag
  }
  const own: Record<string, number | boolean> = {}
  for (const field of fieldsOf(event._tag)) own[field] = plain[field] ?? all[field]!
  return {
    i,
    port: step.port,
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

/** `toLine` as text: what a recorder writes as it goes, so without an object for each step. */
export const lineText = (i: number, step: StepRecord): string => {
  const { event, process, chosen, env } = step
  const plain = event as unknown as Readonly<Record<string, number | boolean | undefined>>
  const message = plain.message as unknown as typeof plain | undefined
  let own = ""
  for (const field of fieldsOf(event._tag)) {
    // A message's own fields bear the line's names.
    own += `"${field}":${plain[field] ?? message?.[field]},`
  }
  return (
    `{"i":${i},"port":${step.port},"p":"${processName(process)}","e":"${event._tag}",${own}"o":"${step.outcome}",` +
    `"ca":${chosen.a},"cg":${chosen.g},"ct":${chosen.time},"now":${env.now},"draw":${env.draw},"h":${step.hash}}`
  )
}

const isCount = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= -1

const known: ReadonlySet<string> = new Set(outcomes)
/** Besides these and `p`, `e`, `o` an event has the fields of its tag. */
const common = ["i", "port", "ca", "cg", "ct", "now", "draw", "h"] as const
const shapes: ReadonlyMap<string, { readonly tag: EventTag; readonly fields: ReadonlyArray<string> }> =
  new Map(eventTags.map((tag) => [tag, { tag, fields: [...fieldsOf(tag), ...common] }]))

/** The step of a line; a string says what is wrong with it. */
export const fromLine = (line: Record<string, unknown>): StepRecord | string => {
  const shape = shapes.get(line.e as string)
  if (shape === undefined) return `unknown event ${JSON.stringify(line.e)}`
  const { tag, fields } = shape
  const process = typeof line.p === "string" ? parseProcess(line.p) : undefined
  if (process === undefined) return `unknown process ${JSON.stringify(line.p)}`
  if (!known.has(line.o as string)) return `unknown outcome ${JSON.stringify(line.o)}`
  for (const field of fields) {
    const value = line[field]
    if (field === "fresh" || field === "listener") {
      if (typeof value !== "boolean") return `field ${field} of ${tag} must be true or false`
    } else if (!isCount(value)) return `field ${field} of ${tag} must be a whole number`
  }
  let count = 0
  for (const _ in line) count++
  if (count !== fields.length + 3) {
    const stray = Object.keys(line).find((x) => !["p", "e", "o", ...fields].includes(x))
    return `field ${stray} does not belong to ${tag}`
  }
  const port = line.port as number
  if (port < 1 || port > 65535) return `port ${port} is none`
  const own: EventFields = {
    a: at(line.a),
    c: at(line.c),
    n: at(line.n),
    g: at(line.g),
    last: at(line.back ?? line.serviceTime ?? line.time),
    peer: at(line.t ?? line.from ?? line.to),
    flag: line.fresh === true || line.listener === true,
  }
  return {
    process,
    port,
    event: makeEvent(tag, own),
    env: { now: line.now as number, draw: line.draw as number },
    outcome: line.o as Outcome,
    chosen: { a: line.ca as number, g: line.cg as number, time: line.ct as number },
    hash: line.h as number,
  }
}

const at = (value: unknown): number => (typeof value === "number" ? value : 0)
