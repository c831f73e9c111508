/** One run: what it is of, and what came of it. A pure function of its specification. */
import { initialManager } from "../core/manager.ts"
import { homeOf, type Topology } from "../core/topology.ts"
import { estimate } from "../core/window.ts"
import type { RecorderShape } from "../ports/ports.ts"
import { parseConfiguration, type StackPlan } from "../server/configuration.ts"
import { OFFER_INTERVAL } from "../server/connection-manager.ts"
import { Random } from "../sim/random.ts"
import { Baseline } from "./baseline.ts"
import { Clients } from "./clients.ts"
import { Connections } from "./connections.ts"
import { type Costs, checkCosts } from "./cost.ts"
import { checkNumber, checkWhole, refuse } from "./errors.ts"
import { QUESTION, SYN } from "./kinds.ts"
import { Machine } from "./machine.ts"
import { Measures, MOST_SLICES, type TimesSummary } from "./measures.ts"
import { checkScheme, type Scheme } from "./scheme.ts"
import { arrive, PORT } from "./shared.ts"
import { buildStack, coreOfApplication, coreOfServer } from "./stack.ts"
import { WebServer } from "./web-server.ts"
import { checkWorkload, type Workload } from "./workload.ts"

export interface RunSpec {
  /** The paper's notation (§5.4), or the number of composite servers, of which there may be more than a live stack has. */
  readonly configuration: string | number
  readonly applications: number
  readonly scheme: Scheme
  readonly costs: Costs
  readonly workload: Workload
  /** As `core/topology.ts` has them, and buffers between each application and server. */
  readonly claimTimeout: number
  readonly connections: number
  readonly backlog: number
  readonly room: number
  readonly buffers: number
  /** Between two offers of a manager at least, µs; 50 where there is none (§3.3). */
  readonly offerInterval?: number
  readonly seed: number
  /** µs: not measured; measured; and after that, at the most, until what is under way has ended. */
  readonly warmUp: number
  readonly duration: number
  readonly drain: number
  /** Of the series over time, µs; and how often estimates are looked at. */
  readonly slice: number
  readonly sampling: number
}

/** Counts are of what was measured. Times in µs. */
export interface RunResult {
  readonly response: TimesSummary
  readonly sojourn: TimesSummary
  readonly service: TimesSummary
  readonly managing: TimesSummary
  /** Answers/s. */
  readonly throughput: number
  /** Of connections, those assigned by their application's home manager. */
  readonly locality: number
  readonly connections: number
  readonly dropped: number
  readonly lost: number
  readonly refused: number
  readonly unfinished: number
  readonly claimTimeouts: number
  /** Offers sent in the measured time by all managers, and µs spent on sending and taking them. */
  readonly offers: number
  readonly offerTime: number
  /** Core steps, and items that cores did, from the beginning on. */
  readonly steps: number
  readonly items: number
  /** Connections that were under way at a time, at the most. */
  readonly records: number
  /** By server and application: share of its core's time. */
  readonly serverBusy: ReadonlyArray<number>
  readonly applicationBusy: ReadonlyArray<number>
  /** By application, by slice. */
  readonly served: ReadonlyArray<ReadonlyArray<number>>
  readonly local: ReadonlyArray<ReadonlyArray<number>>
  readonly truth: ReadonlyArray<ReadonlyArray<number | null>>
  readonly estimates: ReadonlyArray<ReadonlyArray<number | null>>
}

/** Composite servers and applications at the most. */
export const MOST_SERVERS = 64
const MOST_APPLICATIONS = 64

const planOf = (configuration: string | number): StackPlan => {
  if (typeof configuration === "string") {
    try {
      return parseConfiguration(configuration)
    } catch (error) {
      return refuse("configuration", (error as Error).message)
    }
  }
  checkWhole("configuration", configuration, 1, MOST_SERVERS)
  return {
    servers: Array.from({ length: configuration }, (_, k) => ({ transport: k, link: k, manager: k })),
    transports: configuration,
    links: configuration,
    managers: configuration,
  }
}

/** @throws {ExperimentError} naming the field */
export const checkRun = (spec: RunSpec): void => {
  planOf(spec.configuration)
  checkWhole("applications", spec.applications, 1, MOST_APPLICATIONS)
  checkScheme(spec.scheme)
  checkCosts(spec.costs)
  checkWorkload(spec.workload, spec.applications)
  checkNumber("claimTimeout", spec.claimTimeout, 1, 60_000_000)
  checkWhole("connections", spec.connections, 1, 16_384)
  checkWhole("backlog", spec.backlog, 1, 65_535)
  checkWhole("room", spec.room, 1, 4096)
  checkWhole("buffers", spec.buffers, 1, 65_536)
  if (spec.offerInterval !== undefined) checkNumber("offerInterval", spec.offerInterval, 1, 60_000_000)
  checkWhole("seed", spec.seed, 0, 0xffffffff)
  checkNumber("warmUp", spec.warmUp, 0, 1e10)
  checkNumber("duration", spec.duration, 1, 1e10)
  checkNumber("drain", spec.drain, 0, 1e10)
  checkNumber("slice", spec.slice, spec.duration / MOST_SLICES, 1e10)
  checkNumber("sampling", spec.sampling, 1, 1e10)
}

interface Built {
  readonly servers: ReadonlyArray<number>
  readonly applications: ReadonlyArray<number>
  readonly steps: () => number
  /** µs, of one application: its home manager's estimate. */
  readonly estimate: (a: number) => number
}

