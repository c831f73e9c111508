/**
 * What an established connection costs its server, beyond its buffers: one whole server on an in-memory NIC, thousands of
 * connections opened, announced, claimed, and idle, the heap collected before it is read. Two parts: what tables sized for the
 * most connections take for each, and what comes on the heap when one lives. Stream rings and staging are buffers.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { decodeMessage, encodeMessage } from "../../codec/message.ts"
import { defaultBalance, type Topology } from "../../core/topology.ts"
import { appLinkBytes, appLinkOffsets, initAppLink } from "../../memory/app-link.ts"
import { makePair, type PairedNic } from "../../memory/pair.ts"
import { QueueReader, QueueWriter } from "../../memory/queue.ts"
import { allocateRegion, type Region } from "../../memory/region.ts"
import { classify, FRAME_TCP, FRAME_TCP_SYN, ipv4, makeClassified } from "../../net/classify.ts"
import { TCP_ACK, TCP_SYN } from "../../net/wire/tcp.ts"
import { ApplicationLink } from "../../server/application-link.ts"
import { parseConfiguration } from "../../server/configuration.ts"
import { Server } from "../../server/server.ts"
import { CannotMeasure } from "../errors.ts"
import type { Samples } from "../row.ts"
import { HEADERS, writeFrame } from "./frames.ts"

const PORT = 80
const LOCAL = { ip: ipv4("10.1.0.2"), mac: [2, 0, 0, 0, 0, 2] }
const PEER = { ip: ipv4("10.1.0.1"), mac: [2, 0, 0, 0, 0, 1] }
/** Opened at a time: fewer than the NIC's ring has slots for their frames. */
const BATCH = 64
/** Turns after which a batch that is not claimed counts as lost. */
const PATIENCE = 1000

const topologyOf = (connections: number): Topology => ({
  applications: 1,
  managers: 1,
  transports: 1,
  connections,
  backlog: 1024,
  room: 2 * BATCH,
  claimTimeout: 1_000_000,
  balance: defaultBalance,
})

const makeServer = (most: number, nic: PairedNic, now: () => number): Server =>
  new Server(
    {
      index: 0,
      plan: parseConfiguration("TS1LS1CM1"),
      topology: topologyOf(most),
      tcp: {
        localIp: LOCAL.ip,
        localMac: LOCAL.mac,
        maxConnections: most,
        // Of another size: their records are no connection's.
        maxTimeWait: 1024,
        stagingBytes: 2048,
        stagingSlots: 2 * BATCH,
        maxReceiveBytes: 2048,
        secret: new Uint8Array(32).fill(7),
      },
    },
    {
      nic,
      mailbox: {
        writers: [undefined],
        readers: [undefined],
        frameWriters: [undefined],
        frameReaders: [undefined],
        ringServer: () => {},
        ringApplication: () => {},
      },
      clock: { now },
      entropy: { draw: () => 1 },
      recorder: { record: () => {} },
    },
  )

const linkOf = (slots: number) => ({ queueCapacity: 512, slots, rxBytes: 2048, txBytes: 2048 })

/** Claims whatever is announced; keeps nothing of it. */
class Claimer {
  claimed = 0
  readonly link: ApplicationLink
  readonly #reader: QueueReader
  readonly #writer: QueueWriter

  constructor(slots: number, region: Region) {
    const config = linkOf(slots)
    initAppLink(region, 0, config)
    this.link = new ApplicationLink(0, PORT, region, 0, config)
    const { toServer, toApplication } = appLinkOffsets(config)
    this.#reader = new QueueReader(region, toApplication, config.queueCapacity)
    this.#writer = new QueueWriter(region, toServer, config.queueCapacity)
  }

