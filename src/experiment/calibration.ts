/**
 * Calibration: the same connections on the real stack and in simulation. Here is what both are given (arrivals and demands, drawn
 * from one seed) and how what they measured compares. What drives the real stack is `bench/`.
 */
import { defaultBalance, type SchemeName } from "../core/topology.ts"
import { Random } from "../sim/random.ts"
import type { Costs, Parameter } from "./cost.ts"
import { sample } from "./distribution.ts"
import { percentileOf } from "./measures.ts"
import type { RunResult, RunSpec } from "./run.ts"
import { gapOf, type Workload } from "./workload.ts"

/** One run that both are put to. */
export interface Trial {
  /** Letters, digits and hyphens. */
  readonly key: string
  readonly configuration: string
  readonly applications: number
  readonly scheme: SchemeName
  readonly workload: Workload
  readonly seed: number
  /** µs. */
  readonly warmUp: number
  readonly duration: number
}

/** What clients saw. `throughput`: answers/s; the others: response times, µs. */
export interface Figures {
  readonly throughput: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export const figureNames: ReadonlyArray<keyof Figures> = ["throughput", "p50", "p95", "p99"]

/** A connection of the plan: when the client begins it, and the web server's own time for its request, µs. */
export interface Planned {
  readonly at: number
  readonly demand: number
}

/** The connections of an open loop, as `clients.ts` draws them: the same streams of the same seed, in the same order. */
export const planOf = ({ workload, seed, warmUp, duration }: Trial): ReadonlyArray<Planned> => {
  const random = new Random(seed)
  const arrivals = random.stream("arrivals")
  const demands = random.stream("demands")
  const plan: Array<Planned> = []
  const end = warmUp + duration
  for (let at = gapOf(workload.arrivals, arrivals); at < end; at += gapOf(workload.arrivals, arrivals))
    plan.push({ at, demand: sample(workload.service, demands) })
  return plan
}

/** As `runtime/supervisor.ts` sets up a stack. */
export const specOf = (trial: Trial, costs: Costs): RunSpec => ({
  configuration: trial.configuration,
  applications: trial.applications,
  scheme: { kind: "core", balance: { ...defaultBalance, scheme: trial.scheme } },
  costs,
  workload: trial.workload,
  claimTimeout: 20_000,
  connections: 2048,
  backlog: 1024,
  room: 64,
  buffers: 256,
  seed: trial.seed,
  warmUp: trial.warmUp,
  duration: trial.duration,
  drain: 5_000_000,
  slice: trial.duration,
  sampling: 100_000,
})

export const simulated = ({ throughput, response }: RunResult): Figures => ({
  throughput,
  p50: percentileOf(response, 50),
  p95: percentileOf(response, 95),
  p99: percentileOf(response, 99),
})

/** By the nearest rank; `sorted` ascending, of at least one. */
const quantile = (sorted: ReadonlyArray<number>, p: number): number =>
  sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)]!

/**
 * What the real stack's client saw. `answered`: by connection of the plan, µs from its beginning, or −1 where no answer came,
 * which counts as one that took for ever.
 */
export const figuresOf = (
  trial: Trial,
  plan: ReadonlyArray<Planned>,
  answered: ReadonlyArray<number>,
): Figures => {
  const end = trial.warmUp + trial.duration
  const times: Array<number> = []
  let count = 0
  for (const [k, { at }] of plan.entries()) {
    const time = answered[k]!
    const heard = time < 0 ? Number.POSITIVE_INFINITY : at + time
    if (at >= trial.warmUp) times.push(heard - at)
    if (heard >= trial.warmUp && heard < end) count++
  }
  times.sort((a, b) => a - b)
  return {
    throughput: Math.round((1e6 * count) / trial.duration),
    p50: Math.round(quantile(times, 50)),
    p95: Math.round(quantile(times, 95)),
    p99: Math.round(quantile(times, 99)),
  }
}

/** How far apart the two may be. */
export const TOLERANCE = 0.15

/** The simulation's figures by the real ones, and whether all are within the tolerance, neither more nor less. */
export const compare = (
  ours: Figures,
  real: Figures,
): { readonly ratios: Figures; readonly within: boolean; readonly worst: number } => {
  const ratios = Object.fromEntries(
    figureNames.map((name) => [name, ours[name] / real[name]]),
  ) as unknown as Figures
  const off = figureNames.map((name) => Math.max(ratios[name], 1 / ratios[name]) - 1)
  // A figure that is none (nothing was answered) is no agreement.
  const worst = off.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(...off)
  return { ratios, within: worst <= TOLERANCE, worst }
}

/** What was measured on a real machine: the file that `pika calibrate --write` makes, and the report reads. */
export interface Recorded {
  readonly version: 1
  /** ISO 8601. */
  readonly date: string
  /** What it is, a line each. */
  readonly machine: ReadonlyArray<string>
  readonly costs: ReadonlyArray<Parameter>
  readonly trials: ReadonlyArray<RecordedTrial>
  /** As Tables 4 and 5 have it, µs of one connection. */
  readonly times: ReadonlyArray<RecordedTimes>
  /** Rows of `pika bench`, by name, as the paper's Table 2 has them: cycles. */
  readonly cycles: Readonly<Record<string, number>>
}

export interface RecordedTrial {
  readonly key: string
  readonly figures: Figures
  /** Connections that had no answer. */
  readonly lost: number
  /** How late the client came to its connections, µs, median and 99th percentile: that is in the times above. */
  readonly late: readonly [number, number]
  /** By process: share of a core. */
  readonly servers: ReadonlyArray<number>
  readonly applications: ReadonlyArray<number>
}

export interface RecordedTimes {
  readonly configuration: string
  readonly managing: number
  readonly tcp: number
  readonly messages: number
  /** Of ringing sleepers, beyond `messages`. */
  readonly bells: number
  /** From the client's connect until the answer. */
  readonly total: number
}

/** By Cachegrind. */
export interface CacheCounts {
  readonly instructions: number
  /** Of the first instruction cache, and of the first data cache. */
  readonly instructionMisses: number
  readonly dataMisses: number
}

/** What `pika calibrate --caches` measured: of a request, all servers of a configuration together. */
export interface RecordedCaches {
  readonly date: string
  readonly machine: ReadonlyArray<string>
  readonly requests: number
  readonly rows: ReadonlyArray<CacheCounts & { readonly configuration: string; readonly kib: number }>
}
