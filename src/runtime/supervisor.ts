/**
 * The supervisor: makes the shared memory, starts one process for each server, gives applications their queues over a
 * control socket, notices death and cleans up after it. It is in no packet's way.
 */
import { randomBytes } from "node:crypto"
import type { Listening, Refusal, WelcomeMessage } from "../codec/control.ts"
import { recorderBytes } from "../codec/recorder-ring.ts"
import type { ApplicationEvent } from "../core/event.ts"
import type { Outbox } from "../core/outbox.ts"
import { type Balance, defaultBalance, type Topology, topologyProblem } from "../core/topology.ts"
import type { AppLinkConfig } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"
import * as native from "../native/native.ts"
import { parseConfiguration, placementOf, type ServerPlan, type StackPlan } from "../server/configuration.ts"
import { initQueues } from "../server/queues.ts"
import { Slot, type SlotHost } from "../server/slot.ts"
import { bundle } from "./bundle.ts"
import { type Client, ControlSocket } from "./control-socket.ts"
import type { ToSupervisor } from "./live.ts"
import {
  type InterfaceGone,
  type KeeperOptions,
  keepNics,
  type NicFds,
  type NicKeeper,
} from "./nic-keeper.ts"
import { Place } from "./place.ts"
import { RECORDER_CAPACITY, type ServerSpec, stackQueues } from "./plan.ts"
import { type Owner, Recording } from "./recording.ts"
import { ServerProcess, type Under } from "./server-process.ts"

export interface StackOptions {
  readonly configuration: string
  readonly address: string
  readonly mac: ReadonlyArray<number>
  /** The longest IP packet that the interface takes; absent: Ethernet's 1500. */
  readonly mtu?: number
  /** Control socket. */
  readonly socket: string
  /** One NIC queue for each link. */
  readonly nics: ReadonlyArray<NicFds>
  /** Whose queues they are, and how to open them again when it has gone and comes back: see `keepNics`. */
  readonly device?: Pick<KeeperOptions, "device" | "reopen">
  /** CPU of each server; absent: wherever the kernel puts them. */
  readonly cpus?: ReadonlyArray<number> | undefined
  /** Servers never sleep: a core each, for the lowest latency. */
  readonly busyPoll?: boolean
  readonly applications?: number
  /** How managers pick an acceptor; absent: Tournament with a tariff of 2. */
  readonly balance?: Balance
  /** The servers' program, below src/: a benchmark's own, that measures itself. */
  readonly program?: string
  /** What each server runs under. */
  readonly under?: (server: number) => Under
  /** Steps are kept, for `recording.write`. */
  readonly record?: boolean
  /** Steps are written to this file as they come. */
  readonly recordTo?: string | undefined
  readonly say?: (line: string) => void
}

const link: AppLinkConfig = { queueCapacity: 1024, slots: 256, rxBytes: 1 << 18, txBytes: 1 << 18 }

export class Stack {
  readonly options: StackOptions
  readonly plan: StackPlan
  readonly topology: Topology
  readonly recording = new Recording()
  readonly epoch = native.monotonicUs()
  /**
   * Called once, when a server has died that was not asked to, or the interface has gone for good. Applications are let go
   * then; to `stop` the rest is the caller's.
   */
  onFailure: (error: Error) => void = () => {}
  readonly #servers: Array<ServerProcess> = []
  readonly #places: Array<Place> = []
  /** By slot: ends the reading of the recorder of the process in it. */
  readonly #unfollow: Array<() => void> = []
  /** By server. */
  readonly #bells: Array<{ readonly hear: number; readonly ring: number }> = []
  readonly #waitingFor = new Map<string, ReadonlyArray<(value: unknown) => void>>()
  #control: ControlSocket | undefined
  #drain: NodeJS.Timeout | undefined
  #nics: NicKeeper | undefined
  #failed = false
  #stopping: Promise<void> | undefined

  constructor(options: StackOptions) {
    this.options = options
    this.plan = parseConfiguration(options.configuration)
    this.topology = {
      applications: options.applications ?? 16,
      managers: this.plan.managers,
      transports: this.plan.transports,
      connections: 2048,
      backlog: 1024,
      room: 64,
      claimTimeout: 20_000,
      balance: options.balance ?? defaultBalance,
    }
    const problem = topologyProblem(this.topology)
    if (problem !== undefined) throw new RangeError(problem)
  }

  /**
   * Starts the servers; resolves when all are ready and applications may attach.
   * @throws {ControlSocketError} when the control socket's path can't be had @throws {Error} when a server does not start
   */
  async start(): Promise<void> {
    const { recordTo, socket } = this.options
    // First, so that a file that can't be made ends it before anything runs.
    if (recordTo !== undefined) this.recording.stream(recordTo, this.topology)
    this.#control = new ControlSocket(socket, (client) => this.#welcome(client))
    try {
      await this.#start()
    } catch (error) {
      this.#failed = true
      await this.stop()
      throw error
    }
    this.#control.open()
  }

