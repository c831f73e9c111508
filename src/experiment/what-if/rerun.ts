/** A recorded port again, in virtual time, under settings of one's choice. A pure function of recording, settings and seed. */
import type { Topology } from "../../core/topology.ts"
import type { RecorderShape } from "../../ports/ports.ts"
import type { StackPlan } from "../../server/configuration.ts"
import { Random } from "../../sim/random.ts"
import { Follower } from "../../trace/follow.ts"
import { Connections } from "../connections.ts"
import { type Costs, paperCosts } from "../cost.ts"
import { Machine } from "../machine.ts"
import { Measures } from "../measures.ts"
import { buildStack, PORT } from "../stack.ts"
import { RecordedApplication } from "./application.ts"
import type { Demands } from "./demands.ts"
import { RecordedPeers } from "./peers.ts"
import type { RecordedPort } from "./recording.ts"
import { Summary, type SummaryResult } from "./summary.ts"

export interface Settings {
  readonly topology: Topology
  /** µs. */
  readonly offerInterval: number
}

/** Buffers between an application and a server, as the supervisor makes them. */
const BUFFERS = 256

/** Transport k, its Link Server and manager k in server k; managers beyond the transports in servers of their own. */
const planOf = ({ transports, managers }: Topology): StackPlan => ({
  servers: Array.from({ length: Math.max(transports, managers) }, (_, k) => ({
    transport: k < transports ? k : undefined,
    link: k < transports ? k : undefined,
    manager: k < managers ? k : undefined,
  })),
  transports,
  links: transports,
  managers,
})

/** How soon idle ones look is the recording's, in the mean; the rest are the simulation's own costs, on one socket. */
const costsOf = (demands: Demands): Costs => ({
  ...paperCosts,
  coresPerSocket: 1024,
  applicationLoop: 2 * demands.look,
  serverLoop: 2 * demands.claim,
})

export const rerun = (
  port: RecordedPort,
  demands: Demands,
  { topology, offerInterval }: Settings,
  seed: number,
): SummaryResult => {
  const random = new Random(seed)
  const plan = planOf(topology)
  const count = Math.max(plan.servers.length, topology.applications)
  const costs = costsOf(demands)
  const machine = new Machine(2 * count, costs, random.stream("hops"))
  const connections = new Connections()
  const peers = new RecordedPeers(machine, connections, port, demands, random.stream("demands"))
  const summary = new Summary(topology.applications)
  const follower = new Follower(topology, summary)
  const recorder: RecorderShape = {
    record: (_role, index, _port, event, env, out) => {
      follower.step(index, event, env.now, out.outcome, out.a)
    },
  }
  // The harness's own measures are not what is asked for: one slice.
  const measures = new Measures(0, port.end + 1, port.end + 1, topology.applications)
  const parts = { plan, topology, machine, connections, measures, recorder, offerInterval }
  const { shared, servers } = buildStack(
    { ...parts, clients: peers, attached: false },
    random.stream("draws"),
  )
  const forgotten = (a: number): boolean =>
    servers.every(
      ({ transport, manager }) =>
        transport?.host.state.acceptors.get(a).alive !== true &&
        manager?.state(PORT)?.listeners.get(a) !== true,
    )
  const life = { lives: port.lives, forgotten }
  for (const [a, core] of shared.applications.entries()) {
    const application = new RecordedApplication(a, core, shared, peers, BUFFERS, life)
    machine.host(core, application, costs.applicationLoop)
    application.start()
  }
  peers.start(shared)
  machine.at(
    port.end,
    machine.on(() => machine.stop()),
    0,
  )
  machine.run()
  follower.finish(port.end)
  return summary.result(follower.tallies)
}
