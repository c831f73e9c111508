/** Messages to another server: its queue, and behind it what finds no room, in order. */

import { encodeMessage, RIDER } from "../codec/message.ts"
import type { Message } from "../core/message.ts"
import type { QueueWriter } from "../memory/queue.ts"

const WORDS = 15

export class Outgoing {
  readonly writer: QueueWriter
  /**
   * Bounded by what the protocol can have under way between two servers: two messages for each connection and one
   * for each claim (`docs/architecture.md`); beyond `most` it is a bug, and throws.
   */
  readonly #overflow: Array<Int32Array> = []
  readonly #most: number
  /** How often a message had to wait for room. */
  waited = 0
  /** The server there has gone: what is sent to it is dropped. */
  lost = false

  constructor(writer: QueueWriter, most: number) {
    this.writer = writer
    this.#most = most
  }

  get waiting(): number {
    return this.#overflow.length
  }

  /** The place after everything that was sent so far. */
  get position(): number {
    return (this.writer.position + this.#overflow.length) | 0
  }

  /** Whether the other side has taken everything before `position`, or will never. */
  isTaken(position: number): boolean {
    return this.lost || this.writer.isConsumed(position)
  }

  /** `rider`: words 6 … 14 from `words` at `at`. */
  send(
    message: Message,
    port: number,
    sender: number,
    rider: Int32Array | undefined,
    at: number,
    count: number,
  ): void {
    if (this.lost) return
    const i = this.#overflow.length === 0 ? this.writer.reserve() : -1
    if (i >= 0) {
      fillMessage(this.writer.words, i, message, port, sender, rider, at, count)
      this.writer.submit()
      return
    }
    if (this.#overflow.length >= this.#most)
      throw new Error(`more than ${this.#most} messages wait for one server`)
    const words = new Int32Array(WORDS)
    fillMessage(words, 0, message, port, sender, rider, at, count)
    this.#overflow.push(words)
    this.waited++
  }

  /** Room for what must not wait and need not arrive: as QueueWriter.reserve, but −1 too while anything waits. */
  reserve(): number {
    return this.#overflow.length === 0 ? this.writer.reserve() : -1
  }

  /** About to sleep: false when something waits and there is room for it by now. */
  armRoom(): boolean {
    return this.lost || this.#overflow.length === 0 || this.writer.armRoom()
  }

  /** Sends what waited; true when the other side sleeps and must be rung. */
  flush(): boolean {
    if (this.lost) this.#overflow.length = 0
    let sent = 0
    for (; sent < this.#overflow.length; sent++) {
      const i = this.writer.reserve()
      if (i < 0) break
      this.writer.words.set(this.#overflow[sent]!, i)
      this.writer.submit()
    }
    if (sent > 0) this.#overflow.splice(0, sent)
    return this.writer.flush()
  }
}

/** A core message with its sender and rider: words i … i + 14. */
export const fillMessage = (
  words: Int32Array,
  i: number,
  message: Message,
  port: number,
  sender: number,
  rider: Int32Array | undefined,
  at: number,
  count: number,
): void => {
  encodeMessage(words, i, message, port)
  words[i + RIDER] = sender
  if (rider !== undefined) for (let k = 0; k < count; k++) words[i + RIDER + 1 + k] = rider[at + k]!
}
