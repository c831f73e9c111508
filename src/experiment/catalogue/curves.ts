/** What plots and tables have in common. */
import type { TopLevelSpec } from "vega-lite"
import { percentiles, type TimesSummary } from "../measures.ts"
import { type Estimate, estimateOf } from "../statistics.ts"

/** Three significant digits. */
export const number = (x: number): string => {
  if (!Number.isFinite(x)) return "–"
  const digits = Math.abs(x) >= 1000 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(x) || 1)))
  return Number(x.toPrecision(3)).toLocaleString("en-GB", { maximumFractionDigits: digits })
}

/** µs as a reader likes them. */
export const time = (x: number): string => {
  if (x >= 1e6) return `${number(x / 1e6)} s`
  return x >= 10_000 ? `${number(x / 1000)} ms` : `${number(x)} µs`
}

/** Mean ± half of the interval, unless that is only rounding. */
export const spread = ({ mean, half }: Estimate, unit: (x: number) => string = number): string =>
  half > 1e-9 * Math.abs(mean) ? `${unit(mean)} ± ${unit(half)}` : unit(mean)

export const summarised = (values: ReadonlyArray<number>, unit: (x: number) => string = number): string =>
  spread(estimateOf(values), unit)

/** Mean over repetitions of each percentile, µs. */
export const meanCurve = (of: ReadonlyArray<TimesSummary>): ReadonlyArray<number> =>
  percentiles.map((_, k) => of.reduce((sum, x) => sum + x.percentiles[k]!, 0) / of.length)

/** A percentile's place on an axis that gives each nine as much room as the one before. */
const nines = (percentile: number): number => -Math.log10(1 - percentile / 100)

const ticks = [50, 80, 90, 95, 99, 99.5, 99.9, 99.99]

/** Lines of percentiles: the paper's Figures 5 and 7 have this axis. */
export const percentilePlot = (
  curves: ReadonlyArray<{ readonly name: string; readonly times: ReadonlyArray<number> }>,
  title: string,
): TopLevelSpec => {
  const label = ticks.map((p) => `abs(datum.value-${nines(p)})<1e-6 ? '${p}' : `).join("")
  return {
    width: 560,
    height: 300,
    data: {
      values: curves.flatMap(({ name, times }) =>
        percentiles.flatMap((p, k) => (p < 50 ? [] : [{ name, x: nines(p), y: times[k] }])),
      ),
    },
    mark: { type: "line", strokeWidth: 2 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: "percentile",
        scale: { domain: [nines(50), nines(99.99)], nice: false },
        axis: { values: ticks.map(nines), labelExpr: `${label}''` },
      },
      y: {
        field: "y",
        type: "quantitative",
        title,
        scale: logScale(curves.map(({ times }) => times)),
        axis: logAxis,
      },
      color: { field: "name", type: "nominal", title: null, sort: curves.map(({ name }) => name) },
      strokeDash: { field: "name", type: "nominal", title: null, sort: curves.map(({ name }) => name) },
    },
  }
}

/** Whole powers and halves of them, not a line for each digit. */
export const logAxis = {
  format: "~s",
  values: [1, 2, 5].flatMap((x) => [10, 100, 1e3, 1e4, 1e5, 1e6].map((y) => x * y)),
}

/** From half of the least to a little over the most. */
export const logScale = (values: ReadonlyArray<ReadonlyArray<number | null>>) => {
  const all = values.flat().filter((x) => x !== null && x > 0) as ReadonlyArray<number>
  return {
    type: "log" as const,
    domain: [0.7 * Math.min(...all), 1.3 * Math.max(...all)],
    nice: false,
  }
}

export interface Line {
  readonly name: string
  /** null: nothing there. */
  readonly values: ReadonlyArray<number | null>
}

/** Rows of lines over time; `slice`: µs. */
export const overTime = (lines: ReadonlyArray<Line>, slice: number) =>
  lines.flatMap(({ name, values }) =>
    values.flatMap((y, k) => (y === null ? [] : [{ name, x: ((k + 0.5) * slice) / 1e6, y }])),
  )
