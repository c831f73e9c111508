/** What an experiment is: runs that are declared, and what is made of their results. */
import type { TopLevelSpec } from "vega-lite"
import { paperCosts } from "../cost.ts"
import { refuse } from "../errors.ts"
import { percentileOf } from "../measures.ts"
import type { RunResult, RunSpec } from "../run.ts"
import { schemes } from "../scheme.ts"
import { estimateOf } from "../statistics.ts"

/** `key`: unique within the experiment, letters, digits and hyphens. The seed is each repetition's own. */
export interface Job {
  readonly key: string
  readonly spec: Omit<RunSpec, "seed">
}

/** A sentence of the paper, and what became of it here. */
export interface Claim {
  readonly text: string
  readonly source: string
  /** The paper's value and ours; `ratio`: ours by the paper's, where both are numbers. */
  readonly paper: string
  readonly ours: string
  readonly ratio?: number
  readonly holds: boolean
  /** Not the paper's: what we want of it. */
  readonly aim?: true
  /** What is to be known of it. */
  readonly note?: string
  /** Why it is not expected to hold here. One that does not hold and has none is an error. */
  readonly otherwise?: string
}

export interface Table {
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export interface Plot {
  /** File name without ending. */
  readonly name: string
  readonly caption: string
  /** Without colours of its own: it is drawn on light and on dark. */
  readonly spec: TopLevelSpec
}

/** A panel of the page's first plot: who does how well. */
export interface Glance {
  readonly title: string
  /** By balancer: its 50th, 99th and 99.9th percentile of response time, µs. */
  readonly rows: ReadonlyArray<{ readonly name: string; readonly times: readonly [number, number, number] }>
}

export interface Findings {
  readonly claims: ReadonlyArray<Claim>
  readonly tables: ReadonlyArray<Table>
  readonly plots: ReadonlyArray<Plot>
  readonly glance?: Glance
}

export interface Experiment {
  readonly name: string
  readonly title: string
  /** What is run, for the document. */
  readonly what: string
  readonly repetitions: number
  readonly jobs: ReadonlyArray<Job>
  /** How `--quick` shortens a job, besides running it once; as it is, where there is none. */
  readonly quick?: (job: Job) => Job
  /** Each job's results, by key, in the order of the seeds. */
  readonly find: (results: Results) => Findings
}

export class Results {
  readonly #byKey: ReadonlyMap<string, ReadonlyArray<RunResult>>
  readonly #specs: ReadonlyMap<string, RunSpec>

  /** `specs`: of the first repetition of each job. */
  constructor(
    byKey: ReadonlyMap<string, ReadonlyArray<RunResult>>,
    specs: ReadonlyMap<string, RunSpec> = new Map(),
  ) {
    this.#byKey = byKey
    this.#specs = specs
  }

  /** What was run, which is shorter where it was quick. @throws {ExperimentError} for a key that was not run */
  spec(key: string): RunSpec {
    return this.#specs.get(key) ?? refuse(key, "there is no such job")
  }

  /** @throws {ExperimentError} for a key that was not run */
  of(key: string): ReadonlyArray<RunResult> {
    return this.#byKey.get(key) ?? refuse(key, "there are no results of this job")
  }

  first(key: string): RunResult {
    return this.of(key)[0]!
  }

  /** By repetition. */
  map(key: string, value: (result: RunResult) => number): ReadonlyArray<number> {
    return this.of(key).map(value)
  }
}

/** For the page's first plot: by name, the key of its job. */
export const glanceOf = (
  results: Results,
  title: string,
  keys: ReadonlyArray<readonly [name: string, key: string]>,
): Glance => ({
  title,
  rows: keys.map(([name, key]) => {
    const at = (p: 50 | 99 | 99.9): number =>
      estimateOf(results.map(key, (x) => percentileOf(x.response, p))).mean
    return { name, times: [at(50), at(99), at(99.9)] }
  }),
})

/** What all experiments begin with: eight composite servers and eight web servers, as §5.3 has them. */
export const base: Omit<RunSpec, "seed"> = {
  configuration: "TS8LS8CM8",
  applications: 8,
  scheme: schemes["Tournament 2"]!,
  costs: paperCosts,
  workload: {
    arrivals: { kind: "poisson", rate: 30_000 },
    flows: "hashed",
    service: { kind: "fixed", mean: 8 },
    delays: [],
    requests: 1,
    think: { kind: "fixed", mean: 0 },
    claims: "eager",
  },
  claimTimeout: 1000,
  connections: 1024,
  // SOMAXCONN of Linux 3.0, the paper's system.
  backlog: 128,
  room: 64,
  buffers: 256,
  warmUp: 500_000,
  duration: 5_000_000,
  drain: 2_000_000,
  slice: 50_000,
  sampling: 500,
}

/** A name as part of a job's key. */
export const keyOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
