/** What `better` runs: the core's schemes that the paper has not, beside the tournament and what nobody can have. */
import { percentileOf } from "../measures.ts"
import { type Scheme, schemes } from "../scheme.ts"
import { estimateOf } from "../statistics.ts"
import { balancerJob, IDEAL, jobKey, QUEUE, TOURNAMENT } from "./balancer-jobs.ts"
import { settings } from "./balancer-workloads.ts"
import { type Job, keyOf, type Results } from "./experiment.ts"
import { figure6a } from "./imbalance-runs.ts"

export const SHORTEST = "Shortest"
export const LATE = "Late"
/** The best that a choice at arrival has among the baselines: it counts what is open everywhere, at once, at the ACK. */
export const ARRIVAL = "least-connections"
const names = [TOURNAMENT, SHORTEST, LATE, ARRIVAL, QUEUE, IDEAL]
/** In so short a run sixty-four managers' choices at arrival have not begun to swing: it would flatter them. */
const MANY = "sixty-four"
export const allWorkloads = Object.keys(settings)
export const workloads = allWorkloads.filter((workload) => workload !== MANY)
export const namesIn = (workload: string): ReadonlyArray<string> =>
  workload === MANY ? [LATE, ARRIVAL, QUEUE, IDEAL] : names

export const lengths = { warmUp: 150_000, duration: 250_000, slice: 5_000 }
const lengthsOf = (workload: string): Partial<Job["spec"]> =>
  workload === MANY ? { ...lengths, warmUp: 20_000, duration: 40_000 } : lengths

/** With the paper's tariff. */
export const shortest = (change: { readonly tariff?: number; readonly window?: "mean" } = {}): Scheme =>
  changed(SHORTEST, { tariff: 2, ...change })

export const changed = (
  name: string,
  change: { readonly tariff?: number; readonly window?: "mean" },
): Scheme => {
  const scheme = schemes[name]!
  return scheme.kind === "core" ? { ...scheme, balance: { ...scheme.balance, ...change } } : scheme
}

/** One that is run as `better` runs all. */
export const betterJob = (workload: string, name: string, change: Partial<Job["spec"]> = {}): Job =>
  balancerJob(workload, name, {
    ...settings[workload]!.change,
    ...lengthsOf(workload),
    ...(name === SHORTEST ? { scheme: shortest() } : {}),
    ...change,
  })

export const mainJobs: ReadonlyArray<Job> = allWorkloads.flatMap((workload) =>
  namesIn(workload).map((name) => betterJob(workload, name)),
)

/** Figure 6a's delays, under which the paper judges. */
const paperKey = (name: string): string => `paper-${keyOf(name)}`
const evenKey = (name: string): string => `even-${keyOf(name)}`
export const paperNames = [TOURNAMENT, SHORTEST, LATE]
const paperJob = (key: string, name: string, delays: typeof figure6a): Job => {
  const { spec } = betterJob("uniform", name)
  return {
    key,
    spec: {
      ...spec,
      workload: {
        ...spec.workload,
        arrivals: { kind: "poisson", rate: 30_000 },
        service: { kind: "fixed", mean: 8 },
        delays,
      },
      claimTimeout: 1000,
      warmUp: 500_000,
      duration: 1_500_000,
      slice: 50_000,
    },
  }
}
export const paperJobs: ReadonlyArray<Job> = [
  ...paperNames.map((name) => paperJob(paperKey(name), name, figure6a)),
  ...[TOURNAMENT, LATE].map((name) => paperJob(evenKey(name), name, [])),
]

/** %, mean of the repetitions. */
export const locality = (results: Results, key: string): number =>
  estimateOf(results.map(key, (x) => 100 * x.locality)).mean
export const localityIn = (results: Results, workload: string, name: string): number =>
  locality(results, jobKey(workload, name))
export const paperLocality = (results: Results, name: string): number => locality(results, paperKey(name))
/** The same without the delays. */
export const evenLocality = (results: Results, name: string): number => locality(results, evenKey(name))

/** µs, the 99th percentile under Figure 6a's delays. */
export const paperTail = (results: Results, name: string): number =>
  estimateOf(results.map(paperKey(name), (x) => percentileOf(x.response, 99))).mean
