/**
 * The supervisor: makes the shared memory, starts one process for each server, gives applications their queues over a
 * control socket, notices death and cleans up after it. It is in no packet's way.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import { recorderBytes } from "../codec/recorder-ring.ts"
import { type Application, initialApplication, stepApplication } from "../core/application.ts"
import type { ApplicationEvent } from "../core/event.ts"
import { Outbox } from "../core/outbox.ts"
import { defaultBalance, type Topology, topologyProblem } from "../core/topology.ts"
import { type AppLinkConfig, appLinkBytes, initAppLink } from "../memory/app-link.ts"
import type { Region } from "../memory/region.ts"
import * as native from "../native/native.ts"
import {
  parseConfiguration,
  type StackPlan,
  serverOfManager,
  serverOfTransport,
} from "../server/configuration.ts"
import { initQueues } from "../server/queues.ts"
import { addonPath, bundle } from "./bundle.ts"
import type { FromSupervisor } from "./live.ts"
import { RECORDER_CAPACITY, type ServerSpec, stackQueues } from "./plan.ts"
import { Recording } from "./recording.ts"

export interface StackOptions {
  readonly configuration: string
  readonly address: string
  readonly mac: ReadonlyArray<number>
  /** Control socket. */
  readonly socket: string
  /** One NIC queue for each link. */
  readonly nics: ReadonlyArray<number>
  readonly applications?: number
  readonly record?: boolean
  readonly say?: (line: string) => void
}

const link: AppLinkConfig = { queueCapacity: 1024, slots: 256, rxBytes: 1 << 18, txBytes: 1 << 18 }

