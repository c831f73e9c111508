/** What each part and each setting of Shortest and of Late brings: one thing changed at a time. */
import { percentileOf } from "../measures.ts"
import { type Scheme, schemes } from "../scheme.ts"
import { estimateOf } from "../statistics.ts"
import { balancerJob, compared, percentileCells, TOURNAMENT } from "./balancer-jobs.ts"
import { settings } from "./balancer-workloads.ts"
import { changed, LATE, SHORTEST, shortest } from "./better-jobs.ts"
import { summarised } from "./curves.ts"
import { type Job, keyOf, type Results, type Table } from "./experiment.ts"

type Change = Partial<Job["spec"]>

const balance = (change: { readonly tariff?: number; readonly window?: "mean" }) => ({
  scheme: shortest(change),
})
const late = (tariff: number): { readonly scheme: Scheme } => ({ scheme: changed(LATE, { tariff }) })

const idle = (workload: string): Change => ({
  workload: { ...settings[workload]!.workload, claims: "idle" },
})

export const ONE_MANAGER = "Shortest, one manager that counts all"
export const LATE_ONE = "Late, one manager: nobody is lent"
export const ALL_LOCAL = "Naive, which keeps all local, claims when idle"

/** By workload: the tournament, its parts, and what knows more. */
const parts = (workload: string): Readonly<Record<string, Change>> => ({
  "Tournament 2": {},
  "Tournament 2, bound late: claims when idle, one announcement at a time, 200 µs": {
    ...idle(workload),
    room: 1,
    claimTimeout: 200,
  },
  Shortest: balance({}),
  [ONE_MANAGER]: { ...balance({}), configuration: "TS8LS8+CM1" },
  "Shortest, claims when idle": { ...balance({}), ...idle(workload) },
  Late: late(2),
  [LATE_ONE]: { ...late(2), configuration: "TS8LS8+CM1" },
  [ALL_LOCAL]: { scheme: schemes.Naive!, ...idle(workload) },
})

/** Of Shortest, uniform. */
const knobs: Readonly<Record<string, Change>> = {
  "tariff 1": balance({ tariff: 1 }),
  "tariff 1.5": balance({ tariff: 1.5 }),
  "tariff 4": balance({ tariff: 4 }),
  "tariff 16": balance({ tariff: 16 }),
  "offers at most every 10 µs": { ...balance({}), offerInterval: 10 },
  "offers at most every 500 µs": { ...balance({}), offerInterval: 500 },
  "the mean of 256": balance({ window: "mean" }),
  "claim timeout 200 µs": { ...balance({}), claimTimeout: 200 },
  "claim timeout 1 ms": { ...balance({}), claimTimeout: 1000 },
  "room for one announcement": { ...balance({}), room: 1 },
}

/** Of Late, one web server slow: its tariff is from how many times as slow on one is spared. */
const lateKnobs: Readonly<Record<string, Change>> = {
  "tariff 1": late(1),
  "tariff 1.5": late(1.5),
  "tariff 4": late(4),
  "tariff 16, by which nobody is slow": late(16),
  "the mean of 256": { scheme: changed(LATE, { window: "mean" }) },
  "claim timeout 1 ms": { ...late(2), claimTimeout: 1000 },
}

const workloads = ["uniform", "slow"]
const partKey = (workload: string, what: string): string => `part-${workload}-${keyOf(what)}`
const knobKey = (what: string): string => `knob-${keyOf(what)}`
const lateKey = (what: string): string => `late-${keyOf(what)}`

const length = { warmUp: 100_000, duration: 150_000, slice: 5_000 }
const job = (key: string, workload: string, change: Change): Job => ({
  key,
  spec: { ...balancerJob(workload, TOURNAMENT).spec, ...length, ...change },
})

export const knobJobs: ReadonlyArray<Job> = [
  ...workloads.flatMap((workload) =>
    Object.entries(parts(workload)).map(([what, change]) => job(partKey(workload, what), workload, change)),
  ),
  ...Object.entries(knobs).map(([what, change]) => job(knobKey(what), "uniform", change)),
  ...Object.entries(lateKnobs).map(([what, change]) => job(lateKey(what), "slow", change)),
]

/** µs, the 99th percentile of a part's run. */
export const partTail = (results: Results, workload: string, what: string): number =>
  estimateOf(results.map(partKey(workload, what), (x) => percentileOf(x.response, 99))).mean

const head = ["what", ...compared.map((p) => `${p}th`), "local"]

const row = (results: Results, what: string, key: string): ReadonlyArray<string> => [
  what,
  ...percentileCells(results, key, (x) => x.response),
  `${summarised(results.map(key, (x) => 100 * x.locality))} %`,
]

export const knobTables = (results: Results): ReadonlyArray<Table> => [
  ...workloads.map((workload) => ({
    title: `Which part brings what, ${workload}; mean ± 95 % confidence`,
    head,
    rows: Object.keys(parts(workload)).map((what) => row(results, what, partKey(workload, what))),
  })),
  {
    title: "Late with one setting changed, slow; mean ± 95 % confidence",
    head,
    rows: [
      row(results, "none", partKey("slow", LATE)),
      ...Object.keys(lateKnobs).map((what) => row(results, what, lateKey(what))),
    ],
  },
  {
    title: "Shortest with one setting changed, uniform; mean ± 95 % confidence",
    head,
    rows: [
      row(results, "none", partKey("uniform", SHORTEST)),
      ...Object.keys(knobs).map((what) => row(results, what, knobKey(what))),
    ],
  },
]
