/**
 * The supervisor: makes the shared memory, starts one process for each server, gives applications their queues over a
 * control socket, notices death and cleans up after it. It is in no packet's way.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import { type Listening, parseHello, type Refusal, type WelcomeMessage } from "../codec/control.ts"
import { RecorderWriter, recorderBytes } from "../codec/recorder-ring.ts"
import type { ApplicationEvent } from "../core/event.ts"
import type { Outbox } from "../core/outbox.ts"
import { defaultBalance, type Topology, topologyProblem } from "../core/topology.ts"
import { type AppLinkConfig, appLinkBytes, initAppLink } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"
import * as native from "../native/native.ts"
import { parseConfiguration, placementOf, type StackPlan } from "../server/configuration.ts"
import { initQueues } from "../server/queues.ts"
import { Slot, type SlotHost } from "../server/slot.ts"
import { addonPath, bundle, programOptions } from "./bundle.ts"
import type { FromSupervisor } from "./live.ts"
import {
  type InterfaceGone,
  type KeeperOptions,
  keepNics,
  type NicFds,
  type NicKeeper,
} from "./nic-keeper.ts"
import { RECORDER_CAPACITY, type ServerSpec, stackQueues } from "./plan.ts"
import { Recording } from "./recording.ts"

export interface StackOptions {
  readonly configuration: string
  readonly address: string
  readonly mac: ReadonlyArray<number>
  /** Control socket. */
  readonly socket: string
  /** One NIC queue for each link. */
  readonly nics: ReadonlyArray<NicFds>
  /** Whose queues they are, and how to open them again when it has gone and comes back: see `keepNics`. */
  readonly device?: Pick<KeeperOptions, "device" | "reopen">
  /** CPU of each server; absent: wherever the kernel puts them. */
  readonly cpus?: ReadonlyArray<number> | undefined
  readonly applications?: number
  readonly record?: boolean
  readonly say?: (line: string) => void
}

const link: AppLinkConfig = { queueCapacity: 1024, slots: 256, rxBytes: 1 << 18, txBytes: 1 << 18 }

/** What an application slot has, whoever is in it. */
interface Place {
  readonly slot: Slot
  readonly memory: number
  readonly region: Region
  readonly recorder: number
  /** What the recorder holds. */
  readonly steps: Region
  readonly bell: number
  /** Servers that do not know of the client's listener yet. */
  readonly unheard: Set<number>
  client: { readonly fd: number; readonly pid: number; readonly watch: { stop(): void } } | undefined
}

