/** What a server process is told at its start, and how the memory between servers is laid out. */
import type { Topology } from "../core/topology.ts"
import type { AppLinkConfig } from "../memory/app-link.ts"
import { frameQueueBytes } from "../memory/frame-queue.ts"
import { PAGE } from "../memory/layout.ts"
import { queueBytes } from "../memory/queue.ts"
import type { StackPlan } from "../server/configuration.ts"

export const MESSAGE_QUEUE_CAPACITY = 4096
export const FRAME_QUEUE_CAPACITY = 256
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

/** After FD_FIRST: the servers' bells, then memory and bell of each slot, then the NIC queue where there is one. */
export const fdOfBell = (server: number): number => FD_FIRST + server
export const fdOfSlotMemory = (servers: number, a: number): number => FD_FIRST + servers + 2 * a
export const fdOfSlotBell = (servers: number, a: number): number => FD_FIRST + servers + 2 * a + 1
export const fdOfNic = (servers: number, applications: number): number =>
  FD_FIRST + servers + 2 * applications

const paged = (n: number): number => Math.ceil(n / PAGE) * PAGE

/** Whether frames go from server i to server j: from a link to a transport elsewhere, or from a transport without a link. */
export const framesBetween = (plan: StackPlan, i: number, j: number): boolean => {
  const from = plan.servers[i]!
  const to = plan.servers[j]!
  if (from.link !== undefined && to.transport !== undefined) return true
  // A transport without a link sends through the first server that has one.
  const first = plan.servers.findIndex((x) => x.link !== undefined)
  return from.link === undefined && from.transport !== undefined && j === first
}

/** Offset of the message queue i → j, and of the frame queue (−1: none). */
export const queueLayout = (plan: StackPlan) => {
  let at = 0
  const messages: Array<Array<number>> = []
  const frames: Array<Array<number>> = []
  for (let i = 0; i < plan.servers.length; i++) {
    messages.push([])
    frames.push([])
    for (let j = 0; j < plan.servers.length; j++) {
      messages[i]!.push(i === j ? -1 : at)
      if (i !== j) at += paged(queueBytes(MESSAGE_QUEUE_CAPACITY))
      const needed = i !== j && framesBetween(plan, i, j)
      frames[i]!.push(needed ? at : -1)
      if (needed) at += paged(frameQueueBytes(FRAME_QUEUE_CAPACITY))
    }
  }
  return { messages, frames, bytes: Math.max(at, PAGE) }
}
