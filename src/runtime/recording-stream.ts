/** Writes a recording while it is made: what has its place goes to the file, and only what waits for others is kept. */
import { decodeRecord } from "../codec/record.ts"
import type { Topology } from "../core/topology.ts"
import { MergeError, Merger } from "../trace/merge.ts"
import { TraceWriter } from "../trace/writer.ts"

/** Steps that may wait for others. More do only behind a hole, or when the machine is too slow to record. */
export const MOST_WAITING = 200_000

export class RecordingStream {
  /** Steps taken in. */
  steps = 0
  readonly #writer: TraceWriter
  readonly #merger: Merger
  readonly #most: number
  /** What ended the recording early; the stack goes on without it. */
  #trouble: string | undefined

  /** @throws when the file can't be made */
  constructor(path: string, topology: Topology, most = MOST_WAITING) {
    this.#writer = new TraceWriter(path, topology)
    this.#merger = new Merger(topology, (step) => this.#writer.step(step))
    this.#most = most
  }

  get events(): number {
    return this.#writer.events
  }

  get unsent(): number {
    return this.#merger.unsent.length
  }

  /** Steps that wait for others. */
  get waiting(): number {
    return this.#merger.pending
  }

  /** One more step of its process, in the process's own order. */
  add(record: Int32Array): void {
    this.steps++
    this.#try(() => {
      if (this.#merger.pending >= this.#most) {
        throw new MergeError(
          `more than ${this.#most} steps wait for their place: ${this.#merger.stuck ?? ""}`,
        )
      }
      this.#merger.add(decodeRecord(record, 0))
    })
  }

  /** All that application `a` recorded so far has also been sent. */
  settle(a: number): void {
    this.#merger.settle({ role: "application", index: a })
  }

  /** Writes what has its place. */
  advance(): void {
    this.#try(() => {
      this.#merger.advance()
      this.#writer.flush()
    })
  }

  /** Nothing more will come. `gone`: steps that never came here, `why`: why not. */
  end(gone: number, why: ReadonlyArray<string>): { readonly lost: number; readonly why: string } {
    this.#try(() => this.#merger.finish())
    const lost = gone + this.steps - this.events - this.unsent
    const text = [...why, ...(this.#trouble === undefined ? [] : [this.#trouble])].join("; ")
    try {
      this.#writer.end(lost, lost === 0 ? undefined : text)
    } catch (error) {
      // Without its end it is refused as well.
      return { lost: Math.max(lost, 1), why: `${text}${text === "" ? "" : "; "}${(error as Error).message}` }
    } finally {
      this.#writer.close()
    }
    return { lost, why: text }
  }

  #try(work: () => void): void {
    if (this.#trouble !== undefined) return
    try {
      work()
    } catch (error) {
      this.#trouble = (error as Error).message
    }
  }
}
