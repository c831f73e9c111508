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
  /** Of the interface, bytes of an IP packet. */
  readonly mtu: number
  /** Key of initial sequence numbers, hexadecimal. */
  readonly secret: string
  readonly epoch: number
  readonly cpu: number | undefined
  /** Never sleeps: looks again at once when there was nothing to do. */
  readonly busyPoll: boolean
}

/** Descriptors of a server process, by position in its stdio; the first: the channel to its supervisor. */
export const FD_CONTROL = 3
export const FD_QUEUES = 4
export const FD_RECORDER = 5
export const FD_FIRST = 6

/** After FD_FIRST: the servers' bells (its own to hear, the others to ring), then, where there is a NIC queue, `openLiveNic`'s three. */
export const fdOfBell = (server: number): number => FD_FIRST + server
export const fdOfNicChannel = (servers: number): number => FD_FIRST + servers
export const fdOfNic = (servers: number): number => fdOfNicChannel(servers) + 1
/** AF_XDP only. */
export const fdOfNicMemory = (servers: number): number => fdOfNicChannel(servers) + 2

/** How the memory between the servers of one stack is laid out. */
export const stackQueues = (plan: StackPlan): QueueLayout =>
  queueLayout(plan, MESSAGE_QUEUE_CAPACITY, FRAME_QUEUE_CAPACITY)
