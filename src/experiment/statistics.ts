/** Repetitions with other seeds: mean and 95 % confidence interval (Student's t). */

/** Half-width factors by degrees of freedom, 1 … 9; more are taken for 9, which is on the safe side. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]

export interface Estimate {
  readonly mean: number
  /** Half the width of the interval; 0 for a single repetition, of which nothing is known. */
  readonly half: number
  readonly repetitions: number
}

export const estimateOf = (values: ReadonlyArray<number>): Estimate => {
  const n = values.length
  if (n === 0) return { mean: Number.NaN, half: 0, repetitions: 0 }
  const mean = values.reduce((a, b) => a + b, 0) / n
  if (n === 1) return { mean, half: 0, repetitions: 1 }
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1)
  return { mean, half: T[Math.min(n - 1, T.length) - 1]! * Math.sqrt(variance / n), repetitions: n }
}