  async #start(): Promise<void> {
    const { plan, topology, options } = this
    const layout = stackQueues(plan)
    const queues = native.memfd("pika-queues", layout.bytes)
    initQueues(native.mapRegion(queues, layout.bytes), layout)
    for (let k = 0; k < plan.servers.length; k++) this.#bells.push(native.makeBell())
    for (let a = 0; a < topology.applications; a++) this.#places.push(new Place(new Slot(a, this.#slotHost)))
    const program = await bundle(options.program ?? "runtime/server-main.ts")
    const secret = randomBytes(32).toString("hex")
    const ready = plan.servers.map((_, k) => this.#expect(`ready ${k}`))
    const channels: Array<number> = []
    plan.servers.forEach((own, index) => {
      const spec: ServerSpec = {
        index,
        configuration: options.configuration,
        topology,
        link,
        address: options.address,
        mac: options.mac,
        mtu: options.mtu ?? 1500,
        secret,
        epoch: this.epoch,
        cpu: options.cpus?.[index],
        busyPoll: options.busyPoll === true,
      }
      const recorder = native.memfd(`pika-recorder-server-${index}`, recorderBytes(RECORDER_CAPACITY))
      if (this.#records) {
        this.recording.follow(native.mapRegion(recorder, recorderBytes(RECORDER_CAPACITY)), ownerOf(own))
      }
      const nic: Array<number> = []
      if (own.link !== undefined) {
        const [ours, theirs] = native.socketPair()
        channels[own.link] = ours
        nic.push(theirs, ...options.nics[own.link]!.filter((x) => x !== undefined))
      }
      const bells = this.#bells.map(({ hear, ring }, k) => (k === index ? hear : ring))
      this.#servers.push(
        new ServerProcess({
          program,
          spec,
          under: options.under?.(index),
          fds: [queues, recorder, ...bells, ...nic],
          hear: (word) => this.#hear(index, word),
          ended: (error) => this.#ended(index, error),
        }),
      )
      if (nic[0] !== undefined) native.close(nic[0])
      native.close(recorder)
    })
    native.close(queues)
    const { device = "the interface", reopen } = options.device ?? {}
    const say = options.say ?? (() => {})
    const gone = (error: InterfaceGone) =>
      reopen === undefined
        ? this.#fail(error)
        : say(`${error.message}: applications stay attached until it is back`)
    this.#nics = keepNics({ device, channels, reopen, say, gone })
    for (const x of await Promise.all(ready)) if (x instanceof Error) throw x
    // Well before a ring of 65,536 records can be overrun.
    if (this.#records) this.#drain = setInterval(() => this.recording.drain(), 20)
  }

