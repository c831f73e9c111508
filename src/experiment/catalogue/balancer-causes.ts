/** Why the tournament swings where nothing is slow: one thing changed at a time. */

import { percentileOf } from "../measures.ts"
import { schemes } from "../scheme.ts"
import { estimateOf } from "../statistics.ts"
import { balancerJob, compared, percentileCells, TOURNAMENT } from "./balancer-jobs.ts"
import { number, summarised, time } from "./curves.ts"
import { type Job, keyOf, type Results, type Table } from "./experiment.ts"

const WORKLOAD = "uniform"
const tournament = schemes[TOURNAMENT]!
const plain = balancerJob(WORKLOAD, TOURNAMENT)

/** By what differs from Tournament 2 as it stands in the tables above. */
const changes: Readonly<Record<string, Partial<Job["spec"]>>> = {
  "offers at most every 1 µs": { offerInterval: 1 },
  "offers at most every 500 µs": { offerInterval: 500 },
  "one manager for all, which needs no offers": { configuration: "TS8LS8+CM1" },
  "the mean of 256 instead of the median of 128":
    tournament.kind === "core"
      ? { scheme: { ...tournament, balance: { ...tournament.balance, window: "mean" } } }
      : {},
  "a claim timeout of 1 ms": { claimTimeout: 1000 },
  "claims when idle": { workload: { ...plain.spec.workload, claims: "idle" } },
  "room for one announcement of each Transport Server": { room: 1 },
}

const key = (what: string): string => `why-${keyOf(what)}`

export const causeJobs: ReadonlyArray<Job> = Object.entries(changes).map(([what, change]) => ({
  key: key(what),
  spec: { ...plain.spec, ...change },
}))

const tail = (results: Results, what: string): string =>
  time(estimateOf(results.map(key(what), (x) => percentileOf(x.response, 99))).mean)

/** What the runs have shown of it. */
export const causes = (results: Results): string => {
  const of = (what: keyof typeof changes): string => `${what}: ${tail(results, what)}`
  return (
    `It is not that offers are old (99th percentile with ${of("offers at most every 1 µs")}; ${of("one manager for all, which needs no offers")}), ` +
    `nor how the times are summed up (${of("the mean of 256 instead of the median of 128")}), nor the timeout alone (${of("a claim timeout of 1 ms")}) ` +
    `or when it claims alone (${of("claims when idle")}). A service time is heard of when its connection has closed, and until then whoever looked ` +
    `best gets everything; what bounds what can be given before he has looked again, cures it: ${of("room for one announcement of each Transport Server")}.`
  )
}

export const causeTable = (results: Results): Table => ({
  title: "Response times, uniform: Tournament 2 with one thing changed at a time; mean ± 95 % confidence",
  head: ["change", ...compared.map((p) => `${p}th`), "local", "offers/s"],
  rows: [["none", plain.key] as const, ...Object.keys(changes).map((what) => [what, key(what)] as const)].map(
    ([what, job]) => [
      what,
      ...percentileCells(results, job, (x) => x.response),
      `${summarised(results.map(job, (x) => 100 * x.locality))} %`,
      number(estimateOf(results.map(job, (x) => (1e6 * x.offers) / results.spec(job).duration)).mean),
    ],
  ),
})
