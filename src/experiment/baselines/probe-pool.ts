/**
 * What a client of Prequal knows of replicas (Wydrowski et al., "Load is not what you should balance: introducing Prequal", NSDI 2024, §4):
 * the answers to its probes, each used a few times, thrown away when it is old, and one for each query besides: by turns the worst
 * and the oldest, since the best are used up first.
 */
import { NONE } from "./balancer.ts"

/** The paper's baseline (§5): probes sent and removed for each query; δ of the reuse budget; Q_RIF; the oldest that is used, µs. */
export const PROBES = 3
const REMOVED = 1
const DELTA = 1
const QUANTILE = 2 ** -0.25
const OLDEST = 1_000_000
const MOST_PROBES = 16
/** With fewer the choice is a replica at random. */
const FEWEST = 2

/**
 * The paper's 16 of a hundred replicas, and half of them where there are few: with room for all its reuse budget is infinite, and all
 * clients see the same.
 */
export const poolSize = (replicas: number): number =>
  Math.max(FEWEST, Math.min(MOST_PROBES, Math.floor(replicas / 2)))

/** How often a probe is used, so that the pool neither runs dry nor overflows. Not a whole number: probes are given either neighbour. */
export const reuseBudget = (replicas: number, size = poolSize(replicas)): number => {
  const net = (1 - size / replicas) * PROBES - REMOVED
  return net <= 0 ? Number.POSITIVE_INFINITY : Math.max(1, (1 + DELTA) / net)
}

interface Probe {
  readonly a: number
  readonly at: number
  readonly latency: number
  /** Requests in flight, and those that this client has sent since. */
  rif: number
  uses: number
}

export class ProbePool {
  /** By age, the oldest first; at most one of each replica. */
  readonly #probes: Array<Probe> = []
  readonly #size: number
  readonly #budget: number
  /** By replica: requests in flight as last heard, or NONE; the same in order. */
  readonly #rif: Int32Array
  readonly #sorted: Int32Array
  #worstNext = true

  constructor(replicas: number) {
    this.#size = poolSize(replicas)
    this.#budget = reuseBudget(replicas)
    this.#rif = new Int32Array(replicas).fill(NONE)
    this.#sorted = new Int32Array(replicas)
  }

  get length(): number {
    return this.#probes.length
  }

  /** An answer of `a`, µs; `chance`, 0 ≤ x < 1, decides between the neighbours of a budget that is no whole number. */
  add(a: number, rif: number, latency: number, at: number, chance: number): void {
    this.#rif[a] = rif
    const same = this.#probes.findIndex((x) => x.a === a)
    if (same >= 0) this.#probes.splice(same, 1)
    else if (this.#probes.length === this.#size) this.#probes.shift()
    const uses = Math.floor(this.#budget) + (chance < this.#budget % 1 ? 1 : 0)
    this.#probes.push({ a, at, rif, latency, uses })
  }

  /** Whom a query at `now` goes to: of the cold the one of least latency, of the hot that of the fewest requests. NONE: anybody. */
  choose(now: number): number {
    const probes = this.#probes
    while (probes.length > 0 && now - probes[0]!.at > OLDEST) probes.shift()
    let chosen = NONE
    if (probes.length >= FEWEST) {
      const limit = this.#limit()
      for (const [k, x] of probes.entries()) if (chosen < 0 || isBetter(x, probes[chosen]!, limit)) chosen = k
    }
    const best = probes[chosen]
    if (best !== undefined) {
      best.rif++
      if (--best.uses <= 0) probes.splice(chosen, 1)
    }
    for (let k = 0; k < REMOVED; k++) this.#remove()
    return best?.a ?? NONE
  }

  /** By turns the worst, of the hot that of most requests, else that of most latency, and the oldest. */
  #remove(): void {
    const probes = this.#probes
    if (probes.length === 0) return
    let at = 0
    if (this.#worstNext) {
      const limit = this.#limit()
      for (const [k, x] of probes.entries()) if (isBetter(probes[at]!, x, limit)) at = k
    }
    this.#worstNext = !this.#worstNext
    probes.splice(at, 1)
  }

  /** θ_RIF: who has more in flight is hot. */
  #limit(): number {
    const sorted = this.#sorted
    let n = 0
    for (const rif of this.#rif) if (rif !== NONE) sorted[n++] = rif
    if (n === 0) return 0
    sorted.subarray(0, n).sort()
    return sorted[Math.max(0, Math.ceil(QUANTILE * n) - 1)]!
  }
}

/** The hot-cold lexicographic rule. */
const isBetter = (x: Probe, y: Probe, limit: number): boolean => {
  const hot = x.rif > limit
  if (hot !== y.rif > limit) return !hot
  return hot ? x.rif < y.rif : x.latency < y.latency
}
