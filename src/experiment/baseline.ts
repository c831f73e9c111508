/**
 * The baselines: the same clients, cores, frames and web servers, and a balancer in place of managers, offers and the handshake.
 * It chooses at establishment, knowing what it needs to know at once and for nothing.
 */
import type { Random } from "../sim/random.ts"
import type { Clients, Stack } from "./clients.ts"
import type { Connections } from "./connections.ts"
import * as Kind from "./kinds.ts"
import type { Machine, Process } from "./machine.ts"
import type { Measures } from "./measures.ts"
import type { Policy } from "./scheme.ts"
import { holding, requestTime, type Workload } from "./workload.ts"

const NONE = -1

export class Baseline implements Stack {
  readonly #machine: Machine
  readonly #connections: Connections
  readonly #clients: Clients
  readonly #measures: Measures
  readonly #workload: Workload
  readonly #policy: Policy
  readonly #random: Random
  readonly #servers: ReadonlyArray<number>
  readonly #applications: ReadonlyArray<number>
  /** By application: connections given to it and not closed; requests not answered. */
  readonly #open: Int32Array
  readonly #waiting: Int32Array
  /** Connections that wait for an application: the one shared queue. */
  readonly #shared: Array<number> = []
  #sharedHead = 0
  /** By server: applications that have said that they are idle. `listed`: in one of the lists. */
  readonly #idle: ReadonlyArray<Array<number>>
  readonly #listed: Uint8Array
  readonly #turn: Int32Array

  constructor(
    parts: {
      readonly machine: Machine
      readonly connections: Connections
      readonly clients: Clients
      readonly measures: Measures
      readonly workload: Workload
    },
    policy: Policy,
    servers: ReadonlyArray<number>,
    applications: ReadonlyArray<number>,
    random: Random,
  ) {
    this.#machine = parts.machine
    this.#connections = parts.connections
    this.#clients = parts.clients
    this.#measures = parts.measures
    this.#workload = parts.workload
    this.#policy = policy
    this.#random = random
    this.#servers = servers
    this.#applications = applications
    this.#open = new Int32Array(applications.length)
    this.#waiting = new Int32Array(applications.length)
    this.#idle = servers.map(() => [])
    this.#listed = new Uint8Array(applications.length)
    // Not all servers begin with the same application.
    this.#turn = Int32Array.from(servers, (_, s) => s % applications.length)
    const { costs } = this.#machine
    servers.forEach((core, s) => {
      this.#machine.host(core, this.#server(core, s), costs.serverLoop)
    })
    applications.forEach((core, a) => {
      this.#machine.host(core, this.#application(core, a), costs.applicationLoop)
      this.#joinIdle(a)
    })
  }

  syn(k: number): void {
    this.#machine.frame(this.#machine.now, this.#serverOf(k), Kind.SYN, k)
  }

  question(k: number): void {
    this.#machine.frame(this.#machine.now, this.#serverOf(k), Kind.QUESTION, k)
  }

