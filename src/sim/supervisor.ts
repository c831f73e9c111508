/**
 * The supervisor in virtual time: gives slots to processes that ask, tells servers, notices ends. The life of a slot is the
 * one that the real supervisor keeps.
 */
import type { Welcome } from "../application/attachment.ts"
import type { ApplicationEvent, Env } from "../core/event.ts"
import type { Outbox } from "../core/outbox.ts"
import type { Topology } from "../core/topology.ts"
import { type AppLinkConfig, appLinkBytes, initAppLink } from "../memory/app-link.ts"
import { allocateRegion, type Region } from "../memory/region.ts"
import type { ControlAnswer, ControlWord } from "../ports/control.ts"
import { placementOf, type StackPlan } from "../server/configuration.ts"
import { Slot, type SlotHost } from "../server/slot.ts"
import type { Process } from "./scenario.ts"

export interface SupervisorWorld {
  readonly now: number
  /** A word to a server, which it will hear some time later, after those before it. */
  tell(server: number, word: ControlWord): void
  /** The process may begin. */
  begin(who: Process, welcome: Welcome, links: ReadonlyArray<Link>): void
  /** Every manager knows of the process's listener. */
  listens(a: number, who: Process): void
  record(a: number, port: number, event: ApplicationEvent, env: Env, out: Outbox): void
  fail(why: string): void
}

export interface Link {
  readonly region: Region
  readonly offset: number
}

interface Place {
  readonly slot: Slot
  /** Made for the process that has the slot, and nobody's after it. */
  region: Region
  /** Whose slot it is, from its wish to its end. */
  process: Process | undefined
  /** Servers that do not know of its listener yet. */
  readonly unheard: Set<number>
}

export class Supervisor implements SlotHost {
  readonly plan: StackPlan
  readonly topology: Topology
  readonly #link: AppLinkConfig
  readonly #places: ReadonlyArray<Place>
  readonly #world: SupervisorWorld

  constructor(plan: StackPlan, topology: Topology, link: AppLinkConfig, world: SupervisorWorld) {
    this.plan = plan
    this.topology = topology
    this.#link = link
    this.#world = world
    const nothing = allocateRegion(0)
    this.#places = Array.from({ length: topology.applications }, (_, a) => ({
      slot: new Slot(a, this),
      region: nothing,
      process: undefined,
      unheard: new Set(),
    }))
  }

  /** A process asks for a slot. False: all are taken. */
  ask(process: Process): boolean {
    const place = this.#places.find((x) => x.slot.free)
    if (place === undefined) return false
    place.process = process
    place.slot.take(process.port)
    return true
  }

  /** The slot that the next process gets; −1: none is free. */
  get free(): number {
    return this.#places.findIndex((x) => x.slot.free)
  }

  /** The process in slot `a` has ended, though it may never have begun. */
  lost(a: number): void {
    const place = this.#places[a]!
    place.process = undefined
    place.slot.lost()
  }

  /** Who has the slot now. */
  processIn(a: number): Process | undefined {
    return this.#places[a]!.process
  }

  answered(server: number, answer: ControlAnswer): void {
    switch (answer._tag) {
      case "Attached":
        if (!answer.ok) this.#world.fail(`slot ${answer.a} was not free at server ${server}`)
        this.#places[answer.a]!.slot.attached(server)
        break
      case "Listens": {
        const { process, unheard } = this.#places[answer.a]!
        if (unheard.delete(server) && unheard.size === 0 && process !== undefined) {
          this.#world.listens(answer.a, process)
        }
        break
      }
      case "Detached":
        this.#places[answer.a]!.slot.detached(server, answer.g)
        break
    }
  }

  /** No attachment and no detachment is under way. */
  get quiet(): boolean {
    return this.#places.every((x) => x.slot.awaiting.size === 0)
  }

  attach(slot: Slot): void {
    const { a, g, port } = slot
    this.#places[a]!.region = allocateRegion(appLinkBytes(this.#link) * this.plan.servers.length)
    const links = this.#links(a)
    for (const { region, offset } of links) initAppLink(region, offset, this.#link)
    links.forEach(({ region, offset }, server) => {
      this.#world.tell(server, { _tag: "Attach", a, g, port, region, offset, config: this.#link })
    })
  }

  detach(slot: Slot): void {
    for (const server of this.plan.servers.keys()) this.#world.tell(server, { _tag: "Detach", a: slot.a })
  }

  welcome(slot: Slot): void {
    const { process, unheard } = this.#places[slot.a]!
    if (process === undefined) return
    for (const server of this.plan.servers.keys()) {
      unheard.add(server)
      this.#world.tell(server, { _tag: "Listens", a: slot.a })
    }
    const { a, g, port } = slot
    const welcome = { a, g, port, topology: this.topology, ...placementOf(this.plan), link: this.#link }
    this.#world.begin(process, welcome, this.#links(a))
  }

  step(slot: Slot, event: ApplicationEvent, out: Outbox): void {
    this.#world.record(slot.a, slot.port, event, { now: this.#world.now, draw: 0 }, out)
  }

  #links(a: number): ReadonlyArray<Link> {
    const { region } = this.#places[a]!
    const stride = appLinkBytes(this.#link)
    return Array.from(this.plan.servers.keys(), (k) => ({ region, offset: k * stride }))
  }
}
