/** A small deterministic generator (xorshift32): same seed, same run. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** An integer in [low, high]. */
  between(low: number, high: number): number
  chance(probability: number): boolean
}

export function makeRandom(seed: number): Random {
  let x = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0
  const next = (): number => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 0x1_0000_0000
  }
  for (let i = 0; i < 8; i++) next()
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
  }
}
