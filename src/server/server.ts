/**
 * One server: a process's worth of components (§3.1, Figure 1) on a dispatcher. `turn` takes a burst of every source and
 * never waits; whoever hosts it decides when to sleep.
 */

import type { Topology } from "../core/topology.ts"
import type { TcpConfig } from "../net/tcp/types.ts"
import {
  type ClockShape,
  type EntropyShape,
  type MailboxShape,
  NicError,
  type NicShape,
  type RecorderShape,
} from "../ports/ports.ts"
import type { ApplicationLink } from "./application-link.ts"
import { placementOf, type StackPlan } from "./configuration.ts"
import { ConnectionManager, MANAGER_MESSAGES } from "./connection-manager.ts"
import { BURST, MessageDispatcher } from "./dispatcher.ts"
import { FramePath } from "./frame-path.ts"
import { linksInUse, queuesInUse, violationsOf } from "./in-use.ts"
import { LinkServer } from "./link-server.ts"
import { ListenQuestions } from "./listen-questions.ts"
import { Outgoing } from "./outgoing.ts"
import { SynCaller, serveSyns } from "./syn-call.ts"
import { TRANSPORT_MESSAGES, TransportServer } from "./transport-server.ts"
import { TurnClock } from "./turn-clock.ts"

export interface ServerOptions {
  readonly index: number
  readonly plan: StackPlan
  readonly topology: Topology
  readonly tcp: TcpConfig
}

/** The services of `ports/`, as plain objects: a turn is no Effect. */
export interface ServerPorts {
  /** Present exactly when the plan gives this server a link. */
  readonly nic: NicShape | undefined
  readonly mailbox: MailboxShape
  readonly clock: ClockShape
  readonly entropy: EntropyShape
  readonly recorder: RecorderShape
}

export class Server {
  readonly index: number
  readonly dispatcher: MessageDispatcher
  readonly link: LinkServer | undefined
  readonly transport: TransportServer | undefined
  readonly manager: ConnectionManager | undefined
  readonly #syns: SynCaller | undefined
  readonly #options: ServerOptions
  readonly #ports: ServerPorts
  /** What happens in one burst has one time. */
  readonly #clock: TurnClock
  readonly #outgoing: ReadonlyArray<Outgoing | undefined>
  readonly #frames: FramePath
  /** Of applications that have gone. */
  #violations = 0
  /** Who waits to hear that its port is listened on. */
  readonly listening = new ListenQuestions((a) => {
    const port = this.dispatcher.links.get(a)?.port
    return port === undefined || this.manager?.listens(port) !== false
  })
  #offerAt = Number.POSITIVE_INFINITY
  #claimAt = Number.POSITIVE_INFINITY
  /** When frames that found no room are tried again, µs. */
  #retryAt = Number.POSITIVE_INFINITY

