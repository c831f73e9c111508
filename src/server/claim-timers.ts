/** Claim timers, the earliest first. */

export interface ClaimTimer {
  readonly c: number
  /** The announcement that it is of. */
  readonly n: number
  /** µs. */
  readonly at: number
}

/** Dropped timers that lie in front of the queue before it is made shorter. */
const MOST_DROPPED = 4096

export class ClaimTimers {
  readonly #timers: Array<ClaimTimer> = []
  #head = 0

  get length(): number {
    return this.#timers.length - this.#head
  }

  /** All but always the last one: only times that differ by acceptor have a place further in front. */
  arm(timer: ClaimTimer): void {
    const timers = this.#timers
    let k = timers.length
    while (k > this.#head && timers[k - 1]!.at > timer.at) k--
    if (k === timers.length) timers.push(timer)
    else timers.splice(k, 0, timer)
  }

  /**
   * The first one that still runs; those whose connection was claimed or lost meanwhile are dropped here, so that the queue
   * is no longer than the announcements of one timeout.
   */
  first(runs: (timer: ClaimTimer) => boolean): ClaimTimer | undefined {
    const timers = this.#timers
    while (this.#head < timers.length) {
      const timer = timers[this.#head]!
      if (runs(timer)) {
        if (this.#head > MOST_DROPPED) {
          timers.splice(0, this.#head)
          this.#head = 0
        }
        return timer
      }
      this.#head++
    }
    timers.length = 0
    this.#head = 0
    return undefined
  }

  pop(): ClaimTimer {
    return this.#timers[this.#head++]!
  }
}
