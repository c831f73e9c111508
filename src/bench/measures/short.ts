/**
 * Short connections through the whole stack on an in-memory NIC: a combined server (link, transport, manager, recorder on) and
 * the application's end of the rings, on one core; each connection a whole life of TCP as ApacheBench has it, from SYN to the last
 * ACK, with a request and the answer of the paper's 4-byte page (§5.1). The client, a generator of frames, takes turns with
 * them; its time is not counted, as it is no part of the stack. Time is the process's CPU time, its collector's threads
 * included, divided among the parts by the time-stamp counter.
 *
 * Beside it, the same frames served by the TCP table alone: no accept protocol, no rings, no application.
 */
import { Attachment } from "../../application/attachment.ts"
import { RecorderWriter, recorderBytes } from "../../codec/recorder-ring.ts"
import { defaultBalance, type Topology } from "../../core/topology.ts"
import { appLinkBytes, initAppLink } from "../../memory/app-link.ts"
import { makePair, type PairedNic } from "../../memory/pair.ts"
import { allocateRegion } from "../../memory/region.ts"
import { cycles, monotonicUs, pinCpu } from "../../native/native.ts"
import { classify, FRAME_TCP, FRAME_TCP_SYN, ipv4, makeClassified } from "../../net/classify.ts"
import { type TcpEvents, TcpTable } from "../../net/tcp/table.ts"
import { LOOKUP_NONE, LOOKUP_REUSE, LOOKUP_TIME_WAIT } from "../../net/tcp/types.ts"
import { RECORDER_CAPACITY } from "../../runtime/plan.ts"
import { ApplicationLink } from "../../server/application-link.ts"
import { parseConfiguration } from "../../server/configuration.ts"
import { NicEmit } from "../../server/nic-emit.ts"
import { Server } from "../../server/server.ts"
import { CannotMeasure } from "../errors.ts"
import type { Measure } from "../row.ts"
import { median } from "../statistics.ts"
import { ShortClient } from "./short-client.ts"

const PORT = 80
const LOCAL = { ip: ipv4("10.1.0.2"), mac: [2, 0, 0, 0, 0, 2] }
const PEER = { ip: ipv4("10.1.0.1"), mac: [2, 0, 0, 0, 0, 1] }
/** Connections under way at a time. */
const CONCURRENCY = 64
const REQUEST = Buffer.from(
  "GET / HTTP/1.0\r\nHost: 10.1.0.2\r\nUser-Agent: ApacheBench/2.3\r\nAccept: */*\r\n\r\n",
)
const ANSWER = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nPIKA",
)

/** As `pika up` has them. */
const topology: Topology = {
  applications: 16,
  managers: 1,
  transports: 1,
  connections: 2048,
  backlog: 1024,
  room: 64,
  claimTimeout: 20_000,
  balance: defaultBalance,
}
const link = { queueCapacity: 1024, slots: 256, rxBytes: 1 << 18, txBytes: 1 << 18 }
const tcp = {
  localIp: LOCAL.ip,
  localMac: LOCAL.mac,
  maxConnections: 16384,
  maxTimeWait: 32768,
  stagingBytes: 8192,
  stagingSlots: 4096,
  maxReceiveBytes: link.rxBytes,
  secret: Uint8Array.from({ length: 32 }, (_, k) => k),
}

/** Serves what the client asks; its turns are what is timed, in parts. */
interface Side {
  readonly turns: ReadonlyArray<() => void>
}

const recorderOf = (): RecorderWriter =>
  new RecorderWriter(allocateRegion(recorderBytes(RECORDER_CAPACITY)), 0, RECORDER_CAPACITY)

/** The stack: server, application, server again for what the application said. */
const wholeStack = (nic: PairedNic): Side => {
  const epoch = monotonicUs()
  const now = () => monotonicUs() - epoch
  let x = 12345
  const draw = () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
  const server = new Server(
    { index: 0, plan: parseConfiguration("TS1LS1CM1"), topology, tcp },
    {
      nic,
      clock: { now },
      entropy: { draw },
      recorder: recorderOf(),
      mailbox: {
        writers: [undefined],
        readers: [undefined],
        frameWriters: [undefined],
        frameReaders: [undefined],
        ringServer: () => {},
        ringApplication: () => {},
      },
    },
  )
  const region = allocateRegion(appLinkBytes(link))
  initAppLink(region, 0, link)
  if (!server.attach(new ApplicationLink(0, PORT, region, 0, link)))
    throw new CannotMeasure("the application's slot is taken", "this is an error of the server")
  const records = recorderOf()
  const attachment = new Attachment(
    { a: 0, g: 0, port: PORT, topology, transports: [0], managers: [0], link },
    {
      links: [{ region, offset: 0 }],
      now,
      ringServer: () => {},
      record: (event, env, out) => records.record("application", 0, PORT, event, env, out),
      connection: (stream) => {
        let answered = false
        stream.changed = () => {
          if (answered || stream.available < REQUEST.length) return
          answered = true
          stream.read()
          stream.write(ANSWER)
          stream.finish()
          stream.close()
        }
        stream.changed()
      },
    },
  )
  attachment.poll()
  server.turn()
  return { turns: [() => server.turn(), () => attachment.poll(), () => server.turn()] }
}