  get #records(): boolean {
    return this.options.record === true || this.options.recordTo !== undefined
  }

  /** Applications attached now. */
  get applications(): ReadonlyArray<{ readonly a: number; readonly pid: number }> {
    return this.#places.flatMap((x) =>
      x.client === undefined ? [] : [{ a: x.slot.a, pid: x.client.hello.pid }],
    )
  }

  /** Processes of the servers. */
  get pids(): ReadonlyArray<number> {
    return this.#servers.map((x) => x.pid)
  }

  /** Of each server; of one that has died `gone`. */
  async counters(): Promise<ReadonlyArray<Record<string, unknown>>> {
    const answers = this.#servers.map((server, k) => {
      if (!server.alive) return { gone: true }
      if (!this.#waitingFor.has(`counters ${k}`)) server.tell({ counters: true })
      return this.#expect(`counters ${k}`)
    })
    return (await Promise.all(answers)) as ReadonlyArray<Record<string, unknown>>
  }

  /** What the control socket has seen. */
  get controlCounters(): ControlSocket["counters"] | undefined {
    return this.#control?.counters
  }

  /** Ends every server, after the applications' ends have been consumed; frees everything. Any number of times. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#control?.close()
    await this.#quiet()
    this.#nics?.close()
    clearInterval(this.#drain)
    await Promise.all(this.#servers.map((x) => x.stop()))
    if (this.#records) this.recording.drain()
    for (const place of this.#places) this.#free(place)
    for (const { hear, ring } of this.#bells.splice(0)) {
      native.close(hear)
      native.close(ring)
    }
  }

  /** A server's process has ended, or could not be started. */
  #ended(index: number, error: Error): void {
    this.#arrived(`ready ${index}`, error)
    this.#arrived(`counters ${index}`, { gone: true })
    if (this.#stopping !== undefined) return
    for (const x of this.#servers) x.tell({ lost: index })
    this.#fail(error)
  }

  /** Nothing is served any more: applications hear it by the end of their connections. */
  #fail(error: Error): void {
    if (this.#failed) return
    this.#failed = true
    this.#control?.close()
    this.onFailure(error)
  }

  /** Waits, at most two seconds, until no slot is attaching or detaching; a server that died answers nothing. */
  async #quiet(): Promise<void> {
    for (let k = 0; k < 200 && !this.#failed; k++) {
      if (this.#places.every((x) => x.slot.free)) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #expect(what: string): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waitingFor.set(what, [...(this.#waitingFor.get(what) ?? []), resolve])
    })
  }

  #arrived(what: string, value: unknown): void {
    for (const resolve of this.#waitingFor.get(what) ?? []) resolve(value)
    this.#waitingFor.delete(what)
  }

  #hear(index: number, word: ToSupervisor): void {
    if ("ready" in word) this.#arrived(`ready ${index}`, true)
    else if ("counters" in word) this.#arrived(`counters ${index}`, word.counters)
    else if ("listens" in word) this.#listens(this.#places[word.listens]!, index)
    else if ("attached" in word) {
      if (!word.ok) this.#fail(new Error(`server ${index}: application slot ${word.attached} was not free`))
      this.#places[word.attached]!.slot.attached(index)
    } else {
      const place = this.#places[word.detached]!
      place.slot.detached(index, word.g)
      if (place.slot.free) this.#free(place)
    }
  }

  /** Nothing of the process that was in a place is left. */
  #free(place: Place): void {
    this.#unfollow[place.slot.a]?.()
    delete this.#unfollow[place.slot.a]
    place.close()
  }

  /** An application's first word; answers why it is refused. */
  #welcome(client: Client): Refusal | undefined {
    const place = this.#places.find((x) => x.slot.free)
    if (place === undefined) {
      return { error: `all ${this.topology.applications} application slots are taken`, code: "EAGAIN" }
    }
    const { a } = place.slot
    let steps: Region
    try {
      steps = place.open(link, this.plan.servers.length)
    } catch (error) {
      return { error: `no memory for one more application: ${(error as Error).message}`, code: "EAGAIN" }
    }
    if (this.#records) {
      this.#unfollow[a] = this.recording.follow(steps, [{ role: "application", index: a }])
    }
    place.client = client
    client.gone = () => this.#lost(place)
    place.slot.take(client.hello.listen)
    return undefined
  }

  /** The process in a slot is gone. */
  #lost(place: Place): void {
    const { client, slot } = place
    if (client === undefined) return
    place.client = undefined
    place.unheard.clear()
    slot.lost()
    this.options.say?.(`application ${slot.a} (process ${client.hello.pid}) has gone`)
  }

  #attach(slot: Slot): void {
    const { forServer } = this.#places[slot.a]!
    for (const x of this.#servers) x.tell({ attach: slot.a, port: slot.port, g: slot.g }, forServer)
  }

  #begin(slot: Slot): void {
    const place = this.#places[slot.a]!
    const { client, unheard } = place
    if (client === undefined) return
    const welcome: WelcomeMessage = {
      welcome: true,
      a: slot.a,
      g: slot.g,
      port: slot.port,
      address: this.options.address,
      topology: this.topology,
      ...placementOf(this.plan),
      link,
      epoch: this.epoch,
      servers: this.plan.servers.length,
      recorderCapacity: RECORDER_CAPACITY,
    }
    const rings = this.#bells.map(({ ring }) => native.anotherRing(ring))
    const sent = client.send(welcome, [...place.forClient, ...rings])
    for (const fd of rings) native.close(fd)
    if (!sent) return
    place.given()
    for (const index of this.#servers.keys()) unheard.add(index)
    for (const x of this.#servers) x.tell({ listens: slot.a })
    this.options.say?.(`application ${slot.a} (process ${client.hello.pid}) listens on port ${slot.port}`)
  }

  /** Server `index` knows of the listener in a place, or that it has gone. */
  #listens(place: Place, index: number): void {
    if (!place.unheard.delete(index) || place.unheard.size > 0 || place.client === undefined) return
    const word: Listening = { listening: true }
    place.client.send(word)
  }

  /** A step that is taken for the process: it is not there yet, or no more. */
  #record(slot: Slot, event: ApplicationEvent, out: Outbox): void {
    const { recorder } = this.#places[slot.a]!
    const env = { now: native.monotonicUs() - this.epoch, draw: 0 }
    if (event._tag === "Die") recorder.recordEnd(slot.a, slot.port, event, env, out)
    else {
      recorder.record("application", slot.a, slot.port, event, env, out)
      recorder.sent()
    }
  }

  get #slotHost(): SlotHost {
    const { plan, topology } = this
    return {
      plan,
      topology,
      attach: (slot) => this.#attach(slot),
      detach: (slot) => {
        for (const x of this.#servers) x.tell({ detach: slot.a })
      },
      welcome: (slot) => this.#begin(slot),
      step: (slot, event, out) => this.#record(slot, event, out),
    }
  }
}

/** Whose steps a server records. */
const ownerOf = ({ transport, manager }: ServerPlan): Owner => [
  ...(transport === undefined ? [] : [{ role: "transport", index: transport } as const]),
  ...(manager === undefined ? [] : [{ role: "manager", index: manager } as const]),
]
