/**
 * An application process attached to a stack: the application's machine of the accept handshake on one listening
 * port, and the streams of its connections. No I/O: the host calls `poll` when the doorbell rings.
 */
import {
  DataType,
  FLAG_PEER_FINISHED,
  RIDER_FLAGS,
  RIDER_PEER_IP,
  RIDER_PORTS,
  RIDER_READABLE,
  RIDER_SENDER,
  RIDER_SLOT,
} from "../codec/data-message.ts"
import { decodeMessage, encodeMessage, LAST_CORE_TYPE, typeOf } from "../codec/message.ts"
import {
  type Application,
  canClaim,
  canRegister,
  initialApplication,
  stepApplication,
} from "../core/application.ts"
import type { ApplicationEvent, Env } from "../core/event.ts"
import type { Message } from "../core/message.ts"
import { Outbox } from "../core/outbox.ts"
import { homeOf, type Topology } from "../core/topology.ts"
import { type AppLinkConfig, type AppLinkOffsets, appLinkOffsets } from "../memory/app-link.ts"
import { QueueReader, QueueWriter } from "../memory/queue.ts"
import type { Region } from "../memory/region.ts"
import { Stream } from "./stream.ts"

/** What an application is told when it attaches. */
export interface Welcome {
  /** Slot, generation to continue after, port. */
  readonly a: number
  readonly g: number
  readonly port: number
  readonly topology: Topology
  /** Server of each transport and manager. */
  readonly transports: ReadonlyArray<number>
  readonly managers: ReadonlyArray<number>
  readonly link: AppLinkConfig
}

export interface AttachmentHost {
  /** By server: where its link begins, in its region. */
  readonly links: ReadonlyArray<{ readonly region: Region; readonly offset: number }>
  now(): number
  ringServer(server: number): void
  record(event: ApplicationEvent, env: Env, out: Outbox): void
  /** What was recorded last has been sent. */
  sent?(): void
  /** A connection is ours. */
  connection(stream: Stream): void
}

interface Link {
  readonly region: Region
  readonly offset: number
  readonly reader: QueueReader
  readonly writer: QueueWriter
}

/** Slots of the ring to a server that are kept for claims and registrations: one in four. */
const keptOf = (writer: QueueWriter): number => writer.capacity >> 2

/** Turns for which a process that is busy all the time puts off registering under Late. */
const MOST_DEFERRED = 1

export class Attachment {
  state: Application
  readonly welcome: Welcome
  /** Live streams by server and slot. */
  readonly #streams: ReadonlyArray<Array<Stream | undefined>>
  readonly #links: ReadonlyArray<Link>
  readonly #offsets: AppLinkOffsets
  readonly #host: AttachmentHost
  readonly #out = new Outbox()
  readonly #owing: Array<Stream> = []
  /** By server: buffers in use, those of ended connections that are not read to their end included. */
  readonly #held: Array<number>
  /** While false, nothing is registered or claimed: what is announced goes to others. */
  accepting = true
  live = 0
  /** Under Late. */
  readonly #registersIdle: boolean
  #deferred = 0

