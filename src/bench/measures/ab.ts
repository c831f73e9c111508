/** What ApacheBench says of a run. */

export interface AbResult {
  readonly complete: number
  /** Without those that only differ in length, which a page of a fixed length has none of. */
  readonly failed: number
  /** Answers other than 2xx. */
  readonly refused: number
  readonly requestsPerSecond: number
  /** ms within which that many of a hundred requests were served. */
  readonly percentiles: ReadonlyMap<number, number>
}

/** Undefined where the text is no report of a finished run. */
export const parseAb = (text: string): AbResult | undefined => {
  const number = (label: string, absent: number) => {
    const match = new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(text)
    return match === null ? absent : Number(match[1])
  }
  const complete = number("Complete requests", Number.NaN)
  const requestsPerSecond = number("Requests per second", Number.NaN)
  if (Number.isNaN(complete) || Number.isNaN(requestsPerSecond)) return undefined
  const percentiles = new Map(
    [...text.matchAll(/^ +(\d+)% +(\d+)/gm)].map(([, percent, ms]) => [Number(percent), Number(ms)]),
  )
  const failed = number("Failed requests", 0)
  return { complete, failed, refused: number("Non-2xx responses", 0), requestsPerSecond, percentiles }
}
