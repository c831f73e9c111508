/** Gathers what every process records, for a trace of the whole run. */
import { roles } from "../codec/record.ts"
import { RecordLog } from "../codec/record-log.ts"
import { RecorderTail } from "../codec/recorder-ring.ts"
import type { Role } from "../core/outbox.ts"
import type { Topology } from "../core/topology.ts"
import type { Region } from "../memory/region.ts"
import { merge, writeTrace } from "../trace/merge.ts"
import { RECORDER_CAPACITY } from "./plan.ts"

/** Steps kept of one run; a longer one's recording ends there. */
const MOST_STEPS = 4_000_000

/** Whose steps a recorder may hold: what a process writes of others is not believed. */
export type Owner = ReadonlyArray<{ readonly role: Role; readonly index: number }>

/** As a record has it. */
const keyOf = (role: Role, index: number): number => (roles.indexOf(role) << 16) | index

interface Followed {
  readonly tail: RecorderTail
  readonly keys: ReadonlySet<number>
}

export class Recording {
  /** Steps that came after the bound. */
  dropped = 0
  /** Records of steps that are not their recorder's to take. */
  forged = 0
  #steps = 0
  /** Records that were overwritten before they were read, in recorders not followed any more. */
  #overruns = 0
  readonly #followed = new Set<Followed>()
  /** By process (role << 16 | index): its records in order. */
  readonly #logs = new Map<number, RecordLog>()

  /** Follows one more recorder, until the function that is answered is called. */
  follow(region: Region, owner: Owner): () => void {
    const followed: Followed = {
      tail: new RecorderTail(region, 0, RECORDER_CAPACITY),
      keys: new Set(owner.map(({ role, index }) => keyOf(role, index))),
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
  }

  get overruns(): number {
    return [...this.#followed].reduce((sum, x) => sum + x.tail.overruns, this.#overruns)
  }

  get steps(): number {
    return this.#steps
  }

  /**
   * Writes the trace of every port.
   * @throws {MergeError} when the recordings are no one run @throws {RangeError} when a record is damaged
   */
  write(path: string, topology: Topology): { readonly events: number; readonly unsent: number } {
    const logs = [...this.#logs.values()].map((log) => log.steps())
    const merged = merge(logs, topology)
    writeTrace(path, merged)
    return { events: merged.steps.length, unsent: merged.unsent.length }
  }

  #drain({ tail, keys }: Followed): void {
    tail.drain((record) => {
      if (keys.has(record[1]!)) this.#add(record)
      else this.forged++
    })
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
