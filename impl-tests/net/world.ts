/**
 * Two or more stacks and the wire between them, in virtual time: everything that happens is an event in one queue, and a
 * seed determines all of it.
 */

import { allocateRegion, type Region } from "../../src/memory/region.ts"
import { ArpTable } from "../../src/net/arp/arp-table.ts"
import {
  type Classified,
  classify,
  FIRST_DROP,
  FRAME_ARP,
  FRAME_CLASSES,
  FRAME_ICMP_ECHO,
  FRAME_TCP_SYN,
  ipv4,
  makeClassified,
} from "../../src/net/classify.ts"
import type { Emit } from "../../src/net/emit.ts"
import { replyEcho } from "../../src/net/icmp/echo.ts"
import { LOOKUP_TIME_WAIT, type TcpConfig, type TcpEvents, TcpTable } from "../../src/net/tcp/table.ts"
import { makeRandom, type Random } from "./random.ts"

export interface Faults {
  /** Probabilities per frame. */
  readonly loss: number
  readonly duplicate: number
  readonly corrupt: number
  /** Bounds of the delay, µs; it is drawn anew for each frame, so that frames overtake one another. */
  readonly delay: readonly [number, number]
  /** Bits per microsecond of the link, 0 for infinitely many. */
  readonly rate: number
}

export const PERFECT: Faults = { loss: 0, duplicate: 0, corrupt: 0, delay: [50, 50], rate: 0 }

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A binary heap by time, first come first served within one instant. */
class Agenda {
  readonly #heap: Event[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  add(at: number, run: () => void): void {
    const heap = this.#heap
    const event = { at, order: this.#order++, run }
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!comesBefore(event, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = event
  }

  take(): Event {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!)) child++
      if (!comesBefore(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return first
  }
}

const comesBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

const SLOT_BYTES = 2048

export interface HostOptions {
  readonly tcp?: Partial<TcpConfig>
  /** Transmit slots that are emptied when the wire takes a frame, `drainUs` after it was filled. Default: never full. */
  readonly slots?: number
  readonly drainUs?: number
  readonly faults?: Faults
  readonly events?: Partial<TcpEvents>
  readonly onSyn?: (c: Classified) => boolean
}

/** One stack with its wire end. */
export class Host {
  readonly name: string
  readonly ip: number
  readonly mac: Uint8Array
  readonly world: World
  readonly table: TcpTable
  readonly arp: ArpTable
  readonly counts = new Float64Array(FRAME_CLASSES)
  readonly log: string[] = []
  readonly emit: Emit
  /** Where its frames go. */
  readonly peers: { receive(frame: Uint8Array): void }[] = []
  faults: Faults
  /** Sees every frame sent; answering false loses it. */
  filter: ((frame: Uint8Array) => boolean) | undefined
  listening = true
  onSyn: (c: Classified) => boolean
  framesSent = 0
  #busy = 0
  #linkFree = 0
  #timerAt = Number.POSITIVE_INFINITY
  readonly #random: Random
  readonly #region = allocateRegion(65536)
  readonly #c: Classified

