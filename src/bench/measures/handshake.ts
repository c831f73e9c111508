/**
 * The core alone: one connection's whole way through the machines of application, Connection Manager and Transport Server,
 * with the flight recorder and without it, in turns that are long enough for several collections of garbage. Messages go from outbox to step without a queue between.
 */
import { RecorderWriter, recorderBytes } from "../../codec/recorder-ring.ts"
import { type Application, initialApplication, stepApplication } from "../../core/application.ts"
import type { ApplicationEvent, Env, ManagerEvent, TransportEvent } from "../../core/event.ts"
import { initialManager, type Manager, stepManager } from "../../core/manager.ts"
import type { Message } from "../../core/message.ts"
import { Outbox } from "../../core/outbox.ts"
import { defaultBalance, firstConnection, homeOf, type Topology } from "../../core/topology.ts"
import { initialTransport, stepTransport, type Transport } from "../../core/transport.ts"
import { allocateRegion } from "../../memory/region.ts"
import { pinCpu } from "../../native/native.ts"
import type { RecorderShape } from "../../ports/ports.ts"
import { RECORDER_CAPACITY } from "../../runtime/plan.ts"
import { CannotMeasure } from "../errors.ts"
import type { Measure } from "../row.ts"

/** As `pika up` has it for two servers. */
const topology: Topology = {
  applications: 16,
  managers: 2,
  transports: 2,
  connections: 2048,
  backlog: 1024,
  room: 64,
  claimTimeout: 20_000,
  balance: defaultBalance,
}
const PORT = 80
/** Steps of one handshake, for the cost of one. */
export const STEPS = 15

type Sent<Tag extends Message["_tag"]> = Extract<Message, { readonly _tag: Tag }>

/** Every machine of one protocol instance. */
export class World {
  readonly #applications: Array<Application>
  readonly #managers: Array<Manager>
  readonly #transports: Array<Transport>
  readonly #recorder: RecorderShape | undefined
  readonly #out = new Outbox()
  #now = 1000
  #draw = 1
  #count = 0
  #env: Env = { now: 0, draw: 0 }

  constructor(recorder: RecorderShape | undefined) {
    this.#recorder = recorder
    this.#applications = Array.from({ length: topology.applications }, (_, a) => initialApplication(a))
    this.#managers = Array.from({ length: topology.managers }, (_, m) => initialManager(m, topology))
    this.#transports = Array.from({ length: topology.transports }, (_, t) => initialTransport(t, topology))
    for (let a = 0; a < topology.applications; a++) {
      this.#application(a, { _tag: "Attach", g: 0 })
      for (let t = 0; t < topology.transports; t++) {
        this.#transport(t, { _tag: "ReceiveAttach", message: { _tag: "Attach", a } })
        this.#application(a, { _tag: "ReceiveAttached", t })
      }
      this.#register(a)
    }
  }

  /** One connection: register, assign, offer, claim, close. */
  handshake(): void {
    const k = this.#count++
    const m = k % topology.managers
    const t = (k >> 1) % topology.transports
    const c = firstConnection(topology, m, t) + ((k >> 2) % topology.connections)
    const r = k % topology.applications
    // As after an answer that said that its last registration was given back.
    this.#applications[r] = { ...this.#applications[r]!, registered: false }
    this.#register(r)
    const assign = this.#manager<"Assign">(m, { _tag: "Syn", c })
    const { a } = assign
    this.#transport(t, { _tag: "ReceiveAssign", message: assign })
    const available = this.#transport<"ConnectionAvailable">(t, { _tag: "Established", c })
    this.#application(a, { _tag: "ReceiveAvailable", t, message: available })
    const claim = this.#application<"ClaimConnection">(a, { _tag: "Claim" })
    const claimed = this.#transport<"Claimed">(t, { _tag: "ReceiveClaim", message: claim })
    this.#application(a, { _tag: "ReceiveClaimed", t, message: claimed })
    const served = this.#transport<"ServiceTime">(t, { _tag: "Gone", c })
    const closed = this.#out.messages[1] as Sent<"ConnectionClosed">
    const home = homeOf(topology, a)
    this.#manager(home, { _tag: "ReceiveServiceTime", t, message: served })
    this.#manager(m, { _tag: "ReceiveConnectionClosed", t, message: closed })
    this.#application(a, { _tag: "Release", c, n: claimed.n })
    const to = (home + 1) % topology.managers
    const offer = this.#manager<"Offer">(home, { _tag: "SendOffer", to })
    this.#manager(to, { _tag: "ReceiveOffer", from: home, message: offer })
  }

