import type { Region } from "../../memory/region.ts"
import { macHigh, macLow } from "../classified.ts"
import type { Emit } from "../emit.ts"
import { COUNTER_NAMES } from "./counters.ts"
import { FlowTable } from "./flow-table.ts"
import { RECORD_BYTES, RECORD_WORDS, W_STAGING, W_STATE } from "./layout.ts"
import { BLOCK_WORDS, RangeBlocks } from "./ranges.ts"
import { FlowHash } from "./siphash.ts"
import { Staging } from "./staging.ts"
import { TimeWaitTable } from "./time-wait.ts"
import type { TcpConfig, TcpEvents } from "./types.ts"
import { initWheelFields, Wheel } from "./wheel.ts"

/** Bound of the receive window: RFC 7323 2.3 allows no more than a gigabyte. */
const MAX_RECEIVE = 1 << 30
/** Bytes of IPv4 and TCP header without options. */
export const HEADERS = 40
/** A peer may not make us send smaller segments than this (RFC 9293 3.7.1 sets no bound; one-byte segments are an attack). */
const LEAST_MTU = 576
/** Connections that can lose something at once, in a small table. */
const LEAST_BLOCKS = 64

/**
 * Large buffers begin 16 bytes after a page, behind the C library's own header (elsewhere this only costs speed). From here on
 * records lie on cache lines, and their first two lines on one of the pairs that are fetched together.
 */
const TO_LINE = 112

function wholeNumber(value: number, least: number, most: number, name: string): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`TcpTable: ${name} is ${value}; give an integer from ${least} to ${most}`)
  }
  return value
}

function powerOfTwo(value: number, least: number, most: number, name: string): number {
  wholeNumber(value, least, most, name)
  if ((value & (value - 1)) !== 0) throw new RangeError(`TcpTable: ${name} is ${value}; give a power of two`)
  return value
}

/**
 * The engine's state: one array of records and the tables around it. The functions beside this file work on it;
 * `b` is always the word index at which a connection's record begins, `tcb` its id: b = tcb * RECORD_WORDS.
 */
export class TcpCore {
  // Only declared: a field that is undefined first is one whose type every read checks.
  declare readonly words: Int32Array
  declare readonly times: Float64Array
  readonly count = new Float64Array(COUNTER_NAMES.length)
  declare readonly emit: Emit
  declare readonly events: TcpEvents
  declare readonly flows: FlowTable
  declare readonly wheel: Wheel
  declare readonly staging: Staging
  declare readonly blocks: RangeBlocks
  declare readonly timeWait: TimeWaitTable
  declare readonly flowHash: FlowHash
  /** Where each connection's rings are: its application's region once attached, the staging area before. */
  declare readonly rings: Region[]

  declare readonly localIp: number
  declare readonly localMacHigh: number
  declare readonly localMacLow: number
  declare readonly neighbours: TcpConfig["neighbours"]
  declare readonly maxConnections: number
  declare readonly mss: number
  declare readonly receiveShift: number
  declare readonly timestamps: boolean
  declare readonly sack: boolean
  declare readonly nagle: boolean
  declare readonly delayedAckUs: number
  declare readonly minRto: number
  declare readonly maxRto: number
  declare readonly initialRto: number
  declare readonly synRetries: number
  declare readonly synAckRetries: number
  declare readonly dataRetries: number
  declare readonly finWait2Us: number

  declare readonly freeIds: Int32Array
  declare available: number
  halfOpen = 0
  /** Ends of the list of records with output owed: word bases, -1 when empty. */
  owedFirst = -1
  owedLast = -1
  ipId = 0
  /** The latest time any call has named: for the calls that name none. */
  now = 0

