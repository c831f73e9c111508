/**
 * Where a server's time goes, by kind of work (§5.4): each call that is watched has the time that it takes itself, without that
 * of watched calls within it. A look at the counter costs as much as some of what it measures, so its own cost is taken off.
 */
import { median } from "../statistics.ts"

const BLOCKS = 2000
const BLOCK = 50

export class Stopwatch {
  /** Cycles by kind, as read. */
  readonly #spent: Array<number> = []
  /** By kind: how often it began and ended, and how often something else began and ended within it. */
  readonly #looks: Array<number> = []
  readonly #stack: Array<number> = []
  readonly #cycles: () => number
  /** Cycles of one look. */
  readonly look: number
  #last = 0

  constructor(kinds: number, cycles: () => number) {
    this.#cycles = cycles
    this.#spent = new Array<number>(kinds).fill(0)
    this.#looks = new Array<number>(kinds).fill(0)
    this.look = this.#lookCost()
  }

  /** By kind, cycles. */
  get spent(): ReadonlyArray<number> {
    return this.#spent.map((x, kind) => Math.max(0, x - this.#looks[kind]! * this.look))
  }

  /** Has `object`'s methods of these names watched. @throws {Error} for one that it does not have */
  watch(object: object, kind: number, names: ReadonlyArray<string>): void {
    const methods = object as Record<string, unknown>
    for (const name of names) {
      const method = methods[name]
      if (typeof method !== "function") throw new Error(`there is no method ${name} to watch`)
      const stopwatch = this
      methods[name] = function (this: unknown, ...args: ReadonlyArray<unknown>): unknown {
        stopwatch.begin(kind)
        try {
          return Reflect.apply(method, this, args)
        } finally {
          stopwatch.end()
        }
      }
    }
  }

  begin(kind: number): void {
    this.#until(this.#cycles())
    this.#stack.push(kind)
  }

  end(): void {
    this.#until(this.#cycles())
    this.#stack.pop()
  }

  /** What has passed since the last look is the innermost call's. A look is half of what it ends, half of what it begins. */
  #until(now: number): void {
    const kind = this.#stack.at(-1)
    if (kind !== undefined) {
      this.#spent[kind]! += now - this.#last
      this.#looks[kind]!++
    }
    this.#last = now
  }

  /** Median over short blocks: what interrupts one of them is in no other. The first are from before this is compiled. */
  #lookCost(): number {
    const costs: Array<number> = []
    for (let block = 0; block < BLOCKS; block++) {
      const start = this.#cycles()
      for (let k = 0; k < BLOCK; k++) this.#cycles()
      costs.push((this.#cycles() - start) / (BLOCK + 1))
    }
    return median(costs.slice(BLOCKS >> 1))
  }
}
