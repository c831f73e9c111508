/** The page's first screen: verdicts, and everybody at a glance. */
import type { TopLevelSpec } from "vega-lite"
import type { Claim, Findings, Glance, Plot } from "../catalogue/experiment.ts"
import { artefacts, claimsOf, isShown } from "./artefacts.ts"

const held = (claims: ReadonlyArray<Claim>): number => claims.filter(({ holds }) => holds).length

/** By the paper's tables and figures, what became of its claims: rows of a table. */
export const verdictRows = (
  bodies: ReadonlyArray<Pick<Findings, "claims" | "tables" | "plots">>,
): ReadonlyArray<readonly [name: string, shows: string, verdict: string]> =>
  artefacts.map((artefact) => {
    const its = bodies.flatMap(({ claims }) => claimsOf(artefact, claims))
    const bad = its.filter(({ holds }) => !holds)
    const verdict =
      its.length === 0
        ? bodies.some((body) => isShown(artefact, body))
          ? "shown beside the paper's, below"
          : "not measured"
        : bad.length === 0
          ? `reproduced (${its.length})`
          : `${held(its)} of ${its.length} reproduced; **not:** ${bad.map(({ text }) => text).join("; ")}`
    return [artefact.name, artefact.shows, verdict]
  })

const labels = ["median", "99th percentile", "99.9th percentile"] as const

/** A label of its own for each power of ten. */
const UNITS =
  "datum.value >= 1e6 ? datum.value / 1e6 + ' s' : datum.value >= 1e3 ? datum.value / 1e3 + ' ms' : datum.value + ' µs'"

/** The paper's own choice, and what is made of it, is to be found at once. */
const OURS = "indexof(datum.value, 'Tournament 2') == 0"

const legend = { orient: "top" as const, direction: "horizontal" as const }

const panel = ({ title, rows }: Glance) => {
  const [head = "", ...rest] = title.split(": ")
  const order = [...rows].sort((a, b) => a.times[1] - b.times[1] || a.times[2] - b.times[2])
  const names = order.map(({ name }) => name)
  const all = rows.flatMap(({ times }) => times)
  const x = {
    type: "quantitative" as const,
    title: null,
    scale: { type: "log" as const, domain: [0.7 * Math.min(...all), 1.4 * Math.max(...all)], nice: false },
    axis: { values: [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6], labelExpr: UNITS, labelFlush: false },
  }
  const y = {
    field: "name",
    type: "nominal" as const,
    sort: names,
    title: null,
    axis: {
      grid: true,
      labelLimit: 260,
      labelFontWeight: { condition: { test: OURS, value: "bold" as const }, value: "normal" as const },
    },
  }
  return {
    title: {
      text: head,
      subtitle: rest.join(": "),
      anchor: "start" as const,
      frame: "group" as const,
      fontSize: 13,
      subtitleFontSize: 11,
    },
    width: 560,
    height: { step: 18 },
    layer: [
      {
        data: { values: order.map(({ name, times }) => ({ name, from: times[0], to: times[2] })) },
        mark: { type: "rule" as const, strokeWidth: 2, opacity: 0.35 },
        encoding: { x: { ...x, field: "from" }, x2: { field: "to" }, y },
      },
      {
        data: {
          values: order.flatMap(({ name, times }) =>
            times.map((time, k) => ({ name, time, which: labels[k]! })),
          ),
        },
        mark: { type: "point" as const, filled: true, size: 70, opacity: 1 },
        encoding: {
          x: { ...x, field: "time" },
          y,
          color: { field: "which", type: "nominal" as const, title: null, sort: [...labels], legend },
          shape: { field: "which", type: "nominal" as const, title: null, sort: [...labels], legend },
        },
      },
    ],
  }
}

/** Whoever has something to show at a glance, one panel below the other. */
export const glancePlot = (all: ReadonlyArray<Findings>): Plot | undefined => {
  const panels = all.flatMap(({ glance }) => (glance === undefined ? [] : [panel(glance)]))
  if (panels.length === 0) return undefined
  return {
    name: "glance",
    caption:
      "Response times as clients see them, best 99th percentile first: the median, the 99th and the 99.9th percentile of each.",
    spec: {
      vconcat: panels,
      spacing: 24,
      resolve: { scale: { color: "shared", shape: "shared" } },
    } as TopLevelSpec,
  }
}
