/** A client's machine: our own TCP engine on the other end of the wire, and the conversations that it has. */
import { allocateRegion, type Region } from "../memory/region.ts"
import { ArpTable } from "../net/arp/arp-table.ts"
import {
  type Classified,
  classify,
  FIRST_DROP,
  FRAME_ARP,
  FRAME_CLASSES,
  FRAME_ICMP_ECHO,
  makeClassified,
} from "../net/classify.ts"
import type { Emit } from "../net/emit.ts"
import { replyEcho } from "../net/icmp/echo.ts"
import { LOOKUP_TIME_WAIT, type TcpConfig, type TcpEvents, TcpTable } from "../net/tcp/table.ts"
import type { Alarm } from "./agenda.ts"
import { Conversation, type ConversationHost, type Plan } from "./conversation.ts"
import { NETWORK_FRAME, type Network } from "./network.ts"
import type { Random } from "./random.ts"

export interface HostOptions {
  readonly index: number
  /** Its node in the network. */
  readonly node: number
  readonly ip: number
  readonly mac: ReadonlyArray<number>
  readonly stackIp: number
  readonly tcp: Omit<TcpConfig, "localIp" | "localMac" | "neighbours">
  readonly ringBytes: number
  /** Ports that it connects from: few, so that they are used again. */
  readonly ports: number
}

export interface HostWorld {
  readonly now: number
  /** Its application does not keep the protocol. */
  mayHearNonsense(conversation: Conversation): boolean
  fail(why: string): void
}

const FIRST_PORT = 20000

export class Host implements TcpEvents, ConversationHost {
  /** Its conversations' rings. */
  readonly region: Region
  readonly ringBytes: number
  table: TcpTable
  readonly options: HostOptions
  readonly counts = new Float64Array(FRAME_CLASSES)
  /** Conversations that found no free port, ring or record. */
  notBegun = 0
  readonly #world: HostWorld
  readonly #random: Random
  readonly #emit: Emit
  #arp: ArpTable
  readonly #c: Classified
  readonly #freeRings: Array<number>
  /** By TCP's index. */
  readonly #conversations: Array<Conversation | undefined>
  readonly #byPort = new Map<number, Conversation>()
  readonly #nonsense: Array<Conversation> = []
  #nextPort = 0
  readonly #alarm: Alarm

  /** `alarm`: at it `timer` is called. */
  constructor(options: HostOptions, network: Network, alarm: Alarm, world: HostWorld, random: Random) {
    this.options = options
    this.ringBytes = options.ringBytes
    this.#emit = new NetworkEmit(network, options.node)
    this.#alarm = alarm
    this.#world = world
    this.#random = random
    const most = options.tcp.maxConnections
    this.region = allocateRegion(most * 2 * options.ringBytes)
    this.#freeRings = Array.from({ length: most }, (_, k) => k * 2 * options.ringBytes)
    this.#conversations = new Array<Conversation | undefined>(most).fill(undefined)
    this.#c = makeClassified({ ip: options.ip, mac: options.mac })
    this.#arp = this.#makeArp()
    this.table = this.#makeTable()
  }

  get now(): number {
    return this.#world.now
  }

  get live(): number {
    return this.#byPort.size
  }

  /** Begins a conversation, which is woken at `alarm`; undefined, and counted: there is no port, ring or record for it. */
  begin(plan: Plan, alarm: Alarm): Conversation | undefined {
    const { ip, stackIp } = this.options
    const port = this.#freePort()
    const ring = port < 0 ? undefined : this.#freeRings.pop()
    if (ring === undefined) {
      this.notBegun++
      return undefined
    }
    const random = this.#random.stream(`conversation ${plan.id}`)
    const conversation = new Conversation(plan, port, this, alarm, random)
    const tcb = this.table.connect(stackIp, plan.port, port, this.now)
    if (tcb < 0) {
      this.#freeRings.push(ring)
      this.notBegun++
      return undefined
    }
    conversation.tcb = tcb
    conversation.ring = ring
    this.#conversations[tcb] = conversation
    this.#byPort.set(port, conversation)
    const { ringBytes } = this
    const result = this.table.attach(tcb, this.region, ring, ringBytes, ring + ringBytes, ringBytes)
    if (result !== 0) this.fail(`host ${ip}: attach answered ${result}`)
    this.arrange()
    return conversation
  }