  #serverOf(k: number): number {
    return this.#servers[this.#connections.flow[k]! % this.#servers.length]!
  }

  #server(core: number, s: number): Process {
    const machine = this.#machine
    const frame = machine.costs.transport / 4
    return {
      cost: (item) => {
        const kind = machine.kind[item]
        if (kind === Kind.SYN) return frame + machine.costs.manager
        return kind === Kind.WRITTEN ? frame + machine.taking(item) : frame
      },
      run: (item) => {
        const k = machine.connection[item]!
        switch (machine.kind[item]) {
          case Kind.SYN:
            machine.frame(machine.now + machine.costs.roundTrip, core, Kind.ACK, k)
            break
          case Kind.ACK:
            this.#connections.offered[k] = machine.now
            if (this.#policy === "shared-queue") this.#enqueue(k)
            else this.#give(k, this.#choose(s, k), core, s)
            break
          case Kind.QUESTION:
            this.#ask(k, this.#connections.application[k]!, core)
            break
          case Kind.WRITTEN:
            this.#clients.answered(k)
            if (machine.word[item] === 1)
              machine.frame(machine.now + machine.costs.roundTrip, core, Kind.FIN, k)
            break
          default:
            this.#closed(k)
        }
      },
    }
  }

  #application(core: number, a: number): Process {
    const machine = this.#machine
    return {
      cost: (item) => {
        if (machine.kind[item] === Kind.HELD) return 0
        if (machine.kind[item] !== Kind.REQUEST) return machine.taking(item)
        const demand = this.#connections.demand[machine.connection[item]!]!
        return requestTime(this.#workload.delays, a, machine.now - this.#measures.from, demand)
      },
      run: (item) => {
        const k = machine.connection[item]!
        if (machine.kind[item] === Kind.NEWS) {
          machine.post(core, 1, Kind.REQUEST, k)
          return
        }
        if (machine.kind[item] === Kind.HELD) {
          this.#answer(k, a, core)
          return
        }
        const held = holding(this.#workload.delays, a, machine.now - this.#measures.from)
        if (held > 0) machine.frame(machine.now + held, core, Kind.HELD, k)
        else this.#answer(k, a, core)
        this.#served(a)
      },
    }
  }

  #answer(k: number, a: number, core: number): void {
    const last = this.#connections.left[k] === 1 ? 1 : 0
    this.#machine.send(core, this.#serverOf(k), Kind.WRITTEN, a, k, last, undefined)
  }

  /** The application has done with a request: its core is free for another. */
  #served(a: number): void {
    this.#waiting[a]!--
    if (this.#waiting[a] === 0) this.#joinIdle(a)
    if (this.#policy === "shared-queue") this.#takeNext(a)
  }

  #choose(s: number, k: number): number {
    const n = this.#applications.length
    const any = (): number => this.#random.between(0, n - 1)
    switch (this.#policy) {
      case "round-robin": {
        const a = this.#turn[s]!
        this.#turn[s] = (a + 1) % n
        return a
      }
      case "reuseport":
        // Bits of the flow that the server was not chosen by.
        return (Math.imul(this.#connections.flow[k]!, 0x9e3779b1) >>> 8) % n
      case "two-choices": {
        const [x, y] = [any(), any()]
        return this.#waiting[y]! < this.#waiting[x]! ? y : x
      }
      case "idle-queue": {
        const a = this.#idle[s]!.shift()
        if (a === undefined) return any()
        this.#listed[a] = 0
        return a
      }
      default: {
        let best = NONE
        let ties = 0
        for (let a = 0; a < n; a++) {
          const open = this.#open[a]!
          if (best === NONE || open < this.#open[best]!) {
            best = a
            ties = 1
          } else if (open === this.#open[best] && this.#random.between(0, ties++) === 0) best = a
        }
        return best
      }
    }
  }

  #give(k: number, a: number, core: number, s: number): void {
    const { now } = this.#machine
    const measures = this.#measures
    this.#connections.application[k] = a
    this.#open[a]!++
    measures.served.add(now, a, 1)
    const local = s === a % this.#servers.length
    if (local) measures.local.add(now, a, 1)
    if (measures.measures(now)) {
      measures.connections++
      if (local) measures.localConnections++
    }
    this.#ask(k, a, core)
  }

  #ask(k: number, a: number, core: number): void {
    this.#waiting[a]!++
    this.#machine.send(core, this.#applications[a]!, Kind.NEWS, NONE, k, 0, undefined)
  }

  #enqueue(k: number): void {
    this.#shared.push(k)
    // The idle ones in the order of a draw, as whoever sleeps on one queue is woken.
    const n = this.#applications.length
    const first = this.#random.between(0, n - 1)
    for (let i = 0; i < n; i++) {
      const a = (first + i) % n
      if (this.#waiting[a] !== 0) continue
      this.#takeNext(a)
      return
    }
  }

  #takeNext(a: number): void {
    if (this.#waiting[a] !== 0 || this.#sharedHead === this.#shared.length) return
    const k = this.#shared[this.#sharedHead++]!
    if (this.#sharedHead > 4096 && this.#sharedHead * 2 > this.#shared.length) {
      this.#shared.splice(0, this.#sharedHead)
      this.#sharedHead = 0
    }
    const s = this.#connections.flow[k]! % this.#servers.length
    this.#give(k, a, this.#servers[s]!, s)
  }

  #joinIdle(a: number): void {
    if (this.#policy !== "idle-queue" || this.#listed[a] === 1) return
    this.#listed[a] = 1
    this.#idle[this.#random.between(0, this.#servers.length - 1)]!.push(a)
  }

  #closed(k: number): void {
    const { now } = this.#machine
    const measures = this.#measures
    const a = this.#connections.application[k]!
    const time = now - this.#connections.offered[k]!
    if (measures.measures(this.#connections.begun[k]!)) measures.service.record(time)
    measures.truth.add(now, a, time)
    this.#open[a]!--
    this.#clients.closed(k)
  }
}
