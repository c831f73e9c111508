/** How fast a search is. */
import type { TlcOutput, TlcProgress } from "./messages.ts"

/** From what TLC says of itself to rates: it takes the time between two of its words for a minute. */
export class Speed {
  readonly #start = performance.now()
  #at = 0
  #generated = 0
  #distinct = 0

  get seconds(): number {
    return (performance.now() - this.#start) / 1000
  }

  progress(now: TlcOutput["progress"]): TlcProgress {
    const { seconds } = this
    const minutes = Math.max(1e-3, seconds - this.#at) / 60
    const generatedPerMinute = Math.max(0, Math.round((now.generated - this.#generated) / minutes))
    const distinctPerMinute = Math.max(0, Math.round((now.distinct - this.#distinct) / minutes))
    this.#at = seconds
    this.#generated = now.generated
    this.#distinct = now.distinct
    return { ...now, seconds, generatedPerMinute, distinctPerMinute }
  }
}
