/** Connections of a recording, a row each, in the order in which they ended: flat, so that memory is a few words for each. */
import { longer } from "../../sim/longer.ts"
import type { ConnectionSeen, Ending } from "../../trace/follow.ts"

export const endings: ReadonlyArray<Ending> = ["served", "left", "reset", "orphaned", "unfinished"]

export class Columns {
  count = 0
  /** µs since the stack's start; NaN: it did not happen. */
  arrived = new Float64Array(1024)
  established = new Float64Array(1024)
  looked = new Float64Array(1024)
  claimed = new Float64Array(1024)
  ended = new Float64Array(1024)
  application = new Int16Array(1024)
  transport = new Uint8Array(1024)
  /** Position in `endings`. */
  ending = new Uint8Array(1024)

  add(x: ConnectionSeen): void {
    if (this.count === this.arrived.length) this.#grow()
    const k = this.count++
    this.arrived[k] = x.arrived
    this.established[k] = x.established
    this.looked[k] = x.looked
    this.claimed[k] = x.claimed
    this.ended[k] = x.ended
    this.application[k] = x.application
    this.transport[k] = x.transport
    this.ending[k] = endings.indexOf(x.ending)
  }

  endingOf(k: number): Ending {
    return endings[this.ending[k]!]!
  }

  #grow(): void {
    this.arrived = longer(this.arrived)
    this.established = longer(this.established)
    this.looked = longer(this.looked)
    this.claimed = longer(this.claimed)
    this.ended = longer(this.ended)
    this.application = longer(this.application)
    this.transport = longer(this.transport)
    this.ending = longer(this.ending)
  }
}

/** Numbers that come one after the other. */
export class Numbers {
  count = 0
  #values = new Float64Array(256)

  add(x: number): void {
    if (this.count === this.#values.length) this.#values = longer(this.#values)
    this.#values[this.count++] = x
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.count)
  }
}