/** `recorder` takes every step of the core's machines, of which the first are then the applications' attachments. @throws {ExperimentError} when it can't be run */
export const run = (spec: RunSpec, recorder?: RecorderShape): RunResult => {
  checkRun(spec)
  const plan = planOf(spec.configuration)
  const random = new Random(spec.seed)
  const count = Math.max(plan.servers.length, spec.applications)
  const machine = new Machine(2 * count, spec.costs, random.stream("hops"))
  const end = spec.warmUp + spec.duration
  const measures = new Measures(spec.warmUp, end, spec.slice, spec.applications)
  const connections = new Connections()
  const clients = new Clients(machine, connections, spec.workload, measures, random)
  const parts = { machine, connections, clients, measures, workload: spec.workload, recorder }
  const built =
    spec.scheme.kind === "core" ? core(spec, plan, random, parts) : baseline(spec, plan, random, parts)
  const busy = watch(spec, machine, measures, built)
  clients.start()
  machine.run()
  clients.abandon()
  const share = (core: number): number => Math.round(((busy[core] ?? 0) / spec.duration) * 1e4) / 1e4
  return {
    response: measures.response.summary(),
    sojourn: measures.sojourn.summary(),
    service: measures.service.summary(),
    managing: measures.managing.summary(),
    throughput: Math.round((measures.answered / spec.duration) * 1e6),
    locality: measures.connections === 0 ? 0 : measures.localConnections / measures.connections,
    connections: measures.connections,
    dropped: measures.dropped,
    lost: measures.lost,
    refused: measures.refused,
    unfinished: measures.unfinished,
    claimTimeouts: measures.claimTimeouts,
    offers: measures.offers,
    offerTime: Math.round(measures.offerTime),
    steps: built.steps(),
    items: machine.items,
    records: connections.used,
    serverBusy: built.servers.map(share),
    applicationBusy: built.applications.map(share),
    served: measures.served.counts(),
    local: measures.local.counts(),
    truth: measures.truth.means(),
    estimates: measures.estimates.means(),
  }
}

type Parts = {
  readonly machine: Machine
  readonly connections: Connections
  readonly clients: Clients
  readonly measures: Measures
  readonly workload: Workload
  readonly recorder: RecorderShape | undefined
}

const core = (spec: RunSpec, plan: StackPlan, random: Random, parts: Parts): Built => {
  if (spec.scheme.kind !== "core") return refuse("scheme", "is none of the core's")
  const { managers, transports } = plan
  const topology: Topology = {
    applications: spec.applications,
    managers,
    transports,
    connections: spec.connections,
    backlog: spec.backlog,
    room: spec.room,
    claimTimeout: spec.claimTimeout,
    balance: spec.scheme.balance,
  }
  const { machine } = parts
  let steps = 0
  const recorder: RecorderShape = {
    record: (role, index, port, event, env, out) => {
      steps++
      parts.recorder?.record(role, index, port, event, env, out)
    },
  }
  const setting = {
    recorder,
    attached: parts.recorder === undefined,
    offerInterval: spec.offerInterval ?? OFFER_INTERVAL,
  }
  const { shared, servers } = buildStack({ ...parts, ...setting, topology, plan }, random.stream("draws"))
  const { applications } = shared
  for (const [a, at] of applications.entries()) {
    const server = new WebServer(a, at, shared, spec.workload, spec.buffers)
    machine.host(at, server, spec.costs.applicationLoop)
    server.start()
  }
  parts.clients.stack = {
    syn: (k) => arrive(shared, machine.now, k, SYN),
    question: (k) => arrive(shared, machine.now, k, QUESTION),
  }
  const empty = initialManager(0, topology)
  return {
    servers: servers.map((x) => x.core),
    applications,
    steps: () => steps,
    estimate: (a) => {
      const home = homeOf(topology, a)
      const state = servers.find((x) => x.manager?.m === home)?.manager?.state(PORT) ?? empty
      return estimate(state.windows.get(a))
    },
  }
}

const baseline = (spec: RunSpec, plan: StackPlan, random: Random, parts: Parts): Built => {
  if (spec.scheme.kind !== "baseline") return refuse("scheme", "is none of the baselines")
  const composite = plan.servers.every((x) => x.transport !== undefined && x.link !== undefined)
  if (!composite) refuse("configuration", "a baseline needs composite servers, write for example TS8LS8CM8")
  const servers = plan.servers.map((_, k) => coreOfServer(k))
  const applications = Array.from({ length: spec.applications }, (_, a) => coreOfApplication(a))
  parts.clients.stack = new Baseline(parts, spec.scheme.policy, servers, applications, random.stream("draws"))
  return { servers, applications, steps: () => 0, estimate: () => 0 }
}

/** Samples estimates while it measures, and ends the run. Answers what each core has spent in the measured time. */
const watch = (spec: RunSpec, machine: Machine, measures: Measures, built: Built): ArrayLike<number> => {
  const busy = new Float64Array(machine.busy.length)
  const sample = machine.on(() => {
    for (let a = 0; a < spec.applications; a++) {
      const time = built.estimate(a)
      if (time > 0) measures.estimates.add(machine.now, a, time)
    }
    const next = machine.now + spec.sampling
    if (next < measures.to) machine.at(next, sample, 0)
  })
  const mark = machine.on((sign) => {
    for (let k = 0; k < busy.length; k++) busy[k]! += sign * machine.busy[k]!
  })
  const stop = machine.on(() => machine.stop())
  machine.at(measures.from, mark, -1)
  machine.at(measures.to, mark, 1)
  machine.at(measures.to + spec.drain, stop, 0)
  if (spec.scheme.kind === "core") machine.at(measures.from, sample, 0)
  return busy
}
