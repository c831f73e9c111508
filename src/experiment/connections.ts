/** Connections that clients have under way: flat arrays, used again. */
import { longer } from "../sim/longer.ts"
export class Connections {
  /** When the request under way was sent, by the client's plan, µs. */
  asked = new Float64Array(256)
  /** When the connection was begun, and when its SYN was looked at, µs. */
  begun = new Float64Array(256)
  synAt = new Float64Array(256)
  /** A web server's own time for the request under way, µs, whoever serves it. */
  demand = new Float64Array(256)
  /** What hashes of its flow are taken from. */
  flow = new Uint32Array(256)
  attempts = new Uint8Array(256)
  /** Requests not answered yet; 0 also where there is no connection. */
  left = new Int32Array(256)
  /** Id in the protocol, or −1. */
  id = new Int32Array(256)
  /** Who serves it, and when it was offered to it. */
  application = new Int32Array(256)
  offered = new Float64Array(256)
  live = 0
  readonly #free: Array<number> = []
  /** Records from here on were never taken. */
  used = 0

  take(): number {
    this.live++
    const k = this.#free.pop() ?? this.used++
    if (k === this.asked.length) this.#grow()
    return k
  }

  release(k: number): void {
    this.live--
    this.left[k] = 0
    this.#free.push(k)
  }

  #grow(): void {
    this.asked = longer(this.asked)
    this.begun = longer(this.begun)
    this.synAt = longer(this.synAt)
    this.demand = longer(this.demand)
    this.flow = longer(this.flow)
    this.attempts = longer(this.attempts)
    this.left = longer(this.left)
    this.id = longer(this.id)
    this.application = longer(this.application)
    this.offered = longer(this.offered)
  }
}
