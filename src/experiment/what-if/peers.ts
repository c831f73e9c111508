/** The recorded connections' other ends: each comes when it came, by the transport it came by, and goes when it went. */
import { NONE } from "../../core/topology.ts"
import type { Random } from "../../sim/random.ts"
import type { Connections } from "../connections.ts"
import { ACK, FIN, SYN } from "../kinds.ts"
import type { Machine } from "../machine.ts"
import { arrive, type Peers, type Shared } from "../stack.ts"
import type { Demands } from "./demands.ts"
import type { RecordedPort } from "./recording.ts"

/** RFC 6298 2.1: the first SYN is sent again after a second, each further one after twice as long. */
const SYN_AGAIN = 1_000_000
/** Linux's tcp_syn_retries. */
const MOST_ATTEMPTS = 6
/** Beyond the end of any recording: an acknowledgement that never came. */
const NEVER = 1e15

export class RecordedPeers implements Peers {
  readonly #machine: Machine
  readonly #connections: Connections
  readonly #port: RecordedPort
  readonly #demands: Demands
  readonly #random: Random
  /** By connection: its row, and its ranks. */
  readonly #rows: Uint32Array
  readonly #work: Float32Array
  readonly #hold: Float32Array
  /** By connection: the peer is gone. */
  readonly #gone: Uint8Array
  /** µs: what the re-run itself takes to notice a frame; and from a claim to the end besides what the application does. */
  readonly #notice: number
  readonly #overhead: number
  #next = 0

  constructor(
    machine: Machine,
    connections: Connections,
    port: RecordedPort,
    demands: Demands,
    random: Random,
  ) {
    this.#machine = machine
    this.#connections = connections
    this.#port = port
    this.#demands = demands
    this.#random = random
    this.#rows = demands.order
    const { transport } = machine.costs
    this.#notice = demands.claim + transport / 4
    this.#overhead = demands.look + 2 * this.#notice
    const { count } = port.connections
    this.#work = new Float32Array(count)
    this.#hold = new Float32Array(count)
    this.#gone = new Uint8Array(count)
  }

  start(shared: Shared): void {
    const machine = this.#machine
    const { arrived, ended } = this.#port.connections
    const syn = machine.on((k) => {
      if (this.#gone[k] === 0) arrive(shared, machine.now, k, SYN)
    })
    this.#syn = syn
    const leave = machine.on((k) => {
      this.#gone[k] = 1
      arrive(shared, machine.now, k, FIN)
    })
    const come = machine.on((k) => {
      const row = this.#rows[k]!
      this.#take(k, row)
      arrive(shared, machine.now, k, SYN)
      if (this.#port.connections.endingOf(row) === "left") machine.at(ended[row]!, leave, k)
      this.#more(come, arrived)
    })
    this.#more(come, arrived)
  }

  /** µs of work that `k` is to application `a` at a time. */
  work(k: number, a: number, time: number): number {
    return this.#demands.work(a, time, this.#work[k]!)
  }

  /** µs for which it holds without work: what one was seen to last that outlived all whose end was seen, at least. */
  hold(k: number, a: number, time: number): number {
    const { connections } = this.#port
    const row = this.#rows[k]!
    const held = Math.max(0, this.#demands.hold(a, time, this.#hold[k]!) - this.#overhead)
    const ending = connections.endingOf(row)
    if (ending !== "orphaned" && ending !== "unfinished") return held
    const lasted = connections.ended[row]! - connections.claimed[row]!
    const outlived = lasted > this.#demands.longest(connections.application[row]!)
    return outlived ? Math.max(held, lasted - this.#overhead) : held
  }

  trip(k: number, back: number): number {
    // The last acknowledgement is part of the holding.
    if (back !== ACK) return 0
    const { arrived, established } = this.#port.connections
    const row = this.#rows[k]!
    const trip = established[row]! - arrived[row]!
    return Number.isNaN(trip) ? NEVER : Math.max(0, trip - this.#notice)
  }

  answered(): void {}

  closed(): void {}

  refused(k: number): void {
    this.#gone[k] = 1
  }

  dropped(k: number): void {
    const { attempts } = this.#connections
    if (++attempts[k]! < MOST_ATTEMPTS)
      this.#machine.at(this.#machine.now + SYN_AGAIN * 2 ** (attempts[k]! - 1), this.#syn, k)
  }

  #syn = 0

  #more(come: number, arrived: Float64Array): void {
    if (this.#next === this.#rows.length) return
    const k = this.#next++
    this.#machine.at(arrived[this.#rows[k]!]!, come, k)
  }

  #take(k: number, row: number): void {
    const x = this.#connections
    // Records are never used again: what comes too late for a connection finds its own.
    if (x.take() !== k) throw new Error(`connection ${k} has another's record`)
    const { work, hold } = this.#demands.ranks(row, this.#random)
    this.#work[k] = work
    this.#hold[k] = hold
    x.begun[k] = this.#machine.now
    x.asked[k] = this.#machine.now
    x.flow[k] = this.#port.connections.transport[row]!
    x.attempts[k] = 0
    x.left[k] = 1
    x.id[k] = NONE
    x.application[k] = NONE
  }
}
