/** Whether what an application did last before it was killed left it: told by what others received. */
import type { Process, StepRecord } from "../codec/record.ts"
import type { Topology } from "../core/topology.ts"
import { processName } from "./event.ts"
import { type Machines, senderOf } from "./machines.ts"

export type Fate = "sent" | "unsent" | "unknown"

const channelOf = (port: number, from: Process, to: string): string => `${port} ${processName(from)}>${to}`

/** Whom an application's step sends to, when it sends one message; undefined: it sends none, or the supervisor took it. */
const targetOf = (step: StepRecord, machines: Machines): string | undefined => {
  if (step.process.role !== "application") return undefined
  if (step.event._tag === "Register" || step.event._tag === "CloseListener") {
    return `cm${step.process.index % machines.topology.managers}`
  }
  if (step.event._tag === "Claim") return machines.claimTarget(step.process.index)
  return undefined
}

export class Evidence {
  readonly #applications: number
  /** By channel: messages other than a Detach that were received, one count for each life of the slot. */
  readonly #received = new Map<string, Array<number>>()
  /** By channel: in which life its sender is, and how many messages it has sent in it. */
  readonly #sent = new Map<string, { life: number; count: number }>()

  constructor(topology: Topology) {
    this.#applications = topology.applications
  }

  /** A step was recorded, in no order yet. */
  received(step: StepRecord): void {
    const sender = senderOf(step)
    if (sender?.role !== "application" || sender.index >= this.#applications) return
    const channel = channelOf(step.port, sender, processName(step.process))
    const lives = this.#lives(channel)
    if (step.event._tag === "TransportReceiveDetach" || step.event._tag === "ManagerReceiveDetach") {
      lives.push(0)
    } else lives[lives.length - 1]!++
  }

  /** A step was given its place. */
  sent(step: StepRecord, machines: Machines): void {
    if (step.process.role !== "application") return
    const { out } = machines
    for (let k = 0; k < out.length; k++) {
      const to = processName({ role: out.roles[k]!, index: out.to[k]! })
      const now = this.#now(channelOf(step.port, step.process, to))
      if (out.messages[k]!._tag === "Detach") {
        now.life++
        now.count = 0
      } else now.count++
    }
  }

  /** `over`: everybody has received all that this process ever sent. */
  fate(step: StepRecord, machines: Machines, over: boolean): Fate {
    const target = targetOf(step, machines)
    if (target === undefined) return "sent"
    const channel = channelOf(step.port, step.process, target)
    const lives = this.#lives(channel)
    const { life, count } = this.#now(channel)
    // A listener's close sends a Detach of its own, before that of the end; one alone may be either.
    const arrived = step.event._tag === "CloseListener" ? lives.length > life + 2 : (lives[life] ?? 0) > count
    if (arrived) return "sent"
    const ended = step.event._tag === "CloseListener" ? over : lives.length > life + 1
    return ended ? "unsent" : "unknown"
  }

  #lives(channel: string): Array<number> {
    let lives = this.#received.get(channel)
    if (lives === undefined) {
      lives = [0]
      this.#received.set(channel, lives)
    }
    return lives
  }

  #now(channel: string): { life: number; count: number } {
    let now = this.#sent.get(channel)
    if (now === undefined) {
      now = { life: 0, count: 0 }
      this.#sent.set(channel, now)
    }
    return now
  }
}
