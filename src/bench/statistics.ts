/** The arithmetic of a comparison: medians, spreads, and ratios of what was measured close together in time. */

export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The middle value; of an even number, the mean of the two in the middle. @throws {RangeError} of none, or of a NaN. */
export const median = (values: ReadonlyArray<number>): number => {
  if (values.length === 0 || values.some(Number.isNaN)) {
    throw new RangeError(`median of ${values.length} values, which must be one or more numbers`)
  }
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** @throws {RangeError} as `median`. */
export const figureOf = (values: ReadonlyArray<number>): Figure => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/**
 * Ratios of side 0 to side `side`, turn by turn. What slows a whole turn (another tenant, a core that the hypervisor moved)
 * slows both of its sides, so that a turn's ratio is steadier than the ratio of two medians.
 */
export const ratiosOf = (turns: ReadonlyArray<ReadonlyArray<number>>, side: number): Array<number> =>
  turns.map((turn) => turn[0]! / turn[side]!)

/** Whether two measurements of the same thing, one before a turn and one after it, say that it was the same machine. */
export const settled = (before: number, after: number, tolerance = 0.2): boolean =>
  Math.abs(before - after) <= tolerance * Math.min(before, after)

/** Half of the distance from least to most, in % of the median: what a reader may call noise. */
export const spreadOf = ({ median: middle, min, max }: Figure): number =>
  middle === 0 ? 0 : ((max - min) / 2 / middle) * 100
