/** One queue, first come first served, for all applications: who is idle takes from it, or leaves it to those who are faster. */

import { meanOf } from "../distribution.ts"
import { holding, requestTime } from "../workload.ts"
import { type Balancer, NONE, type View } from "./balancer.ts"

/** A line that is let go of from its head. */
export class Line {
  readonly #items: Array<number> = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(k: number): void {
    this.#items.push(k)
  }

  shift(): number {
    const k = this.#items[this.#head++]!
    if (this.#head > 4096 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return k
  }
}

const shared = (
  { applications, waiting, random, give }: View,
  takes: (a: number, length: number) => boolean,
): Balancer => {
  const line = new Line()
  const n = applications.length
  const next = (a: number): boolean => {
    if (waiting[a] !== 0 || line.length === 0 || !takes(a, line.length)) return false
    give(line.shift(), a)
    return true
  }
  return {
    choose: (k) => {
      line.push(k)
      // The idle ones in the order of a draw, as whoever sleeps on one queue is woken.
      const first = random.between(0, n - 1)
      for (let i = 0; i < n; i++) if (next((first + i) % n)) break
      return NONE
    },
    served: (_, a) => {
      next(a)
    },
  }
}

export const sharedQueue = (view: View): Balancer => shared(view, () => true)

/**
 * Knows how slow each application is at the moment, though not what a request demands. It is better for the last one in the
 * queue, too, if a slow application stays idle until the faster ones would take longer for all of it: a threshold is the best policy for
 * two servers of different speed (Lin and Kumar, IEEE TAC 29(8), 1984); this is its like for more.
 */
export const speedAwareQueue = (view: View): Balancer => {
  const { applications, workload, machine, from } = view
  const mean = meanOf(workload.service)
  const timeOf = (a: number): number => {
    const now = machine.now - from
    return requestTime(workload.delays, a, now, mean) + holding(workload.delays, a, now)
  }
  return shared(view, (a, length) => {
    const own = timeOf(a)
    let rate = 0
    let least = own
    for (let b = 0; b < applications.length; b++) {
      const time = timeOf(b)
      if (time >= own) continue
      rate += 1 / time
      least = Math.min(least, time)
    }
    return rate === 0 || length / rate + least >= own
  })
}