  register(): void {
    encodeMessage(this.#writer.words, this.#writer.reserve(), { _tag: "AcceptConnection", a: 0, g: 1 }, PORT)
    this.#writer.submit()
  }

  turn(): void {
    for (let i = this.#reader.peek(); i >= 0; i = this.#reader.peek()) {
      const message = decodeMessage(this.#reader.words, i)
      if (message?._tag === "ConnectionAvailable") {
        const { c, n, g } = message
        const claim = { _tag: "ClaimConnection", a: 0, c, n, g } as const
        encodeMessage(this.#writer.words, this.#writer.reserve(), claim, PORT)
        this.#writer.submit()
      } else if (message?._tag === "Claimed") this.claimed++
      this.#reader.release()
    }
  }
}

/** A peer that answers a SYN-ACK with an ACK and says nothing else. */
class Peer {
  readonly #nic: PairedNic
  readonly #c = makeClassified(PEER)
  #opened = 0

  constructor(nic: PairedNic) {
    this.#nic = nic
  }

  #send(fromPort: number, fromIp: number, seq: number, ack: number, flags: number): void {
    const { tx } = this.#nic
    const flow = { fromIp, fromPort, toIp: LOCAL.ip, seq, ack, flags }
    writeFrame(tx.region, tx.bufferOffset(tx.head), flow, 0)
    tx.setSlotLength(tx.head, HEADERS)
    tx.head = tx.next(tx.head)
  }

  open(count: number): void {
    for (let k = 0; k < count; k++) this.#send(1024 + this.#opened++, PEER.ip, 1000, 0, TCP_SYN)
    this.#nic.txSync()
  }

  turn(): void {
    const { rx } = this.#nic
    for (; rx.head !== rx.tail; rx.head = rx.next(rx.head)) {
      const kind = classify(rx.region, rx.bufferOffset(rx.head), rx.slotLength(rx.head), this.#c)
      if (kind !== FRAME_TCP && kind !== FRAME_TCP_SYN) continue
      const { localPort, seq, flags } = this.#c
      if ((flags & TCP_SYN) !== 0) this.#send(localPort, PEER.ip, 1001, (seq + 1) | 0, TCP_ACK)
    }
    this.#nic.txSync()
  }
}

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Looks at the heap before it counts as settled anyhow. */
const MOST_LOOKS = 50
const moment = new Int32Array(new SharedArrayBuffer(4))

/** Bytes of the heap and of all array buffers, after collections: what they free is given back behind our back, so until that ends. */
const used = (): number => {
  let before = Number.NaN
  for (let k = 0; ; k++) {
    collect()
    Atomics.wait(moment, 0, 0, 5)
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    if (arrayBuffers === before || k === MOST_LOOKS) return heapUsed + arrayBuffers
    before = arrayBuffers
  }
}

interface Opened {
  /** Bytes that the server took before any connection, and those that came with the connections. */
  readonly empty: number
  readonly live: number
}

/** What was measured before: if it went, its going would be measured too. */
const kept: Array<unknown> = []

/** Opens `count` connections at a server that has room for just so many. `buffers` serve one after the other. */
const open = (count: number, buffers: Region): Opened => {
  const [nic, wire] = makePair({ rxSlots: 512, txSlots: 512, bufSize: 2048 })
  const claimer = new Claimer(count, buffers)
  let now = 1000
  const before = used()
  const server = makeServer(count, nic, () => now)
  if (!server.attach(claimer.link)) throw new CannotMeasure("no slot is free", "this is an error")
  const peer = new Peer(wire)
  claimer.register()
  server.turn()
  const empty = used() - before
  let turns = 0
  for (let opened = 0; opened < count; opened += BATCH) {
    const batch = Math.min(BATCH, count - opened)
    peer.open(batch)
    for (const until = turns + PATIENCE; claimer.claimed < opened + batch; turns++) {
      if (turns === until)
        throw new CannotMeasure(`${claimer.claimed} of ${opened + batch} connections claimed`, "an error")
      now += 10
      server.turn()
      peer.turn()
      claimer.turn()
    }
  }
  const live = used() - before - empty
  if (server.transport?.tcp.counters().established !== count || claimer.claimed !== count)
    throw new CannotMeasure("connections were lost", "this is an error of the server")
  kept.push(server, wire, claimer, peer)
  return { empty, live }
}

export const sampleConnections = (quick: boolean, say: (line: string) => void): Samples => {
  const [few, many] = quick ? ([512, 1024] as const) : ([4096, 8192] as const)
  const buffers = allocateRegion(appLinkBytes(linkOf(many)))
  // What any server needs once, code included.
  open(few, buffers)
  const turns: Array<readonly [number]> = []
  let tables = 0
  for (let k = 0; k < (quick ? 2 : 5); k++) {
    const small = open(few, buffers)
    const large = open(many, buffers)
    tables = (large.empty - small.empty) / (many - few)
    turns.push([tables + (large.live - small.live) / (many - few)])
  }
  say(`${many} connections: ${turns.at(-1)![0].toFixed(0)} B each`)
  return {
    turns,
    dropped: 0,
    details: [
      { name: "connections", value: many, unit: "" },
      { name: "in tables made at the start", value: tables, unit: "B" },
    ],
  }
}
