/** Reads a recording for TLC: what can be said without the specification, and a copy in the one form that TLC's side reads. */
import { createReadStream } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { createInterface } from "node:readline"
import { type Topology, topologyProblem } from "../core/topology.ts"
import { fieldsOf, fromLine, TRACE_VERSION } from "../trace/event.ts"

export interface Recording {
  readonly topology: Topology
  readonly events: number
}

/** TLC's whole numbers have 32 bits. */
const MAX_INT = 0x7fffffff
/** Events in one recording; beyond it, positions and TLC's memory run out. */
export const MAX_EVENTS = 50_000_000
const CHUNK = 1 << 20

/** Fields that the specification abstracts away. */
const abstracted: ReadonlySet<string> = new Set(["serviceTime", "time"])

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

const readHeader = (text: string): { topology: Topology; port: number } | string => {
  const header = parseObject(text)
  if (header?.pika !== "trace") return "line 1 is not the header of a trace"
  if (header.version !== TRACE_VERSION) {
    return `trace version ${String(header.version)}; this program reads version ${TRACE_VERSION}: use the one that recorded it`
  }
  const problem = topologyProblem(header.topology)
  if (problem !== undefined) return `line 1: topology: ${problem}`
  if (typeof header.port !== "number") return "line 1: no port"
  return { topology: header.topology as Topology, port: header.port }
}

/** The event in canonical form, or what is wrong with it. */
const canonical = (value: Record<string, unknown>, port: number): Record<string, unknown> | string => {
  const step = fromLine(value, port)
  if (typeof step === "string") return step
  const own: Record<string, unknown> = { i: value.i, p: value.p, e: value.e }
  for (const name of [...fieldsOf(step.event._tag), "ca", "cg"]) {
    if (abstracted.has(name)) continue
    const x = value[name]
    if (typeof x === "number" && x > MAX_INT) return `field ${name}: ${x} does not fit in 31 bits`
    own[name] = x
  }
  own.o = value.o
  return own
}

const endsWithNewline = async (file: FileHandle): Promise<boolean> => {
  const { size } = await file.stat()
  if (size === 0) return false
  const last = new Uint8Array(1)
  await file.read(last, 0, 1, size - 1)
  return last[0] === 0x0a
}

/**
 * Checks the form of the NDJSON trace `path` (header, fields, positions, end), and writes its canonical copy.
 * @returns a string saying what makes it unusable
 */
export const readRecording = async (path: string, copy: string): Promise<Recording | string> => {
  const source = await open(path)
  const target = await open(copy, "w")
  try {
    if ((await source.stat()).size === 0) return "the file is empty"
    const whole = await endsWithNewline(source)
    let header: { topology: Topology; port: number } | undefined
    let line = 0
    let events = 0
    let ended = false
    let chunk = ""
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const text of lines) {
      line++
      if (header === undefined) {
        const read = readHeader(text)
        if (typeof read === "string") return read
        header = read
        chunk += "{}\n"
        continue
      }
      if (ended) return `line ${line}: something follows the end`
      const value = parseObject(text)
      if (value === undefined) return `line ${line}: not a JSON object`
      if (value.e === "End") {
        if (value.p !== "end" || value.events !== events || value.i !== events + 1) {
          return `line ${line}: the end counts ${String(value.events)} events, ${events} were read`
        }
        ended = true
        chunk += `${JSON.stringify({ i: value.i, p: "end", e: "End", events })}\n`
        continue
      }
      if (value.i !== line - 1) return `line ${line}: position ${String(value.i)} is out of order`
      const event = canonical(value, header.port)
      if (typeof event === "string") return `line ${line}: ${event}`
      if (++events > MAX_EVENTS) return `more than ${MAX_EVENTS} events`
      chunk += `${JSON.stringify(event)}\n`
      if (chunk.length > CHUNK) {
        await target.writeFile(chunk)
        chunk = ""
      }
    }
    await target.writeFile(chunk)
    if (header === undefined) return "the file is empty"
    if (!ended) return `no end after ${events} events: the trace is truncated`
    if (!whole) return "the last line is cut off"
    return { topology: header.topology, events }
  } finally {
    await target.close()
    await source.close()
  }
}
