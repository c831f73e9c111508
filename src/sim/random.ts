/**
 * The simulator's only chance: xoshiro128** (Blackman, Vigna 2018), seeded by SplitMix32. A stream for each purpose, named,
 * so that one purpose more or less leaves the draws of all others as they were.
 */
export class Random {
  readonly #seed: number
  readonly #s = new Uint32Array(4)

  constructor(seed: number) {
    this.#seed = seed >>> 0
    let x = this.#seed
    for (let k = 0; k < 4; k++) {
      x = (x + 0x9e3779b9) | 0
      let z = x
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
      this.#s[k] = z ^ (z >>> 16)
    }
  }

  /** The stream of that name, the same whatever was drawn from this one. */
  stream(name: string): Random {
    let hash = this.#seed ^ 0x811c9dc5
    for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193)
    return new Random(Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d))
  }

  /** Uniform, 0 … 2³²−1. */
  draw(): number {
    const s = this.#s
    const s1 = s[1]!
    const five = Math.imul(s1, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0
    s[2]! ^= s[0]!
    s[3]! ^= s1
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= s1 << 9
    const last = s[3]!
    s[3] = (last << 11) | (last >>> 21)
    return result
  }

  /** Uniform, 0 ≤ x < 1. */
  unit(): number {
    return this.draw() / 0x1_0000_0000
  }

  /** A whole number, both bounds included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1))
  }

  /** As many small numbers as large ones: uniform in the logarithm. `low` is at least 1. */
  scale(low: number, high: number): number {
    return Math.min(high, Math.floor(low * (high / low + 1) ** this.unit()))
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(list: ReadonlyArray<T>): T {
    return list[this.between(0, list.length - 1)]!
  }
}
