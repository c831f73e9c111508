/** A random run of one protocol instance: every machine, FIFO channels, records as the servers make them. */
import { decodeRecord, encodeRecord, RECORD_WORDS, type StepRecord } from "../../src/codec/record.ts"
import type { Application } from "../../src/core/application.ts"
import type { ApplicationEvent, Event, ManagerEvent, TransportEvent } from "../../src/core/event.ts"
import type { Manager } from "../../src/core/manager.ts"
import type { Message } from "../../src/core/message.ts"
import { Outbox, type Role } from "../../src/core/outbox.ts"
import {
  connectionIds,
  defaultBalance,
  managerOf,
  NONE,
  type Topology,
  transportOf,
} from "../../src/core/topology.ts"
import type { Transport } from "../../src/core/transport.ts"
import { type Core, shipped } from "../../src/model/stack/step.ts"

export const topologyOf = (part: Partial<Topology> = {}): Topology => ({
  applications: 3,
  managers: 2,
  transports: 2,
  connections: 3,
  backlog: 2,
  room: 2,
  claimTimeout: 1000,
  balance: defaultBalance,
  ...part,
})

/** mulberry32: small, seeded, good enough to choose steps. */
export const randomOf = (seed: number) => {
  let a = seed | 0
  return (): number => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

interface Channel {
  readonly from: Role
  readonly fromIndex: number
  readonly to: Role
  readonly toIndex: number
  readonly queue: Array<Message>
}

/** Relative weight of each kind of step. */
const weights: Record<string, number> = {
  Die: 0.2,
  CloseListener: 0.1,
  ClaimTimeout: 1,
  Syn: 4,
  Gone: 3,
  SendOffer: 1,
  Ask: 1,
  ReturnOffer: 1,
}

export class Driver {
  readonly topology: Topology
  readonly applications: Array<Application>
  readonly managers: Array<Manager>
  readonly transports: Array<Transport>
  readonly channels = new Map<string, Channel>()
  /** By process name, in its order. */
  readonly logs = new Map<string, Array<StepRecord>>()
  /** All steps in the order they happened. */
  readonly steps: Array<StepRecord> = []
  /** The same as recorders have them. */
  readonly records: Array<Int32Array> = []
  readonly illegal: Array<string> = []
  readonly #out = new Outbox()
  readonly #random: () => number
  #now = 0

  readonly port: number
  readonly core: Core

  constructor(topology: Topology, seed: number, port = 80, core = shipped) {
    this.topology = topology
    this.port = port
    this.core = core
    this.#random = randomOf(seed)
    const { initialApplication, initialManager, initialTransport } = core.initial
    this.applications = Array.from({ length: topology.applications }, (_, a) => initialApplication(a))
    this.managers = Array.from({ length: topology.managers }, (_, m) => initialManager(m, topology))
    this.transports = Array.from({ length: topology.transports }, (_, t) => initialTransport(t, topology))
  }

  run(steps: number): this {
    for (let k = 0; k < steps; k++) {
      const enabled = this.enabled()
      let total = 0
      for (const x of enabled) total += weights[x.event._tag] ?? 6
      let rest = (this.#random() / 2 ** 32) * total
      const chosen =
        enabled.find((x) => {
          rest -= weights[x.event._tag] ?? 6
          return rest < 0
        }) ?? enabled.at(-1)
      if (chosen === undefined) break
      this.apply(chosen.role, chosen.index, chosen.event, chosen.channel)
    }
    return this
  }

  enabled() {
    const { topology } = this
    const { canAssignWaiting, canClaim, canRegister, canResetWaiting } = this.core.predicates
    const list: Array<{ role: Role; index: number; event: Event; channel?: Channel }> = []
    for (const channel of this.channels.values()) {
      const message = channel.queue[0]
      if (message === undefined) continue
      // Nobody reads a dead process's ring; its transport empties it.
      if (channel.to === "application" && this.applications[channel.toIndex]!.phase === "Down") continue
      list.push({ role: channel.to, index: channel.toIndex, event: receive(channel, message), channel })
    }
    this.applications.forEach((x, a) => {
      const add = (event: ApplicationEvent) => list.push({ role: "application", index: a, event })
      const leaving = [...this.channels.values()].some(
        (c) => c.from === "application" && c.fromIndex === a && c.queue.some((m) => m._tag === "Detach"),
      )
      if (x.phase === "Down" && !leaving) add({ _tag: "Attach", g: x.g })
      if (canRegister(x)) add({ _tag: "Register" })
      if (canClaim(x)) add({ _tag: "Claim" })
      if (x.phase === "Up") add({ _tag: "CloseListener" })
      if (x.phase !== "Down") add({ _tag: "Die" })
      for (const { c, n } of x.owned.slice(0, 1)) add({ _tag: "Release", c, n })
    })
    this.managers.forEach((x, m) => {
      const add = (event: ManagerEvent) => list.push({ role: "manager", index: m, event })
      if (canAssignWaiting(x, topology)) add({ _tag: "AssignWaiting" })
      if (canResetWaiting(x)) add({ _tag: "ResetWaiting" })
      const late = topology.balance.scheme === "Late"
      for (let to = 0; to < topology.managers; to++) {
        if (to === m) continue
        if (!late || x.acceptors.length > 0) add({ _tag: "SendOffer", to })
        if (late) add({ _tag: "Ask", to })
        if (late && x.queue.length === 0 && x.offers.get(to).a !== NONE) add({ _tag: "ReturnOffer", to })
      }
      const c = this.#random() % connectionIds(topology)
      if (managerOf(topology, c) === m) add({ _tag: "Syn", c })
    })
    this.transports.forEach((x, t) => {
      for (let c = 0; c < connectionIds(topology); c++) {
        if (transportOf(topology, c) !== t) continue
        const { phase } = x.connections.get(c)
        const add = (event: TransportEvent) => list.push({ role: "transport", index: t, event })
        if (phase === "Opening") add({ _tag: "Established", c })
        if (phase === "Announced") add({ _tag: "ClaimTimeout", c })
        if (phase !== "Gone") add({ _tag: "Gone", c })
      }
    })
    return list
  }

  apply(role: Role, index: number, event: Event, channel?: Channel): void {
    channel?.queue.shift()
    this.#now += 1 + (this.#random() % 50)
    const env = { now: this.#now, draw: this.#random() }
    const out = this.#out
    const { machines } = this.core
    out.clear()
    if (role === "application") {
      this.applications[index] = machines.application(
        this.applications[index]!,
        event as ApplicationEvent,
        this.topology,
        out,
      )
    } else if (role === "manager") {
      this.managers[index] = machines.manager(
        this.managers[index]!,
        event as ManagerEvent,
        env,
        this.topology,
        out,
      )
    } else {
      this.transports[index] = machines.transport(
        this.transports[index]!,
        event as TransportEvent,
        env,
        this.topology,
        out,
      )
    }
    if (out.outcome === "Illegal") this.illegal.push(`${role} ${index} ${JSON.stringify(event)}`)
    if (event._tag === "TransportReceiveDetach") {
      this.channels.delete(`transport ${index} application ${event.message.a}`)
    }
    for (let k = 0; k < out.length; k++) {
      const name = `${role} ${index} ${out.roles[k]} ${out.to[k]}`
      let to = this.channels.get(name)
      if (to === undefined) {
        to = { from: role, fromIndex: index, to: out.roles[k]!, toIndex: out.to[k]!, queue: [] }
        this.channels.set(name, to)
      }
      to.queue.push(out.messages[k]!)
    }
    const words = new Int32Array(RECORD_WORDS)
    encodeRecord(words, 0, role, index, this.port, event, env, out)
    this.records.push(words)
    const step = decodeRecord(words, 0)
    const name = `${role} ${index}`
    if (!this.logs.has(name)) this.logs.set(name, [])
    this.logs.get(name)!.push(step)
    this.steps.push(step)
  }
}

const receive = (channel: Channel, message: Message): Event => {
  const t = channel.fromIndex
  switch (message._tag) {
    case "AcceptConnection":
      return { _tag: "ReceiveAcceptConnection", message }
    case "Attach":
      return { _tag: "ReceiveAttach", message }
    case "Attached":
      return { _tag: "ReceiveAttached", t }
    case "Detach":
      return channel.to === "manager"
        ? { _tag: "ManagerReceiveDetach", message }
        : { _tag: "TransportReceiveDetach", message }
    case "Open":
      return { _tag: "ReceiveOpen", message }
    case "Assign":
      return { _tag: "ReceiveAssign", message }
    case "ConnectionAvailable":
      return { _tag: "ReceiveAvailable", t, message }
    case "ClaimConnection":
      return { _tag: "ReceiveClaim", message }
    case "Claimed":
      return { _tag: "ReceiveClaimed", t, message }
    case "TimedOut":
      return { _tag: "ReceiveTimedOut", t, message }
    case "AcceptorTimedOut":
      return { _tag: "ReceiveAcceptorTimedOut", t, message }
    case "AcceptorRemoved":
      return { _tag: "ReceiveAcceptorRemoved", t, message }
    case "Offer":
      return { _tag: "ReceiveOffer", from: t, message }
    case "ResetConnection":
      return { _tag: "ReceiveReset", message }
    case "ConnectionClosed":
      return { _tag: "ReceiveConnectionClosed", t, message }
    case "ServiceTime":
      return { _tag: "ReceiveServiceTime", t, message }
    case "ConnectionEstablished":
      return { _tag: "ReceiveConnectionEstablished", t, message }
    case "AcceptorUnused":
      return { _tag: "ReceiveAcceptorUnused", t, message }
    default:
      return message satisfies never
  }
}
