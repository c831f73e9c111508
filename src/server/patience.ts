/**
 * How long an announcement at establishment waits for its claim, under the scheme Shortest. The acceptor was chosen at the SYN, a
 * round trip ago: if it is busy by now, another choice is better than waiting. What is chosen after that is fresh, and has the
 * whole claim timeout.
 *
 * Who is idle claims within a few times what it usually takes. "Usually" is the first quartile of what an acceptor takes,
 * looks that come too late included: so nobody is hurried who always takes long, and where fewer than a quarter find it idle,
 * everybody else is likely to be busy too, and it may take as long as its work does.
 */

/** Times the first quartile. */
const USUAL = 4
/** µs, the shortest: a claim has to cross two queues. */
export const LEAST_PATIENCE = 10
/** Each claim moves the quartile: three such parts down or one up. */
const STEP = 1 / 32

export class Patience {
  readonly #most: number
  /** By application, µs: the quartile. */
  readonly #quartiles: Float64Array

  /** `most`: the claim timeout, with which all begin. */
  constructor(applications: number, most: number) {
    this.#most = most
    this.#quartiles = new Float64Array(applications).fill(most / USUAL)
  }

  /** µs, whole. */
  of(a: number): number {
    return Math.round(Math.max(LEAST_PATIENCE, USUAL * this.#quartiles[a]!))
  }

  /** `a` claimed `latency` µs after it had been told; Infinity: not in time. */
  learn(a: number, latency: number): void {
    const quartile = this.#quartiles[a]!
    const next = quartile * (latency < quartile ? 1 - 3 * STEP : 1 + STEP)
    this.#quartiles[a] = Math.min(this.#most / USUAL, Math.max(LEAST_PATIENCE / USUAL, next))
  }

  /** Another process in the slot. */
  forget(a: number): void {
    this.#quartiles[a] = this.#most / USUAL
  }
}