  #register(a: number): void {
    const message = this.#application<"AcceptConnection">(a, { _tag: "Register" })
    this.#manager(homeOf(topology, a), { _tag: "ReceiveAcceptConnection", message })
  }

  #begin(): Env {
    this.#now += 3
    this.#draw = (Math.imul(this.#draw, 1664525) + 1013904223) >>> 0
    this.#env = { now: this.#now, draw: this.#draw }
    this.#out.clear()
    return this.#env
  }

  /** The step's first message. */
  #end<Tag extends Message["_tag"]>(): Sent<Tag> {
    if (this.#out.outcome === "Illegal")
      throw new CannotMeasure("a step of the handshake is illegal", "this is an error of the core")
    return this.#out.messages[0] as Sent<Tag>
  }

  #application<Tag extends Message["_tag"]>(a: number, event: ApplicationEvent): Sent<Tag> {
    const env = this.#begin()
    this.#applications[a] = stepApplication(this.#applications[a]!, event, topology, this.#out)
    this.#recorder?.record("application", a, PORT, event, env, this.#out)
    return this.#end()
  }

  #manager<Tag extends Message["_tag"]>(m: number, event: ManagerEvent): Sent<Tag> {
    const env = this.#begin()
    this.#managers[m] = stepManager(this.#managers[m]!, event, env, topology, this.#out)
    this.#recorder?.record("manager", m, PORT, event, env, this.#out)
    return this.#end()
  }

  #transport<Tag extends Message["_tag"]>(t: number, event: TransportEvent): Sent<Tag> {
    const env = this.#begin()
    this.#transports[t] = stepTransport(this.#transports[t]!, event, env, topology, this.#out)
    this.#recorder?.record("transport", t, PORT, event, env, this.#out)
    return this.#end()
  }
}

/** µs of CPU time of one handshake, over `count`: those of the collector's threads are in it, those of other programs not. */
const timed = (world: World, count: number): number => {
  const start = process.cpuUsage()
  for (let k = 0; k < count; k++) world.handshake()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}

export const measureHandshake: Measure = async ({ cores, quick, say }) => {
  pinCpu(cores[0])
  const region = allocateRegion(recorderBytes(RECORDER_CAPACITY))
  const recorded = new World(new RecorderWriter(region, 0, RECORDER_CAPACITY))
  const bare = new World(undefined)
  // Fills the service-time windows, compiles, and reaches the allocator's steady state.
  const warm = quick ? 5000 : 40_000
  for (let k = 0; k < warm; k += 100) {
    timed(recorded, 100)
    timed(bare, 100)
  }
  const turns: Array<readonly [number, number]> = []
  const wanted = quick ? 5 : 40
  const count = quick ? 2000 : 20_000
  for (let k = 0; k < wanted; k++) {
    // Which goes first changes: a collection of the one's garbage may fall into the other's time.
    if (k % 2 === 0) {
      const a = timed(recorded, count)
      turns.push([a, timed(bare, count)])
    } else {
      const b = timed(bare, count)
      turns.push([timed(recorded, count), b])
    }
  }
  say(`${STEPS} steps in ${turns.at(-1)![0].toFixed(2)} µs`)
  const shares = turns.map(([a, b]) => [((a - b) / a) * 100])
  const steps = [{ name: "steps of a handshake", value: STEPS, unit: "" }]
  return {
    handshake: { turns, dropped: 0, details: steps },
    "recorder-share": { turns: shares, dropped: 0, details: [] },
  }
}