  constructor(config: TcpConfig, emit: Emit, events: TcpEvents) {
    const max = wholeNumber(config.maxConnections, 1, 1 << 20, "maxConnections")
    const maxTimeWait = wholeNumber(config.maxTimeWait ?? max, 1, 1 << 20, "maxTimeWait")
    const stagingBytes = powerOfTwo(config.stagingBytes ?? 16384, 512, 1 << 20, "stagingBytes")
    const stagingSlots = wholeNumber(config.stagingSlots ?? max, 1, 1 << 20, "stagingSlots")
    const blocks = wholeNumber(
      config.rangeBlocks ?? Math.max(LEAST_BLOCKS, max >> 3),
      1,
      1 << 20,
      "rangeBlocks",
    )
    const mtu = wholeNumber(config.mtu ?? 1500, LEAST_MTU, 9000, "mtu")
    const most = powerOfTwo(config.maxReceiveBytes ?? 1 << 20, stagingBytes, MAX_RECEIVE, "maxReceiveBytes")
    if (config.secret.length < 16) {
      throw new RangeError(`TcpTable: secret has ${config.secret.length} bytes; give at least 16 random ones`)
    }
    const buffer = new ArrayBuffer(TO_LINE + max * RECORD_BYTES + blocks * BLOCK_WORDS * 4)
    this.words = new Int32Array(buffer, TO_LINE)
    this.times = new Float64Array(buffer, TO_LINE)
    this.emit = emit
    this.events = events
    this.flowHash = new FlowHash(config.secret)
    this.flowHash.hash(0, 0, 0)
    this.flows = new FlowTable(max + maxTimeWait, this.flowHash.low, this.flowHash.high)
    this.wheel = new Wheel(this.words, this.times)
    this.blocks = new RangeBlocks(max * RECORD_WORDS, blocks)
    this.staging = new Staging(stagingSlots, stagingBytes)
    this.timeWait = new TimeWaitTable(maxTimeWait, max, config.timeWaitUs ?? 60_000_000, this.flows)
    this.rings = new Array<Region>(max).fill(this.staging.region)
    this.localIp = config.localIp | 0
    this.localMacHigh = macHigh(config.localMac)
    this.localMacLow = macLow(config.localMac)
    this.neighbours = config.neighbours
    this.maxConnections = max
    this.mss = mtu - HEADERS
    let shift = 0
    while (most >>> shift > 0xffff) shift++
    this.receiveShift = shift
    this.timestamps = config.timestamps ?? true
    this.sack = config.sack ?? true
    this.nagle = config.nagle ?? false
    this.delayedAckUs = wholeNumber(config.delayedAckUs ?? 20_000, 0, 500_000, "delayedAckUs")
    this.minRto = wholeNumber(config.minRtoUs ?? 200_000, 1_000, 60_000_000, "minRtoUs")
    this.maxRto = wholeNumber(config.maxRtoUs ?? 60_000_000, this.minRto, 600_000_000, "maxRtoUs")
    this.initialRto = wholeNumber(config.initialRtoUs ?? 1_000_000, this.minRto, this.maxRto, "initialRtoUs")
    this.synRetries = wholeNumber(config.synRetries ?? 6, 0, 30, "synRetries")
    this.synAckRetries = wholeNumber(config.synAckRetries ?? 5, 0, 30, "synAckRetries")
    this.dataRetries = wholeNumber(config.dataRetries ?? 12, 1, 30, "dataRetries")
    this.finWait2Us = config.finWait2Us ?? 60_000_000
    this.freeIds = Int32Array.from({ length: max }, (_, i) => max - 1 - i)
    this.available = max
    initWheelFields(this.words, this.times, max)
    for (let b = 0; b < max * RECORD_WORDS; b += RECORD_WORDS) this.words[b + W_STAGING] = -1
  }

  /** Adds one to a counter. */
  tally(counter: number): void {
    this.count[counter]!++
  }

  /** Computes the keyed hash of a flow into `flowHash`. */
  hashFlow(ip: number, ports: number): void {
    this.flowHash.hash(this.localIp, ip, ports)
  }
}

/** RFC 6528: a 4 µs clock plus a keyed hash of the flow, which `hashFlow` has computed. */
export function initialSequence(s: TcpCore, now: number): number {
  return (Math.floor(now / 4) + s.flowHash.low) | 0
}

/** Our timestamp clock: milliseconds, from an offset of each flow's own. */
export function timestampNow(now: number, offset: number): number {
  return (Math.floor(now / 1000) + offset) | 0
}

/** The division is exact; in integers it is much the faster. */
export const idOf = (b: number): number => (b / RECORD_WORDS) | 0
export const baseOf = (tcb: number): number => tcb * RECORD_WORDS

/** The word base of a live connection, or -1 for an id that isn't one. */
export function liveBase(s: TcpCore, tcb: number): number {
  if (!(tcb >= 0 && tcb < s.maxConnections && Number.isInteger(tcb))) return -1
  const b = tcb * RECORD_WORDS
  return s.words[b + W_STATE] === 0 ? -1 : b
}
