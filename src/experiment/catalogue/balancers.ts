/** What the paper could not ask: the tournament against what the field uses today, on workloads that its evaluation has not. */
import type { TopLevelSpec } from "vega-lite"
import { causeJobs, causes, causeTable } from "./balancer-causes.ts"
import {
  balancerJob,
  type Compared,
  compared,
  fieldPolicies,
  IDEAL,
  IDLE,
  jobKey,
  namesOf,
  percentileCells,
  QUEUE,
  quickBalancer,
  TOURNAMENT,
  timeAt,
} from "./balancer-jobs.ts"
import { LOAD, SERVICE, settings } from "./balancer-workloads.ts"
import { logAxis, logScale, meanCurve, number, overTime, percentilePlot, summarised, time } from "./curves.ts"
import { type Claim, type Experiment, glanceOf, type Plot, type Results, type Table } from "./experiment.ts"

const workloads = Object.keys(settings)

const claims = (results: Results): ReadonlyArray<Claim> => {
  const at = (workload: string, name: string, p: Compared) => timeAt(results, workload, name, p)
  const to = (workload: string, name: string) =>
    Math.max(...compared.map((p) => at(workload, name, p) / at(workload, QUEUE, p)))
  const words = workloads.map((workload) => `${workload} ${number(to(workload, TOURNAMENT))} ×`).join(", ")
  const ideal = (name: string) => at("slow", name, 99) / at("slow", IDEAL, 99)
  const best = fieldPolicies.reduce((a, b) => (ideal(a) <= ideal(b) ? a : b))
  const whole = workloads.filter((workload) => settings[workload]!.brief !== true)
  const reuseport = whole.map(
    (workload) => [workload, at(workload, TOURNAMENT, 99) / at(workload, "reuseport", 99)] as const,
  )
  const why = causes(results)
  return [
    {
      text: "Tournament 2 within 1.1 × of a shared queue that costs nothing, at every percentile from 50 to 99.9",
      source: "our aim",
      aim: true,
      paper: "≤ 1.1 ×",
      ours: words,
      holds: workloads.every((workload) => to(workload, TOURNAMENT) <= 1.1),
      otherwise: why,
    },
    {
      text: "Tournament 2, with one web server ten times slower, the 99th percentile within 1.25 × of the clairvoyant balancer's",
      source: "our aim",
      aim: true,
      paper: "≤ 1.25 ×",
      ours: `${number(ideal(TOURNAMENT))} ×; ${IDLE.toLowerCase()} ${number(ideal(IDLE))} ×; the field's best, ${best}, ${number(ideal(best))} ×`,
      holds: ideal(TOURNAMENT) <= 1.25,
      otherwise:
        "it swings as it does where nothing is slow, and the slow web server makes little difference to it.",
    },
    {
      text: "Claimed when idle, Tournament 2 is at most 10 × the shared queue at the 99th percentile where one web server is slow",
      source: "our aim",
      aim: true,
      paper: "–",
      ours: `${number(at("slow", IDLE, 99) / at("slow", QUEUE, 99))} ×`,
      holds: at("slow", IDLE, 99) <= 10 * at("slow", QUEUE, 99),
      note: "It is the claim timeout that balances then, not the estimates: 1 ms for each web server that was busy.",
    },
    {
      text: "Tournament 2 does better than Linux's reuseport hashing, at the 99th percentile",
      source: "our aim",
      aim: true,
      paper: "< 1 ×",
      ours: reuseport.map(([workload, x]) => `${workload} ${number(x)} ×`).join(", "),
      holds: reuseport.every(([, x]) => x < 1),
      otherwise: "where all are alike a hash does not swing.",
    },
  ]
}

/** The mean service time at each web server over time. */
const swing = (results: Results): Plot => {
  const slice = 5_000
  const lines = results
    .first(jobKey("uniform", TOURNAMENT))
    .truth.map((values, a) => ({ name: String(a), values: values.slice(0, 40) }))
  return {
    name: "balancers-swing",
    caption:
      "Tournament 2, uniform: mean service time at each of eight equal web servers. Each is flooded in its turn, until its connections have closed.",
    spec: {
      width: 560,
      height: 260,
      data: { values: overTime(lines, slice) },
      mark: { type: "line", strokeWidth: 1.5 },
      encoding: {
        x: { field: "x", type: "quantitative", title: "s" },
        y: {
          field: "y",
          type: "quantitative",
          title: "service time, µs",
          scale: logScale(lines.map(({ values }) => values)),
          axis: logAxis,
        },
        color: { field: "name", type: "nominal", title: "web server" },
      },
    },
  }
}

const everybody = namesOf("uniform")

/** By balancer and workload, how many times the clairvoyant's. */
const ratio = (results: Results, workload: string, name: string, p: Compared): number =>
  timeAt(results, workload, name, p) / timeAt(results, workload, IDEAL, p)

