/** What an application slot has while a process is in it: memory of its own, that nobody had before or has afterwards. */
import { RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import { type AppLinkConfig, appLinkBytes, initAppLink } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"
import * as native from "../native/native.ts"
import type { Slot } from "../server/slot.ts"
import type { Client } from "./control-socket.ts"
import { RECORDER_CAPACITY } from "./plan.ts"

interface Life {
  /** The links to all servers. */
  readonly memory: number
  readonly recorder: number
  readonly bell: { readonly hear: number; readonly ring: number }
  /** What the recorder holds. */
  readonly steps: Region
}

export class Place {
  readonly slot: Slot
  client: Client | undefined
  /** Servers that do not know of the client's listener yet. */
  readonly unheard = new Set<number>()
  #life: Life | undefined
  #given = false

  constructor(slot: Slot) {
    this.slot = slot
  }

  /**
   * Makes the memory for a process that comes. Answers what it will have recorded.
   * @throws {NativeError} when the system has no descriptor or memory left
   */
  open(link: AppLinkConfig, servers: number): Region {
    const stride = appLinkBytes(link)
    const made: Array<number> = []
    const keep = (fd: number): number => {
      made.push(fd)
      return fd
    }
    try {
      const memory = keep(native.memfd(`pika-application-${this.slot.a}`, stride * servers))
      const recorder = keep(native.memfd(`pika-recorder-${this.slot.a}`, recorderBytes(RECORDER_CAPACITY)))
      const bell = native.makeBell()
      made.push(bell.hear, bell.ring)
      const region = native.mapRegion(memory, stride * servers)
      for (let k = 0; k < servers; k++) initAppLink(region, k * stride, link)
      native.unmapRegion(region)
      const steps = native.mapRegion(recorder, recorderBytes(RECORDER_CAPACITY))
      this.#life = { memory, recorder, bell, steps }
      this.#given = false
      return steps
    } catch (error) {
      for (const fd of made) native.close(fd)
      throw error
    }
  }

  get #open(): Life {
    if (this.#life === undefined) throw new Error(`nobody is in application slot ${this.slot.a}`)
    return this.#life
  }

  /** For a server: the memory, and what rings the process. */
  get forServer(): ReadonlyArray<number> {
    const { memory, bell } = this.#open
    return [memory, bell.ring]
  }

  /** For the process: the memory, the recorder, and what it is rung by. */
  get forClient(): ReadonlyArray<number> {
    const { memory, recorder, bell } = this.#open
    return [memory, recorder, bell.hear]
  }

  /** Writes where the process does. It is not there yet, or no more. */
  get recorder(): RecorderWriter {
    return new RecorderWriter(this.#open.steps, 0, RECORDER_CAPACITY)
  }

  /** Everybody has the descriptors. */
  given(): void {
    if (this.#given || this.#life === undefined) return
    this.#given = true
    const { memory, recorder, bell } = this.#life
    for (const fd of [memory, recorder, bell.hear, bell.ring]) native.close(fd)
  }

  /** The process is gone, and every server knows. */
  close(): void {
    this.given()
    if (this.#life !== undefined) native.unmapRegion(this.#life.steps)
    this.#life = undefined
  }
}
