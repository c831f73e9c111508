/**
 * The host of the baselines: the same clients, cores, frames and web servers, and a balancer (`baselines/`) in place of managers,
 * offers and the handshake. It is asked at establishment.
 */
import type { Random } from "../sim/random.ts"
import { type Balancer, NONE, type View } from "./baselines/balancer.ts"
import { balancerOf } from "./baselines/policies.ts"
import type { Clients, Stack } from "./clients.ts"
import type { Connections } from "./connections.ts"
import * as Kind from "./kinds.ts"
import type { Machine, Process } from "./machine.ts"
import type { Measures } from "./measures.ts"
import type { Policy } from "./scheme.ts"
import { holding, requestTime, type Workload } from "./workload.ts"

export class Baseline implements Stack {
  readonly #machine: Machine
  readonly #connections: Connections
  readonly #clients: Clients
  readonly #measures: Measures
  readonly #workload: Workload
  readonly #servers: ReadonlyArray<number>
  readonly #applications: ReadonlyArray<number>
  readonly #balancer: Balancer
  /** By application: connections given to it and not closed; requests not answered. */
  readonly #open: Int32Array
  readonly #waiting: Int32Array

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
    this.#servers = servers
    this.#applications = applications
    this.#open = new Int32Array(applications.length)
    this.#waiting = new Int32Array(applications.length)
    const { costs } = this.#machine
    const view: View = {
      machine: this.#machine,
      connections: this.#connections,
      workload: this.#workload,
      from: this.#measures.from,
      random,
      servers,
      applications,
      open: this.#open,
      waiting: this.#waiting,
      give: (k, a) => this.#give(k, a),
    }
    this.#balancer = balancerOf(policy, view)
    servers.forEach((core) => {
      this.#machine.host(core, this.#server(core), costs.serverLoop)
    })
    applications.forEach((core, a) => {
      this.#machine.host(core, this.#application(core, a), costs.applicationLoop)
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

  #server(core: number): Process {
    const machine = this.#machine
    const frame = machine.costs.transport / 4
    return {
      cost: (item) => {
        const kind = machine.kind[item]
        if (kind === Kind.SYN) return frame + machine.costs.manager
        return kind === Kind.WRITTEN ? frame + machine.taking(item) + machine.dataOf(item) : frame
      },
      run: (item) => {
        const k = machine.connection[item]!
        switch (machine.kind[item]) {
          case Kind.SYN:
            this.#balancer.syn?.(k)
            machine.frame(machine.now + machine.costs.roundTrip, core, Kind.ACK, k)
            break
          case Kind.ACK:
            this.#connections.offered[k] = machine.now
            this.#establish(k)
            break
          case Kind.QUESTION:
            this.#ask(k, this.#connections.application[k]!)
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
        const k = machine.connection[item]!
        const time = machine.now - this.#measures.from
        const data = machine.dataBetween(core, this.#serverOf(k))
        const own = machine.costs.application + data
        return own + requestTime(this.#workload.delays, a, time, this.#connections.demand[k]!)
      },
      run: (item) => {
        const k = machine.connection[item]!
        if (machine.kind[item] === Kind.NEWS) {
          this.#balancer.taken?.(k, a)
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
        this.#served(k, a)
      },
    }
  }

  #answer(k: number, a: number, core: number): void {
    this.#balancer.answered?.(k, a)
    const last = this.#connections.left[k] === 1 ? 1 : 0
    this.#machine.send(core, this.#serverOf(k), Kind.WRITTEN, a, k, last, undefined)
  }

  /** The application has done with a request: its core is free for another. */
  #served(k: number, a: number): void {
    this.#waiting[a]!--
    this.#balancer.served?.(k, a)
  }

  #establish(k: number): void {
    const s = this.#connections.flow[k]! % this.#servers.length
    const a = this.#balancer.choose(k, s)
    if (a !== NONE) this.#give(k, a)
  }

  #give(k: number, a: number): void {
    const { now } = this.#machine
    const measures = this.#measures
    this.#connections.application[k] = a
    this.#open[a]!++
    measures.served.add(now, a, 1)
    const n = this.#servers.length
    const local = this.#connections.flow[k]! % n === a % n
    if (local) measures.local.add(now, a, 1)
    if (measures.measures(now)) {
      measures.connections++
      if (local) measures.localConnections++
    }
    this.#ask(k, a)
  }

  #ask(k: number, a: number): void {
    this.#waiting[a]!++
    this.#balancer.asked?.(k, a)
    this.#machine.send(this.#serverOf(k), this.#applications[a]!, Kind.NEWS, NONE, k, 0, undefined)
  }

  #closed(k: number): void {
    const { now } = this.#machine
    const measures = this.#measures
    const a = this.#connections.application[k]!
    const time = now - this.#connections.offered[k]!
    if (measures.measures(this.#connections.begun[k]!)) measures.service.record(time)
    measures.truth.add(now, a, time)
    this.#open[a]!--
    this.#balancer.closed?.(k, a)
    this.#clients.closed(k)
  }
}
