/** What the processes of one run under the core's schemes share, and where things are. */
import type { Topology } from "../core/topology.ts"
import type { RecorderShape } from "../ports/ports.ts"
import type { Connections } from "./connections.ts"
import * as Kind from "./kinds.ts"
import type { Machine } from "./machine.ts"
import type { Measures } from "./measures.ts"

/** The one listening port. */
export const PORT = 80

/** The other ends of the connections, as the stack sees them. */
export interface Peers {
  /** The answer to the request under way leaves the stack. */
  answered(k: number): void
  /** The stack has forgotten the connection. */
  closed(k: number): void
  /** Its SYN came to nothing. */
  dropped(k: number): void
  /** It was answered by RST. */
  refused(k: number): void
  /** From a frame's leaving until the frame that it brings (`kinds.ts`) arrives, µs. */
  trip(k: number, back: number): number
}

/** What all servers of one run share. */
export interface Shared {
  readonly machine: Machine
  readonly topology: Topology
  readonly connections: Connections
  readonly clients: Peers
  readonly measures: Measures
  /** Core of each transport, manager, application and Link Server. */
  readonly transports: ReadonlyArray<number>
  readonly managers: ReadonlyArray<number>
  readonly applications: ReadonlyArray<number>
  readonly links: ReadonlyArray<number>
  /** By sender × managers + receiver: offers sent and taken. */
  readonly offersSent: Int32Array
  readonly offersTaken: Int32Array
  /** Takes every step of every machine. */
  readonly recorder: RecorderShape
  /** Applications are there before the run begins: nobody attaches or ends. */
  readonly attached: boolean
  /** Between two offers of a manager at least, µs. */
  readonly offerInterval: number
}

/** A network card spreads flows over its queues by a hash; what is in one server has the same number. */
export const transportCore = ({ connections, transports }: Shared, k: number): number =>
  transports[connections.flow[k]! % transports.length]!

export const linkCore = ({ connections, links }: Shared, k: number): number =>
  links[connections.flow[k]! % links.length]!

/** A frame of connection `k` arrives at its Link Server at `time`. */
export const arrive = (shared: Shared, time: number, k: number, kind: number): void => {
  const link = linkCore(shared, k)
  if (link === transportCore(shared, k)) shared.machine.frame(time, link, kind, k)
  else shared.machine.frame(time, link, Kind.LINK_IN, k, kind)
}
