/** Gathers what every process records, for a trace of the whole run. */

import { decodeRecord, encodeRecord, RECORD_WORDS } from "../codec/record.ts"
import { RecorderTail } from "../codec/recorder-ring.ts"
import type { Event } from "../core/event.ts"
import type { Outbox } from "../core/outbox.ts"
import type { Topology } from "../core/topology.ts"
import type { Region } from "../memory/region.ts"
import { merge, writeTrace } from "../trace/merge.ts"
import { RECORDER_CAPACITY } from "./plan.ts"

/** Steps kept of one run; a longer one's recording ends there. */
const MOST_STEPS = 4_000_000

export class Recording {
  /** Steps that came after the bound. */
  dropped = 0
  #steps = 0
  readonly #tails: Array<RecorderTail> = []
  /** By process (role << 16 | index): its records in order. */
  readonly #logs = new Map<number, Array<Int32Array>>()

  /** Follows one more recorder; answers its tail, which is drained with all others. */
  follow(region: Region): RecorderTail {
    const tail = new RecorderTail(region, 0, RECORDER_CAPACITY)
    this.#tails.push(tail)
    return tail
  }

  drain(): void {
    for (const tail of this.#tails) tail.drain((record) => this.#add(record))
  }

  /** A step that the supervisor takes for an application: its process is not there yet, or no more. */
  add(a: number, port: number, event: Event, now: number, out: Outbox): void {
    const record = new Int32Array(RECORD_WORDS)
    encodeRecord(record, 0, "application", a, port, event, { now, draw: 0 }, out)
    this.#add(record)
  }

  get overruns(): number {
    return this.#tails.reduce((sum, x) => sum + x.overruns, 0)
  }

  get steps(): number {
    return this.#steps
  }

  /** Writes the trace of one port. @throws {MergeError} when the recordings are no one run. */
  write(
    path: string,
    topology: Topology,
    port: number,
  ): { readonly events: number; readonly unsent: number } {
    const logs = [...this.#logs.values()].map((log) =>
      log.map((record) => decodeRecord(record, 0)).filter((step) => step.port === port),
    )
    const merged = merge(logs, topology)
    writeTrace(path, merged, port)
    return { events: merged.steps.length, unsent: merged.unsent.length }
  }

  #add(record: Int32Array): void {
    if (this.#steps >= MOST_STEPS) {
      this.dropped++
      return
    }
    this.#steps++
    const key = record[1]!
    const log = this.#logs.get(key)
    if (log === undefined) this.#logs.set(key, [record])
    else log.push(record)
  }
}
