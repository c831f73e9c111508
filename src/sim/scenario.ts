/**
 * What a seed means: a stack of some configuration and size, application processes, clients, and what befalls them. Each
 * part is drawn from a stream of its own, so that leaving one out leaves the others as they were.
 */
import type { Topology } from "../core/topology.ts"
import type { AppLinkConfig } from "../memory/app-link.ts"
import type { NicMemory } from "../memory/nic-ring.ts"
import { parseConfiguration } from "../server/configuration.ts"
import type { Farewell, Plan } from "./conversation.ts"
import { drawIncidents, type Incident } from "./incident.ts"
import type { WireFaults } from "./network.ts"
import type { NicHabits } from "./nic.ts"
import { Random } from "./random.ts"
import type { Behaviour } from "./service.ts"
import { drawSizes, type Sizes, type TcpLimits } from "./sizes.ts"

/** What can go wrong. */
export const faultNames = [
  "loss",
  "duplicate",
  "reorder",
  "corrupt",
  "stall",
  "kill",
  "stop",
  "close",
  "slow",
  "hiccup",
  "small",
  "rude",
  "reset",
  "reboot",
  "flood",
  "hostile",
] as const
export type FaultName = (typeof faultNames)[number]

export const configurations: ReadonlyArray<string> = [
  "TS1LS1CM1",
  "TS2LS2CM2",
  "TS2LS2+CM1",
  "TS2+LS1+CM1",
  "TS3LS3CM1",
  "TS1LS1+CM2",
  "TS2LS1CM2",
  "TS1+LS2CM1",
  "TS4LS4CM4",
]

/** How fast a process is. µs, both bounds included. */
export interface Pace {
  readonly turn: readonly [number, number]
  /** From a bell to the turn. */
  readonly wake: readonly [number, number]
  readonly stall: readonly [number, number]
  /** Probability, per turn. */
  readonly stallChance: number
  /** How far the clock may go on within one turn. */
  readonly ticks: number
}

/** One process that takes a slot. Its successors in the slot are processes of their own. */
export interface Process {
  readonly index: number
  readonly port: number
  /** When it asks for a slot. */
  readonly at: number
  readonly behaviour: Behaviour
  /** From its bell to its turn, µs; and how often it has something else to do first, as a probability, and how long. */
  readonly latency: readonly [number, number]
  readonly hiccup: number
  readonly distraction: readonly [number, number]
  readonly hostile: boolean
}

export interface Scenario {
  readonly seed: number
  readonly configuration: string
  readonly faults: ReadonlyArray<FaultName>
  readonly topology: Topology
  readonly link: AppLinkConfig
  readonly tcp: TcpLimits
  readonly nic: NicMemory
  readonly queues: Sizes["queues"]
  readonly habits: NicHabits
  readonly director: boolean
  /** Frames under way at a time; undefined: as many as the network holds. */
  readonly frames?: number
  readonly wire: WireFaults
  readonly calm: WireFaults
  readonly servers: ReadonlyArray<Pace>
  readonly control: readonly [number, number]
  readonly ports: ReadonlyArray<number>
  readonly processes: ReadonlyArray<Process>
  readonly hosts: number
  readonly hostRing: number
  readonly hostPorts: number
  readonly plans: ReadonlyArray<Plan>
  /** Asked when everything is at rest again: whoever listens must still serve. */
  readonly probes: ReadonlyArray<Plan>
  readonly incidents: ReadonlyArray<Incident>
  /** From here on nothing more goes wrong. */
  readonly calmAt: number
  /** After so long, from its beginning, a client gives up, µs. */
  readonly patience: number
}

export interface ScenarioOptions {
  readonly seed: number
  readonly configuration?: string
  /** Those that the seed may draw from; all by default. */
  readonly faults?: ReadonlyArray<FaultName>
  /** All of `faults` at once, instead of some that the seed draws. */
  readonly every?: boolean
  readonly connections?: number
  /** Of the connections, those with these numbers alone. */
  readonly only?: ReadonlyArray<number>
  /** Of the incidents, those at these places alone. */
  readonly incidents?: ReadonlyArray<number>
}

/** When the first client connects: applications have registered and managers have told each other. */
export const BEGIN = 60_000

