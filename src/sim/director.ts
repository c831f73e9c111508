/**
 * A whole stack whose schedule a script decides: the servers' own programs, applications' ends and a host's TCP, as in any
 * simulated run, but which of them has its next turn, which frame arrives, what the world does, is chosen event by event
 * after the steps of the protocol that are wished for, one after the other.
 *
 * What can be forced is the order of turns. A turn is a server's own: it takes all that has arrived, in its own order, so
 * a wish may come true together with others, before its time, or not at all.
 */
import type { StepRecord } from "../codec/record.ts"
import { stepManager } from "../core/manager.ts"
import { Outbox } from "../core/outbox.ts"
import { underWay } from "../core/system.ts"
import { type Topology, transportOf } from "../core/topology.ts"
import { allocateRegion } from "../memory/region.ts"
import { serverOfManager, serverOfTransport } from "../server/configuration.ts"
import type { Wanted } from "./agenda.ts"
import { ApplicationProcess } from "./application-process.ts"
import * as kinds from "./kinds.ts"
import { check, checkTrace } from "./run.ts"
import { SCRIPTED_PORT, scriptedPlan, scriptedProcess, scriptedScenario } from "./scripted.ts"
import { World } from "./world.ts"

/** A step of the protocol: whose it is first among the numbers, then what it is about, as spec/MC.tla has them. */
export interface Wish {
  readonly text: string
  readonly name: string
  readonly numbers: ReadonlyArray<number>
  readonly outcome: string | undefined
}

/** Events chosen for one wish at the most. */
const MOST_EVENTS_PER_WISH = 60
/** What is due within this time is what runs; timers are later, µs. */
const SOON = 1_000
/** Events until a run that is left to itself is at rest, at the most. */
const MOST_EVENTS = 200_000
/** Offset of the TCP flags in a frame without IP options, and the one of a SYN. */
const FLAGS = 47
const SYN = 2
const HOST = 0

export class Director {
  readonly world: World
  readonly topology: Topology
  readonly #nameOf: (step: StepRecord) => string
  readonly #host: number
  #seen = 0
  #processes = 0
  #plans = 0
  /** The last frame with a SYN that went to the stack. */
  #syn: Uint8Array | undefined

  /** `nameOf`: a step's name, as wishes have it. */
  constructor(topology: Topology, nameOf: (step: StepRecord) => string) {
    this.topology = topology
    this.#nameOf = nameOf
    this.world = new World(scriptedScenario(topology))
    this.#host = this.world.plan.links
    this.#meet()
  }

