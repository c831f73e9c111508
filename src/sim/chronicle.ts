/**
 * All that happens to the protocol, at the instant it happens: every step goes to its process's flight recorder, to the log
 * of all, and to the watch over its instance. Also what it means for the clients: whose connection need not be served.
 */
import { decodeRecord, type StepRecord } from "../codec/record.ts"
import { RecorderTail, RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import type { Env, Event } from "../core/event.ts"
import type { Outbox, Role } from "../core/outbox.ts"
import { type Topology, transportOf } from "../core/topology.ts"
import { allocateRegion } from "../memory/region.ts"
import type { RecorderShape } from "../ports/ports.ts"
import { Monitor } from "./monitor.ts"

/** Excuse of a connection that was claimed by a process which does not keep the protocol. */
export const HOSTILE = "its application is hostile"

export interface ChronicleWorld {
  readonly now: number
  /** The peer of connection `c` at transport `t` (`flowKey`), or −1. */
  flowOf(t: number, port: number, c: number): number
  /** The connection of this peer need not be served. */
  excuseFlow(flow: number, why: string): void
  isHostile(a: number): boolean
  /** An application listens on the port, and every manager has known it for a while. */
  isListenedOn(port: number): boolean
  fail(why: string): void
}

/** One listening port. */
export interface Instance {
  readonly port: number
  readonly monitor: Monitor
  /** By connection id: its peer since it was established, and the application that claimed it. */
  readonly flows: Map<number, number>
  readonly owners: Map<number, number>
  /** When SYNs were refused because nobody listened. */
  readonly refused: Array<number>
}

/** A process's flight recorder; whoever has an application slot has the slot's. */
export interface Recorder extends RecorderShape {
  readonly writer: RecorderWriter
}

/** Records that a recorder holds: it is read after every one. */
const CAPACITY = 4

export class Chronicle {
  readonly instances = new Map<number, Instance>()
  /** By process (role << 16 | index), in its own order. */
  readonly logs = new Map<number, Array<StepRecord>>()
  /** Every step in the order of their instants. */
  readonly order: Array<StepRecord> = []
  steps = 0
  readonly #world: ChronicleWorld
  readonly #topology: Topology
  readonly #keep: boolean

  /** `keep`: logs are kept; otherwise memory does not grow with the run. */
  constructor(topology: Topology, ports: ReadonlyArray<number>, keep: boolean, world: ChronicleWorld) {
    this.#world = world
    this.#topology = topology
    this.#keep = keep
    for (const port of ports) {
      const monitor = new Monitor(topology)
      this.instances.set(port, { port, monitor, flows: new Map(), owners: new Map(), refused: [] })
    }
  }

  recorder(): Recorder {
    const region = allocateRegion(recorderBytes(CAPACITY))
    const writer = new RecorderWriter(region, 0, CAPACITY)
    const tail = new RecorderTail(region, 0, CAPACITY)
    return {
      writer,
      record: (role, index, port, event, env, out) => {
        const instance = this.instances.get(port)
        if (instance === undefined) {
          this.#world.fail(`a step of port ${port}, on which nobody listens`)
          return
        }
        this.steps++
        if (event._tag === "Die") writer.recordEnd(index, port, event, env, out)
        else writer.record(role, index, port, event, env, out)
        tail.drain((record) => {
          if (this.#keep && !instance.monitor.off) this.#log(decodeRecord(record, 0), record[1]!)
        })
        this.#watch(instance, role, index, event, env, out)
      },
    }
  }

  /** The messages of the last step never left its process. The process's own log has it, as in life. */
  unsent(port: number): void {
    const { monitor } = this.instances.get(port)!
    if (monitor.off) return
    monitor.undo()
    if (this.#keep) this.order.pop()
  }

  #log(step: StepRecord, process: number): void {
    const log = this.logs.get(process)
    if (log === undefined) this.logs.set(process, [step])
    else log.push(step)
    this.order.push(step)
  }

  #watch(instance: Instance, role: Role, index: number, event: Event, env: Env, out: Outbox): void {
    const { monitor, port, refused } = instance
    const wrong = monitor.step(role, index, event, env, out)
    if (wrong !== undefined) this.#world.fail(`port ${port}: ${wrong}`)
    if (role === "transport") this.#transport(instance, index, event, out)
    if (role !== "manager") return
    const refuses = event._tag === "Syn" && out.outcome === "Refused"
    if (refuses) refused.push(this.#world.now)
    if ((refuses || event._tag === "ResetWaiting") && this.#world.isListenedOn(port)) {
      this.#world.fail(`port ${port}: manager ${index} refuses a connection though somebody listens`)
    }
  }

  #transport(instance: Instance, t: number, event: Event, out: Outbox): void {
    const { flows, owners, port } = instance
    const world = this.#world
    switch (event._tag) {
      case "Established":
        flows.set(event.c, world.flowOf(t, port, event.c))
        break
      case "ReceiveClaim":
        if (out.outcome !== "Claimed") break
        owners.set(event.message.c, event.message.a)
        if (world.isHostile(event.message.a)) world.excuseFlow(flows.get(event.message.c) ?? -1, HOSTILE)
        break
      case "ReceiveReset":
        if (out.outcome === "Done") {
          world.excuseFlow(world.flowOf(t, port, event.message.c), "nobody listened any more")
        }
        break
      case "Gone":
        owners.delete(event.c)
        break
      case "TransportReceiveDetach":
        for (const [c, a] of owners) {
          if (a !== event.message.a || transportOf(this.#topology, c) !== t) continue
          world.excuseFlow(flows.get(c) ?? -1, "its application ended")
          owners.delete(c)
        }
        break
    }
  }
}
