/** Messages between components of one server, first in, first out; nothing is allocated for one once the list has grown. */
import type { Message } from "../core/message.ts"
import type { Role } from "../core/outbox.ts"
import type { Receive } from "./dispatcher.ts"

/** Words of a rider: those behind a core message. */
const RIDER_WORDS = 8

export class LocalMessages {
  readonly #roles: Array<Role> = []
  readonly #messages: Array<Message> = []
  readonly #ports: Array<number> = []
  readonly #senders: Array<number> = []
  /** Words of a rider; 0: none. */
  readonly #counts: Array<number> = []
  #riders = new Int32Array(64 * RIDER_WORDS)
  readonly #rider = new Int32Array(RIDER_WORDS)
  #head = 0
  #tail = 0

  get waiting(): number {
    return this.#tail - this.#head
  }

  push(
    role: Role,
    message: Message,
    port: number,
    sender: number,
    rider: Int32Array | undefined,
    at: number,
    count: number,
  ): void {
    const k = this.#tail++
    this.#roles[k] = role
    this.#messages[k] = message
    this.#ports[k] = port
    this.#senders[k] = sender
    this.#counts[k] = rider === undefined ? 0 : count
    if (rider === undefined) return
    if (this.#tail * RIDER_WORDS > this.#riders.length) {
      const larger = new Int32Array(2 * this.#riders.length)
      larger.set(this.#riders)
      this.#riders = larger
    }
    for (let w = 0; w < count; w++) this.#riders[k * RIDER_WORDS + w] = rider[at + w]!
  }

  /** Hands over at most `most` messages, those that come meanwhile included; answers how many. */
  run(most: number, receivers: ReadonlyMap<Role, Receive>): number {
    let done = 0
    while (this.#head < this.#tail && done < most) {
      const k = this.#head++
      const message = this.#messages[k]!
      const receive = receivers.get(this.#roles[k]!)!
      let rider: Int32Array | undefined
      if (this.#counts[k]! > 0) {
        rider = this.#rider
        // A copy: what is pushed meanwhile may make the list grow.
        for (let w = 0; w < RIDER_WORDS; w++) rider[w] = this.#riders[k * RIDER_WORDS + w]!
      }
      receive(message, this.#ports[k]!, this.#senders[k]!, rider, 0)
      done++
    }
    if (this.#head === this.#tail) {
      this.#head = 0
      this.#tail = 0
    }
    return done
  }
}
