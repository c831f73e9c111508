import { type Costs, paperCosts } from "../../src/experiment/cost.ts"
import type { RunSpec } from "../../src/experiment/run.ts"
import { schemes } from "../../src/experiment/scheme.ts"
import type { Workload } from "../../src/experiment/workload.ts"

/** Nothing costs anything, and the client is next door: what is left is queueing theory. */
export const free: Costs = {
  ...(Object.fromEntries(Object.keys(paperCosts).map((name) => [name, 0])) as unknown as Costs),
  coresPerSocket: 1024,
}

export const workload: Workload = {
  arrivals: { kind: "poisson", rate: 20_000 },
  flows: "hashed",
  service: { kind: "fixed", mean: 20 },
  delays: [],
  requests: 1,
  think: { kind: "fixed", mean: 0 },
  claims: "eager",
}

/** A tenth of a second of four composite servers with four web servers, at 10 % of what they can do. */
export const small = (scheme = "Tournament 2", change: Partial<RunSpec> = {}): RunSpec => ({
  configuration: "TS4LS4CM4",
  applications: 4,
  scheme: schemes[scheme]!,
  costs: paperCosts,
  workload,
  claimTimeout: 20_000,
  connections: 256,
  backlog: 256,
  room: 64,
  buffers: 256,
  seed: 1,
  warmUp: 20_000,
  duration: 100_000,
  drain: 1_000_000,
  slice: 10_000,
  sampling: 500,
  ...change,
})