/** TCP alone answers by itself. */
const tcpAlone = (nic: PairedNic): Side => {
  const rings = allocateRegion(CONCURRENCY * 4 * 4096)
  const free = Array.from({ length: CONCURRENCY * 2 }, (_, k) => k)
  const slotOf = new Int32Array(tcp.maxConnections).fill(-1)
  let now = 0
  const events: TcpEvents = {
    established(tcb) {
      const slot = free.pop()
      if (slot === undefined) throw new CannotMeasure("no ring is free", "this is an error of the benchmark")
      slotOf[tcb] = slot
      table.attach(tcb, rings, slot * 8192, 4096, slot * 8192 + 4096, 4096)
    },
    readable(tcb, end) {
      if (end < REQUEST.length) return
      table.consumed(tcb, end, now)
      rings.bytes.set(ANSWER, slotOf[tcb]! * 8192 + 4096)
      table.written(tcb, ANSWER.length, now)
      table.finish(tcb, now)
      table.close(tcb, now)
    },
    acked() {},
    peerFinished() {},
    ended(tcb) {
      if (slotOf[tcb]! >= 0) free.push(slotOf[tcb]!)
      slotOf[tcb] = -1
    },
  }
  const emit = new NicEmit(nic.tx)
  // The rings hold what may be staged.
  const table: TcpTable = new TcpTable({ ...tcp, stagingBytes: 4096, maxReceiveBytes: 4096 }, emit, events)
  const c = makeClassified(LOCAL)
  const turn = () => {
    now = monotonicUs()
    const { rx } = nic
    const ready = nic.rxSync()
    for (let k = 0; k < ready; k++, rx.head = rx.next(rx.head)) {
      const kind = classify(rx.region, rx.bufferOffset(rx.head), rx.slotLength(rx.head), c)
      if (kind !== FRAME_TCP && kind !== FRAME_TCP_SYN) continue
      const tcb = table.lookup(c)
      if (tcb >= 0) table.segment(tcb, rx.region, c, now)
      else if (tcb === LOOKUP_TIME_WAIT) table.timeWait(c, now)
      else if (kind === FRAME_TCP_SYN && (tcb === LOOKUP_NONE || tcb === LOOKUP_REUSE))
        table.openPassive(c, c.peerMacHigh, c.peerMacLow, now)
    }
    table.tick(now)
    table.flushPending(now)
    nic.txSync()
  }
  return { turns: [turn] }
}

/** One side with its client: serves connections, and knows what each part of it took. */
class Rig {
  readonly #client: ShortClient
  readonly #side: Side
  readonly #wire: PairedNic
  /** Cycles of the client's turns, then of the side's parts. */
  readonly #spent: Float64Array

  constructor(make: (nic: PairedNic) => Side) {
    const [nic, wire] = makePair({ rxSlots: 1024, txSlots: 1024, bufSize: 2048 })
    this.#wire = wire
    this.#side = make(nic)
    this.#spent = new Float64Array(1 + this.#side.turns.length)
    this.#client = new ShortClient(wire, {
      local: PEER,
      peer: LOCAL,
      port: PORT,
      request: REQUEST,
      answer: ANSWER,
      most: CONCURRENCY,
    })
  }

  /** Connections for each second of CPU time spent in the parts named (0: the client). */
  serve(connections: number): (parts: ReadonlyArray<number>) => number {
    const client = this.#client
    const { turns } = this.#side
    const spent = this.#spent.fill(0)
    const first = client.done
    const start = process.cpuUsage()
    for (let passes = 0; client.done - first < connections; passes++) {
      if (passes > 100 * connections)
        throw new CannotMeasure(
          `${client.done - first} of ${connections} connections were served`,
          "an error",
        )
      let before = cycles()
      client.turn(Math.trunc(monotonicUs() / 1000))
      for (let k = 0; k <= turns.length; k++) {
        const now = cycles()
        spent[k]! += now - before
        before = now
        turns[k]?.()
      }
    }
    const { user, system } = process.cpuUsage(start)
    if (client.failed > 0 || this.#wire.dropped() > 0)
      throw new CannotMeasure(
        `${client.failed} connections failed`,
        "a rate without them would be of another load",
      )
    const served = client.done - first
    const parts = spent.slice()
    const cyclesOf = (which: Iterable<number>) => [...which].reduce((sum, k) => sum + parts[k]!, 0)
    const all = cyclesOf(parts.keys())
    return (which) => served / (((user + system) / 1e6) * (cyclesOf(which) / all))
  }
}

export const measureShort: Measure = async ({ cores, quick, say }) => {
  pinCpu(cores[0])
  const whole = new Rig(wholeStack)
  const alone = new Rig(tcpAlone)
  const count = quick ? 2000 : 20_000
  for (let k = 0; k < (quick ? 1 : 4); k++) {
    whole.serve(count)
    alone.serve(count)
  }
  const turns: Array<readonly [number, number]> = []
  const server: Array<number> = []
  const all: Array<number> = []
  for (let k = 0; k < (quick ? 2 : 15); k++) {
    const ours = whole.serve(count)
    const reference = alone.serve(count)
    turns.push([ours([1, 2, 3]), reference([1])])
    server.push(ours([1, 3]))
    all.push(ours([0, 1, 2, 3]))
  }
  say(`${turns.at(-1)![0].toFixed(0)} connections/s, ${turns.at(-1)![1].toFixed(0)} by TCP alone`)
  const details = [
    { name: "the server's part alone", value: median(server), unit: "1/s" },
    { name: "with the client's time", value: median(all), unit: "1/s" },
  ]
  return { "short-connections": { turns, dropped: 0, details } }
}