export class Stack {
  readonly options: StackOptions
  readonly plan: StackPlan
  readonly topology: Topology
  readonly recording = new Recording()
  readonly epoch = native.monotonicUs()
  /** Called when a server dies that was not asked to. */
  onFailure: (error: Error) => void = () => {}
  readonly #servers: Array<ChildProcess> = []
  readonly #places: Array<Place> = []
  readonly #bells: Array<number> = []
  readonly #waitingFor = new Map<string, (value: unknown) => void>()
  #listener = -1
  #watch: { stop(): void } | undefined
  #drain: NodeJS.Timeout | undefined
  #nics: NicKeeper | undefined
  #stopping = false

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
      balance: defaultBalance,
    }
    const problem = topologyProblem(this.topology)
    if (problem !== undefined) throw new RangeError(problem)
  }

  /** Starts the servers; resolves when all are ready and applications may attach. */
  async start(): Promise<void> {
    const { plan, topology, options } = this
    const layout = stackQueues(plan)
    const queues = native.memfd("pika-queues", layout.bytes)
    initQueues(native.mapRegion(queues, layout.bytes), layout)
    for (let k = 0; k < plan.servers.length; k++) this.#bells.push(native.eventfd())
    const stride = appLinkBytes(link)
    for (let a = 0; a < topology.applications; a++) {
      const memory = native.memfd(`pika-application-${a}`, stride * plan.servers.length)
      const recorder = native.memfd(`pika-recorder-${a}`, recorderBytes(RECORDER_CAPACITY))
      const steps = native.mapRegion(recorder, recorderBytes(RECORDER_CAPACITY))
      this.recording.follow(steps)
      this.#places.push({
        slot: new Slot(a, this.#slotHost),
        memory,
        region: native.mapRegion(memory, stride * plan.servers.length),
        recorder,
        steps,
        bell: native.eventfd(),
        unheard: new Set(),
        client: undefined,
      })
    }
    const program = await bundle("runtime/server-main.ts")
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
        secret,
        epoch: this.epoch,
        cpu: options.cpus?.[index],
      }
      const recorder = native.memfd(`pika-recorder-server-${index}`, recorderBytes(RECORDER_CAPACITY))
      this.recording.follow(native.mapRegion(recorder, recorderBytes(RECORDER_CAPACITY)))
      const slots = this.#places.flatMap((x) => [x.memory, x.bell])
      const nic: Array<number> = []
      if (own.link !== undefined) {
        const [ours, theirs] = native.socketPair()
        channels[own.link] = ours
        nic.push(theirs, ...options.nics[own.link]!.filter((x) => x !== undefined))
      }
      const child = spawn(process.execPath, [...programOptions, program], {
        stdio: ["ignore", "inherit", "inherit", "ipc", queues, recorder, ...this.#bells, ...slots, ...nic],
        env: { ...process.env, PIKA_SERVER: JSON.stringify(spec), PIKA_ADDON: addonPath },
      })
      child.on("message", (message) => this.#fromServer(index, message as Record<string, unknown>))
      child.on("exit", (code, signal) => {
        const error = new Error(`server ${index} ended (${signal ?? `exit ${code}`})`)
        this.#arrived(`ready ${index}`, error)
        if (this.#stopping) return
        for (const x of this.#servers) tell(x, { lost: index })
        this.onFailure(error)
      })
      if (nic[0] !== undefined) native.close(nic[0])
      this.#servers.push(child)
    })
    const { device = "the interface", reopen } = options.device ?? {}
    const say = options.say ?? (() => {})
    const gone = (error: InterfaceGone) =>
      reopen === undefined
        ? this.onFailure(error)
        : say(`${error.message}: applications stay attached until it is back`)
    this.#nics = keepNics({ device, channels, reopen, say, gone })
    for (const x of await Promise.all(ready)) if (x instanceof Error) throw x
    rmSync(options.socket, { force: true })
    this.#listener = native.unixListen(options.socket)
    this.#watch = native.watch(this.#listener, () => this.#accept())
    // Well before a ring of 65,536 records can be overrun.
    this.#drain = setInterval(() => {
      if (options.record === true) this.recording.drain()
    }, 20)
  }

  /** Applications attached now. */
  get applications(): ReadonlyArray<{ readonly a: number; readonly pid: number }> {
    return this.#places.flatMap((x) => (x.client === undefined ? [] : [{ a: x.slot.a, pid: x.client.pid }]))
  }

  async counters(): Promise<ReadonlyArray<Record<string, unknown>>> {
    const answers = this.#servers.map((_, k) => this.#expect(`counters ${k}`))
    for (const x of this.#servers) tell(x, { counters: true })
    return (await Promise.all(answers)) as ReadonlyArray<Record<string, unknown>>
  }

  /** Ends every server, after the applications' ends have been consumed; frees everything. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    for (const place of this.#places) this.#lost(place)
    await this.#quiet()
    this.#stopping = true
    this.#nics?.close()
    this.#watch?.stop()
    if (this.#drain !== undefined) clearInterval(this.#drain)
    if (this.#listener >= 0) native.close(this.#listener)
    rmSync(this.options.socket, { force: true })
    await Promise.all(
      this.#servers.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve()
            child.once("exit", () => resolve())
            tell(child, { stop: true })
            const kill = setTimeout(() => child.kill("SIGKILL"), 2000)
            child.once("exit", () => clearTimeout(kill))
          }),
      ),
    )
    if (this.options.record === true) this.recording.drain()
  }

  /** Waits, at most two seconds, until no slot is attaching or detaching. */
  async #quiet(): Promise<void> {
    for (let k = 0; k < 200; k++) {
      if (this.#places.every((x) => x.slot.free)) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #expect(what: string): Promise<unknown> {
    return new Promise((resolve) => this.#waitingFor.set(what, resolve))
  }

  #arrived(what: string, value: unknown): void {
    this.#waitingFor.get(what)?.(value)
    this.#waitingFor.delete(what)
  }

  #fromServer(index: number, message: Record<string, unknown>): void {
    if ("ready" in message) this.#arrived(`ready ${index}`, true)
    else if ("counters" in message) this.#arrived(`counters ${index}`, message.counters)
    else if ("attached" in message) this.#places[message.attached as number]!.slot.attached(index)
    else if ("listens" in message) this.#listens(this.#places[message.listens as number]!, index)
    else if ("detached" in message) {
      this.#places[message.detached as number]!.slot.detached(index, message.g as number)
    }
  }

  #accept(): void {
    const fd = native.unixAccept(this.#listener)
    if (fd < 0) return
    const watch = native.watch(fd, () => {
      let message: ReturnType<typeof native.receiveJson>
      try {
        message = native.receiveJson(fd)
      } catch {
        message = undefined
      }
      if (message === null) return
      const place = this.#places.find((x) => x.client?.fd === fd)
      if (message === undefined) {
        watch.stop()
        native.close(fd)
        if (place !== undefined) this.#lost(place)
        return
      }
      for (const x of message.fds) native.close(x)
      if (place !== undefined) return
      const problem = this.#welcome(fd, message.value, watch)
      if (problem !== undefined) native.sendJson(fd, problem)
    })
  }

  /** A client's first word; answers why it is refused. */
  #welcome(fd: number, value: unknown, watch: { stop(): void }): Refusal | undefined {
    const hello = parseHello(value)
    if ("error" in hello) return hello
    const place = this.#places.find((x) => x.slot.free)
    if (place === undefined) {
      return { error: `all ${this.topology.applications} application slots are taken`, code: "EAGAIN" }
    }
    place.client = { fd, pid: hello.pid, watch }
    place.slot.take(hello.listen)
    return undefined
  }

  /** The process in a slot is gone. */
  #lost(place: Place): void {
    const { client, slot } = place
    if (client === undefined) return
    place.client = undefined
    slot.lost()
    this.options.say?.(`application ${slot.a} (process ${client.pid}) has gone`)
  }

  #attach(slot: Slot): void {
    const { region } = this.#places[slot.a]!
    const stride = appLinkBytes(link)
    for (let k = 0; k < this.plan.servers.length; k++) initAppLink(region, k * stride, link)
    for (const x of this.#servers) tell(x, { attach: slot.a, port: slot.port })
  }

  #begin(slot: Slot): void {
    const { client, memory, recorder, bell, unheard } = this.#places[slot.a]!
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
    native.sendJson(client.fd, welcome, [memory, recorder, bell, ...this.#bells])
    for (const index of this.#servers.keys()) unheard.add(index)
    for (const x of this.#servers) tell(x, { listens: slot.a })
    this.options.say?.(`application ${slot.a} (process ${client.pid}) listens on port ${slot.port}`)
  }

  /** Server `index` knows of the listener in a place, or that it has gone. */
  #listens(place: Place, index: number): void {
    if (!place.unheard.delete(index) || place.unheard.size > 0 || place.client === undefined) return
    const word: Listening = { listening: true }
    native.sendJson(place.client.fd, word)
  }

  /** A step that is taken for the process: it is not there yet, or no more. */
  #record(slot: Slot, event: ApplicationEvent, out: Outbox): void {
    const recorder = new RecorderWriter(this.#places[slot.a]!.steps, 0, RECORDER_CAPACITY)
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
        for (const x of this.#servers) tell(x, { detach: slot.a })
      },
      welcome: (slot) => this.#begin(slot),
      step: (slot, event, out) => this.#record(slot, event, out),
    }
  }
}

/** A word to a server; a dead one does not hear it, and its exit is seen on its own. */
const tell = (server: ChildProcess, message: FromSupervisor): void => {
  if (server.connected) server.send(message, () => {})
}
