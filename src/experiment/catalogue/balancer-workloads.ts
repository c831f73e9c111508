/** Workloads that the paper's evaluation has not, each at 70 % of what the web servers can do. */
import { meanOf } from "../distribution.ts"
import type { TimesSummary } from "../measures.ts"
import type { RunResult } from "../run.ts"
import { ALWAYS, type Delay, meanRequests, type Workload } from "../workload.ts"
import { base, type Job } from "./experiment.ts"

const APPLICATIONS = 8
export const LOAD = 0.7
/** µs: of the web server, so that it is the application that is balanced, not the stack. */
export const SERVICE = 100
/** µs. */
const WAN = 20_000

const exponential = { kind: "exponential", mean: SERVICE } as const
const heavy = { kind: "pareto", alpha: 1.3, least: 27.83, most: 10_000 } as const
const alike = { factor: 1, extra: 0, held: 0 }
const slower = (application: number, factor: number): Delay => ({
  ...alike,
  application,
  from: -ALWAYS,
  to: ALWAYS,
  factor,
})

/** Connections/s; `capacity`: of how many web servers at full speed. */
const rateOf = ({ service, requests }: Pick<Workload, "service" | "requests">, capacity: number): number =>
  Math.round((LOAD * capacity * 1e6) / (meanOf(service) * meanRequests(requests)))

const poisson = (change: Partial<Workload> = {}, capacity = APPLICATIONS): Workload => {
  const workload = { ...base.workload, service: exponential, ...change }
  return { ...workload, arrivals: { kind: "poisson", rate: rateOf(workload, capacity) } }
}

export interface Setting {
  /** For the tables' titles. */
  readonly what: string
  readonly workload: Workload
  /** What differs from eight web servers next door. */
  readonly change?: Partial<Job["spec"]>
  /** The times that are compared. */
  readonly times: (result: RunResult) => TimesSummary
  /** Only with the baselines that tell most: the others show nothing new there. */
  readonly brief?: true
}

const response = ({ response }: RunResult): TimesSummary => response

const many = (n: number, change: Partial<Job["spec"]> = {}): Setting => ({
  what: `${n} web servers and as many composite servers, exponential service times`,
  workload: poisson({}, n),
  change: { configuration: n, applications: n, ...change },
  times: response,
  brief: true,
})

export const settings: Readonly<Record<string, Setting>> = {
  uniform: { what: "exponential service times", workload: poisson(), times: response },
  heavy: {
    what: "heavy-tailed service times, Pareto 1.3 up to 10 ms",
    workload: poisson({ service: heavy }),
    times: response,
  },
  bursts: {
    what: "bursts of 16 connections, exponential service times",
    workload: {
      ...poisson(),
      arrivals: { kind: "bursts", rate: rateOf(poisson(), APPLICATIONS), size: 16 },
    },
    times: response,
  },
  slow: {
    what: "one web server of the eight ten times slower",
    workload: poisson({ delays: [slower(3, 10)] }, APPLICATIONS - 0.9),
    times: response,
  },
  stalled: {
    what: "one web server stands still for 50 ms",
    workload: poisson({
      delays: [{ ...alike, application: 3, from: 100_000, to: 100_200, extra: 50_000 }],
    }),
    times: response,
  },
  mixed: {
    what: "heterogeneous cores: every other web server at half speed",
    workload: poisson({ delays: [1, 3, 5, 7].map((a) => slower(a, 2)) }, 6),
    times: response,
  },
  "keep-alive": {
    what: "nine connections in ten have one request, the tenth has a hundred, 1 ms apart in the mean; by request",
    workload: poisson({
      requests: { kind: "two", fast: 1, slow: 100, share: 0.1 },
      think: { kind: "exponential", mean: 1000 },
    }),
    times: response,
  },
  wan: {
    what: `round trips of ${WAN / 1000} ms, so that a choice at the SYN is as old at the ACK; times without round trips`,
    workload: poisson(),
    change: { costs: { ...base.costs, roundTrip: WAN }, connections: 8192, backlog: 1024 },
    times: ({ sojourn }) => sojourn,
  },
  four: many(4),
  sixteen: many(16),
  "sixty-four": many(64, { connections: 256, warmUp: 50_000, duration: 100_000 }),
}