const matrixPlot = (results: Results): TopLevelSpec => {
  const values = everybody.flatMap((name) =>
    workloads
      .filter((workload) => namesOf(workload).includes(name))
      .map((workload) => ({ name, workload, y: ratio(results, workload, name, 99) })),
  )
  const shared = {
    x: {
      field: "workload",
      type: "ordinal" as const,
      title: null,
      sort: [...workloads],
      axis: { labelAngle: -40 },
    },
    y: {
      field: "name",
      type: "ordinal" as const,
      title: null,
      sort: [...everybody],
      axis: { labelLimit: 240 },
    },
  }
  return {
    width: 560,
    height: 24 * everybody.length,
    data: { values },
    layer: [
      {
        mark: { type: "rect" },
        encoding: {
          ...shared,
          color: {
            field: "y",
            type: "quantitative",
            title: "× ideal",
            scale: { type: "log", domain: [1, 100], clamp: true, scheme: "goldred" },
          },
        },
      },
      {
        mark: { type: "text", fontSize: 10, color: "#222222" },
        encoding: { ...shared, text: { field: "y", type: "quantitative", format: ".2~r" } },
      },
    ],
  }
}

const matrixTable = (results: Results, p: Compared): Table => ({
  title: `The ${p}th percentile as a multiple of the clairvoyant balancer's, and the clairvoyant's own`,
  head: ["balancer", ...workloads],
  rows: everybody.map((name) => [
    name,
    ...workloads.map((workload) => {
      if (!namesOf(workload).includes(name)) return ""
      return name === IDEAL
        ? time(timeAt(results, workload, name, p))
        : number(ratio(results, workload, name, p))
    }),
  ]),
})

const detailTable = (results: Results, workload: string): Table => ({
  title: `Response times, ${workload}: ${settings[workload]!.what}; mean ± 95 % confidence`,
  head: ["balancer", ...compared.map((p) => `${p}th`), "local", "answers/s"],
  rows: namesOf(workload).map((name) => {
    const key = jobKey(workload, name)
    return [
      name,
      ...percentileCells(results, key, settings[workload]!.times),
      `${summarised(results.map(key, (x) => 100 * x.locality))} %`,
      summarised(results.map(key, (x) => x.throughput)),
    ]
  }),
})

const curves = ["uniform", "slow", "keep-alive", "wan"]
const drawn = [TOURNAMENT, IDLE, "least-connections", "prequal", "hermes", "reuseport", QUEUE, IDEAL]

export const balancers: Experiment = {
  name: "balancers",
  title: "Today's balancers",
  what:
    `8 composite servers, 8 web servers that take ${SERVICE} µs a request, Poisson arrivals at ${LOAD * 100} % of what the web servers can do, 0.5 s; 64 of both: 0.1 s. ` +
    "Response times as clients see them. Least connections (HAProxy, nginx), two choices (Mitzenmacher 2001), join-idle-queue (Lu et al. 2011), reuseport " +
    "(Linux 3.9), round robin and one shared queue (M/G/k) know what they know at once and for nothing. Prequal (Wydrowski et al., NSDI 2024) knows what its probes say: " +
    "three for each connection, which have the hops and costs of messages; parameters of its paper, but for a pool of half as many probes as there are web servers, up to 16. Hermes (Pan et al., SIGCOMM 2025) has the " +
    "workers' states in shared memory at once, charges each turn of a worker's loop a message for telling the kernel, and chooses at the SYN; its thresholds, 10 ms and half above the average, are assumed. The clairvoyant " +
    "knows all demands and speeds, now and later, for nothing, and gives to whom the request leaves first; it is the ideal among those who serve in the order of arrival. The speed-aware queue knows speeds only, and leaves the slow idle while the others are done sooner " +
    '(after Lin and Kumar 1984). "Claims when idle" is the tournament with web servers that accept one connection, serve it and close it, and a claim timeout of 1 ms; ' +
    "the others claim what is announced, as the stack's sockets do.",
  repetitions: 3,
  jobs: [
    ...workloads.flatMap((workload) => namesOf(workload).map((name) => balancerJob(workload, name))),
    ...causeJobs,
  ],
  quick: quickBalancer,
  find: (results) => ({
    claims: claims(results),
    glance: glanceOf(
      results,
      "One web server of the eight ten times slower, 70 % load",
      everybody.map((name) => [name, jobKey("slow", name)]),
    ),
    tables: [
      ...([50, 99, 99.9] as const).map((p) => matrixTable(results, p)),
      causeTable(results),
      ...workloads.map((workload) => detailTable(results, workload)),
    ],
    plots: [
      {
        name: "balancers-matrix",
        caption:
          "The 99th percentile of each balancer on each workload, as a multiple of the clairvoyant balancer's.",
        spec: matrixPlot(results),
      },
      ...curves.map((workload) => ({
        name: `balancers-${workload}`,
        caption: `Response-time percentiles, ${workload}: ${settings[workload]!.what}.`,
        spec: percentilePlot(
          drawn
            .filter((name) => namesOf(workload).includes(name))
            .map((name) => ({
              name,
              times: meanCurve(results.of(jobKey(workload, name)).map((x) => settings[workload]!.times(x))),
            })),
          "response time, µs",
        ),
      })),
      swing(results),
    ],
  }),
}
