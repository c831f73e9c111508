/** One protocol instance (one listening port) as one server hosts it: the machines, and what ties them to TCP. */

import { SYN_WORDS } from "../codec/data-message.ts"
import type { Env, ManagerEvent, TransportEvent } from "../core/event.ts"
import { initialManager, type Manager, stepManager } from "../core/manager.ts"
import { Outbox } from "../core/outbox.ts"
import { firstConnection, indexAtManager, type Topology } from "../core/topology.ts"
import { initialTransport, stepTransport, type Transport } from "../core/transport.ts"
import type { RecorderShape } from "../ports/ports.ts"
import { type ClaimTimer, ClaimTimers } from "./claim-timers.ts"
import { Patience } from "./patience.ts"

/** A flow's peer as one exact number: 32 bits of address, 16 of port. */
export const flowKey = (peerIp: number, peerPort: number): number => (peerIp >>> 0) * 65536 + peerPort

export class ManagerHost {
  state: Manager
  readonly m: number
  readonly topology: Topology
  readonly out = new Outbox()
  /** Flows that have an id. A duplicate SYN finds its id here. */
  readonly flows = new Map<number, number>()
  /** By `indexAtManager(c)`: the SYN that opened it, and its flow. */
  readonly syns: Int32Array
  readonly #keys: Float64Array
  readonly #free: Array<Array<number>>

  constructor(m: number, topology: Topology) {
    this.m = m
    this.topology = topology
    this.state = initialManager(m, topology)
    const ids = topology.transports * topology.connections
    this.syns = new Int32Array(ids * SYN_WORDS)
    this.#keys = new Float64Array(ids).fill(-1)
    this.#free = Array.from({ length: topology.transports }, (_, t) => {
      const first = firstConnection(topology, m, t)
      return Array.from({ length: topology.connections }, (_, k) => first + topology.connections - 1 - k)
    })
  }

  /** The id of a flow, a new one at transport `t` when it has none; −1 when none is free. */
  idFor(key: number, t: number): number {
    const known = this.flows.get(key)
    if (known !== undefined) return known
    const c = this.#free[t]!.at(-1)
    return c === undefined ? -1 : c
  }

  /** The core took the id that `idFor` answered. */
  take(key: number, c: number, t: number): void {
    this.#free[t]!.pop()
    this.flows.set(key, c)
    this.#keys[indexAtManager(this.topology, c)] = key
  }

  /** The core freed the id. */
  release(c: number, t: number): void {
    const at = indexAtManager(this.topology, c)
    const key = this.#keys[at]!
    if (key < 0) return
    this.flows.delete(key)
    this.#keys[at] = -1
    this.#free[t]!.push(c)
  }

  /** For metrics. */
  inUse() {
    const { state, flows } = this
    let entries = 0
    for (let k = 0; k < state.entries.size; k++) if (state.entries.get(k) !== "Free") entries++
    const free = this.#free.reduce((n, list) => n + list.length, 0)
    return { entries, flows: flows.size, queued: state.queue.length, ids: state.entries.size - free }
  }

  step(event: ManagerEvent, env: Env, port: number, recorder: RecorderShape): Outbox {
    const { out } = this
    out.clear()
    this.state = stepManager(this.state, event, env, this.topology, out)
    if (out.outcome !== "Illegal") recorder.record("manager", this.m, port, event, env, out)
    return out
  }
}

export class TransportHost {
  state: Transport
  readonly t: number
  readonly topology: Topology
  readonly out = new Outbox()
  /** By c: TCP's index, or −1. */
  readonly tcbOf: Int32Array
  /** Under Shortest. */
  readonly patience: Patience | undefined
  /** Those that run for the claim timeout, and those that run for who they are of. */
  readonly #timers = new ClaimTimers()
  readonly #hasty = new ClaimTimers()

  constructor(t: number, topology: Topology) {
    this.t = t
    this.topology = topology
    this.state = initialTransport(t, topology)
    this.tcbOf = new Int32Array(topology.managers * topology.transports * topology.connections).fill(-1)
    const hurries = topology.balance.scheme === "Shortest"
    this.patience = hurries ? new Patience(topology.applications, topology.claimTimeout) : undefined
  }

  step(event: TransportEvent, env: Env, port: number, recorder: RecorderShape): Outbox {
    const { out } = this
    out.clear()
    this.#learn(event, env)
    this.state = stepTransport(this.state, event, env, this.topology, out)
    if (out.outcome !== "Illegal") recorder.record("transport", this.t, port, event, env, out)
    return out
  }

  /** Arms the claim timer of a connection that was just announced. `established`: whose acceptor was chosen at its SYN. */
  arm(c: number, now: number, established: boolean): void {
    const { a, n } = this.state.connections.get(c)
    if (established && this.patience !== undefined) this.#hasty.arm({ c, n, at: now + this.patience.of(a) })
    else this.#timers.arm({ c, n, at: now + this.topology.claimTimeout })
  }

  readonly #runs = ({ c, n }: ClaimTimer): boolean => {
    const x = this.state.connections.get(c)
    return x.phase === "Announced" && x.n === n
  }

  /** When the next claim timer fires, µs. */
  nextTimer(): number {
    const { at } = this.#timers.first(this.#runs) ?? { at: Number.POSITIVE_INFINITY }
    if (this.patience === undefined) return at
    return Math.min(at, this.#hasty.first(this.#runs)?.at ?? at)
  }

  /** The connection whose timer `nextTimer` has just told of. */
  popTimer(): number {
    const late = this.#timers.first(this.#runs)
    const hasty = this.#hasty.first(this.#runs)
    const first =
      hasty !== undefined && (late === undefined || hasty.at < late.at) ? this.#hasty : this.#timers
    return first.pop().c
  }

  #learn(event: TransportEvent, { now }: Env): void {
    const { patience } = this
    if (patience === undefined) return
    if (event._tag === "ReceiveClaim") {
      const { a, c, n } = event.message
      const x = c >= 0 && c < this.state.connections.size ? this.state.connections.get(c) : undefined
      if (x?.phase === "Announced" && x.a === a && x.n === n) patience.learn(a, now - x.offeredAt)
    } else if (event._tag === "ClaimTimeout")
      patience.learn(this.state.connections.get(event.c).a, Number.POSITIVE_INFINITY)
    else if (event._tag === "ReceiveAttach") patience.forget(event.message.a)
  }

  /** For metrics. */
  inUse() {
    const { state, tcbOf } = this
    let connections = 0
    for (let c = 0; c < tcbOf.length; c++) if (state.connections.get(c).phase !== "Gone") connections++
    return {
      connections,
      tcbs: tcbOf.reduce((n, tcb) => n + (tcb < 0 ? 0 : 1), 0),
      timers: this.#timers.length + this.#hasty.length,
    }
  }
}
