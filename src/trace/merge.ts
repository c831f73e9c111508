/** Merges the recordings of all processes into one order that respects causality. */
import { appendFileSync, writeFileSync } from "node:fs"
import type { Process, StepRecord } from "../codec/record.ts"
import { firstConnection, type Topology } from "../core/topology.ts"
import { processName, TRACE_VERSION, type TraceEnd, type TraceHeader, toLine } from "./event.ts"
import { Machines, senderOf } from "./machines.ts"

export interface MergeResult {
  readonly topology: Topology
  readonly steps: ReadonlyArray<StepRecord>
  /** Last steps of killed applications that never left them: left out. */
  readonly unsent: ReadonlyArray<string>
}

/** The recordings cannot be one run: events are missing or altered. */
export class MergeError extends Error {
  override readonly name = "MergeError"
}

/** Ids made dense: recordings use few of the many that a stack has, and every id costs the validator. */
const compact = (logs: ReadonlyArray<ReadonlyArray<StepRecord>>, topology: Topology) => {
  const seen = new Set<number>()
  for (const log of logs) {
    for (const { event } of log) {
      const c =
        "c" in event ? event.c : "message" in event && "c" in event.message ? event.message.c : undefined
      if (c !== undefined) seen.add(c)
    }
  }
  const used = new Map<number, number>()
  const counts = new Map<number, number>()
  let most = 1
  // In their order: what a step sends about several connections goes by ascending id.
  for (const c of [...seen].sort((x, y) => x - y)) {
    const group = Math.trunc(c / topology.connections)
    const k = counts.get(group) ?? 0
    counts.set(group, k + 1)
    used.set(c, k)
    most = Math.max(most, k + 1)
  }
  const dense: Topology = { ...topology, connections: most }
  const rename = (c: number): number => {
    const group = Math.trunc(c / topology.connections)
    const first = firstConnection(dense, Math.trunc(group / topology.transports), group % topology.transports)
    return first + used.get(c)!
  }
  return { dense, rename }
}

const renamed = (step: StepRecord, rename: (c: number) => number): StepRecord => {
  const { event } = step
  if ("c" in event) return { ...step, event: { ...event, c: rename(event.c) } }
  if ("message" in event && "c" in event.message) {
    return {
      ...step,
      event: { ...event, message: { ...event.message, c: rename(event.message.c) } } as typeof event,
    }
  }
  return step
}

/**
 * One order of all steps. `logs`: one for each process, in its own order.
 * @throws {MergeError} naming the first events that nothing allows.
 */
export const merge = (input: ReadonlyArray<ReadonlyArray<StepRecord>>, topology: Topology): MergeResult => {
  const { dense, rename } = compact(input, topology)
  const logs = input.map((log) => log.map((step) => renamed(step, rename)))
  const machines = new Machines(dense)
  const position = logs.map(() => 0)
  const steps: Array<StepRecord> = []
  const unsent: Array<string> = []
  const received = receivedInLives(logs, dense)
  const life = new Map<string, number>()
  const sent = new Map<string, number>()
  let progress = true
  while (progress) {
    progress = false
    for (let k = 0; k < logs.length; k++) {
      const log = logs[k]!
      while (position[k]! < log.length) {
        const step = log[position[k]!]!
        if (machines.ready(step) !== true) break
        position[k]!++
        progress = true
        const last = log[position[k]!]?.event._tag === "Die"
        const target = last ? unsentTarget(step, machines) : undefined
        if (target !== undefined) {
          const channel = `${processName(step.process)}>${target}`
          const lives = received.get(channel) ?? [0]
          const now = life.get(channel) ?? 0
          // A listener's close sends a Detach of its own, before that of the end.
          const arrived =
            step.event._tag === "CloseListener"
              ? lives.length > now + 2
              : (lives[now] ?? 0) > (sent.get(channel) ?? 0)
          if (!arrived) {
            unsent.push(`${processName(step.process)} ${step.event._tag}`)
            continue
          }
        }
        machines.apply(step)
        count(step, machines, sent, life)
        // The hash covers ids, which were renamed: take the core's own, once outcome and choice agree.
        const { out } = machines
        if (out.outcome !== step.outcome || out.a !== step.chosen.a || out.g !== step.chosen.g) {
          throw new MergeError(
            `${processName(step.process)} ${step.event._tag}: recorded ${step.outcome} (${step.chosen.a}, ${step.chosen.g}), ` +
              `the core decides ${out.outcome} (${out.a}, ${out.g})`,
          )
        }
        steps.push({ ...step, hash: machines.hash() })
      }
    }
  }
  const stuck = logs.flatMap((log, k) => {
    const step = log[position[k]!]
    return step === undefined
      ? []
      : [`${processName(step.process)} ${JSON.stringify(step.event)}: ${String(machines.ready(step))}`]
  })
  if (stuck.length > 0) throw new MergeError(`no order after ${steps.length} steps: ${stuck.join("; ")}`)
  return { topology: dense, steps, unsent }
}

/** Whom an application's step sends to, when it sends one message. */
const unsentTarget = (step: StepRecord, machines: Machines): string | undefined => {
  if (step.process.role !== "application") return undefined
  if (step.event._tag === "Register" || step.event._tag === "CloseListener") {
    return `cm${step.process.index % machines.topology.managers}`
  }
  if (step.event._tag === "Claim") return machines.claimTarget(step.process.index)
  return undefined
}

/** For each channel from an application: messages other than the final Detach received in each life of the slot. */
const receivedInLives = (logs: ReadonlyArray<ReadonlyArray<StepRecord>>, topology: Topology) => {
  const lives = new Map<string, Array<number>>()
  for (const log of logs) {
    for (const step of log) {
      const sender: Process | undefined = senderOf(step)
      if (sender?.role !== "application" || sender.index >= topology.applications) continue
      const channel = `${processName(sender)}>${processName(step.process)}`
      const list = lives.get(channel) ?? [0]
      if (step.event._tag === "TransportReceiveDetach" || step.event._tag === "ManagerReceiveDetach")
        list.push(0)
      else list[list.length - 1]!++
      lives.set(channel, list)
    }
  }
  return lives
}

/** Keeps the counts that `receivedInLives` is compared with. */
const count = (
  step: StepRecord,
  machines: Machines,
  sent: Map<string, number>,
  life: Map<string, number>,
): void => {
  if (step.process.role !== "application") return
  const { out } = machines
  for (let k = 0; k < out.length; k++) {
    const to = processName({ role: out.roles[k]!, index: out.to[k]! })
    const channel = `${processName(step.process)}>${to}`
    if (out.messages[k]!._tag === "Detach") {
      life.set(channel, (life.get(channel) ?? 0) + 1)
      sent.set(channel, 0)
    } else sent.set(channel, (sent.get(channel) ?? 0) + 1)
  }
}

const CHUNK = 4096

/** Writes a merged recording as NDJSON. */
export const writeTrace = (path: string, merged: MergeResult, port: number): void => {
  const header: TraceHeader = { pika: "trace", version: TRACE_VERSION, topology: merged.topology, port }
  writeFileSync(path, `${JSON.stringify(header)}\n`)
  for (let k = 0; k < merged.steps.length; k += CHUNK) {
    const part = merged.steps.slice(k, k + CHUNK)
    appendFileSync(path, part.map((step, j) => `${JSON.stringify(toLine(k + j + 1, step))}\n`).join(""))
  }
  const events = merged.steps.length
  const end: TraceEnd = { i: events + 1, p: "end", e: "End", events }
  appendFileSync(path, `${JSON.stringify(end)}\n`)
}
