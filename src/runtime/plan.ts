/** What a server process is told at its start, and how much memory lies between servers. */
import type { Topology } from "../core/topology.ts"
import type { AppLinkConfig } from "../memory/app-link.ts"
import type { StackPlan } from "../server/configuration.ts"
import { type QueueLayout, queueLayout } from "../server/queues.ts"

const MESSAGE_QUEUE_CAPACITY = 4096
const FRAME_QUEUE_CAPACITY = 256
export const RECORDER_CAPACITY = 1 << 16

export interface ServerSpec {
  readonly index: number
  readonly configuration: string
  readonly topology: Topology
  readonly link: AppLinkConfig
  readonly address: string
  readonly mac: ReadonlyArray<number>
  /** Key of initial sequence numbers, hexadecimal. */
  readonly secret: string
  readonly epoch: number
  readonly cpu: number | undefined
}

/** Descriptors of a server process, by position in its stdio. */
export const FD_QUEUES = 4
export const FD_RECORDER = 5
export const FD_FIRST = 6

/** After FD_FIRST: the servers' bells, then memory and bell of each slot, then, where there is a NIC queue, `openLiveNic`'s three. */
export const fdOfBell = (server: number): number => FD_FIRST + server
export const fdOfSlotMemory = (servers: number, a: number): number => FD_FIRST + servers + 2 * a
export const fdOfSlotBell = (servers: number, a: number): number => FD_FIRST + servers + 2 * a + 1
export const fdOfNicChannel = (servers: number, applications: number): number =>
  FD_FIRST + servers + 2 * applications
export const fdOfNic = (servers: number, applications: number): number =>
  fdOfNicChannel(servers, applications) + 1
/** AF_XDP only. */
export const fdOfNicMemory = (servers: number, applications: number): number =>
  fdOfNicChannel(servers, applications) + 2

/** How the memory between the servers of one stack is laid out. */
export const stackQueues = (plan: StackPlan): QueueLayout =>
  queueLayout(plan, MESSAGE_QUEUE_CAPACITY, FRAME_QUEUE_CAPACITY)
