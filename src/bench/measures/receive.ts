/**
 * The receive path for one frame: parse, both checksums, flow lookup among 16,384, the connection's update, the ACK built;
 * for a frame of 64 B (with its check sequence; 6 bytes of payload) and one of 1,514 B. Against plain C that does the same
 * without TCP's exceptions (`native/bench/receive.c`), and against a loop that only verifies the checksums of the same frames.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { allocateRegion } from "../../memory/region.ts"
import { builtPath, pinCpu } from "../../native/native.ts"
import { classify, FRAME_TCP, ipv4, makeClassified } from "../../net/classify.ts"
import type { Emit } from "../../net/emit.ts"
import { type TcpEvents, TcpTable } from "../../net/tcp/table.ts"
import { TCP_ACK, TCP_SYN } from "../../net/wire/tcp.ts"
import { CannotMeasure } from "../errors.ts"
import type { Measure, Samples } from "../row.ts"
import { median } from "../statistics.ts"
import { HEADERS, sumsRight, writeFrame } from "./frames.ts"

export const FLOWS = 16384
const SLOT = 2048
const BURST = 64
const RING = 16384
const LOCAL = ipv4("10.0.0.2")
const MAC = [2, 0, 0, 0, 0, 2]
const SMALL = 6
const LARGE = 1460

const nothing: TcpEvents = { established() {}, readable() {}, acked() {}, peerFinished() {}, ended() {} }

/** Transmit slots that are always free. */
class Slots implements Emit {
  readonly region = allocateRegion(BURST * SLOT)
  #at = 0

  reserve(): number {
    return this.#at
  }

  commit(): void {
    this.#at = (this.#at + SLOT) & (BURST * SLOT - 1)
  }

  /** Where the last frame is. */
  get last(): number {
    return (this.#at - SLOT) & (BURST * SLOT - 1)
  }
}

const ipOf = (flow: number): number => ipv4("10.1.0.0") + (flow >>> 8) + 1
const portOf = (flow: number): number => 1024 + (flow & 255) * 7

/** Few enough for a core's first cache to hold all of them: what is left then is the instructions. */
const FEW_FLOWS = 16

/** A table with all flows established and attached, and bursts of in-order frames from flows in random order. */
class Rig {
  touched = 0
  readonly table: TcpTable
  readonly #emit = new Slots()
  readonly #input = allocateRegion(BURST * SLOT)
  readonly #c = makeClassified({ ip: LOCAL, mac: MAC })
  readonly #payload: number
  readonly #flows: number
  readonly #ack = new Int32Array(FLOWS)
  readonly #next = new Int32Array(FLOWS)
  readonly #read = new Float64Array(FLOWS)
  #random = 12345
  #now = 1000

