/**
 * An application slot's life: one process after the other has it, and a successor only after every server has consumed
 * its predecessor's end. Whoever supervises (the runtime's supervisor, the simulator) does what `SlotHost` says.
 */
import { type Application, initialApplication, stepApplication } from "../core/application.ts"
import type { ApplicationEvent } from "../core/event.ts"
import { Outbox } from "../core/outbox.ts"
import type { Topology } from "../core/topology.ts"
import type { StackPlan } from "./configuration.ts"

export interface SlotHost {
  readonly plan: StackPlan
  readonly topology: Topology
  /** Makes the slot's links empty, then tells every server; each answers by `Slot.attached`. */
  attach(slot: Slot): void
  /** Tells every server of the end, after all that the process sent; each answers by `Slot.detached`. */
  detach(slot: Slot): void
  /** Every server has acknowledged: the process may begin, with generations that continue after `slot.g`. */
  welcome(slot: Slot): void
  /** A step that is taken for the process: it is not there yet, or no more. `out` is valid during the call. */
  step(slot: Slot, event: ApplicationEvent, out: Outbox): void
}

export class Slot {
  readonly a: number
  /** Port of the process that has the slot, or had it last; 0: nobody ever had it. */
  port = 0
  /** The newest generation that any manager saw of a process in this slot. */
  g = 0
  /** A process has the slot. */
  taken = false
  /** Servers that have not answered the attachment or detachment under way. */
  readonly awaiting = new Set<number>()
  #state: Application
  #ending = false
  readonly #host: SlotHost
  readonly #out = new Outbox()

  constructor(a: number, host: SlotHost) {
    this.a = a
    this.#host = host
    this.#state = initialApplication(a)
  }

  get free(): boolean {
    return !this.taken && this.awaiting.size === 0
  }

  /** A process takes the slot, which must be free. */
  take(port: number): void {
    if (!this.free) throw new Error(`application slot ${this.a} is not free`)
    this.taken = true
    this.#ending = false
    this.port = port
    this.#state = { ...initialApplication(this.a), g: this.#state.g }
    this.#await()
    this.#step({ _tag: "Attach", g: this.g })
    this.#host.attach(this)
  }

  /** Server `index` has attached the slot. */
  attached(index: number): void {
    if (!this.awaiting.delete(index)) return
    const { transport } = this.#host.plan.servers[index]!
    if (transport !== undefined) this.#step({ _tag: "ReceiveAttached", t: transport })
    if (this.awaiting.size > 0) return
    if (this.taken) this.#host.welcome(this)
    else this.#end()
  }

  /** The process is gone; its end is told when an attachment under way is complete. */
  lost(): void {
    if (!this.taken) return
    this.taken = false
    if (this.awaiting.size === 0) this.#end()
  }

  /** Server `index` has consumed the end; `g`: the newest generation that its manager saw, 0 without one. */
  detached(index: number, g: number): void {
    if (!this.#ending || !this.awaiting.delete(index)) return
    this.g = Math.max(this.g, g)
  }

  #end(): void {
    this.#ending = true
    this.#await()
    this.#step({ _tag: "Die" })
    this.#host.detach(this)
  }

  #await(): void {
    for (const index of this.#host.plan.servers.keys()) this.awaiting.add(index)
  }

  #step(event: ApplicationEvent): void {
    const out = this.#out
    out.clear()
    this.#state = stepApplication(this.#state, event, this.#host.topology, out)
    this.#host.step(this, event, out)
  }
}
