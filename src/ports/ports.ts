/**
 * What a server needs from outside. The simulator and the runtime provide these differently; `server/` is the same
 * under both. The shapes are plain, so that a burst costs one Effect and a frame none.
 */
import { Context, Data, type Effect } from "effect"
import type { Env, Event } from "../core/event.ts"
import type { Outbox, Role } from "../core/outbox.ts"
import type { FrameQueueReader, FrameQueueWriter } from "../memory/frame-queue.ts"
import type { NicRing } from "../memory/nic-ring.ts"
import type { QueueReader, QueueWriter } from "../memory/queue.ts"

/** The interface has disappeared or was taken down; `message` names it. */
export class NicError extends Data.TaggedError("NicError")<{
  readonly message: string
  readonly cause: unknown
}> {}

export interface NicShape {
  readonly rx: NicRing
  readonly tx: NicRing
  /** Takes in what has arrived; frames now between the rx ring's head and tail. @throws {NicError} */
  rxSync(): number
  /** Sends the slots up to the tx ring's head and takes back what was sent. @throws {NicError} */
  txSync(): void
}

/** One NIC queue. Provided to exactly those servers to which the plan gives a Link Server. */
export class Nic extends Context.Service<Nic, NicShape>()("pika/ports/Nic") {}

/** Queues between this server and the others, by server; undefined for itself, and for frames where the plan has none. */
export interface QueueEnds {
  readonly writers: ReadonlyArray<QueueWriter | undefined>
  readonly readers: ReadonlyArray<QueueReader | undefined>
  readonly frameWriters: ReadonlyArray<FrameQueueWriter | undefined>
  readonly frameReaders: ReadonlyArray<FrameQueueReader | undefined>
}

export interface MailboxShape extends QueueEnds {
  /** Wakes the server `index`, which said that it sleeps. */
  ringServer(index: number): void
  /** Wakes the process in application slot `a`. */
  ringApplication(a: number): void
}

/** One server's queues to and from the other servers, and everybody's doorbells. */
export class Mailbox extends Context.Service<Mailbox, MailboxShape>()("pika/ports/Mailbox") {}

export interface ClockShape {
  /** Whole µs since the stack's start. */
  now(): number
}

export class Clock extends Context.Service<Clock, ClockShape>()("pika/ports/Clock") {}

export interface EntropyShape {
  /** Uniform, 0 … 2³²−1. */
  draw(): number
}

export class Entropy extends Context.Service<Entropy, EntropyShape>()("pika/ports/Entropy") {}

export interface RecorderShape {
  record(role: Role, index: number, port: number, event: Event, env: Env, out: Outbox): void
}

export class Recorder extends Context.Service<Recorder, RecorderShape>()("pika/ports/Recorder") {}

export interface DoorbellShape {
  /** How long turns may follow one another while there is work, µs of the clock, before `rest`. 0: one turn at a time. */
  readonly longestRun: number
  /** There is more to do, after something else has had its turn. */
  readonly rest: Effect.Effect<void>
  /**
   * There is nothing to do: until this server is rung, a frame arrives or the clock reaches `until` (µs; Infinity: no
   * timer). May end earlier. Interruptible.
   */
  wait(until: number): Effect.Effect<void>
}

/** Where a server waits: the only place where it does. */
export class Doorbell extends Context.Service<Doorbell, DoorbellShape>()("pika/ports/Doorbell") {}
