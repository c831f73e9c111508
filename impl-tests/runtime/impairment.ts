/** What a bad path does to a frame, decided by a seed: netem's loss, duplication and uniform jitter. */

export interface Impairment {
  /** Shares of frames, 0 to 1. */
  readonly loss: number
  readonly duplicate: number
  /** Each copy waits delay ± jitter, µs, on its own: later frames overtake earlier ones. */
  readonly delay: number
  readonly jitter: number
}

/** 2 % loss, 1 % duplication, 5 ms ± 5 ms, in each direction. */
export const badPath: Impairment = { loss: 0.02, duplicate: 0.01, delay: 5000, jitter: 5000 }

export class Impaired {
  readonly counters = { frames: 0, lost: 0, duplicated: 0, overtaken: 0 }
  readonly #impairment: Impairment
  #state: number
  #latest = 0

  constructor(impairment: Impairment, seed: number) {
    this.#impairment = impairment
    this.#state = seed >>> 0
  }

  /** When the copies of the next frame, arriving at `now` (µs), leave: none, one or two. */
  take(now: number): ReadonlyArray<number> {
    const { loss, duplicate } = this.#impairment
    this.counters.frames++
    if (this.#draw() < loss) {
      this.counters.lost++
      return []
    }
    if (this.#draw() >= duplicate) return [this.#leaves(now)]
    this.counters.duplicated++
    return [this.#leaves(now), this.#leaves(now)]
  }

  #leaves(now: number): number {
    const { delay, jitter } = this.#impairment
    const at = now + delay + (2 * this.#draw() - 1) * jitter
    if (at < this.#latest) this.counters.overtaken++
    this.#latest = Math.max(this.#latest, at)
    return at
  }

  /** Mulberry32: 0 ≤ x < 1. */
  #draw(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let x = this.#state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}
