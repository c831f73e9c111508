/** What the operator's settings do, one at a time: the figures of docs/tuning.md. */
import { type Balance, defaultBalance } from "../../core/topology.ts"
import { type Percentile, percentileOf } from "../measures.ts"
import type { RunSpec } from "../run.ts"
import { ALWAYS, type Delay, type Workload } from "../workload.ts"
import { number, summarised, time } from "./curves.ts"
import { base, type Experiment, type Job, keyOf, type Results, type Table } from "./experiment.ts"

const APPLICATIONS = 8
/** µs of a web server, and what part of eight is used: as much as leaves one that stops to the seven others. */
const SERVICE = 100
const LOAD = 0.5
const second = 1e6

const rate = (capacity: number): number => Math.round((LOAD * capacity * second) / SERVICE)
const workload = (capacity: number, delays: ReadonlyArray<Delay>): Workload => ({
  ...base.workload,
  arrivals: { kind: "poisson", rate: rate(capacity) },
  service: { kind: "exponential", mean: SERVICE },
  delays,
})

/** Stands still for `for` µs at its first request after each of these times. */
const stops = (application: number, length: number, at: ReadonlyArray<number>): ReadonlyArray<Delay> =>
  at.map((from) => ({ application, from, to: from + 2000, extra: length, factor: 1, held: 0 }))
const times = [20_000, 220_000, 420_000]

const workloads = {
  alike: workload(APPLICATIONS, []),
  slow: workload(APPLICATIONS - 0.9, [
    { application: 3, from: -ALWAYS, to: ALWAYS, extra: 0, factor: 10, held: 0 },
  ]),
  stops: workload(APPLICATIONS, stops(3, 50_000, times)),
  pause: workload(
    APPLICATIONS,
    Array.from({ length: APPLICATIONS }, (_, a) => stops(a, 50_000, [20_000])).flat(),
  ),
} as const
type Name = keyof typeof workloads

/** A live stack's own settings. */
const live: Omit<RunSpec, "seed" | "workload"> = {
  ...base,
  claimTimeout: 20_000,
  connections: 2048,
  backlog: 1024,
  warmUp: 100_000,
  duration: 600_000,
  drain: 3_000_000,
  slice: 20_000,
}

interface Setting {
  readonly name: string
  readonly unit: string
  /** What it is, and what the run is then; the first is the live stack's. */
  readonly values: ReadonlyArray<readonly [shown: string, change: Partial<RunSpec>]>
  readonly under: ReadonlyArray<Name>
}

const balance = (change: Partial<Balance>): Partial<RunSpec> => ({
  scheme: { kind: "core", balance: { ...defaultBalance, ...change } },
})
const shown = (x: number): string => x.toLocaleString("en-GB")
const usual: ReadonlyArray<Name> = ["alike", "slow", "stops"]

const settings: ReadonlyArray<Setting> = [
  {
    name: "claim-timeout",
    unit: "µs",
    values: [20_000, 200, 1000, 5000, 100_000].map((x) => [shown(x), { claimTimeout: x }]),
    under: usual,
  },
  {
    name: "tariff",
    unit: "",
    values: [2, 1, 4, 10].map((x) => [String(x), balance({ tariff: x })]),
    under: usual,
  },
  {
    name: "high / low",
    unit: "",
    values: (
      [
        [1, 0.8],
        [1, 1],
        [1, 0.5],
        [2, 0.8],
      ] as const
    ).map(([high, low]) => [`${high} / ${low}`, balance({ high, low })]),
    under: usual,
  },
  {
    name: "window",
    unit: "",
    values: (["median", "mean"] as const).map((window) => [window, balance({ window })]),
    under: usual,
  },
  {
    name: "offer-interval",
    unit: "µs",
    values: [50, 10, 500, 5000].map((x) => [shown(x), { offerInterval: x }]),
    under: usual,
  },
  {
    name: "backlog",
    unit: "",
    values: [1024, 16, 128].map((x) => [shown(x), { backlog: x }]),
    under: ["pause"],
  },
]

/** The live stack's own values are one job for all settings. */
const jobKey = (setting: Setting, value: number, under: Name): string =>
  value === 0 ? `live-${under}` : `${keyOf(setting.name)}-${keyOf(setting.values[value]![0])}-${under}`

const jobs: ReadonlyArray<Job> = [
  ...new Map(
    settings
      .flatMap((setting) =>
        setting.values.flatMap(([, change], value) =>
          setting.under.map((under) => ({
            key: jobKey(setting, value, under),
            spec: { ...live, ...change, workload: workloads[under] },
          })),
        ),
      )
      .map((job) => [job.key, job]),
  ).values(),
]

const at = (results: Results, key: string, p: Percentile): string =>
  summarised(
    results.map(key, (x) => percentileOf(x.response, p)),
    time,
  )
const percent = (results: Results, key: string, of: (x: ReturnType<Results["first"]>) => number): string =>
  `${summarised(results.map(key, (x) => 100 * of(x)))} %`
/** Of all connections, those of web server 3. */
const third = ({ served, connections }: ReturnType<Results["first"]>): number =>
  served[3]!.reduce((sum, x) => sum + x, 0) / connections
const perSecond = (results: Results, key: string): string => {
  const seconds = results.spec(key).duration / second
  return number(results.map(key, (x) => x.offers / seconds).reduce((a, b) => a + b) / results.of(key).length)
}

const tableOf = (results: Results, setting: Setting): Table => {
  const title = `\`${setting.name}\`${setting.unit === "" ? "" : `, ${setting.unit}`}; the first is a live stack's own`
  if (setting.under.includes("pause")) {
    return {
      title,
      head: [setting.name, "SYNs dropped", "response 99th", "99.9th"],
      rows: setting.values.map(([value], k) => {
        const key = jobKey(setting, k, "pause")
        return [
          value,
          summarised(results.map(key, (x) => x.dropped)),
          at(results, key, 99),
          at(results, key, 99.9),
        ]
      }),
    }
  }
  return {
    title,
    head: [
      setting.name,
      "alike: 50th",
      "99th",
      "local",
      "offers/s",
      "slow: 50th",
      "99th",
      "its share",
      "stops: 99th",
      "99.9th",
      "timeouts",
    ],
    rows: setting.values.map(([value], k) => {
      const [alike, slow, stopped] = usual.map((under) => jobKey(setting, k, under)) as [
        string,
        string,
        string,
      ]
      return [
        value,
        at(results, alike, 50),
        at(results, alike, 99),
        percent(results, alike, (x) => x.locality),
        perSecond(results, alike),
        at(results, slow, 50),
        at(results, slow, 99),
        percent(results, slow, third),
        at(results, stopped, 99),
        at(results, stopped, 99.9),
        summarised(results.map(stopped, (x) => x.claimTimeouts)),
      ]
    }),
  }
}

export const sensitivity: Experiment = {
  name: "sensitivity",
  title: "What an operator's settings do",
  what:
    "8 composite servers, 8 web servers that take 100 µs (exponential) for a request, half of their capacity in Poisson arrivals, 0.6 s; Tournament with a live " +
    "stack's own settings, one of which is another. alike: nothing else; slow: web server 3 takes ten times as long; stops: it stands still for 50 ms three " +
    "times; pause: all do, once. Times are the clients' response times.",
  repetitions: 3,
  jobs,
  quick: ({ key, spec }) => ({
    key,
    spec: { ...spec, warmUp: 10_000, duration: 60_000, drain: 1_000_000, slice: 5000 },
  }),
  find: (results) => ({
    claims: [],
    tables: settings.map((setting) => tableOf(results, setting)),
    plots: [],
  }),
}