  constructor(world: World, name: string, address: string, mac: number, options: HostOptions) {
    this.world = world
    this.name = name
    this.ip = ipv4(address)
    this.mac = Uint8Array.of(2, 0, 0, 0, 0, mac)
    this.faults = options.faults ?? PERFECT
    this.onSyn = options.onSyn ?? (() => this.listening)
    this.#random = makeRandom(world.random.between(1, 0x7fffffff))
    this.#c = makeClassified({ ip: this.ip, mac: this.mac })
    const region = allocateRegion(SLOT_BYTES)
    const slots = options.slots ?? Number.POSITIVE_INFINITY
    const drainUs = options.drainUs ?? 1
    this.emit = {
      region,
      reserve: (length) => (length > SLOT_BYTES || this.#busy >= slots ? -1 : 0),
      commit: (length) => {
        if (slots !== Number.POSITIVE_INFINITY) {
          this.#busy++
          world.at(world.now + drainUs, () => {
            this.#busy--
            this.table.flushPending(world.now)
            this.arrange()
          })
        }
        this.#send(region.bytes.slice(0, length))
      },
    }
    this.arp = new ArpTable({ ip: this.ip, mac: this.mac }, this.emit)
    const log = (what: string) => this.log.push(`${world.now} ${what}`)
    const events: TcpEvents = {
      established: (tcb) => {
        log(`established ${tcb}`)
        options.events?.established?.(tcb)
      },
      readable: (tcb, end) => options.events?.readable?.(tcb, end),
      acked: (tcb, position) => options.events?.acked?.(tcb, position),
      peerFinished: (tcb) => {
        log(`peerFinished ${tcb}`)
        options.events?.peerFinished?.(tcb)
      },
      ended: (tcb, reason) => {
        log(`ended ${tcb} ${reason}`)
        options.events?.ended?.(tcb, reason)
      },
    }
    const secret = Uint8Array.from({ length: 16 }, () => this.#random.between(0, 255))
    const config: TcpConfig = {
      localIp: this.ip,
      localMac: this.mac,
      maxConnections: 64,
      secret,
      neighbours: this.arp,
      ...options.tcp,
    }
    this.table = new TcpTable(config, this.emit, events)
  }

  #send(frame: Uint8Array): void {
    const { world, faults } = this
    const random = this.#random
    this.framesSent++
    world.capture?.(this, frame)
    if (this.filter !== undefined && !this.filter(frame)) return
    const start = Math.max(world.now, this.#linkFree)
    this.#linkFree = faults.rate === 0 ? start : start + (frame.length * 8) / faults.rate
    const copies = random.chance(faults.loss) ? 0 : random.chance(faults.duplicate) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const at = Math.ceil(this.#linkFree) + random.between(faults.delay[0], faults.delay[1])
      const carried = random.chance(faults.corrupt) ? corrupted(frame, random) : frame
      if (carried === undefined) continue
      for (const peer of this.peers) world.at(at, () => peer.receive(carried))
    }
  }

  /** A frame arrives. */
  receive(frame: Uint8Array): void {
    this.#region.bytes.set(frame, 64)
    this.deliver(this.#region, 64, frame.length)
  }

  deliver(region: Region, offset: number, length: number): void {
    const c = this.#c
    const now = this.world.now
    const kind = classify(region, offset, length, c)
    this.counts[kind]!++
    if (kind >= FIRST_DROP) return
    if (kind === FRAME_ARP) this.arp.handle(region, c, now)
    else if (kind === FRAME_ICMP_ECHO) replyEcho(c, region, this.emit)
    else {
      const tcb = this.table.lookup(c)
      if (tcb >= 0) this.table.segment(tcb, region, c, now)
      else if (tcb === LOOKUP_TIME_WAIT) this.table.timeWait(c, now)
      else if (kind === FRAME_TCP_SYN && this.onSyn(c)) {
        this.table.openPassive(c, c.peerMacHigh, c.peerMacLow, now)
      } else this.table.refuse(c, now)
    }
    this.arrange()
  }

  /** Sees to it that the table's next timer is on the agenda; to be called after every call into the table. */
  arrange(): void {
    const due = this.table.nextTimer()
    if (due >= this.#timerAt) return
    this.#timerAt = due
    this.world.at(Math.max(due, this.world.now), () => {
      if (this.#timerAt !== due) return
      this.#timerAt = Number.POSITIVE_INFINITY
      this.table.tick(this.world.now)
      this.arrange()
    })
  }
}

/**
 * One bit wrong, which the Internet checksum always notices, within the IP packet; what only Ethernet's check sequence
 * would notice (its own header, ARP, padding) is lost.
 */
function corrupted(frame: Uint8Array, random: Random): Uint8Array | undefined {
  const at = random.between(0, frame.length - 1)
  const isIpv4 = frame[12] === 8 && frame[13] === 0
  if (!isIpv4 || at < 14) return undefined
  const copy = frame.slice()
  copy[at] = copy[at]! ^ (1 << random.between(0, 7))
  return copy
}

export class World {
  readonly random: Random
  readonly #agenda = new Agenda()
  now = 1_000_000
  steps = 0
  capture: ((from: Host, frame: Uint8Array) => void) | undefined

  constructor(seed: number) {
    this.random = makeRandom(seed)
  }

  at(time: number, run: () => void): void {
    this.#agenda.add(time, run)
  }

  /** A pair of hosts, each hearing the other: 10.0.0.1 and 10.0.0.2. */
  pair(a: HostOptions = {}, b: HostOptions = {}): [Host, Host] {
    const first = new Host(this, "a", "10.0.0.1", 1, a)
    const second = new Host(this, "b", "10.0.0.2", 2, b)
    first.peers.push(second)
    second.peers.push(first)
    return [first, second]
  }

  /** Runs until `done`, the time `until`, or nothing is left to happen. */
  run(until = Number.POSITIVE_INFINITY, done: () => boolean = () => false, maxSteps = 5_000_000): void {
    for (let n = 0; n < maxSteps; n++) {
      if (done()) return
      if (this.#agenda.next > until) {
        if (until !== Number.POSITIVE_INFINITY) this.now = Math.max(this.now, until)
        return
      }
      if (this.#agenda.size === 0) return
      const event = this.#agenda.take()
      this.now = Math.max(this.now, event.at)
      this.steps++
      event.run()
    }
    throw new Error(`the world didn't come to rest within ${maxSteps} steps`)
  }
}
