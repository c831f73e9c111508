/** Gathers what every process records, for a trace of the whole run. */
import { RecordLog } from "../codec/record-log.ts"
import { RecorderTail } from "../codec/recorder-ring.ts"
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
  readonly #logs = new Map<number, RecordLog>()

  /** Follows one more recorder, which is drained with all others. */
  follow(region: Region): void {
    this.#tails.push(new RecorderTail(region, 0, RECORDER_CAPACITY))
  }

  drain(): void {
    for (const tail of this.#tails) tail.drain((record) => this.#add(record))
  }

  get overruns(): number {
    return this.#tails.reduce((sum, x) => sum + x.overruns, 0)
  }

  get steps(): number {
    return this.#steps
  }

  /** Writes the trace of every port. @throws {MergeError} when the recordings are no one run. */
  write(path: string, topology: Topology): { readonly events: number; readonly unsent: number } {
    const logs = [...this.#logs.values()].map((log) => log.steps())
    const merged = merge(logs, topology)
    writeTrace(path, merged)
    return { events: merged.steps.length, unsent: merged.unsent.length }
  }

  #add(record: Int32Array): void {
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
