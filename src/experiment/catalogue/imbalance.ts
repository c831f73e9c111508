/** Figures 5–7, 9 and 10 (§5.3): what is run, and what is shown of it. */
import { percentileOf, type percentiles } from "../measures.ts"
import { logAxis, logScale, meanCurve, overTime, percentilePlot, summarised, time } from "./curves.ts"
import { type Experiment, glanceOf, keyOf, type Results } from "./experiment.ts"
import { claims, kept0, service } from "./imbalance-claims.ts"
import {
  AVERAGE,
  jobs,
  LINUX,
  managers,
  names,
  paperSchemes,
  SLICE,
  second,
  shown,
  slightSchemes,
} from "./imbalance-runs.ts"

export const imbalance: Experiment = {
  name: "imbalance",
  title: "Load balancing under imbalance: Figures 5, 6, 7, 9 and 10",
  what:
    "8 composite servers, 8 web servers, 30,000 connections/s (Poisson), 5 s. Web server 1 holds its answers back for 150 µs from 0.5 to 1 s, 3 for 3,000 µs " +
    "from 1.5 to 4 s, 7 for 120 µs from 3 to 4 s, 5 for 4,000 µs throughout; the times are the paper's, the amounts, which it gives in " +
    "a figure only, are ours: those under which most of its sentences can be true at once. What is not claimed within 1 ms goes to another.",
  repetitions: 3,
  jobs,
  // The paper's script takes its five seconds.
  quick: (one) =>
    one.key.startsWith("slight-")
      ? { ...one, spec: { ...one.spec, warmUp: 100_000, duration: 300_000, slice: 300_000 } }
      : one,
  find: (results) => ({
    claims: claims(results),
    glance: glanceOf(
      results,
      "The paper's script: four of eight web servers hold answers back, for a time or throughout",
      names.filter((name) => name !== AVERAGE).map((name) => [shown(name), keyOf(name)]),
    ),
    tables: [
      {
        title:
          "Service time as the paper has it (offered → closed), and response time as a client sees it; mean of the repetitions ± 95 % confidence",
        head: [
          "scheme",
          "service 50th",
          "95th",
          "99th",
          "99.9th",
          "response 50th",
          "95th",
          "99th",
          "99.9th",
          "local",
          "answers/s",
        ],
        rows: names.map((name) => {
          const key = keyOf(name)
          const of = (kind: "service" | "response", p: (typeof percentiles)[number]) =>
            summarised(
              results.map(key, (x) => percentileOf(x[kind], p)),
              time,
            )
          return [
            name === LINUX ? `${name} (in Linux's place)` : name,
            ...([50, 95, 99, 99.9] as const).map((p) => of("service", p)),
            ...([50, 95, 99, 99.9] as const).map((p) => of("response", p)),
            `${summarised(results.map(key, (x) => 100 * x.locality))} %`,
            summarised(results.map(key, (x) => x.throughput)),
          ]
        }),
      },
    ],
    plots: [
      {
        name: "figure-5",
        caption:
          "Figure 5. Service-time percentiles of Tournament 2 and of one shared queue behind a lock, first come first served, in Linux's place (a model: no Linux was measured).",
        spec: percentilePlot(
          ["Tournament 2", LINUX].map((name) => ({ name: shown(name), times: service(results, name) })),
          "service time, µs",
        ),
      },
      {
        name: "figure-6",
        caption:
          "Figure 6. Each web server's service times: what they were (a), and what its home manager believed (b).",
        spec: twoPanels(results),
      },
      {
        name: "figure-7",
        caption: "Figure 7. Service-time percentiles of the paper's schemes.",
        spec: percentilePlot(
          paperSchemes.map((name) => ({ name, times: service(results, name) })),
          "service time, µs",
        ),
      },
      {
        name: "figure-7-response",
        caption: "The same as clients see it, from the SYN to the answer, with what was never served.",
        spec: percentilePlot(
          [...paperSchemes, LINUX].map((name) => ({
            name: shown(name),
            times: meanCurve(results.of(keyOf(name)).map((x) => x.response)),
          })),
          "response time, µs",
        ),
      },
      {
        name: "figure-10-managers",
        caption:
          "Figure 10, with 2 to 16 managers: of the connections of a slightly slower web server's own manager, those that stay.",
        spec: {
          width: 560,
          height: 220,
          data: {
            values: slightSchemes.flatMap((name) =>
              managers.map((n) => ({ name, x: n, y: kept0(results, name, n) })),
            ),
          },
          mark: { type: "line", strokeWidth: 2, point: true },
          encoding: {
            x: { field: "x", type: "quantitative", title: "Connection Managers", axis: { values: managers } },
            y: {
              field: "y",
              type: "quantitative",
              title: "stay local",
              scale: { domain: [0, 1] },
              axis: { format: "%" },
            },
            color: { field: "name", type: "nominal", title: null, sort: null },
            strokeDash: { field: "name", type: "nominal", title: null, sort: null },
          },
        },
      },
      {
        name: "figure-9",
        caption: "Figure 9. Connections/s by the web server that received them, Tournament 2.",
        spec: {
          width: 560,
          height: 260,
          data: { values: overTime(lines(results, "served"), SLICE) },
          mark: { type: "area" },
          encoding: {
            x: {
              field: "x",
              type: "quantitative",
              title: "s",
              axis: { values: [0, 0.5, 1, 1.5, 3, 4, 5], format: "~g" },
            },
            y: {
              field: "y",
              type: "quantitative",
              title: "connections/s",
              stack: true,
              axis: { format: "~s" },
            },
            color: { field: "name", type: "nominal", title: "web server" },
          },
        },
      },
      {
        name: "figure-10",
        caption:
          "Figure 10. Connections/s that manager 7 gives to its own web server, which is a little slower from 3 to 4 s.",
        spec: {
          width: 560,
          height: 260,
          data: {
            values: overTime(
              ["Tournament 2", "Filtered 2", "Unfiltered 2"].map((name) => ({
                name,
                values: perSecond(results.first(keyOf(name)).local[7]!),
              })),
              SLICE,
            ),
          },
          mark: { type: "line", strokeWidth: 2 },
          encoding: {
            x: { field: "x", type: "quantitative", title: "s" },
            y: { field: "y", type: "quantitative", title: "local connections/s", axis: { format: "~s" } },
            color: { field: "name", type: "nominal", title: null, sort: null },
            strokeDash: { field: "name", type: "nominal", title: null, sort: null },
          },
        },
      },
    ],
  }),
}

const perSecond = (counts: ReadonlyArray<number>): ReadonlyArray<number> =>
  counts.map((x) => (x * second) / SLICE)

const lines = (results: Results, what: "served" | "truth" | "estimates") => {
  const result = results.first(keyOf("Tournament 2"))
  return result[what].map((values, a) => ({
    name: String(a),
    values: what === "served" ? perSecond(values as ReadonlyArray<number>) : values,
  }))
}

const twoPanels = (results: Results) => {
  const panel = (what: "truth" | "estimates", title: string) => ({
    width: 280,
    height: 260,
    title,
    data: { values: overTime(lines(results, what), SLICE) },
    mark: { type: "line" as const, strokeWidth: 1.5 },
    encoding: {
      x: { field: "x", type: "quantitative" as const, title: "s" },
      y: {
        field: "y",
        type: "quantitative" as const,
        title: "service time, µs",
        scale: logScale(lines(results, "truth").map(({ values }) => values)),
        axis: logAxis,
      },
      color: { field: "name", type: "nominal" as const, title: "web server" },
    },
  })
  return { hconcat: [panel("truth", "a: actual"), panel("estimates", "b: estimated")] }
}
