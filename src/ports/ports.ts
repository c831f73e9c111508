/**
 * What a server needs from outside. The simulator and the runtime provide these differently; `server/` is the same
 * under both. The shapes are plain, so that a burst costs one Effect and a frame none.
 */
import { Context } from "effect"
import type { Env, Event } from "../core/event.ts"
import type { Outbox, Role } from "../core/outbox.ts"
import type { NicRing } from "../memory/nic-ring.ts"

export interface NicShape {
  readonly rx: NicRing
  readonly tx: NicRing
  /** Takes in what has arrived; frames now between the rx ring's head and tail. */
  rxSync(): number
  /** Sends the slots up to the tx ring's head and takes back what was sent. */
  txSync(): void
}

/** One NIC queue. */
export class Nic extends Context.Service<Nic, NicShape>()("pika/ports/Nic") {}

export interface MailboxShape {
  /** Wakes the server `index`, which said that it sleeps. */
  ringServer(index: number): void
  /** Wakes the process in application slot `a`. */
  ringApplication(a: number): void
}

/** Doorbells of the processes that share queues with this one; the queues themselves are memory. */
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
