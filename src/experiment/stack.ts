/** The servers of one run under the core's schemes, on their cores. */
import type { Topology } from "../core/topology.ts"
import type { RecorderShape } from "../ports/ports.ts"
import { placementOf, type StackPlan, serverOfLink } from "../server/configuration.ts"
import type { Random } from "../sim/random.ts"
import type { Connections } from "./connections.ts"
import type { Machine } from "./machine.ts"
import type { Measures } from "./measures.ts"
import { ServerProcess } from "./server-process.ts"
import type { Peers, Shared } from "./shared.ts"

export { arrive, type Peers, PORT, type Shared } from "./shared.ts"

/** Server k and application k are neighbours: on one socket where an even number of cores is. */
export const coreOfServer = (k: number): number => 2 * k
export const coreOfApplication = (a: number): number => 2 * a + 1

/** What a stack is made of, besides chance. */
export interface StackParts {
  readonly plan: StackPlan
  readonly topology: Topology
  readonly machine: Machine
  readonly connections: Connections
  readonly clients: Peers
  readonly measures: Measures
  readonly recorder: RecorderShape
  readonly attached: boolean
  readonly offerInterval: number
}

export interface Stack {
  readonly shared: Shared
  readonly servers: ReadonlyArray<ServerProcess>
}

export const buildStack = ({ plan, ...parts }: StackParts, draws: Random): Stack => {
  const { machine, topology } = parts
  const placement = placementOf(plan)
  const shared: Shared = {
    ...parts,
    transports: placement.transports.map(coreOfServer),
    managers: placement.managers.map(coreOfServer),
    links: Array.from({ length: plan.links }, (_, l) => coreOfServer(serverOfLink(plan, l))),
    applications: Array.from({ length: topology.applications }, (_, a) => coreOfApplication(a)),
    offersSent: new Int32Array(topology.managers ** 2),
    offersTaken: new Int32Array(topology.managers ** 2),
  }
  const servers = plan.servers.map((one, k) => {
    const server = new ServerProcess(coreOfServer(k), one, shared, draws)
    machine.host(coreOfServer(k), server, machine.costs.serverLoop)
    return server
  })
  return { shared, servers }
}