  constructor(welcome: Welcome, host: AttachmentHost) {
    this.welcome = welcome
    this.#host = host
    this.#registersIdle = welcome.topology.balance.scheme === "Late"
    this.#offsets = appLinkOffsets(welcome.link)
    const { toServer, toApplication } = this.#offsets
    this.#links = host.links.map(({ region, offset }) => ({
      region,
      offset,
      reader: new QueueReader(region, offset + toApplication, welcome.link.queueCapacity),
      writer: new QueueWriter(region, offset + toServer, welcome.link.queueCapacity),
    }))
    this.#held = host.links.map(() => 0)
    this.#streams = host.links.map(() => new Array<Stream | undefined>(welcome.link.slots).fill(undefined))
    // The supervisor attached the slot, and every transport has acknowledged.
    this.state = { ...initialApplication(welcome.a), phase: "Up", g: welcome.g }
  }

  /**
   * Takes what has arrived, claims and registers, and tells the servers. True: something was there, or may be done by now.
   * Under Late whoever calls it says that what it has handed over before is done with.
   */
  poll(): boolean {
    let work = false
    if (this.#isDue()) this.#registerIdle()
    this.#links.forEach((link, server) => {
      // At most what the ring can hold in one turn.
      for (let k = 0; k < link.reader.capacity; k++) {
        const i = link.reader.peek()
        if (i < 0) break
        work = true
        this.#receive(server, link.reader.words, i)
        link.reader.release()
      }
    })
    this.#accept()
    if (!this.#registersIdle && this.accepting && canRegister(this.state)) this.#step({ _tag: "Register" })
    this.flush()
    return work || this.#isDue()
  }

  /** About to wait for the doorbell; false: something has arrived, there is room for what is owed, or nobody knows that we idle. */
  arm(): boolean {
    if (this.#isDue()) return false
    let quiet = true
    for (const link of this.#links) if (!link.reader.arm()) quiet = false
    for (const stream of this.#owing) {
      const { writer } = this.#links[stream.server]!
      if (!writer.armRoom(keptOf(writer) + 1)) quiet = false
    }
    if (!quiet) for (const link of this.#links) link.reader.disarm()
    return quiet
  }

  /** Stops listening; connections live on. */
  closeListener(): void {
    if (this.state.phase === "Up") this.#step({ _tag: "CloseListener" })
    this.accepting = false
    this.flush()
  }

  owes(stream: Stream): void {
    this.#owing.push(stream)
  }

  released(stream: Stream): void {
    this.#held[stream.server]!--
  }

  /** Tells the servers what streams owe them, and rings those that sleep. */
  flush(): void {
    let kept = 0
    for (const stream of this.#owing) {
      if (this.#tell(stream)) stream.told()
      else this.#owing[kept++] = stream
    }
    this.#owing.length = kept
    // A buffer that was given back may be what a token waits for.
    this.#accept()
    this.#links.forEach((link, server) => {
      const told = link.writer.flush()
      // A server that waits for room in the ring that we read is rung too.
      if (link.reader.flushRoom() || told) this.#host.ringServer(server)
    })
  }

  /** Under Late: it wants a connection, has none coming, and has buffers for one wherever it comes from. */
  #isDue(): boolean {
    const { tokens, claims } = this.state
    if (!this.#registersIdle || !this.accepting || !canRegister(this.state)) return false
    if (tokens.length > 0 || claims.length > 0) return false
    for (const held of this.#held) if (held >= this.welcome.link.slots) return false
    return true
  }

  /** What has arrived goes first, so that who registers is idle; but not for ever. */
  #registerIdle(): void {
    let arrived = false
    for (const { reader } of this.#links) if (reader.peek() >= 0) arrived = true
    if (arrived && this.#deferred++ < MOST_DEFERRED) return
    this.#deferred = 0
    this.#step({ _tag: "Register" })
  }

  /** Claims what is announced, as far as there are buffers. */
  #accept(): void {
    if (!this.accepting) return
    while (canClaim(this.state) && this.#roomFor(this.state.tokens[0]!.t)) this.#step({ _tag: "Claim" })
  }

  /** True when everything owed was told. */
  #tell(stream: Stream): boolean {
    const { writer } = this.#links[stream.server]!
    if (stream.owed === 0) return true
    if (writer.free() <= keptOf(writer)) return false
    const i = writer.reserve()
    const { words } = writer
    words[i] = DataType.Update
    words[i + 1] = stream.slot
    words[i + 2] = stream.c
    words[i + 3] = stream.n
    words[i + 4] = stream.written
    words[i + 5] = stream.consumed
    words[i + 6] = stream.owed
    writer.submit()
    return true
  }

  #receive(server: number, words: Int32Array, i: number): void {
    const type = typeOf(words, i)
    if (type <= LAST_CORE_TYPE) {
      const message = decodeMessage(words, i)
      const t = words[i + RIDER_SENDER]!
      if (message?._tag === "ConnectionAvailable") this.#step({ _tag: "ReceiveAvailable", t, message })
      else if (message?._tag === "TimedOut") this.#step({ _tag: "ReceiveTimedOut", t, message })
      else if (message?._tag === "Claimed") {
        this.#step({ _tag: "ReceiveClaimed", t, message })
        this.#open(server, message, words, i)
      }
      return
    }
    const stream = this.#streams[server]![words[i + 1]!]
    if (stream === undefined || stream.c !== words[i + 2] || stream.n !== words[i + 3]) return
    stream.readable = words[i + 4]!
    stream.peerFinished ||= (words[i + 6]! & FLAG_PEER_FINISHED) !== 0
    if (type === DataType.Status) stream.acked = words[i + 5]!
    else if (type === DataType.Ended) {
      this.#streams[server]![stream.slot] = undefined
      this.live--
      stream.end(words[i + 5]!)
      this.#step({ _tag: "Release", c: stream.c, n: stream.n })
    }
    stream.changed()
  }

  #open(
    server: number,
    message: Extract<Message, { readonly _tag: "Claimed" }>,
    words: Int32Array,
    i: number,
  ): void {
    const { link } = this.welcome
    const { region, offset } = this.#links[server]!
    const offsets = this.#offsets
    const slot = words[i + RIDER_SLOT]!
    const stream = new Stream(
      this,
      {
        region,
        rxOffset: offset + offsets.rxRingOffset(slot),
        rxBytes: link.rxBytes,
        txOffset: offset + offsets.txRingOffset(slot),
        txBytes: link.txBytes,
      },
      { server, slot, c: message.c, n: message.n },
      { ip: words[i + RIDER_PEER_IP]!, port: words[i + RIDER_PORTS]! >>> 16 },
    )
    stream.readable = words[i + RIDER_READABLE]!
    stream.peerFinished = (words[i + RIDER_FLAGS]! & FLAG_PEER_FINISHED) !== 0
    this.#streams[server]![slot] = stream
    this.#held[server]!++
    this.live++
    this.#host.connection(stream)
    // What came with the claim is news too.
    if (stream.readable !== 0 || stream.peerFinished) stream.changed()
  }

  /** Buffers for one more connection of transport `t`: claims that are out will need theirs. */
  #roomFor(t: number): boolean {
    const out = this.state.claims.filter((x) => x.t === t).length
    return out + this.#held[this.welcome.transports[t]!]! < this.welcome.link.slots
  }

  #step(event: ApplicationEvent): void {
    const out = this.#out
    out.clear()
    const env = { now: this.#host.now(), draw: 0 }
    this.state = stepApplication(this.state, event, this.welcome.topology, out)
    if (out.outcome === "Illegal") return
    this.#host.record(event, env, out)
    for (let k = 0; k < out.length; k++) {
      const to = out.to[k]!
      const server = out.roles[k] === "manager" ? this.welcome.managers[to]! : this.welcome.transports[to]!
      const { writer } = this.#links[server]!
      const i = writer.reserve()
      // Room: claims are bounded by announcements, registrations by their answers; the rest keeps a quarter free.
      if (i < 0)
        throw new Error(`the ring to server ${server} is full of claims: a server that does not read it`)
      encodeMessage(writer.words, i, out.messages[k]!, this.welcome.port)
      writer.submit()
    }
    if (out.length > 0) this.#host.sent?.()
  }

  /** The manager that lists this application. */
  get home(): number {
    return homeOf(this.welcome.topology, this.welcome.a)
  }
}