  /** The conversation that a flow from this port is, or was last. */
  conversationAt(port: number): Conversation | undefined {
    return this.#byPort.get(port)
  }

  /** A frame arrives. */
  frame(region: Region, offset: number, length: number): void {
    const c = this.#c
    const { now, table } = this
    const kind = classify(region, offset, length, c)
    this.counts[kind]!++
    if (kind >= FIRST_DROP) return
    if (kind === FRAME_ARP) this.#arp.handle(region, c, now)
    else if (kind === FRAME_ICMP_ECHO) replyEcho(c, region, this.#emit)
    else {
      const tcb = table.lookup(c)
      if (tcb >= 0) table.segment(tcb, region, c, now)
      else if (tcb === LOOKUP_TIME_WAIT) table.timeWait(c, now)
      else table.refuse(c, now)
    }
    this.arrange()
  }

  timer(): void {
    if (!this.#alarm.rings()) return
    this.table.tick(this.now)
    this.arrange()
  }

  /** Sees to it that the table's next timer comes; after every call into the table. */
  arrange(): void {
    // Not from within TCP's own callbacks.
    for (const x of this.#nonsense.splice(0)) x.abort("nonsense")
    this.table.flushPending(this.now)
    const due = this.table.nextTimer()
    if (due < Number.POSITIVE_INFINITY) this.#alarm.set(due)
  }

  /** Loses all that it knew; the stack's connections to it are nobody's. */
  reboot(): void {
    for (const conversation of this.#byPort.values()) {
      this.#freeRings.push(conversation.ring)
      conversation.vanish()
    }
    this.#byPort.clear()
    this.#conversations.fill(undefined)
    this.#arp = this.#makeArp()
    this.table = this.#makeTable()
    this.#alarm.clear()
  }

  fail(why: string): void {
    this.#world.fail(`host ${this.options.index}: ${why}`)
  }

  wrong(conversation: Conversation, what: string): void {
    if (this.#world.mayHearNonsense(conversation)) {
      if (conversation.ended === undefined) this.#nonsense.push(conversation)
    } else this.fail(`conversation ${conversation.plan.id}: ${what}`)
  }

  established(tcb: number): void {
    this.#conversations[tcb]?.onEstablished()
  }

  readable(tcb: number, end: number): void {
    this.#conversations[tcb]?.onReadable(end)
  }

  acked(tcb: number, position: number): void {
    this.#conversations[tcb]?.onAcked(position)
  }

  peerFinished(tcb: number): void {
    this.#conversations[tcb]?.onPeerFinished()
  }

  ended(tcb: number, reason: number): void {
    const conversation = this.#conversations[tcb]
    if (conversation === undefined) return
    this.#conversations[tcb] = undefined
    conversation.onEnded(reason)
    this.#byPort.delete(conversation.localPort)
    this.#freeRings.push(conversation.ring)
  }

  /** The next port of the few without a conversation; the other side may still know the flow. */
  #freePort(): number {
    const { ports } = this.options
    for (let k = 0; k < ports; k++) {
      const port = FIRST_PORT + ((this.#nextPort + k) % ports)
      if (this.#byPort.has(port)) continue
      this.#nextPort = (this.#nextPort + k + 1) % ports
      return port
    }
    return -1
  }

  #makeArp(): ArpTable {
    const { ip, mac } = this.options
    return new ArpTable({ ip, mac }, this.#emit, 8)
  }

  #makeTable(): TcpTable {
    const { ip, mac, tcp } = this.options
    return new TcpTable({ ...tcp, localIp: ip, localMac: mac, neighbours: this.#arp }, this.#emit, this)
  }
}

/** Frames built right in the network's slots. */
export class NetworkEmit implements Emit {
  readonly region: Region
  readonly #network: Network
  readonly #node: number
  #slot = -1

  constructor(network: Network, node: number) {
    this.region = network.region
    this.#network = network
    this.#node = node
  }

  reserve(maxLength: number): number {
    if (maxLength > NETWORK_FRAME) return -1
    if (this.#slot < 0) this.#slot = this.#network.take()
    return this.#slot < 0 ? -1 : this.#network.offsetOf(this.#slot)
  }

  commit(length: number): void {
    const slot = this.#slot
    this.#slot = -1
    this.#network.send(this.#node, slot, length)
  }
}
