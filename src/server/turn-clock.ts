/** A clock that is read once for a burst: reading the machine's costs as much as a step of the core. */
import type { ClockShape } from "../ports/ports.ts"

export class TurnClock implements ClockShape {
  readonly #source: ClockShape
  #now: number

  constructor(source: ClockShape) {
    this.#source = source
    this.#now = source.now()
  }

  /** As of the last `read`, whole µs since the stack's start. */
  now(): number {
    return this.#now
  }

  read(): number {
    this.#now = this.#source.now()
    return this.#now
  }
}
