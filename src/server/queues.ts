/** The memory between servers: a message queue for each ordered pair, and a frame queue where frames go. */
import { FrameQueueReader, FrameQueueWriter, frameQueueBytes, initFrameQueue } from "../memory/frame-queue.ts"
import { PAGE } from "../memory/layout.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../memory/queue.ts"
import type { Region } from "../memory/region.ts"
import type { QueueEnds } from "../ports/ports.ts"
import type { StackPlan } from "./configuration.ts"

export interface QueueLayout {
  /** Offset of the message queue i → j; −1 for i = j. */
  readonly messages: ReadonlyArray<ReadonlyArray<number>>
  /** Offset of the frame queue i → j; −1: none. */
  readonly frames: ReadonlyArray<ReadonlyArray<number>>
  readonly messageCapacity: number
  readonly frameCapacity: number
  readonly bytes: number
}

const paged = (n: number): number => Math.ceil(n / PAGE) * PAGE

/** Whether frames go from server i to server j: from a link to a transport elsewhere, or from a transport without a link. */
export const framesBetween = (plan: StackPlan, i: number, j: number): boolean => {
  if (i === j) return false
  const from = plan.servers[i]!
  const to = plan.servers[j]!
  if (from.link !== undefined && to.transport !== undefined) return true
  // A transport without a link sends through the first server that has one.
  const first = plan.servers.findIndex((x) => x.link !== undefined)
  return from.link === undefined && from.transport !== undefined && j === first
}

/** Capacities count messages and frames; powers of two. */
export const queueLayout = (plan: StackPlan, messageCapacity: number, frameCapacity: number): QueueLayout => {
  let bytes = 0
  const place = (size: number): number => {
    const at = bytes
    bytes += paged(size)
    return at
  }
  const grid = (size: number, needed: (i: number, j: number) => boolean) =>
    plan.servers.map((_, i) => plan.servers.map((_, j) => (needed(i, j) ? place(size) : -1)))
  const messages = grid(queueBytes(messageCapacity), (i, j) => i !== j)
  const frames = grid(frameQueueBytes(frameCapacity), (i, j) => framesBetween(plan, i, j))
  return { messages, frames, messageCapacity, frameCapacity, bytes: Math.max(bytes, PAGE) }
}

/** Makes all of them empty: once, by who owns the memory, before a server opens its ends. */
export const initQueues = (region: Region, layout: QueueLayout): void => {
  for (const o of layout.messages.flat()) if (o >= 0) initQueue(region, o, layout.messageCapacity)
  for (const o of layout.frames.flat()) if (o >= 0) initFrameQueue(region, o, layout.frameCapacity)
}

/** The ends of server `index`. */
export const queueEnds = (region: Region, layout: QueueLayout, index: number): QueueEnds => {
  const { messages, frames, messageCapacity, frameCapacity } = layout
  const at = <T>(offset: number, make: (offset: number) => T): T | undefined =>
    offset < 0 ? undefined : make(offset)
  return {
    writers: messages[index]!.map((o) => at(o, (x) => new QueueWriter(region, x, messageCapacity))),
    readers: messages.map((row) => at(row[index]!, (x) => new QueueReader(region, x, messageCapacity))),
    frameWriters: frames[index]!.map((o) => at(o, (x) => new FrameQueueWriter(region, x, frameCapacity))),
    frameReaders: frames.map((row) => at(row[index]!, (x) => new FrameQueueReader(region, x, frameCapacity))),
  }
}