  constructor(flows: number, payload: number) {
    this.#flows = flows
    this.#payload = payload
    const config = { localIp: LOCAL, localMac: MAC, maxConnections: flows, maxTimeWait: flows }
    const secret = new Uint8Array(16).fill(7)
    // Every segment is acknowledged at once, or half of the frames would cost no ACK.
    this.table = new TcpTable({ ...config, stagingBytes: 512, secret, delayedAckUs: 0 }, this.#emit, nothing)
    const rings = allocateRegion(2 * RING)
    for (let flow = 0; flow < flows; flow++) this.#open(flow, rings)
  }

  #open(flow: number, rings: ReturnType<typeof allocateRegion>): void {
    const { table } = this
    const input = this.#input
    const c = this.#c
    const own = { fromIp: ipOf(flow), fromPort: portOf(flow), toIp: LOCAL }
    writeFrame(input, 0, { ...own, seq: 1000, ack: 0, flags: TCP_SYN }, 0)
    classify(input, 0, HEADERS, c)
    const tcb = table.openPassive(c, 0, 0, 1)
    this.#ack[flow] = this.#emit.region.view.getInt32(this.#emit.last + 38) + 1
    writeFrame(input, 0, { ...own, seq: 1001, ack: this.#ack[flow]!, flags: TCP_ACK }, 0)
    classify(input, 0, HEADERS, c)
    table.segment(table.lookup(c), input, c, 2)
    if (table.attach(tcb, rings, 0, RING, RING, RING) !== 0)
      throw new CannotMeasure("a flow was not opened", "this is an error of the TCP table")
    this.#next[flow] = 1001
  }

  /** Fills the burst with the next frames. */
  prepare(): void {
    for (let i = 0; i < BURST; i++) {
      this.#random = (Math.imul(this.#random, 1103515245) + 12345) >>> 0
      const flow = (this.#random >>> 8) % this.#flows
      const own = { fromIp: ipOf(flow), fromPort: portOf(flow), toIp: LOCAL, flags: TCP_ACK }
      writeFrame(
        this.#input,
        i * SLOT,
        { ...own, seq: this.#next[flow]!, ack: this.#ack[flow]! },
        this.#payload,
      )
      this.#next[flow] = this.#next[flow]! + this.#payload
    }
  }

  /** Receives the burst: what is timed. */
  receive(): void {
    const { table } = this
    const input = this.#input
    const c = this.#c
    const read = this.#read
    const now = this.#now++
    const length = HEADERS + this.#payload
    // As the Link Server does with a burst.
    for (let i = 0; i < BURST; i++) this.touched ^= table.prefetch(input, i * SLOT)
    for (let i = 0; i < BURST; i++) {
      if (classify(input, i * SLOT, length, c) !== FRAME_TCP) throw new CannotMeasure("no TCP", "an error")
      const tcb = table.lookup(c)
      if (tcb < 0) throw new CannotMeasure("a flow was not found", "this is an error of the TCP table")
      table.segment(tcb, input, c, now)
      read[tcb]! += this.#payload
      table.consumed(tcb, read[tcb]!, now)
    }
  }

  sums(): number {
    let right = 0
    for (let i = 0; i < BURST; i++) if (sumsRight(this.#input, i * SLOT)) right++
    return right
  }
}

/** Median ns of a frame, over bursts: received, and only summed. */
const turnOf = (rig: Rig, bursts: number): readonly [number, number] => {
  const received: Array<number> = []
  const summed: Array<number> = []
  const before = rig.table.counters()
  for (let b = 0; b < bursts; b++) {
    rig.prepare()
    // Sums first every other time: whoever comes second finds the frames in the cache.
    const first = b % 2 === 0
    const start = performance.now()
    if (first) rig.receive()
    else rig.sums()
    const middle = performance.now()
    if (first) rig.sums()
    else rig.receive()
    const end = performance.now()
    received.push(((first ? middle - start : end - middle) * 1e6) / BURST)
    summed.push(((first ? end - middle : middle - start) * 1e6) / BURST)
  }
  const after = rig.table.counters()
  if (after.segmentsOut - before.segmentsOut < bursts * BURST)
    throw new CannotMeasure("a frame was not acknowledged", "this is an error of the TCP table")
  return [median(received), median(summed)]
}

const plainC = async (cpu: number, payload: number, bursts: number): Promise<number> => {
  const argv = [String(cpu), String(payload), String(bursts)]
  const { stdout } = await promisify(execFile)(builtPath("bench-receive"), argv, { timeout: 60_000 })
  return (JSON.parse(stdout) as { ns: number }).ns
}

const sample = async (payload: number, cpu: number, quick: boolean): Promise<Samples> => {
  const rig = new Rig(FLOWS, payload)
  const few = new Rig(FEW_FLOWS, payload)
  const bursts = quick ? 100 : 400
  // Until compiled, and every flow's record has been met.
  for (let k = 0; k < (quick ? 5 : 10); k++) {
    turnOf(rig, bursts)
    turnOf(few, bursts)
  }
  const turns: Array<ReadonlyArray<number>> = []
  const cached: Array<number> = []
  for (let k = 0; k < (quick ? 3 : 15); k++) {
    const c = await plainC(cpu, payload, bursts)
    const [ours, sums] = turnOf(rig, bursts)
    turns.push([ours, c, sums])
    cached.push(turnOf(few, bursts)[0])
  }
  const details = [
    { name: `among ${FEW_FLOWS} flows, which the first cache holds`, value: median(cached), unit: "ns" },
    { name: "a connection's record", value: rig.table.bytesPerConnection, unit: "B" },
  ]
  return { turns, dropped: 0, details }
}

export const measureReceive: Measure = async ({ cores, quick, say }) => {
  pinCpu(cores[0])
  const small = await sample(SMALL, cores[0], quick)
  say(
    `64 B: ${small.turns
      .at(-1)!
      .map((ns) => ns.toFixed(0))
      .join(", ")} ns`,
  )
  const large = await sample(LARGE, cores[0], quick)
  say(
    `1,514 B: ${large.turns
      .at(-1)!
      .map((ns) => ns.toFixed(0))
      .join(", ")} ns`,
  )
  return { "receive-64": small, "receive-1514": large }
}
