/** Writes a recording as it comes. */
import { createHash } from "node:crypto"
import { closeSync, openSync, writeSync } from "node:fs"
import type { StepRecord } from "../codec/record.ts"
import type { Topology } from "../core/topology.ts"
import { lineText, TRACE_VERSION, type TraceEnd, type TraceHeader } from "./event.ts"

/** Characters gathered before they are written. */
const CHUNK = 1 << 18

export class TraceWriter {
  events = 0
  readonly path: string
  readonly #file: number
  readonly #hash = createHash("sha256")
  #text: string
  #open = true

  /** Makes the file, or empties it. @throws when it can't be written */
  constructor(path: string, topology: Topology) {
    this.path = path
    this.#file = openSync(path, "w")
    const header: TraceHeader = { pika: "trace", version: TRACE_VERSION, topology }
    this.#text = `${JSON.stringify(header)}\n`
    this.flush()
  }

  /** @throws when the disk is full, and the like */
  step(step: StepRecord): void {
    this.#text += `${lineText(++this.events, step)}\n`
    if (this.#text.length > CHUNK) this.flush()
  }

  /** Whole lines only reach the file, so that whoever follows it sees no half of one for long. */
  flush(): void {
    if (this.#text === "") return
    const bytes = Buffer.from(this.#text, "latin1")
    this.#text = ""
    this.#hash.update(bytes)
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
  }

  /** The last line. `lost`: steps that are missing, `why` they are. */
  end(lost: number, why?: string): void {
    this.flush()
    const { events } = this
    const end: TraceEnd = {
      i: events + 1,
      p: "end",
      e: "End",
      events,
      lost,
      ...(why === undefined ? undefined : { why }),
      digest: this.#hash.digest("hex"),
    }
    this.#text = `${JSON.stringify(end)}\n`
    const bytes = Buffer.from(this.#text, "utf8")
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    this.close()
  }

  close(): void {
    if (this.#open) closeSync(this.#file)
    this.#open = false
  }
}
