/**
 * One web server: a process that has a core, takes what its rings hold, and serves one request between two looks at them. It
 * hosts the application's machine by the rules of `application/attachment.ts`: claims while there are buffers, registers
 * when it is not registered.
 */
import {
  type Application,
  canClaim,
  canRegister,
  initialApplication,
  stepApplication,
} from "../core/application.ts"
import type { ApplicationEvent } from "../core/event.ts"
import type { Message } from "../core/message.ts"
import { Outbox } from "../core/outbox.ts"
import * as Kind from "./kinds.ts"
import type { Process } from "./machine.ts"
import { PORT, type Shared, transportCore } from "./shared.ts"
import { holding, requestTime, type Workload } from "./workload.ts"

export class WebServer implements Process {
  readonly a: number
  readonly core: number
  state: Application
  readonly #shared: Shared
  readonly #workload: Workload
  readonly #out = new Outbox()
  /** By transport: buffers in use by claimed connections. */
  readonly #held: Int32Array
  readonly #buffers: number

  constructor(a: number, core: number, shared: Shared, workload: Workload, buffers: number) {
    this.a = a
    this.core = core
    this.#shared = shared
    this.#workload = workload
    this.#buffers = buffers
    this.#held = new Int32Array(shared.topology.transports)
    this.state = initialApplication(a)
  }

  /** It is there from the beginning on. */
  start(): void {
    const { machine, attached } = this.#shared
    if (attached) this.state = { ...this.state, phase: "Up" }
    const begin = machine.on(() => {
      if (attached) this.accept()
      else this.step({ _tag: "Attach", g: this.state.g })
    })
    machine.at(0, begin, 0)
  }

  cost(item: number): number {
    const { machine } = this.#shared
    if (machine.kind[item] === Kind.HELD) return 0
    if (machine.kind[item] !== Kind.REQUEST) return machine.taking(item)
    return machine.costs.application + this.working(machine.connection[item]!)
  }

  /** µs of its core for a request of connection `k` that is begun now. */
  protected working(k: number): number {
    const { machine, connections, measures } = this.#shared
    const time = machine.now - measures.from
    const data = machine.dataBetween(this.core, transportCore(this.#shared, k))
    return requestTime(this.#workload.delays, this.a, time, connections.demand[k]!) + data
  }

  /** µs that the answer to connection `k`, which is ready now, is held back. */
  protected holding(_k: number): number {
    const { machine, measures } = this.#shared
    return holding(this.#workload.delays, this.a, machine.now - measures.from)
  }

  /** The process has ended, and with it what it held. */
  protected empty(): void {
    this.#held.fill(0)
  }

  run(item: number): void {
    const { machine } = this.#shared
    const k = machine.connection[item]!
    const t = machine.sender[item]!
    switch (machine.kind[item]) {
      case Kind.TO_APPLICATION:
        this.receive(machine.message[item]!, t, k)
        break
      case Kind.NEWS:
        machine.post(this.core, 1, Kind.REQUEST, k)
        break
      case Kind.REQUEST:
        this.#serve(k)
        break
      case Kind.HELD:
        this.#answer(k)
        break
      default: {
        // The end of connection `word`: its number of announcement is that under which we own it.
        const c = machine.word[item]!
        const n = this.state.owned.find((x) => x.c === c)!.n
        this.#held[t]!--
        this.step({ _tag: "Release", c, n })
      }
    }
    this.accept()
  }

  #serve(k: number): void {
    const { machine } = this.#shared
    const held = this.holding(k)
    if (held > 0) machine.frame(machine.now + held, this.core, Kind.HELD, k)
    else this.#answer(k)
  }

  #answer(k: number): void {
    const { machine, connections, transports } = this.#shared
    const to = transports[connections.flow[k]! % transports.length]!
    const last = connections.left[k] === 1 ? 1 : 0
    machine.send(this.core, to, Kind.WRITTEN, this.a, k, last, undefined)
  }

  protected receive(message: Message, t: number, k: number): void {
    switch (message._tag) {
      case "ConnectionAvailable":
        this.step({ _tag: "ReceiveAvailable", t, message })
        break
      case "Claimed":
        this.step({ _tag: "ReceiveClaimed", t, message })
        this.#held[t]!++
        // The request has come with the claim's answer.
        this.#shared.machine.post(this.core, 1, Kind.REQUEST, k)
        break
      case "Attached":
        this.step({ _tag: "ReceiveAttached", t })
        break
      case "TimedOut":
        this.step({ _tag: "ReceiveTimedOut", t, message })
        break
      default:
        throw new Error(`an application got ${message._tag}`)
    }
  }

  protected accept(): void {
    while (canClaim(this.state) && this.#mayClaim()) this.step({ _tag: "Claim" })
    if (canRegister(this.state) && this.#mayRegister()) this.step({ _tag: "Register" })
  }

  /** Under Late, when it has nothing else to do. */
  #mayRegister(): boolean {
    if (this.#shared.topology.balance.scheme !== "Late") return true
    const { claims, tokens } = this.state
    return claims.length === 0 && tokens.length === 0 && this.#shared.machine.spare(this.core)
  }

  #mayClaim(): boolean {
    const { claims, tokens } = this.state
    if (this.#workload.claims === "idle" && (claims.length > 0 || !this.#shared.machine.spare(this.core)))
      return false
    const { t } = tokens[0]!
    let out = this.#held[t]!
    for (const x of claims) if (x.t === t) out++
    return out < this.#buffers
  }

  protected step(event: ApplicationEvent): void {
    const { machine, topology, managers, transports, recorder } = this.#shared
    const out = this.#out
    out.clear()
    this.state = stepApplication(this.state, event, topology, out)
    if (out.outcome === "Illegal") throw new Error(`application ${this.a}: ${event._tag} is illegal`)
    recorder.record("application", this.a, PORT, event, { now: Math.floor(machine.now), draw: 0 }, out)
    for (let n = 0; n < out.length; n++) {
      const manager = out.roles[n] === "manager"
      machine.send(
        this.core,
        manager ? managers[out.to[n]!]! : transports[out.to[n]!]!,
        manager ? Kind.TO_MANAGER : Kind.TO_TRANSPORT,
        this.a,
        -1,
        0,
        out.messages[n],
      )
    }
  }
}
