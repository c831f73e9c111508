/**
 * The dispatcher of one server (§4.2): routes core messages between components, here or in other servers, and runs what
 * is registered for each type of message. A burst is taken from every source in turn; messages between components of one
 * server wait in `local` until the burst is done. Calls between servers and the threads that wait for them: `rpc`.
 */

import { DataType, RIDER_SENDER } from "../codec/data-message.ts"
import { decodeMessage, MessageType, portOf, typeOf } from "../codec/message.ts"
import type { Message } from "../core/message.ts"
import type { Outbox, Role } from "../core/outbox.ts"
import type { QueueReader } from "../memory/queue.ts"
import type { ClockShape, EntropyShape, RecorderShape } from "../ports/ports.ts"
import type { ApplicationLink } from "./application-link.ts"
import type { Placement } from "./configuration.ts"
import { LocalMessages } from "./local-messages.ts"
import { fillMessage, type Outgoing } from "./outgoing.ts"
import { Rpc } from "./rpc.ts"

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

/** A message of one type from `server`: words i … i + 14, valid during the call only. */
export type Callback = (words: Int32Array, i: number, server: number) => void

export interface Dispatcher {
  readonly clock: ClockShape
  readonly entropy: EntropyShape
  readonly recorder: RecorderShape
  readonly links: Map<number, ApplicationLink>
  readonly rpc: Rpc
  /** Sends what a step put out. `rider` goes with messages to transports, managers and applications alike. */
  dispatch(out: Outbox, port: number, sender: number, rider?: Int32Array, at?: number, count?: number): void
  /** The place after what was sent to manager `m` in another server so far, and whether it has taken all before one. */
  positionTo(m: number): number
  isTaken(m: number, position: number): boolean
}

export class MessageDispatcher implements Dispatcher {
  readonly clock: ClockShape
  readonly entropy: EntropyShape
  readonly recorder: RecorderShape
  readonly links = new Map<number, ApplicationLink>()
  readonly rpc: Rpc
  /** Messages from servers of a type for which nothing is registered here. */
  unexpected = 0
  readonly #index: number
  readonly #placement: Placement
  readonly #outgoing: ReadonlyArray<Outgoing | undefined>
  readonly #incoming: ReadonlyArray<QueueReader | undefined>
  /** By type. */
  readonly #callbacks: Array<Callback | undefined> = []
  readonly #receivers = new Map<Role, Receive>()
  readonly #local = new LocalMessages()

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
    this.rpc = new Rpc(outgoing, ports.clock)
    this.on(DataType.Call, (words, i, server) => this.rpc.receiveCall(words, i, server))
    this.on(DataType.Answer, (words, i, server) => this.rpc.receiveAnswer(words, i, server))
  }

  /** What runs for messages of `type` from other servers. @throws when something does already. */
  on(type: number, callback: Callback): void {
    if (this.#callbacks[type] !== undefined) throw new Error(`message type ${type} is registered twice`)
    this.#callbacks[type] = callback
  }

  /** A component of this server, and the core messages that are for it. */
  register(role: Role, tags: ReadonlyArray<Message["_tag"]>, receive: Receive): void {
    this.#receivers.set(role, receive)
    for (const tag of tags) {
      this.on(MessageType[tag], (words, i) =>
        receive(
          decodeMessage(words, i)!,
          portOf(words, i),
          words[i + RIDER_SENDER]!,
          words,
          i + RIDER_SENDER + 1,
        ),
      )
    }
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
        this.#local.push(role, message, port, sender, rider, at, count)
      } else this.#outgoing[server]!.send(message, port, sender, rider, at, count)
    }
  }

  positionTo(m: number): number {
    return this.#outgoing[this.#placement.managers[m]!]!.position
  }

  isTaken(m: number, position: number): boolean {
    return this.#outgoing[this.#placement.managers[m]!]!.isTaken(position)
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
    for (let server = 0; server < this.#incoming.length; server++) {
      const reader = this.#incoming[server]
      if (reader === undefined) continue
      for (let k = 0; k < BURST; k++) {
        const i = reader.peek()
        if (i < 0) break
        const { words } = reader
        const callback = this.#callbacks[typeOf(words, i)]
        if (callback === undefined) this.unexpected++
        else callback(words, i, server)
        reader.release()
        taken++
      }
    }
    return taken
  }

  /** Messages between components here, in the order they were sent. */
  runLocal(): number {
    return this.#local.run(LOCAL_BURST, this.#receivers)
  }

  get localWaiting(): number {
    return this.#local.waiting
  }
}
