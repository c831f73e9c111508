/** Takes the bytes of a recording as they come, and says at once what makes them unusable. */
import { createHash } from "node:crypto"
import type { StepRecord } from "../codec/record.ts"
import { type Topology, topologyProblem } from "../core/topology.ts"
import { fromLine, TRACE_VERSION } from "./event.ts"

/** What makes a file no whole recording. `line` from 1; 0 where it is the file as a whole. */
export interface TraceProblem {
  readonly reason:
    | "Unreadable"
    | "Empty"
    | "NotATrace"
    | "WrongVersion"
    | "BadHeader"
    | "BadLine"
    | "OutOfOrder"
    | "AfterEnd"
    | "Truncated"
    | "Lost"
    | "Altered"
    | "TooLarge"
  readonly line: number
  readonly why: string
}

/** What to do about it. */
const remedies: Readonly<Record<TraceProblem["reason"], string>> = {
  Unreadable: "name a file that may be read",
  Empty: "name a recording that pika up --record made",
  NotATrace: "name a recording that pika up --record made",
  WrongVersion: "use the version of PIKA that recorded it, or record again",
  BadHeader: "it was altered, or another program made it: record again",
  BadLine: "the file was altered or damaged: take it as it was recorded",
  OutOfOrder: "lines are missing or were moved: take the file as it was recorded",
  AfterEnd: "it is more than one recording: give them one by one",
  Truncated:
    "end pika up by a signal, which writes the end; one that still grows takes pika validate --follow",
  Lost: "record again, with less else to do on the machine",
  Altered: "take it as it was recorded",
  TooLarge: "record a shorter run",
}

/** `why` says what is wrong and, at its end, the remedy. */
export const problem = (reason: TraceProblem["reason"], line: number, why: string): TraceProblem => ({
  reason,
  line,
  why: `${why}; ${remedies[reason]}`,
})

export interface TraceVisitor {
  header(topology: Topology): void
  /** The step at position `i`, on line i + 1. False: no more of them is wanted. */
  step(step: StepRecord, i: number): boolean
}

/** A line longer than this is none of ours. */
const MAX_LINE = 4096
/** Events in one recording: positions are 32-bit numbers on TLC's side. */
export const MAX_EVENTS = 50_000_000
/** Listening ports in one recording: each has an instance of every machine. */
export const MAX_PORTS = 256

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

const readHeader = (header: Record<string, unknown> | undefined): Topology | TraceProblem => {
  if (header?.pika !== "trace") return problem("NotATrace", 1, "line 1 is not the header of a trace")
  if (header.version !== TRACE_VERSION) {
    return problem(
      "WrongVersion",
      1,
      `line 1: trace version ${String(header.version)}, and this program reads version ${TRACE_VERSION}`,
    )
  }
  const why = topologyProblem(header.topology)
  return why === undefined
    ? (header.topology as Topology)
    : problem("BadHeader", 1, `line 1: topology: ${why}`)
}

export class TraceParser {
  /** Steps handed over. */
  events = 0
  /** The end was read, and what it says is so. Nothing follows it, as far as was read. */
  ended = false
  /** Another digest than the end's: somebody altered the file after it was recorded. */
  altered = false
  readonly ports = new Set<number>()
  readonly #visitor: TraceVisitor
  readonly #hash = createHash("sha256")
  #rest: Buffer = Buffer.alloc(0)
  #line = 0
  #problem: TraceProblem | undefined
  #stopped = false

  constructor(visitor: TraceVisitor) {
    this.#visitor = visitor
  }

  /** The visitor wanted no more. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Takes more bytes; a problem, once found, remains. */
  push(bytes: Buffer): TraceProblem | undefined {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    let hashed = 0
    while (this.#problem === undefined && !this.#stopped) {
      const end = all.indexOf(0x0a, at)
      if (end < 0 || end - at > MAX_LINE) {
        if (all.length - at > MAX_LINE) {
          this.#problem = problem(
            "BadLine",
            this.#line + 1,
            `line ${this.#line + 1} is longer than ${MAX_LINE} bytes`,
          )
        }
        break
      }
      const text = all.toString("latin1", at, end)
      // The end carries the digest of what stands before it.
      if (text.includes('"e":"End"')) {
        this.#hash.update(all.subarray(hashed, at))
        hashed = at
      }
      at = end + 1
      this.#problem = this.#takeLine(text)
    }
    if (at > hashed && !this.ended) this.#hash.update(all.subarray(hashed, at))
    this.#rest = Buffer.from(all.subarray(at))
    return this.#problem
  }

  /** No more bytes will come: undefined when it was a whole recording. */
  finish(): TraceProblem | undefined {
    if (this.#problem !== undefined) return this.#problem
    if (this.#line === 0 && this.#rest.length === 0) return problem("Empty", 0, "the file is empty")
    if (this.#rest.length > 0) {
      const line = this.#line + 1
      return problem(
        this.ended ? "AfterEnd" : "Truncated",
        line,
        this.ended ? `line ${line}: something follows the end` : `the last line (${line}) is cut off`,
      )
    }
    return this.ended
      ? undefined
      : problem("Truncated", 0, `no end after ${this.events} events: the trace is truncated`)
  }

  #takeLine(text: string): TraceProblem | undefined {
    const line = ++this.#line
    const bad = (why: string) => problem("BadLine", line, `line ${line}: ${why}`)
    const value = parseObject(text)
    if (line === 1) {
      const topology = readHeader(value)
      if ("reason" in topology) return topology
      this.#visitor.header(topology)
      return undefined
    }
    if (this.ended) return problem("AfterEnd", line, `line ${line}: something follows the end`)
    if (value === undefined) return bad("not a JSON object")
    if (value.e === "End") return this.#takeEnd(value, line)
    const step = fromLine(value)
    if (typeof step === "string") return bad(step)
    if (value.i !== line - 1) {
      return problem("OutOfOrder", line, `line ${line}: position ${String(value.i)} is out of order`)
    }
    if (this.events >= MAX_EVENTS)
      return problem("TooLarge", line, `line ${line}: more than ${MAX_EVENTS} events`)
    if (!this.ports.has(step.port)) {
      if (this.ports.size >= MAX_PORTS)
        return problem("TooLarge", line, `line ${line}: more than ${MAX_PORTS} ports`)
      this.ports.add(step.port)
    }
    this.events++
    if (!this.#visitor.step(step, line - 1)) this.#stopped = true
    return undefined
  }

  #takeEnd(value: Record<string, unknown>, line: number): TraceProblem | undefined {
    const { events } = this
    if (value.p !== "end" || value.events !== events || value.i !== events + 1) {
      return problem(
        "BadLine",
        line,
        `line ${line}: the end counts ${String(value.events)} events, ${events} were read`,
      )
    }
    if (value.lost !== 0) {
      const why = typeof value.why === "string" ? `: ${value.why}` : ""
      return problem(
        "Lost",
        line,
        `the recording has a hole: ${String(value.lost)} steps were lost after event ${events}${why}`,
      )
    }
    this.ended = true
    this.altered = value.digest !== this.#hash.digest("hex")
    return undefined
  }
}

/** Said of a file of which nothing else is wrong. */
export const ALTERED = problem(
  "Altered",
  0,
  "its digest is not that of its events: it was altered after it was recorded",
)
