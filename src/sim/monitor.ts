/**
 * The watch over one protocol instance: one system made of all its machines and channels takes every step that some process
 * takes, at the instant it is taken. It must be possible there, come to the same outputs, and keep every invariant.
 */
import { hashOutputs } from "../codec/record.ts"
import type { Env, Event } from "../core/event.ts"
import { violations } from "../core/invariants.ts"
import { Outbox, type Role } from "../core/outbox.ts"
import { apply, initialSystem, type System } from "../core/system.ts"
import type { Topology } from "../core/topology.ts"

export class Monitor {
  system: System
  /** As it was before the last step. */
  before: System
  steps = 0
  /** Who does not keep the protocol has taken part: nothing is promised any more. */
  off = false
  readonly #out = new Outbox()

  constructor(topology: Topology) {
    this.system = initialSystem(topology)
    this.before = this.system
  }

  /** What is wrong with the step or the state that it leads to; undefined: nothing. */
  step(role: Role, index: number, event: Event, env: Env, out: Outbox): string | undefined {
    if (this.off) return undefined
    const mine = this.#out
    this.before = this.system
    this.system = apply(this.system, { role, index, event }, env, mine)
    this.steps++
    const name = `${role} ${index} ${JSON.stringify(event)}`
    if (mine.outcome === "Illegal") return `Expected: no action allows ${name} here`
    if (
      mine.outcome !== out.outcome ||
      mine.a !== out.a ||
      mine.g !== out.g ||
      mine.time !== out.time ||
      hashOutputs(mine) !== hashOutputs(out)
    ) {
      return `${name}: the process came to ${show(out)}, the protocol to ${show(mine)}`
    }
    const found = violations(this.system)
    return found.length === 0 ? undefined : `${found.join("; ")} after ${name}`
  }

  /** The last step's messages never left the process, which was killed. */
  undo(): void {
    this.system = this.before
  }
}

const show = (out: Outbox): string =>
  JSON.stringify([out.outcome, out.a, out.g, out.time, out.messages.slice(0, out.length)])
