/** Merges the recordings of all processes into one order that respects causality, as they come. */
import type { Process, StepRecord } from "../codec/record.ts"
import type { Topology } from "../core/topology.ts"
import { processName } from "./event.ts"
import { Evidence, type Fate } from "./evidence.ts"
import { Instances, type Machines } from "./machines.ts"
import { TraceWriter } from "./writer.ts"

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

/** µs: steps so near in time keep the order in which their logs are looked at. */
const NEAR = 50

/** What a process recorded and no place was found for yet. */
class Log {
  /** Whatever its last step sends has left the process. */
  settled = false
  readonly #steps: Array<StepRecord> = []
  #head = 0

  get length(): number {
    return this.#steps.length - this.#head
  }

  /** The k-th that waits. */
  at(k: number): StepRecord | undefined {
    return this.#steps[this.#head + k]
  }

  /** Those after the k-th. */
  *after(k: number): Iterable<StepRecord> {
    for (let j = this.#head + k + 1; j < this.#steps.length; j++) yield this.#steps[j]!
  }

  push(step: StepRecord): void {
    this.settled = false
    this.#steps.push(step)
  }

  shift(): void {
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#steps.length) {
      this.#steps.splice(0, this.#head)
      this.#head = 0
    }
  }
}

/**
 * Finds the order by re-executing the core: a step comes when its process's earlier ones have, and the message that it
 * receives heads its channel. No clock is asked. What is not ordered yet waits, so memory is bounded by that.
 */
export class Merger {
  readonly unsent: Array<string> = []
  /** Steps that wait for others. */
  pending = 0
  readonly #instances: Instances
  readonly #emit: (step: StepRecord) => void
  readonly #logs = new Map<string, Log>()
  readonly #evidence: Evidence
  #emitted = 0
  #complete = false

  constructor(topology: Topology, emit: (step: StepRecord) => void) {
    this.#instances = new Instances(topology)
    this.#evidence = new Evidence(topology)
    this.#emit = emit
  }

  /** One more step of its process, in the process's own order. */
  add(step: StepRecord): void {
    const name = processName(step.process)
    let log = this.#logs.get(name)
    if (log === undefined) {
      log = new Log()
      this.#logs.set(name, log)
    }
    log.push(step)
    this.pending++
    this.#evidence.received(step)
  }

  /** All that this process recorded so far has also been sent. */
  settle(process: Process): void {
    const log = this.#logs.get(processName(process))
    if (log !== undefined) log.settled = true
  }

  /**
   * Emits what has its place, at most `most` steps; answers how many.
   * @throws {MergeError} when a step did not do what the core does: the recording is damaged
   */
  advance(most = Number.POSITIVE_INFINITY): number {
    let emitted = 0
    while (emitted < most) {
      // In about the order of the clocks where causality leaves a choice: channels then hold what they really held.
      const some = this.#pass(this.#earliest() + NEAR, most - emitted)
      const more = some > 0 ? some : this.#pass(Number.POSITIVE_INFINITY, 1)
      if (more === 0) break
      emitted += more
    }
    return emitted
  }

  #earliest(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const log of this.#logs.values()) earliest = Math.min(earliest, log.at(0)?.env.now ?? earliest)
    return earliest
  }

  /** Places what can be placed of each log up to the time `until`, at most `most` steps; answers how many. */
  #pass(until: number, most: number): number {
    let placed = 0
    for (const log of this.#logs.values()) {
      for (let step = log.at(0); step !== undefined && step.env.now <= until; step = log.at(0)) {
        if (placed >= most) return placed
        const machines = this.#instances.of(step.port)
        if (!machines.exists(step.process) || machines.ready(step) !== true) break
        const fate = this.#fate(step, log, machines)
        if (fate === "unknown") break
        log.shift()
        this.pending--
        placed++
        if (fate === "sent") this.#take(step, machines)
        else this.unsent.push(`${processName(step.process)} ${step.event._tag}`)
      }
    }
    return placed
  }

  /**
   * Nothing more will come: emits the rest.
   * @throws {MergeError} naming the first events that nothing allows
   */
  finish(): void {
    this.#complete = true
    this.advance()
    const why = this.stuck
    if (why !== undefined) throw new MergeError(`no order after ${this.#emitted} steps: ${why}`)
  }

  /** What each log waits for; undefined when none has anything. */
  get stuck(): string | undefined {
    const waiting = [...this.#logs.values()].flatMap((log) => {
      const step = log.at(0)
      if (step === undefined) return []
      const { process, event } = step
      const machines = this.#instances.of(step.port)
      const why = machines.exists(process) ? machines.ready(step) : "no such process in this topology"
      return [`${processName(process)} ${JSON.stringify(event)}: ${String(why)}`]
    })
    return waiting.length === 0 ? undefined : waiting.join("; ")
  }

  /** Whether the step's message left its process. A killed one's last step may never have. */
  #fate(step: StepRecord, log: Log, machines: Machines): Fate {
    const next = log.at(1)
    if (next === undefined) {
      if (log.settled || this.#complete) return "sent"
      return this.#evidence.fate(step, machines, false, []) === "sent" ? "sent" : "unknown"
    }
    if (next.doubtful !== true) return "sent"
    const fate = this.#evidence.fate(step, machines, this.#complete, log.after(0))
    return fate === "unknown" && this.#complete ? "unsent" : fate
  }

  #take(step: StepRecord, machines: Machines): void {
    machines.apply(step)
    this.#evidence.sent(step, machines)
    const { out } = machines
    const { outcome, chosen } = step
    if (out.outcome === "Illegal") {
      throw new MergeError(
        `${processName(step.process)} ${step.event._tag}: no action of the protocol allows it in this state`,
      )
    }
    if (
      out.outcome !== outcome ||
      out.a !== chosen.a ||
      out.g !== chosen.g ||
      machines.hash() !== step.hash
    ) {
      throw new MergeError(
        `${processName(step.process)} ${step.event._tag}: recorded ${outcome} (${chosen.a}, ${chosen.g}), hash ${step.hash}; ` +
          `the core decides ${out.outcome} (${out.a}, ${out.g}), hash ${machines.hash()}`,
      )
    }
    this.#emitted++
    this.#emit(step)
  }
}

/**
 * One order of all steps. `logs`: one for each process, in its own order.
 * @throws {MergeError} naming the first events that nothing allows.
 */
export const merge = (logs: ReadonlyArray<ReadonlyArray<StepRecord>>, topology: Topology): MergeResult => {
  const steps: Array<StepRecord> = []
  const merger = new Merger(topology, (step) => steps.push(step))
  for (const log of logs) for (const step of log) merger.add(step)
  merger.finish()
  return { topology, steps, unsent: merger.unsent }
}

/** Writes a merged recording as NDJSON. */
export const writeTrace = (path: string, merged: MergeResult): void => {
  const writer = new TraceWriter(path, merged.topology)
  for (const step of merged.steps) writer.step(step)
  writer.end(0)
}