  /** The host learns the stack's link address: otherwise its first SYN would wait for that. */
  #meet(): void {
    const { world } = this
    this.#connect()
    for (let k = 0; k < MOST_EVENTS_PER_WISH; k++) {
      if (
        !world.next(
          (kind, subject, time) =>
            this.#isSoon(time) && (this.#isWire(kind, subject) || kind === kinds.AT_SERVER),
        )
      )
        break
    }
    for (const x of world.conversations) x.abort("plan")
  }

  /** A client begins. */
  #connect(): boolean {
    this.world.ask([scriptedPlan(this.#plans++)])
    return this.world.next((kind) => kind === kinds.BEGIN_CONVERSATION)
  }

  /** The steps that were taken since the last call. */
  steps(): ReadonlyArray<StepRecord> {
    const { order } = this.world.chronicle
    const steps = order.slice(this.#seen)
    this.#seen = order.length
    return steps
  }

  /** Has events happen until the wish has come true; false: it did not. @throws {Wrong} an invariant is broken */
  wish(wish: Wish): boolean {
    const { order } = this.world.chronicle
    const from = order.length
    if (!this.#prepare(wish)) return false
    for (let k = 0; k < MOST_EVENTS_PER_WISH; k++) {
      for (let i = from; i < order.length; i++) {
        if (this.#nameOf(order[i]!) === wish.text) return true
        // What became of the SYN is another thing.
        if (wish.name === "Syn" && order[i]!.event._tag === "Syn") return false
      }
      if (!this.#proceed(wish)) return false
    }
    return false
  }

  /** Lets the run go to its rest, and checks all that every simulated run is checked for. @throws {Wrong} */
  end(): void {
    const { world } = this
    for (const x of world.conversations) {
      // However it ended: it asked for nothing.
      x.excuses.push("it follows a script")
      x.abort("plan")
    }
    world.hosts[HOST]!.arrange()
    for (const x of world.living) {
      x.attachment.accepting = x.attachment.state.phase === "Up"
      x.ring()
    }
    world.run(MOST_EVENTS)
    check(world)
    world.stop()
    checkTrace(world)
  }

  /** What the world does for the wish. False: it can't come true. */
  #prepare({ name, numbers, outcome }: Wish): boolean {
    const { world } = this
    const [self = 0, about = 0] = numbers
    switch (name) {
      case "Attach":
        // Its predecessor's end is known when every server has answered.
        while (world.supervisor.free !== self) if (!world.next((kind) => kind === kinds.ANSWER)) return false
        return world.supervisor.ask(scriptedProcess(this.#processes++))
      case "CloseListener":
        this.#application(self)?.closeListener()
        return true
      case "Die":
        if (world.supervisor.processIn(self) === undefined) return false
        if (world.applications[self] === undefined) world.supervisor.lost(self)
        else world.applications[self].kill(0)
        return true
      case "Register":
      case "Claim":
      case "ReceiveAvailable":
      case "ReceiveClaimed":
      case "ReceiveTimedOut":
      case "Release": {
        const application = this.#application(self)
        if (application === undefined) return false
        application.attachment.accepting = name === "Register" || name === "Claim"
        application.ring()
        return true
      }
      case "Syn":
        if (outcome === "Known") return this.#sayAgain(self, about)
        if (!this.#wouldBecome(self, about, outcome)) return false
        return this.#connect()
      case "Gone":
        return this.#reset(self, about)
      default:
        return true
    }
  }

  /** The process in the slot, welcomed if it waits for that; undefined: there is none. */
  #application(a: number): ApplicationProcess | undefined {
    const { world } = this
    if (world.supervisor.processIn(a) === undefined) return undefined
    const welcoming = (kind: number, subject: number, time: number): boolean =>
      this.#isSoon(time) && (kind === kinds.ANSWER || kind === kinds.WORD || this.#isManager(kind, subject))
    for (let k = 0; world.applications[a] === undefined; k++) {
      if (k === MOST_EVENTS_PER_WISH || !world.next(welcoming)) return undefined
    }
    const application = world.applications[a]
    return application instanceof ApplicationProcess ? application : undefined
  }

  /** A SYN that arrived now would find the manager with nothing else to do, and come to that. */
  #wouldBecome(m: number, c: number, outcome: string | undefined): boolean {
    const { system } = this.world.chronicle.instances.get(SCRIPTED_PORT)!.monitor
    for (const { to, receiver, messages } of system.channels.values()) {
      if (to === "manager" && receiver === m && messages.length > 0) return false
    }
    const out = new Outbox()
    stepManager(system.managers[m]!, { _tag: "Syn", c }, { now: 0, draw: 0 }, this.topology, out)
    return out.outcome === outcome
  }

  /** The wire doubles the last SYN, of which the transport has not heard: it would answer a duplicate itself. */
  #sayAgain(m: number, c: number): boolean {
    const { system } = this.world.chronicle.instances.get(SCRIPTED_PORT)!.monitor
    const t = transportOf(this.topology, c)
    const creation = underWay(system, "manager", m, "transport", t).some(
      (x) => (x._tag === "Open" || (x._tag === "Assign" && x.fresh)) && x.c === c,
    )
    const syn = this.#syn
    if (syn === undefined || !creation) return false
    const region = allocateRegion(syn.length)
    region.bytes.set(syn)
    this.world.network.sendCopy(this.#host, region, 0, syn.length)
    return true
  }

  /** The client of connection `c` resets it; what it said before is lost. */
  #reset(t: number, c: number): boolean {
    const { world } = this
    const flow = world.flowOf(t, SCRIPTED_PORT, c)
    const conversation = flow < 0 ? undefined : world.hosts[HOST]!.conversationAt(flow % 65536)
    if (conversation === undefined) return false
    while (world.next((kind, slot) => this.#isLost(kind, slot)));
    conversation.abort("plan")
    world.hosts[HOST]!.arrange()
    return true
  }

  /** A frame to the stack, which now goes nowhere. */
  #isLost(kind: number, slot: number): boolean {
    const { network } = this.world
    if (kind !== kinds.FRAME || network.nodeOf(slot) >= this.#host) return false
    network.lose(slot)
    return true
  }

  /** One more event that may bring the wish about. */
  #proceed({ name, numbers }: Wish): boolean {
    const { world } = this
    const [self = 0, about = 0] = numbers
    const soon = (wanted: Wanted) =>
      world.next((kind, subject, time) => this.#isSoon(time) && wanted(kind, subject, time))
    switch (name) {
      case "Attach":
      case "CloseListener":
        return false
      case "Die":
        // Who was not welcomed yet is told of when the attachment is complete.
        return (
          soon((kind, a) => kind === kinds.NOTICE && a === self) || soon((kind) => this.#isAttaching(kind))
        )
      case "Register":
      case "Claim":
      case "ReceiveAvailable":
      case "ReceiveClaimed":
      case "ReceiveTimedOut":
      case "Release":
        return soon((kind, a) => kind === kinds.APPLICATION && a === self)
      case "ReceiveAttached": {
        const server = serverOfTransport(world.plan, about)
        return soon((kind, subject) => kind === kinds.ANSWER && subject === server)
      }
      case "ReceiveAttach":
      case "TransportReceiveDetach":
        return soon(
          (kind, subject) =>
            this.#isTransport(kind, subject, self) ||
            this.#isWord(kind, subject, serverOfTransport(world.plan, self)),
        )
      case "ManagerReceiveDetach":
        return soon(
          (kind, subject) =>
            this.#isManager(kind, subject, self) ||
            this.#isWord(kind, subject, serverOfManager(world.plan, self)),
        )
      // What is on the wire first: a server that is due already would have its turn without it.
      case "Syn":
        return (
          soon((kind, subject) => this.#isWire(kind, subject)) ||
          soon((kind, subject) => this.#isTransport(kind, subject, transportOf(this.topology, about))) ||
          soon((kind, subject) => this.#isManager(kind, subject, self))
        )
      case "Established":
      case "Gone":
        return (
          soon((kind, subject) => this.#isWire(kind, subject)) ||
          soon((kind, subject) => this.#isTransport(kind, subject, self))
        )
      case "ClaimTimeout": {
        // Its timer: time goes on to it.
        const until = world.now + this.topology.claimTimeout + SOON
        return world.next((kind, subject, time) => time <= until && this.#isTransport(kind, subject, self))
      }
      case "ReceiveOpen":
      case "ReceiveAssign":
      case "ReceiveReset":
      case "ReceiveClaim":
        return soon((kind, subject) => this.#isTransport(kind, subject, self))
      default:
        return soon((kind, subject) => this.#isManager(kind, subject, self))
    }
  }

  #isSoon(time: number): boolean {
    return time <= this.world.now + SOON
  }

  #isAttaching(kind: number): boolean {
    return kind === kinds.ANSWER || kind === kinds.WORD || kind === kinds.AT_SERVER
  }

  #isWord(kind: number, subject: number, server: number): boolean {
    return kind === kinds.WORD && subject === server
  }

  #isTransport(kind: number, server: number, t: number): boolean {
    return kind === kinds.AT_SERVER && this.world.plan.servers[server]!.transport === t
  }

  /** `m`: that one; undefined: any. */
  #isManager(kind: number, server: number, m?: number): boolean {
    if (kind !== kinds.AT_SERVER) return false
    const { manager } = this.world.plan.servers[server]!
    return manager !== undefined && (m === undefined || manager === m)
  }

  /** A frame arrives, or the host has something to do. */
  #isWire(kind: number, subject: number): boolean {
    if (kind !== kinds.FRAME) return kind === kinds.AT_HOST
    const { network } = this.world
    if (network.nodeOf(subject) < this.#host) {
      const frame = network.copyOf(subject)
      if (frame.length > FLAGS && (frame[FLAGS]! & SYN) !== 0) this.#syn = frame
    }
    return true
  }
}
