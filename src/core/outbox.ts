/** What a step hands back besides the new state: messages in the order they are sent, and what it decided. */
import type { Message } from "./message.ts"
import { NONE } from "./topology.ts"

export type Role = "application" | "manager" | "transport"

/** What became of the event, for the recorder and the counters. `Illegal`: no action allows it; state unchanged. */
export type Outcome =
  | "Done"
  | "Illegal"
  /** Syn: given to an acceptor at once, queued, answered by RST, dropped at a full backlog, or a known flow. */
  | "Assigned"
  | "Queued"
  | "Refused"
  | "Dropped"
  | "Known"
  /** Transport: announced to an acceptor, given back (dead or no room), or not to be had (gone). */
  | "Announced"
  | "GivenBack"
  | "Ignored"
  /** ReceiveClaim. */
  | "Claimed"
  | "TimedOut"
  /** Gone: a claimed connection ended and its service time was reported. */
  | "Served"

/** Reused from step to step by the host: `clear` before each. Messages are fresh objects, slots are not. */
export class Outbox {
  readonly roles: Array<Role> = []
  readonly to: Array<number> = []
  readonly messages: Array<Message> = []
  length = 0
  outcome: Outcome = "Done"
  /** The acceptor that the step chose or concerned (NONE: none), and its generation. */
  a: number = NONE
  g = 0
  /** µs: the service time that the step measured or offered. */
  time = 0

  clear(): void {
    this.length = 0
    this.outcome = "Done"
    this.a = NONE
    this.g = 0
    this.time = 0
  }

  send(role: Role, to: number, message: Message): void {
    this.roles[this.length] = role
    this.to[this.length] = to
    this.messages[this.length] = message
    this.length++
  }

  decide(outcome: Outcome, a: number, g: number): void {
    this.outcome = outcome
    this.a = a
    this.g = g
  }
}
