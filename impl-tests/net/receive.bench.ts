/**
 * The receive path for one frame: parse, both checksums, flow lookup among 16,384, the connection's update, the ACK
 * built — for a 60 B frame (64 with its check sequence; 6 bytes of payload) and one of 1,514 B.
 */

import { allocateRegion } from "../../src/memory/region.ts"
import { classify, FRAME_TCP, ipv4, makeClassified } from "../../src/net/classify.ts"
import type { Emit } from "../../src/net/emit.ts"
import { type TcpEvents, TcpTable } from "../../src/net/tcp/table.ts"
import { TCP_SYN } from "../../src/net/wire/tcp.ts"
import { fixChecksums, tcpFrame } from "./frames.ts"

const FLOWS = 16384
const SLOT = 2048
const BURST = 64
const LOCAL = ipv4("10.0.0.2")
const MAC = [2, 0, 0, 0, 0, 2]

export interface ReceiveBench {
  readonly flows: number
  readonly frames: number
  /** Median over rounds. */
  readonly nsPerFrame: number
  readonly nsPerLargeFrame: number
  readonly bytesPerConnection: number
}

const nothing: TcpEvents = { established() {}, readable() {}, acked() {}, peerFinished() {}, ended() {} }

interface Rig {
  readonly table: TcpTable
  /** Fills the burst with the next frames. */
  prepare(): void
  /** Receives the burst: what is timed. */
  round(now: number): void
}

/** A table with all flows established and attached, and bursts of in-order frames from flows in random order. */
function makeRig(payloadBytes: number): Rig {
  const out = allocateRegion(BURST * SLOT)
  let slot = 0
  const emit: Emit = {
    region: out,
    reserve: () => slot * SLOT,
    commit: () => {
      slot = (slot + 1) & (BURST - 1)
    },
  }
  const table = new TcpTable(
    {
      localIp: LOCAL,
      localMac: MAC,
      maxConnections: FLOWS,
      maxTimeWait: FLOWS,
      stagingBytes: 512,
      secret: new Uint8Array(16).fill(7),
      delayedAckUs: 0,
    },
    emit,
    nothing,
  )
  const input = allocateRegion(BURST * SLOT)
  const c = makeClassified({ ip: LOCAL, mac: MAC })
  const rings = allocateRegion(65536)
  const address = (flow: number) => ipv4("10.1.0.0") + (flow >>> 8) + 1
  const port = (flow: number) => 1024 + (flow & 255) * 7
  const iss = new Int32Array(FLOWS)
  const next = new Int32Array(FLOWS)
  const put = (bytes: Uint8Array, at: number) => input.bytes.set(bytes, at)
  for (let flow = 0; flow < FLOWS; flow++) {
    const base = { fromIp: address(flow), toIp: LOCAL, fromPort: port(flow), toPort: 80 }
    put(tcpFrame({ ...base, seq: 1000, flags: TCP_SYN, options: [2, 4, 5, 180] }), 0)
    classify(input, 0, 58, c)
    const tcb = table.openPassive(c, 0, 0, 1)
    iss[tcb] = out.view.getInt32(((slot + BURST - 1) & (BURST - 1)) * SLOT + 38)
    put(tcpFrame({ ...base, seq: 1001, ack: iss[tcb]! + 1 }), 0)
    classify(input, 0, 54, c)
    table.segment(table.lookup(c), input, c, 2)
    table.attach(tcb, rings, 0, 16384, 16384, 16384)
    next[tcb] = 1001
  }
  // A template per burst slot is patched into each next frame, outside the clock.
  const payload = new Uint8Array(payloadBytes).fill(0x5a)
  const length = 54 + payloadBytes
  const template = tcpFrame({ fromIp: 0, toIp: LOCAL, fromPort: 0, toPort: 80, payload })
  let random = 12345
  const read = new Float64Array(FLOWS)
  return {
    table,
    prepare() {
      for (let i = 0; i < BURST; i++) {
        random = (Math.imul(random, 1103515245) + 12345) >>> 0
        const flow = (random >>> 8) % FLOWS
        const frame = input.bytes.subarray(i * SLOT, i * SLOT + length)
        frame.set(template)
        const view = new DataView(frame.buffer, frame.byteOffset, length)
        view.setInt32(26, address(flow))
        view.setUint16(34, port(flow))
        view.setInt32(38, next[flow]!)
        view.setInt32(42, iss[flow]! + 1)
        fixChecksums(frame)
        next[flow] = next[flow]! + payloadBytes
      }
    },
    round(now) {
      for (let i = 0; i < BURST; i++) {
        const at = i * SLOT
        if (classify(input, at, length, c) !== FRAME_TCP) throw new Error("not TCP")
        const tcb = table.lookup(c)
        if (tcb < 0) throw new Error("no flow")
        table.segment(tcb, input, c, now)
        read[tcb]! += payloadBytes
        table.consumed(tcb, read[tcb]!, now)
      }
    },
  }
}

function measure(payloadBytes: number, rounds: number): { ns: number; rig: Rig } {
  const rig = makeRig(payloadBytes)
  const times: number[] = []
  for (let r = 0; r < rounds; r++) {
    rig.prepare()
    const start = process.hrtime.bigint()
    rig.round(1000 + r)
    times.push(Number(process.hrtime.bigint() - start) / BURST)
  }
  // The first third warms up.
  const counted = times.slice(Math.floor(times.length / 3)).sort((a, b) => a - b)
  const counters = rig.table.counters()
  if (counters.bytesIn !== rounds * BURST * payloadBytes) throw new Error("bytes went missing")
  return { ns: counted[counted.length >> 1]!, rig }
}

export function receiveBench(): ReceiveBench {
  const rounds = 4000
  const small = measure(6, rounds)
  const large = measure(1460, 1500)
  return {
    flows: FLOWS,
    frames: rounds * BURST,
    nsPerFrame: Math.round(small.ns * 10) / 10,
    nsPerLargeFrame: Math.round(large.ns * 10) / 10,
    bytesPerConnection: small.rig.table.bytesPerConnection,
  }
}

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].replace(/^.*\//, "/"))) {
  console.log(JSON.stringify(receiveBench()))
}
