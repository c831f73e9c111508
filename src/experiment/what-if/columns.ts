/** Connections of a recording, a row each, in the order in which they ended: flat, so that memory is a few words for each. */
import type { ConnectionSeen, Ending } from "../../trace/follow.ts"

export const endings: ReadonlyArray<Ending> = ["served", "left", "reset", "orphaned", "unfinished"]

type Column = Float64Array | Int16Array | Uint8Array

const longer = <T extends Column>(from: T, to: T): T => {
  to.set(from)
  return to
}

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
    const size = 2 * this.arrived.length
    this.arrived = longer(this.arrived, new Float64Array(size))
    this.established = longer(this.established, new Float64Array(size))
    this.looked = longer(this.looked, new Float64Array(size))
    this.claimed = longer(this.claimed, new Float64Array(size))
    this.ended = longer(this.ended, new Float64Array(size))
    this.application = longer(this.application, new Int16Array(size))
    this.transport = longer(this.transport, new Uint8Array(size))
    this.ending = longer(this.ending, new Uint8Array(size))
  }
}

/** Numbers that come one after the other. */
export class Numbers {
  count = 0
  #values = new Float64Array(256)

  add(x: number): void {
    if (this.count === this.#values.length)
      this.#values = longer(this.#values, new Float64Array(2 * this.count))
    this.#values[this.count++] = x
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.count)
  }
}
