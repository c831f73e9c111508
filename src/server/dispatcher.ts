/**
 * The dispatcher of one server (§4.2): routes core messages between components, here or in other servers, and runs
 * what each one calls back for. A burst is taken from every source in turn; messages between components of one server
 * wait in `local` until the burst is done.
 */

import { DataType, RIDER_SENDER } from "../codec/data-message.ts"
import { decodeMessage, portOf, typeOf } from "../codec/message.ts"
import type { Message } from "../core/message.ts"
import type { Outbox, Role } from "../core/outbox.ts"
import type { QueueReader } from "../memory/queue.ts"
import type { ClockShape, EntropyShape, RecorderShape } from "../ports/ports.ts"
import type { ApplicationLink } from "./application-link.ts"
import type { Placement } from "./configuration.ts"
import { fillMessage, type Outgoing } from "./outgoing.ts"

export const BURST = 64
/** Local messages handled in one turn; the rest waits for the next. */
export const LOCAL_BURST = 4096

/** A message for a component of this server. `words`/`at`: its rider, valid during the call only. */
export type Receive = (
  message: Message,
  port: number,
  sender: number,
  rider: Int32Array | undefined,
  at: number,
) => void

export interface Dispatcher {
  readonly clock: ClockShape
  readonly entropy: EntropyShape
  readonly recorder: RecorderShape
  readonly links: Map<number, ApplicationLink>
  /** Sends what a step put out. `rider` goes with messages to transports, managers and applications alike. */
  dispatch(out: Outbox, port: number, sender: number, rider?: Int32Array, at?: number, count?: number): void
}

interface Local {
  readonly role: Role
  readonly message: Message
  readonly port: number
  readonly sender: number
  readonly rider: Int32Array | undefined
}

export class MessageDispatcher implements Dispatcher {
  readonly clock: ClockShape
  readonly entropy: EntropyShape
  readonly recorder: RecorderShape
  readonly links = new Map<number, ApplicationLink>()
  /** Messages of unknown type, from servers; messages without a component here. */
  unexpected = 0
  /** A SYN from a server without a manager; its words are valid during the call only. */
  onSyn: (words: Int32Array, i: number) => void = () => {
    this.unexpected++
  }
  readonly #index: number
  readonly #placement: Placement
  readonly #outgoing: ReadonlyArray<Outgoing | undefined>
  readonly #incoming: ReadonlyArray<QueueReader | undefined>
  readonly #receivers = new Map<Role, Receive>()
  #local: Array<Local> = []
  #head = 0

  constructor(
    index: number,
    placement: Placement,
    outgoing: ReadonlyArray<Outgoing | undefined>,
    incoming: ReadonlyArray<QueueReader | undefined>,
    ports: { readonly clock: ClockShape; readonly entropy: EntropyShape; readonly recorder: RecorderShape },
  ) {
    this.#index = index
    this.#placement = placement
    this.#outgoing = outgoing
    this.#incoming = incoming
    this.clock = ports.clock
    this.entropy = ports.entropy
    this.recorder = ports.recorder
  }

  /** What a component is called with. */
  register(role: Role, receive: Receive): void {
    this.#receivers.set(role, receive)
  }

  dispatch(out: Outbox, port: number, sender: number, rider?: Int32Array, at = 0, count = 0): void {
    for (let k = 0; k < out.length; k++) {
      const role = out.roles[k]!
      const to = out.to[k]!
      const message = out.messages[k]!
      if (role === "application") {
        this.#toApplication(to, message, port, sender, rider, at, count)
        continue
      }
      const server = role === "manager" ? this.#placement.managers[to]! : this.#placement.transports[to]!
      if (server === this.#index) {
        const own = rider === undefined ? undefined : rider.slice(at, at + count)
        this.#local.push({ role, message, port, sender, rider: own })
      } else this.#outgoing[server]!.send(message, port, sender, rider, at, count)
    }
  }

  /** Room is kept by the protocol: announcements and answers are bounded by `topology.room`. */
  #toApplication(
    a: number,
    message: Message,
    port: number,
    sender: number,
    rider: Int32Array | undefined,
    at: number,
    count: number,
  ): void {
    const link = this.links.get(a)
    if (link === undefined || link.dead) return
    const { writer } = link
    const i = writer.reserve()
    if (i < 0) {
      // Only an application that does not read its ring, or lies about it: the claim timer repairs what is lost.
      link.violations++
      return
    }
    fillMessage(writer.words, i, message, port, sender, rider, at, count)
    writer.submit()
  }

  /** A burst from every other server. */
  receive(): number {
    let taken = 0
    for (const reader of this.#incoming) {
      if (reader === undefined) continue
      for (let k = 0; k < BURST; k++) {
        const i = reader.peek()
        if (i < 0) break
        const { words } = reader
        if (typeOf(words, i) === DataType.Syn) {
          this.onSyn(words, i)
          reader.release()
          taken++
          continue
        }
        const message = decodeMessage(words, i)
        const receive = message === undefined ? undefined : this.#receivers.get(roleFor(message))
        if (message === undefined || receive === undefined) this.unexpected++
        else receive(message, portOf(words, i), words[i + RIDER_SENDER]!, words, i + RIDER_SENDER + 1)
        reader.release()
        taken++
      }
    }
    return taken
  }

  /** Messages between components here, in the order they were sent. */
  runLocal(): number {
    let done = 0
    while (this.#head < this.#local.length && done < LOCAL_BURST) {
      const { role, message, port, sender, rider } = this.#local[this.#head++]!
      this.#receivers.get(role)!(message, port, sender, rider, 0)
      done++
    }
    if (this.#head === this.#local.length) {
      this.#local = []
      this.#head = 0
    }
    return done
  }

  get localWaiting(): number {
    return this.#local.length - this.#head
  }
}

/** Which component of a server a message between servers is for. */
const roleFor = (message: Message): Role => {
  switch (message._tag) {
    case "Open":
    case "Assign":
    case "ResetConnection":
      return "transport"
    default:
      return "manager"
  }
}
