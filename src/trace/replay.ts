/** Re-executes the core over a recording and says where the two part. */
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import type { StepRecord } from "../codec/record.ts"
import { type Topology, topologyProblem } from "../core/topology.ts"
import { fromLine, TRACE_VERSION } from "./event.ts"
import { Machines } from "./machines.ts"

export type ReplayResult =
  | { readonly _tag: "Same"; readonly events: number; readonly outcomes: Readonly<Record<string, number>> }
  | { readonly _tag: "Diverged"; readonly at: number; readonly why: string }
  | { readonly _tag: "Unusable"; readonly why: string }

/** What differs between the recorded step and the core's; undefined when nothing does. */
const difference = (step: StepRecord, machines: Machines): string | undefined => {
  const { out } = machines
  const name = step.event._tag
  if (out.outcome === "Illegal") return `${name}: no action of the protocol allows it in this state`
  if (out.outcome !== step.outcome)
    return `${name}: recorded outcome ${step.outcome}, the core's ${out.outcome}`
  if (out.a !== step.chosen.a || out.g !== step.chosen.g) {
    return `${name}: recorded acceptor ${step.chosen.a} (g ${step.chosen.g}), the core's ${out.a} (g ${out.g})`
  }
  if (out.time !== step.chosen.time)
    return `${name}: recorded time ${step.chosen.time} µs, the core's ${out.time}`
  const hash = machines.hash()
  if (hash !== step.hash) return `${name}: the messages sent differ (hash ${step.hash}, the core's ${hash})`
  return undefined
}

export class Replayer {
  events = 0
  readonly outcomes: Record<string, number> = {}
  readonly machines: Machines

  constructor(topology: Topology) {
    this.machines = new Machines(topology)
  }

  /** Undefined: same. A string: how it diverges. */
  step(step: StepRecord): string | undefined {
    if (!this.machines.exists(step.process)) return "no such process in this topology"
    const ready = this.machines.ready(step)
    if (ready !== true) return `${step.event._tag}: ${ready}`
    this.machines.apply(step)
    const why = difference(step, this.machines)
    if (why === undefined) {
      this.events++
      const key = `${step.event._tag}:${step.outcome}`
      this.outcomes[key] = (this.outcomes[key] ?? 0) + 1
    }
    return why
  }
}

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The header's topology, or why the header is unusable. */
const readHeader = (
  header: Record<string, unknown> | undefined,
): { topology: Topology; port: number } | string => {
  if (header?.pika !== "trace") return "line 1 is not the header of a trace"
  if (header.version !== TRACE_VERSION) {
    return `trace version ${String(header.version)}; this program reads version ${TRACE_VERSION}: use the one that recorded it`
  }
  const problem = topologyProblem(header.topology)
  if (problem !== undefined) return `line 1: topology: ${problem}`
  if (typeof header.port !== "number") return "line 1: no port"
  return { topology: header.topology as Topology, port: header.port }
}

/** Replays the NDJSON trace in `path`. Never throws for what the file holds. */
export const replayFile = async (path: string): Promise<ReplayResult> => {
  let replayer: Replayer | undefined
  let port = 0
  let line = 0
  let ended = false
  try {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const text of lines) {
      line++
      const value = parse(text)
      if (replayer === undefined) {
        const header = readHeader(value)
        if (typeof header === "string") return { _tag: "Unusable", why: header }
        replayer = new Replayer(header.topology)
        port = header.port
        continue
      }
      if (ended) return { _tag: "Unusable", why: `line ${line}: something follows the end` }
      if (value === undefined) return { _tag: "Unusable", why: `line ${line}: not a JSON object` }
      if (value.e === "End") {
        if (value.p !== "end" || value.events !== replayer.events || value.i !== replayer.events + 1) {
          return {
            _tag: "Unusable",
            why: `line ${line}: the end counts ${String(value.events)} events, ${replayer.events} were read`,
          }
        }
        ended = true
        continue
      }
      const step = fromLine(value, port)
      if (typeof step === "string") return { _tag: "Unusable", why: `line ${line}: ${step}` }
      if (value.i !== line - 1)
        return { _tag: "Unusable", why: `line ${line}: position ${String(value.i)} is out of order` }
      const why = replayer.step(step)
      if (why !== undefined) return { _tag: "Diverged", at: line - 1, why: `${String(value.p)} ${why}` }
    }
  } catch (error) {
    return { _tag: "Unusable", why: `cannot be read: ${(error as Error).message}` }
  }
  if (replayer === undefined) return { _tag: "Unusable", why: "the file is empty" }
  if (!ended)
    return { _tag: "Unusable", why: `no end after ${replayer.events} events: the trace is truncated` }
  return { _tag: "Same", events: replayer.events, outcomes: replayer.outcomes }
}

/** `pika replay FILE`: 0 same, 1 diverged, 2 unusable. */
export const replayCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const path = args[0]
  if (path === undefined || args.length !== 1) {
    process.stderr.write("usage: pika replay FILE\n")
    return 2
  }
  const result = await replayFile(path)
  switch (result._tag) {
    case "Same":
      process.stdout.write(`same: ${result.events} events re-executed, every output as recorded\n`)
      return 0
    case "Diverged":
      process.stdout.write(`diverged at event ${result.at} (line ${result.at + 1}): ${result.why}\n`)
      return 1
    case "Unusable":
      process.stderr.write(`unusable: ${path}: ${result.why}\n`)
      return 2
    default:
      return result satisfies never
  }
}
