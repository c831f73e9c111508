/** Every machine of a protocol instance and the channels between them, and an instance for each port: what merge and replay re-execute. */
import { hashOutputs, type Process, type StepRecord } from "../codec/record.ts"
import { type Application, initialApplication, stepApplication } from "../core/application.ts"
import type { ApplicationEvent, ManagerEvent, TransportEvent } from "../core/event.ts"
import { initialManager, type Manager, stepManager } from "../core/manager.ts"
import type { Message } from "../core/message.ts"
import { Outbox, type Role } from "../core/outbox.ts"
import { senderOf } from "../core/receiving.ts"
import type { Topology } from "../core/topology.ts"
import { initialTransport, stepTransport, type Transport } from "../core/transport.ts"

const letter: Record<Role, string> = { application: "a", manager: "m", transport: "t" }
const key = (role: Role, index: number, to: Role, at: number): string =>
  `${letter[role]}${index}>${letter[to]}${at}`

/** A queue whose head moves without copying. */
interface Channel {
  readonly messages: Array<Message>
  head: number
}

export class Machines {
  readonly topology: Topology
  readonly out = new Outbox()
  readonly #applications: Array<Application>
  readonly #managers: Array<Manager>
  readonly #transports: Array<Transport>
  readonly #channels = new Map<string, Channel>()

  constructor(topology: Topology) {
    this.topology = topology
    this.#applications = Array.from({ length: topology.applications }, (_, a) => initialApplication(a))
    this.#managers = Array.from({ length: topology.managers }, (_, m) => initialManager(m, topology))
    this.#transports = Array.from({ length: topology.transports }, (_, t) => initialTransport(t, topology))
  }

  get applications(): ReadonlyArray<Application> {
    return this.#applications
  }

  get managers(): ReadonlyArray<Manager> {
    return this.#managers
  }

  get transports(): ReadonlyArray<Transport> {
    return this.#transports
  }

  /** What is under way, oldest first. */
  underWay(from: Role, sender: number, to: Role, receiver: number): ReadonlyArray<Message> {
    const channel = this.#channels.get(key(from, sender, to, receiver))
    return channel === undefined ? [] : channel.messages.slice(channel.head)
  }

  exists(p: Process): boolean {
    const { applications, managers, transports } = this.topology
    const count = { application: applications, manager: managers, transport: transports }[p.role]
    return p.index >= 0 && p.index < count
  }

  /** Whether the event can happen now as far as the channels say; a string says why not. */
  ready(step: StepRecord): true | string {
    const { process, event } = step
    if (event._tag === "Attach") {
      // The supervisor lets a successor in only after everybody has consumed its predecessor's end.
      for (const [name, channel] of this.#channels) {
        if (!name.startsWith(`a${process.index}>`)) continue
        for (let k = channel.head; k < channel.messages.length; k++) {
          if (channel.messages[k]!._tag === "Detach") return "a Detach of this slot is still under way"
        }
      }
      return true
    }
    const sender = senderOf(this.topology, step.event)
    if (sender === undefined) return true
    const channel = this.#channels.get(key(sender.role, sender.index, process.role, process.index))
    const head = channel?.messages[channel.head]
    if (head === undefined) return "the channel is empty"
    const got: Message =
      event._tag === "ReceiveAttached" ? { _tag: "Attached" } : (event as { message: Message }).message
    return sameMessage(head, got) ? true : `the channel's head is ${JSON.stringify(head)}`
  }

  /** Re-executes the step; `out` then holds what the core sent and decided. */
  apply(step: StepRecord): void {
    const { process, event, env } = step
    const { role, index } = process
    const sender = senderOf(this.topology, step.event)
    if (sender !== undefined) {
      const channel = this.#channels.get(key(sender.role, sender.index, role, index))!
      channel.head++
      if (channel.head > 1024 && channel.head * 2 > channel.messages.length) {
        channel.messages.splice(0, channel.head)
        channel.head = 0
      }
    }
    const out = this.out
    out.clear()
    switch (role) {
      case "application":
        this.#applications[index] = stepApplication(
          this.#applications[index]!,
          event as ApplicationEvent,
          this.topology,
          out,
        )
        break
      case "manager":
        this.#managers[index] = stepManager(
          this.#managers[index]!,
          event as ManagerEvent,
          env,
          this.topology,
          out,
        )
        break
      case "transport":
        this.#transports[index] = stepTransport(
          this.#transports[index]!,
          event as TransportEvent,
          env,
          this.topology,
          out,
        )
        if (event._tag === "TransportReceiveDetach") {
          this.#channels.delete(key("transport", index, "application", event.message.a))
        }
        break
      default:
        role satisfies never
    }
    for (let k = 0; k < out.length; k++) {
      const name = key(role, index, out.roles[k]!, out.to[k]!)
      let channel = this.#channels.get(name)
      if (channel === undefined) {
        channel = { messages: [], head: 0 }
        this.#channels.set(name, channel)
      }
      channel.messages.push(out.messages[k]!)
    }
  }

  /** The transport whose announcement the application claims next. */
  claimTarget(a: number): string | undefined {
    const token = this.#applications[a]?.tokens[0]
    return token === undefined ? undefined : `ts${token.t}`
  }

  hash(): number {
    return hashOutputs(this.out)
  }
}

/** One instance for each listening port, made when the port is first named. */
export class Instances {
  readonly topology: Topology
  readonly #machines = new Map<number, Machines>()

  constructor(topology: Topology) {
    this.topology = topology
  }

  of(port: number): Machines {
    let machines = this.#machines.get(port)
    if (machines === undefined) {
      machines = new Machines(this.topology)
      this.#machines.set(port, machines)
    }
    return machines
  }
}

const sameMessage = (x: Message, y: Message): boolean => {
  const left = x as unknown as Record<string, unknown>
  const right = y as unknown as Record<string, unknown>
  for (const field in left) if (left[field] !== right[field]) return false
  for (const field in right) if (!(field in left)) return false
  return true
}
