/** Which balancers meet which workloads, and by what keys their results are found. */
import { percentileOf } from "../measures.ts"
import { type Policy, schemes } from "../scheme.ts"
import { estimateOf } from "../statistics.ts"
import { type Setting, settings } from "./balancer-workloads.ts"
import { summarised, time } from "./curves.ts"
import { base, type Job, keyOf, type Results } from "./experiment.ts"

export const TOURNAMENT = "Tournament 2"
/** The tournament with web servers that accept one connection, serve it and close it. */
export const IDLE = "Tournament 2, claims when idle"
export const ours = [TOURNAMENT, IDLE, "Filtered 2", "Unfiltered 2"]

/** What the field uses, and what nobody can have: the queues that cost nothing, and the ideal. */
export const fieldPolicies: ReadonlyArray<Policy> = [
  "round-robin",
  "reuseport",
  "two-choices",
  "idle-queue",
  "least-connections",
  "prequal",
  "hermes",
]
const bounds: ReadonlyArray<Policy> = ["shared-queue", "speed-aware-queue", "clairvoyant"]
export const QUEUE = "shared-queue"
export const IDEAL = "clairvoyant"

const all: ReadonlyArray<string> = [...ours, ...fieldPolicies, ...bounds]
const brief = [TOURNAMENT, IDLE, "least-connections", "prequal", "hermes", QUEUE, IDEAL]
export const namesOf = (workload: string): ReadonlyArray<string> =>
  settings[workload]!.brief === true ? brief : all

export const jobKey = (workload: string, name: string): string => `${workload}-${keyOf(name)}`

/** `change`: what a scheme that is not by `name` alone differs in. */
export const balancerJob = (workload: string, name: string, change: Partial<Job["spec"]> = {}): Job => {
  const setting = settings[workload]!
  const idle = name === IDLE
  return {
    key: jobKey(workload, name),
    spec: {
      ...base,
      scheme: schemes[idle ? TOURNAMENT : name]!,
      workload: { ...setting.workload, claims: idle ? "idle" : "eager" },
      // As `pika up` has it, and as short as the paper wants it.
      claimTimeout: idle ? 1000 : 20_000,
      warmUp: 200_000,
      duration: 500_000,
      slice: 5_000,
      ...setting.change,
      ...change,
    },
  }
}

export const quickBalancer = ({ key, spec }: Job): Job => ({
  key,
  spec: { ...spec, warmUp: spec.warmUp / 4, duration: spec.duration / 4 },
})

export const compared = [50, 90, 95, 99, 99.9] as const
export type Compared = (typeof compared)[number]

/** Cells of a table: the percentiles that are compared, of these times of a job, in the mean of its repetitions. */
export const percentileCells = (
  results: Results,
  key: string,
  times: Setting["times"],
): ReadonlyArray<string> =>
  compared.map((p) =>
    summarised(
      results.map(key, (x) => percentileOf(times(x), p)),
      time,
    ),
  )

/** µs, mean of the repetitions of a job under this workload. */
const timeOf = (results: Results, workload: string, key: string, p: Compared): number =>
  estimateOf(results.map(key, (x) => percentileOf(settings[workload]!.times(x), p))).mean

export const timeAt = (results: Results, workload: string, name: string, p: Compared): number =>
  timeOf(results, workload, jobKey(workload, name), p)

/** The worst of the compared percentiles of a job, as a multiple of another's. */
export const worstOf = (results: Results, workload: string, key: string, by: string): number =>
  Math.max(...compared.map((p) => timeOf(results, workload, key, p) / timeOf(results, workload, by, p)))
