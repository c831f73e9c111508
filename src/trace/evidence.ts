/** Whether what an application did last before it was killed left it: told by what others received. */
import type { Process, StepRecord } from "../codec/record.ts"
import { senderOf } from "../core/receiving.ts"
import type { Topology } from "../core/topology.ts"
import { processName } from "./event.ts"
import type { Machines } from "./machines.ts"

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

/**
 * A listener's close sends a Detach of its own, before that of the end, and nothing between them tells the two apart. So the
 * Detaches that came in a row are counted against those that are known to have been sent, up to the next registration.
 * `after`: what the slot recorded next. `complete`: nothing more will come.
 */
const closeFate = (
  lives: ReadonlyArray<number>,
  life: number,
  { port }: StepRecord,
  complete: boolean,
  after: Iterable<StepRecord>,
): Fate => {
  let came = 0
  let interrupted = false
  for (let k = life + 1; k < lives.length && !interrupted; k++) {
    came++
    interrupted = lives[k]! > 0
  }
  let sent = 1
  let registered = false
  let last: StepRecord | undefined
  for (const step of after) {
    registered = step.port === port && step.event._tag === "Register"
    if (registered) break
    if (step.port === port && step.event._tag === "Die") {
      // A close that is in doubt itself is not counted: it is judged in its turn.
      sent += last?.event._tag === "CloseListener" && step.doubtful !== true ? 2 : 1
    }
    last = step
  }
  // Its own end is still to come.
  if (last === undefined) return came > 1 ? "sent" : "unknown"
  if (interrupted && !registered && !complete) return "unknown"
  if (came >= sent) return "sent"
  // A successor attaches only when everybody has consumed the end.
  return interrupted || complete || last.event._tag !== "Die" ? "unsent" : "unknown"
}

export class Evidence {
  readonly #topology: Topology
  /** By channel: messages other than a Detach that were received, one count for each life of the slot. */
  readonly #received = new Map<string, Array<number>>()
  /** By channel: in which life its sender is, and how many messages it has sent in it. */
  readonly #sent = new Map<string, { life: number; count: number }>()

  constructor(topology: Topology) {
    this.#topology = topology
  }

  /** A step was recorded, in no order yet. */
  received(step: StepRecord): void {
    const sender = senderOf(this.#topology, step.event)
    if (sender?.role !== "application" || sender.index >= this.#topology.applications) return
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

  /** `complete`: nothing more will come. `after`: what its slot recorded after the step, the process's end first. */
  fate(step: StepRecord, machines: Machines, complete: boolean, after: Iterable<StepRecord>): Fate {
    const target = targetOf(step, machines)
    if (target === undefined) return "sent"
    const channel = channelOf(step.port, step.process, target)
    const lives = this.#lives(channel)
    const { life, count } = this.#now(channel)
    if (step.event._tag === "CloseListener") return closeFate(lives, life, step, complete, after)
    if ((lives[life] ?? 0) > count) return "sent"
    return lives.length > life + 1 ? "unsent" : "unknown"
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