/** @throws {ConfigurationError} for a configuration that cannot be read. */
export const drawScenario = (options: ScenarioOptions): Scenario => {
  const root = new Random(options.seed)
  const allowed = options.faults ?? faultNames
  const swarm = root.stream("faults")
  const quiet = swarm.chance(0.03)
  // Some kinds of faults hide what others would show: each seed has its own mix.
  const mix = faultNames.filter((name) => {
    const drawn = swarm.chance(name === "hostile" || name === "flood" ? 0.15 : 0.4) && !quiet
    return allowed.includes(name) && (drawn || options.every === true)
  })
  const has = (name: FaultName): boolean => mix.includes(name)
  const shape = root.stream("shape")
  const drawnConfiguration = shape.pick(configurations)
  const configuration = options.configuration ?? drawnConfiguration
  const plan = parseConfiguration(configuration)
  const { topology, link, tcp, nic, queues } = drawSizes(
    root.stream("sizes"),
    plan,
    has("small"),
    has("hiccup"),
  )
  const ports = shape.chance(0.25) ? [80, 81] : [80]
  const hosts = shape.between(1, 3)
  const count = options.connections ?? shape.scale(4, 120)
  const span = shape.scale(2_000, 200_000)
  const wire = drawWire(root.stream("wire"), has)
  const incidents = drawIncidents(
    root.stream("incidents"),
    topology.applications,
    hosts,
    ports,
    BEGIN,
    span,
    has,
  )
  const processes = drawProcesses(root.stream("processes"), topology, ports, incidents, has)
  const calmAt = BEGIN + span + 100_000
  const clients = root.stream("clients")
  const plans = Array.from({ length: count }, (_, id) =>
    drawPlan(clients.stream(`plan ${id}`), id, hosts, ports, BEGIN, span, link.rxBytes, has),
  )
  const probes = Array.from({ length: 2 * ports.length }, (_, k) =>
    drawProbe(1_000_000 + k, k % hosts, ports[k % ports.length]!),
  )
  return {
    seed: options.seed,
    configuration,
    faults: mix,
    topology,
    link,
    tcp,
    nic,
    queues,
    habits: { few: shape.pick([0, 0.2, 0.7]), transmit: shape.pick([0, 0, 50, 500]) },
    director: shape.chance(0.7),
    wire,
    calm: { loss: 0, duplicate: 0, corrupt: 0, delay: [20, 60] },
    servers: plan.servers.map((_, k) => drawPace(root.stream(`pace ${k}`), has("stall"))),
    control: shape.pick([
      [1, 50],
      [1, 2_000],
      [100, 10_000],
    ]),
    ports,
    processes,
    hosts,
    hostRing: shape.pick([1024, 4096, 16384]),
    hostPorts: has("reboot") || shape.chance(0.3) ? Math.max(4, Math.ceil(count / 4)) : 1000,
    plans: options.only === undefined ? plans : plans.filter((x) => options.only!.includes(x.id)),
    probes,
    incidents:
      options.incidents === undefined
        ? incidents
        : incidents.filter((_, k) => options.incidents!.includes(k)),
    calmAt,
    patience: 300_000_000,
  }
}

const drawWire = (random: Random, has: (name: FaultName) => boolean): WireFaults => {
  const base = random.scale(5, 2_000)
  const loss = random.pick([0.01, 0.05, 0.2])
  const duplicate = random.pick([0.01, 0.1])
  const corrupt = random.pick([0.01, 0.05])
  const spread = random.scale(10, 20_000)
  return {
    loss: has("loss") ? loss : 0,
    duplicate: has("duplicate") ? duplicate : 0,
    corrupt: has("corrupt") ? corrupt : 0,
    delay: [base, base + (has("reorder") ? spread : 0)],
  }
}

const drawPace = (random: Random, stalls: boolean): Pace => {
  // Slow servers: messages are long under way, and much happens meanwhile.
  const slow = random.chance(0.3)
  const turn = random.scale(1, slow ? 1_000 : 20)
  return {
    turn: [1, turn],
    wake: [1, random.scale(2, slow ? 1_000 : 100)],
    stall: [100, random.scale(200, 30_000)],
    stallChance: stalls ? 0.02 : 0,
    ticks: random.pick([0, 3]),
  }
}

const drawProcesses = (
  random: Random,
  topology: Topology,
  ports: ReadonlyArray<number>,
  incidents: ReadonlyArray<Incident>,
  has: (name: FaultName) => boolean,
): Array<Process> => {
  const slow = has("slow")
  const initial = random.between(ports.length, topology.applications)
  // Whoever ends has a successor, sooner or later.
  const ends = incidents.filter((x) => x._tag === "Kill" || x._tag === "Leave")
  return Array.from({ length: initial + ends.length }, (_, index) => {
    const end = ends[index - initial]
    const own = random.stream(`process ${index}`)
    const pauses = own.chance(0.5) && slow
    const pause = own.scale(10, 2_000)
    const hiccup = own.pick([0.05, 0.2, 0.5])
    const behaviour: Behaviour = {
      service: [0, own.scale(1, slow ? 50_000 : 2_000)],
      chunk: own.scale(16, 2_000),
      pause: pauses ? pause : 0,
      farewell: own.pick(["close", "finish"]),
      rude: has("rude") ? 0.1 : 0,
      idle: 30_000_000,
    }
    return {
      index,
      port: ports[index % ports.length]!,
      at: end === undefined ? own.between(1_000, 10_000) : end.at + own.scale(1, 50_000),
      behaviour,
      latency: [1, own.scale(2, slow ? 5_000 : 200)],
      hiccup: has("hiccup") ? hiccup : 0,
      distraction: [100, own.scale(500, 50_000)],
      hostile: has("hostile") && index === initial - 1,
    }
  })
}

const drawPlan = (
  random: Random,
  id: number,
  hosts: number,
  ports: ReadonlyArray<number>,
  begin: number,
  span: number,
  ring: number,
  has: (name: FaultName) => boolean,
): Plan => {
  const long = random.chance(0.2)
  const exchanges = Array.from({ length: long ? random.between(1, 6) : 1 }, () => ({
    request: random.scale(1, long ? 3 * ring : 300) - 1,
    response: random.scale(1, long ? 3 * ring : 2_000) - 1,
  }))
  // Drawn whether needed or not, so that a fault less changes nothing else.
  const resets = random.chance(0.4) && has("reset")
  const pauses = random.chance(has("slow") ? 0.5 : 0.1)
  const pause = random.scale(10, 5_000)
  const farewell = random.pick<Farewell>(["close", "finish", "server"])
  return {
    id,
    host: random.between(0, hosts - 1),
    at: begin + random.between(0, span),
    port: random.pick(ports),
    exchanges,
    pipelined: random.chance(0.3),
    chunk: random.scale(16, 4_000),
    pause: pauses ? pause : 0,
    farewell: resets ? "reset" : farewell,
    resetAfter: random.scale(100, 50_000),
  }
}

const drawProbe = (id: number, host: number, port: number): Plan => ({
  id,
  host,
  at: 0,
  port,
  exchanges: [{ request: 100, response: 300 }],
  pipelined: false,
  chunk: 1_000,
  pause: 0,
  farewell: "close",
  resetAfter: 0,
})