interface Slot {
  readonly a: number
  readonly memory: number
  readonly region: Region
  readonly recorder: number
  readonly bell: number
  state: Application
  client:
    | { readonly fd: number; readonly pid: number; readonly port: number; readonly watch: { stop(): void } }
    | undefined
  /** Servers that have not answered the attachment or detachment under way. */
  awaiting: Set<number>
  next: (() => void) | undefined
  g: number
  /** Port of the last client. */
  lastPort: number
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
  readonly #slots: Array<Slot> = []
  readonly #bells: Array<number> = []
  readonly #waitingFor = new Map<string, (value: unknown) => void>()
  #listener = -1
  #watch: { stop(): void } | undefined
  #drain: NodeJS.Timeout | undefined
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
      this.recording.follow(native.mapRegion(recorder, recorderBytes(RECORDER_CAPACITY)))
      this.#slots.push({
        a,
        memory,
        region: native.mapRegion(memory, stride * plan.servers.length),
        recorder,
        bell: native.eventfd(),
        state: initialApplication(a),
        client: undefined,
        awaiting: new Set(),
        next: undefined,
        g: 0,
        lastPort: 0,
      })
    }
    const program = await bundle("runtime/server-main.ts")
    const secret = randomBytes(32).toString("hex")
    const ready = plan.servers.map((_, k) => this.#expect(`ready ${k}`))
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
        cpu: undefined,
      }
      const recorder = native.memfd(`pika-recorder-server-${index}`, recorderBytes(RECORDER_CAPACITY))
      this.recording.follow(native.mapRegion(recorder, recorderBytes(RECORDER_CAPACITY)))
      const slots = this.#slots.flatMap((x) => [x.memory, x.bell])
      const nic = own.link === undefined ? [] : [options.nics[own.link]!]
      const child = spawn(process.execPath, [program], {
        stdio: ["ignore", "inherit", "inherit", "ipc", queues, recorder, ...this.#bells, ...slots, ...nic],
        env: { ...process.env, PIKA_SERVER: JSON.stringify(spec), PIKA_ADDON: addonPath },
      })
      child.on("message", (message) => this.#fromServer(index, message as Record<string, unknown>))
      child.on("exit", (code, signal) => {
        const error = new Error(`server ${index} ended (${signal ?? `exit ${code}`})`)
        this.#arrived(`ready ${index}`, error)
        if (!this.#stopping) this.onFailure(error)
      })
      this.#servers.push(child)
    })
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
    return this.#slots.flatMap((x) => (x.client === undefined ? [] : [{ a: x.a, pid: x.client.pid }]))
  }

  async counters(): Promise<ReadonlyArray<Record<string, unknown>>> {
    const answers = this.#servers.map((_, k) => this.#expect(`counters ${k}`))
    for (const x of this.#servers) tell(x, { counters: true })
    return (await Promise.all(answers)) as ReadonlyArray<Record<string, unknown>>
  }

  /** Ends every server, after the applications' ends have been consumed; frees everything. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    for (const slot of this.#slots) if (slot.client !== undefined) this.#lost(slot)
    await this.#quiet()
    this.#stopping = true
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
      if (this.#slots.every((x) => x.awaiting.size === 0 && x.client === undefined)) return
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
    else if ("attached" in message) {
      const slot = this.#slots[message.attached as number]!
      const { transport } = this.plan.servers[index]!
      if (transport !== undefined) this.#step(slot, { _tag: "ReceiveAttached", t: transport })
      this.#answered(slot, index)
    } else if ("detached" in message) {
      const slot = this.#slots[message.detached as number]!
      slot.g = Math.max(slot.g, message.g as number)
      this.#answered(slot, index)
    }
  }

  #answered(slot: Slot, index: number): void {
    slot.awaiting.delete(index)
    if (slot.awaiting.size > 0) return
    const { next } = slot
    slot.next = undefined
    next?.()
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
      const slot = this.#slots.find((x) => x.client?.fd === fd)
      if (message === undefined) {
        watch.stop()
        native.close(fd)
        if (slot !== undefined) this.#lost(slot)
        return
      }
      for (const x of message.fds) native.close(x)
      if (slot !== undefined) return
      const problem = this.#welcome(fd, message.value, watch)
      if (problem !== undefined) native.sendJson(fd, { error: problem })
    })
  }

  /** A client's first word; a string says why it is refused. */
  #welcome(fd: number, value: unknown, watch: { stop(): void }): string | undefined {
    const { listen, pid } = (typeof value === "object" && value !== null ? value : {}) as Record<
      string,
      unknown
    >
    if (!Number.isInteger(listen) || (listen as number) < 1 || (listen as number) > 65535) {
      return `cannot read ${JSON.stringify(value)?.slice(0, 100)}: expected {"listen": port, "pid": pid}`
    }
    const slot = this.#slots.find((x) => x.client === undefined && x.awaiting.size === 0)
    if (slot === undefined) return `all ${this.topology.applications} application slots are taken`
    const port = listen as number
    slot.client = { fd, pid: Number.isInteger(pid) ? (pid as number) : 0, port, watch }
    const stride = appLinkBytes(link)
    const servers = this.plan.servers.length
    for (let k = 0; k < servers; k++) initAppLink(slot.region, k * stride, link)
    slot.state = { ...initialApplication(slot.a), g: slot.state.g }
    this.#step(slot, { _tag: "Attach", g: slot.g })
    slot.awaiting = new Set(this.plan.servers.keys())
    slot.next = () => {
      if (slot.client?.fd !== fd) return
      const { topology, plan } = this
      const welcome = {
        welcome: true,
        a: slot.a,
        g: slot.g,
        port,
        topology,
        transports: Array.from({ length: plan.transports }, (_, t) => serverOfTransport(plan, t)),
        managers: Array.from({ length: plan.managers }, (_, m) => serverOfManager(plan, m)),
        link,
        epoch: this.epoch,
        servers,
        recorderCapacity: RECORDER_CAPACITY,
      }
      native.sendJson(fd, welcome, [slot.memory, slot.recorder, slot.bell, ...this.#bells])
      this.options.say?.(`application ${slot.a} (process ${slot.client.pid}) listens on port ${port}`)
    }
    for (const x of this.#servers) tell(x, { attach: slot.a, port })
    return undefined
  }

  /** The process in a slot is gone: every server consumes its end before the slot is free again. */
  #lost(slot: Slot): void {
    const { client } = slot
    if (client === undefined) return
    slot.client = undefined
    const detach = () => {
      // Its own records come before its end.
      this.recording.drain()
      this.#step(slot, { _tag: "Die" })
      slot.awaiting = new Set(this.plan.servers.keys())
      for (const x of this.#servers) tell(x, { detach: slot.a })
      this.options.say?.(`application ${slot.a} (process ${client.pid}) has gone`)
    }
    if (slot.awaiting.size > 0) slot.next = detach
    else detach()
  }

  #step(slot: Slot, event: ApplicationEvent): void {
    const out = new Outbox()
    slot.state = stepApplication(slot.state, event, this.topology, out)
    this.recording.add(
      slot.a,
      slot.client?.port ?? slot.lastPort,
      event,
      native.monotonicUs() - this.epoch,
      out,
    )
    if (slot.client !== undefined) slot.lastPort = slot.client.port
  }
}

/** A word to a server; a dead one does not hear it, and its exit is seen on its own. */
const tell = (server: ChildProcess, message: FromSupervisor): void => {
  if (server.connected) server.send(message, () => {})
}
