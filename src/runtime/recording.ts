/** Gathers what every process records, for a trace of the whole run. */
import { roles } from "../codec/record.ts"
import { RecordLog } from "../codec/record-log.ts"
import { RecorderTail } from "../codec/recorder-ring.ts"
import type { Role } from "../core/outbox.ts"
import type { Topology } from "../core/topology.ts"
import type { Region } from "../memory/region.ts"
import { MergeError, Merger } from "../trace/merge.ts"
import { TraceWriter } from "../trace/writer.ts"
import { RECORDER_CAPACITY } from "./plan.ts"
import { RecordingStream } from "./recording-stream.ts"

/** Steps kept of one run; a longer one's recording ends there. */
const MOST_STEPS = 4_000_000

/** Rounds over the recorders, 20 ms apart, after which a run that never rests is cut as it is. */
const MOST_ROUNDS = 250
const ROUND_MS = 20

/** Whose steps a recorder may hold: what a process writes of others is not believed. */
export type Owner = ReadonlyArray<{ readonly role: Role; readonly index: number }>

/** As a record has it. */
const keyOf = (role: Role, index: number): number => (roles.indexOf(role) << 16) | index

export interface Written {
  readonly events: number
  /** Last steps of killed processes that never left them: rightly not there. */
  readonly unsent: number
  /** Steps that are missing: the recording has a hole, and is refused by replay and validate. */
  readonly lost: number
  readonly why: string
}

interface Followed {
  readonly tail: RecorderTail
  readonly keys: ReadonlySet<number>
  /** Of an application's recorder. */
  readonly application: number | undefined
}

export class Recording {
  /** Steps that came after the bound. */
  dropped = 0
  /** Records of steps that are not their recorder's to take. */
  forged = 0
  #steps = 0
  #ended = false
  /** Records that were overwritten before they were read, in recorders not followed any more. */
  #overruns = 0
  #stream: RecordingStream | undefined
  readonly #followed = new Set<Followed>()
  /** By process (role << 16 | index): its records in order. */
  readonly #logs = new Map<number, RecordLog>()

  /** Follows one more recorder, until the function that is answered is called. */
  follow(region: Region, owner: Owner): () => void {
    if (this.#ended) return () => {}
    const followed: Followed = {
      tail: new RecorderTail(region, 0, RECORDER_CAPACITY),
      keys: new Set(owner.map(({ role, index }) => keyOf(role, index))),
      application: owner.find((x) => x.role === "application")?.index,
    }
    this.#followed.add(followed)
    return () => {
      if (!this.#followed.delete(followed)) return
      this.#drain(followed)
      this.#overruns += followed.tail.overruns
    }
  }

  drain(): void {
    for (const x of this.#followed) this.#drain(x)
    this.#stream?.advance()
  }

  /** From now on steps are written to `path` as they come, and not kept. @throws when the file can't be made */
  stream(path: string, topology: Topology): void {
    this.#stream = new RecordingStream(path, topology)
  }

  /** Ends what `stream` began. */
  close(): Written {
    const stream = this.#stream
    if (stream === undefined) throw new Error("nothing is streamed")
    this.drain()
    const { overruns } = this
    const gone = overruns > 0 ? [`${overruns} were overwritten before they were read`] : []
    const { lost, why } = stream.end(overruns, gone)
    this.#stream = undefined
    return { events: stream.events, unsent: stream.unsent, lost, why }
  }

  /**
   * Ends the recording while the stack lives on, at a moment of rest: a whole round over every recorder brought nothing, so
   * no step is held without the one that caused it. Nothing is followed after that, and no more memory taken.
   * @returns false when the stack never rested
   */
  async end(): Promise<boolean> {
    let before = -1
    for (let k = 0; k < MOST_ROUNDS && before !== this.#steps; k++) {
      before = this.#steps
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS))
      this.drain()
    }
    this.#overruns = this.overruns
    this.#followed.clear()
    this.#ended = true
    return before === this.#steps
  }

  get overruns(): number {
    return [...this.#followed].reduce((sum, x) => sum + x.tail.overruns, this.#overruns)
  }

  get steps(): number {
    return this.#steps
  }

  /**
   * Writes the trace of every port, as far as it goes: what is missing is counted in its end, and whoever reads it is told.
   * @throws when the file can't be written
   */
  write(path: string, topology: Topology): Written {
    const writer = new TraceWriter(path, topology)
    try {
      const merger = new Merger(topology, (step) => writer.step(step))
      const trouble = this.#merge(merger)
      // Forged records are no steps.
      const missing = this.#steps - writer.events - merger.unsent.length
      const lost = this.overruns + this.dropped + missing
      const why = [
        ...(this.overruns > 0 ? [`${this.overruns} were overwritten before they were read`] : []),
        ...(this.dropped > 0 ? [`${this.dropped} came after the first ${MOST_STEPS}`] : []),
        ...(trouble === undefined ? [] : [trouble]),
      ].join("; ")
      writer.end(lost, lost === 0 ? undefined : why)
      return { events: writer.events, unsent: merger.unsent.length, lost, why }
    } finally {
      writer.close()
    }
  }

  /** What keeps the steps from being one run; undefined: nothing does. */
  #merge(merger: Merger): string | undefined {
    try {
      for (const log of this.#logs.values()) for (const step of log.steps()) merger.add(step)
      merger.finish()
      return undefined
    } catch (error) {
      if (error instanceof MergeError || error instanceof RangeError) return error.message
      throw error
    }
  }

  #drain({ tail, keys, application }: Followed): void {
    tail.drain((record) => {
      if (keys.has(record[1]!)) this.#add(record)
      else this.forged++
    })
    if (application !== undefined && tail.settled) this.#stream?.settle(application)
  }

  #add(record: Int32Array): void {
    if (this.#stream !== undefined) {
      this.#steps++
      this.#stream.add(record)
      return
    }
    if (this.#steps >= MOST_STEPS) {
      this.dropped++
      return
    }
    this.#steps++
    const key = record[1]!
    let log = this.#logs.get(key)
    if (log === undefined) {
      log = new RecordLog()
      this.#logs.set(key, log)
    }
    log.add(record)
  }
}