  constructor(options: ServerOptions, ports: ServerPorts) {
    const { index, plan, topology } = options
    const own = plan.servers[index]!
    this.index = index
    this.#options = options
    this.#ports = ports
    this.#clock = new TurnClock(ports.clock)
    // Two messages for each connection and one for each claim at the most (docs/architecture.md).
    const most = 4 * topology.transports * topology.managers * topology.connections
    this.#outgoing = ports.mailbox.writers.map((writer) =>
      writer === undefined ? undefined : new Outgoing(writer, most),
    )
    const { readers } = ports.mailbox
    const { entropy, recorder } = ports
    const turnPorts = { clock: this.#clock, entropy, recorder }
    this.dispatcher = new MessageDispatcher(index, placementOf(plan), this.#outgoing, readers, turnPorts)
    const local = { ip: options.tcp.localIp, mac: Array.from(options.tcp.localMac) }
    const frames = new FramePath(index, plan, ports.mailbox, this.#clock, local)
    this.#frames = frames
    if (own.link !== undefined) {
      this.link = new LinkServer(
        ports.nic!,
        local,
        plan.transports,
        (t, region, offset, length, c, kind) => frames.deliver(t, region, offset, length, c, kind),
        own.transport === undefined
          ? undefined
          : (region, offset) => this.transport!.tcp.prefetch(region, offset),
      )
      frames.emit = this.link.emit
    }
    if (own.manager !== undefined) {
      const manager = new ConnectionManager(own.manager, topology, this.dispatcher)
      this.manager = manager
      frames.manager = manager
      this.dispatcher.register("manager", MANAGER_MESSAGES, (message, port, sender) =>
        manager.receive(message, port, sender),
      )
      serveSyns(this.dispatcher.rpc, manager)
    }
    if (own.transport !== undefined) {
      const transport = new TransportServer(
        own.transport,
        topology,
        this.dispatcher,
        options.tcp,
        frames.out(),
      )
      this.transport = transport
      frames.transport = transport
      if (own.manager === undefined) {
        this.#syns = new SynCaller(this.dispatcher.rpc, transport.tcp)
        frames.syns = this.#syns
      }
      this.dispatcher.register("transport", TRANSPORT_MESSAGES, (message, port, sender, rider, at) =>
        transport.receive(message, port, sender, rider, at),
      )
      transport.toManager = (message, link) => this.manager?.hear(message, link) ?? false
    }
  }

  /** A listener's port: its protocol instance is made before anything of it can arrive. */
  open(port: number): void {
    this.manager?.open(port)
    this.transport?.open(port)
  }

  /** A process takes a slot; its memory is fresh. False: the slot was not free here. */
  attach(link: ApplicationLink): boolean {
    this.#clock.read()
    this.open(link.port)
    if (this.transport !== undefined && !this.transport.attach(link)) return false
    this.dispatcher.links.set(link.a, link)
    return true
  }

  /**
   * The process in the slot ended. Takes all that it had sent, then ends what it had. Answers the newest generation of
   * the slot's registrations seen here; a successor goes on from there.
   */
  detach(a: number): number {
    const link = this.dispatcher.links.get(a)
    if (link === undefined) return 0
    this.#clock.read()
    // At most what its ring can hold: a dead process writes no more.
    for (let taken = 0; taken < link.config.queueCapacity; taken += BURST)
      if (this.#fromApplication(link) < BURST) break
    this.transport?.detach(link)
    const { topology } = this.#options
    if (this.manager !== undefined && a % topology.managers === this.manager.m) {
      this.manager.receive({ _tag: "Detach", a }, link.port, NO_SENDER)
    }
    link.dead = true
    this.transport?.flushStatus(link)
    this.#violations += violationsOf([link])
    this.dispatcher.links.delete(a)
    this.listening.settle()
    return this.manager?.state(link.port)?.generations.get(a) ?? 0
  }

  /** Server `index` has gone: it is sent nothing any more, and what it was asked has its outcome. */
  lost(index: number): void {
    const outgoing = this.#outgoing[index]
    if (outgoing === undefined) return
    outgoing.lost = true
    this.dispatcher.rpc.lost(index)
  }

  /**
   * The end: calls have their outcome, what lies ready is sent as far as there is an interface; nothing is taken in any
   * more.
   */
  close(): void {
    this.dispatcher.rpc.close()
    try {
      this.#flush(this.#clock.read())
    } catch (error) {
      if (!(error instanceof NicError)) throw error
    }
  }

  /** For metrics; a fresh object. */
  counters(): Record<string, unknown> {
    return {
      link: this.link === undefined ? undefined : { ...this.link.counters, frames: this.link.classes() },
      manager: this.manager === undefined ? undefined : { ...this.manager.counters },
      transport: this.transport === undefined ? undefined : { ...this.transport.counters },
      tcp: this.transport?.tcp.counters(),
      rpc: { ...this.dispatcher.rpc.counters },
      microthreads: { ...this.dispatcher.rpc.threads.counters },
      unexpected: this.dispatcher.unexpected,
      syns: this.#syns === undefined ? undefined : { ...this.#syns.counters },
      applications: this.dispatcher.links.size,
      violations: this.#violations + violationsOf(this.dispatcher.links.values()),
      inUse: this.inUse(),
    }
  }

  /** What is held now, by table: for metrics, and to see that nothing leaks. */
  inUse() {
    return {
      tcp: this.transport?.tcp.inUse(),
      transport: this.transport?.inUse(),
      manager: this.manager?.inUse(),
      links: linksInUse(this.dispatcher.links.values()),
      queues: queuesInUse(this.#ports.mailbox, this.#outgoing),
      local: this.dispatcher.localWaiting,
      calls: this.dispatcher.rpc.outstanding,
    }
  }

  /** One burst of every source. Answers whether there was anything to do. */
  turn(): boolean {
    let now = this.#clock.read()
    let work = 0
    const { link, transport, manager } = this
    if (link !== undefined) work += link.receive(now)
    work += this.#frames.receive()
    work += this.dispatcher.receive()
    if (work > 0) now = this.#clock.read()
    for (const x of this.dispatcher.links.values()) work += this.#fromApplication(x)
    this.dispatcher.rpc.tick(now)
    this.dispatcher.rpc.threads.turn()
    if (transport !== undefined) {
      transport.tcp.tick(now)
      this.#claimAt = transport.tick(now)
    }
    work += this.dispatcher.runLocal()
    if (manager !== undefined) this.#offerAt = manager.offer(now)
    work += this.dispatcher.runLocal()
    if (this.listening.open) this.listening.settle()
    this.#flush(now)
    return work > 0 || this.dispatcher.localWaiting > 0 || this.dispatcher.rpc.threads.ready > 0
  }

  /** When `turn` is next needed though nothing arrives, µs. */
  nextTimer(): number {
    const tcp = this.transport?.tcp.nextTimer() ?? Number.POSITIVE_INFINITY
    return Math.min(tcp, this.#claimAt, this.#offerAt, this.dispatcher.rpc.nextTimer(), this.#retryAt)
  }

  /** Messages to other servers that found no room in their queues yet. */
  get waiting(): number {
    return this.#outgoing.reduce((sum, x) => sum + (x?.waiting ?? 0), 0)
  }

  /** About to sleep: false when something has arrived meanwhile, or room for what waits. */
  arm(): boolean {
    let quiet = true
    for (const reader of this.#ports.mailbox.readers) if (reader?.arm() === false) quiet = false
    for (const reader of this.#ports.mailbox.frameReaders) if (reader?.arm() === false) quiet = false
    for (const x of this.dispatcher.links.values()) {
      if (!x.reader.arm()) quiet = false
      // What found no room is sent when there is some, not when something else wakes us.
      if (this.transport?.armStatus(x) === false) quiet = false
    }
    for (const x of this.#outgoing) if (x?.armRoom() === false) quiet = false
    if (!quiet) this.disarm()
    return quiet
  }

  disarm(): void {
    for (const reader of this.#ports.mailbox.readers) reader?.disarm()
    for (const reader of this.#ports.mailbox.frameReaders) reader?.disarm()
    for (const x of this.dispatcher.links.values()) x.reader.disarm()
  }

  /** A claim comes to the transport, a registration to the manager, by the same ring. */
  #fromApplication(link: ApplicationLink): number {
    if (this.transport !== undefined) return this.transport.fromApplication(link)
    return this.manager?.fromApplication(link) ?? 0
  }

  #flush(now: number): void {
    const { mailbox } = this.#ports
    if (this.transport !== undefined) {
      // First, since it may end connections, of which the applications are told.
      const sent = this.transport.tcp.flushPending(now)
      // Nobody rings for room in a NIC's ring or a frame queue.
      this.#retryAt = sent ? Number.POSITIVE_INFINITY : now + FRAME_RETRY
      for (const x of this.dispatcher.links.values()) this.transport.flushStatus(x)
    }
    for (const x of this.dispatcher.links.values()) {
      const told = x.writer.flush()
      // Who waits for room in a queue that we read is rung too.
      if (x.reader.flushRoom() || told) mailbox.ringApplication(x.a)
    }
    this.#outgoing.forEach((x, server) => {
      const told = x?.flush() === true
      if (mailbox.readers[server]?.flushRoom() === true || told) mailbox.ringServer(server)
    })
    mailbox.frameWriters.forEach((x, server) => {
      if (x?.flush() === true) mailbox.ringServer(server)
    })
    this.link?.flush()
  }
}

/** µs until frames that found no room are tried again. */
const FRAME_RETRY = 100
/** Applications' messages carry their sender in themselves. */
const NO_SENDER = -1
