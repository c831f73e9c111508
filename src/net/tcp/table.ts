import type { Region } from "../../memory/region.ts"
import type { Classified, SynRecord } from "../classified.ts"
import type { Emit } from "../emit.ts"
import { attach, close, consumed, finish, written, writtenLast } from "./application.ts"
import { flushPending, nextTimer, tick } from "./clock.ts"
import { liveBase, TcpCore } from "./core.ts"
import { COUNTER_NAMES, type CounterName } from "./counters.ts"
import { abort } from "./end.ts"
import { segment } from "./input.ts"
import {
  FLAG_ATTACHED,
  FLAG_NAGLE,
  RECORD_BYTES,
  RECORD_WORDS,
  W_FLAGS,
  W_PEER_IP,
  W_PORTS,
  W_STATE,
} from "./layout.ts"
import { connect, openPassive, portsOf } from "./open.ts"
import { BLOCK_WORDS } from "./ranges.ts"
import { inTimeWait, mayReuse, refuse, refuseSyn } from "./reply.ts"
import {
  ABORTING,
  CLOSED,
  ERR_NO_CONNECTION,
  ERR_STATE,
  LOOKUP_NONE,
  LOOKUP_REUSE,
  LOOKUP_TIME_WAIT,
  OK,
  type TcpConfig,
  type TcpEvents,
} from "./types.ts"

export * from "./types.ts"

/** Where a frame without IP options has the peer's address, both ports, and its end. */
const IP_SOURCE = 26
const TCP_PORTS = 34
const HEADERS_END = 54
/** Words of a cache line. */
const LINE_WORDS = 16

/**
 * All the TCP connections of one Transport Server. Pure: time comes with each call (`now`, integer µs, never going
 * back), frames leave through `emit`, news through `events`. Every table is bounded by the configuration and counts what it
 * can't take. No call throws for what a peer or an application did; those that take an application's words
 * answer OK or an ERR_ code, and change nothing in the latter case.
 * @throws {RangeError} from the constructor, for a bad configuration, naming the field.
 */
export class TcpTable {
  readonly #core: TcpCore

  constructor(config: TcpConfig, emit: Emit, events: TcpEvents) {
    this.#core = new TcpCore(config, emit, events)
  }

  /**
   * Touches what `lookup` and `segment` will need for the frame at `offset`, should it be one of TCP: called for all frames of
   * a burst before the first is taken, it lets their cache misses overlap. The answer means nothing; to be kept, or the
   * compiler would leave out the reading.
   */
  prefetch(region: Region, offset: number): number {
    const s = this.#core
    if (offset + HEADERS_END > region.bytes.length) return 0
    const value = s.flows.guess(
      region.view.getInt32(offset + IP_SOURCE),
      region.view.getInt32(offset + TCP_PORTS),
    )
    if (value < 0 || value >= s.maxConnections) return 0
    const b = value * RECORD_WORDS
    return s.words[b]! ^ s.words[b + LINE_WORDS]!
  }

  /** Id of the connection a TCP frame belongs to, or LOOKUP_NONE, LOOKUP_TIME_WAIT, LOOKUP_REUSE. */
  lookup(c: Classified): number {
    const s = this.#core
    const ports = portsOf(c.peerPort, c.localPort)
    const guess = s.flows.guess(c.peerIp, ports)
    if (guess < 0) return LOOKUP_NONE
    if (guess < s.maxConnections) {
      const b = guess * RECORD_WORDS
      if (s.words[b + W_PORTS] === ports && s.words[b + W_PEER_IP] === c.peerIp) return guess
    }
    const value = s.flows.find(c.peerIp, ports)
    if (value < s.maxConnections) return value < 0 ? LOOKUP_NONE : value
    return mayReuse(s, s.timeWait.entry(value), c) ? LOOKUP_REUSE : LOOKUP_TIME_WAIT
  }

  /**
   * Opens a connection for a SYN (RFC 9293 3.10.7.2) and answers it at once; the SYN may have come as a message. -1
   * when a table is full or the flow lives already, counted.
   */
  openPassive(syn: SynRecord, peerMacHigh: number, peerMacLow: number, now: number): number {
    this.#core.now = now
    return openPassive(this.#core, syn, peerMacHigh, peerMacLow, now)
  }

  /** Active open (RFC 9293 3.10.1); -1 when a table is full, the flow lives already, or there are no neighbours. */
  connect(peerIp: number, peerPort: number, localPort: number, now: number): number {
    this.#core.now = now
    return connect(this.#core, peerIp, peerPort, localPort, now)
  }

  /** A classified TCP segment (SYN or not) of connection `tcb`, its bytes in `region`. `c` is used up. */
  segment(tcb: number, region: Region, c: Classified, now: number): void {
    const s = this.#core
    s.now = now
    const b = liveBase(s, tcb)
    if (b >= 0) segment(s, b, region, c, now)
  }

  /** A classified segment whose lookup was LOOKUP_TIME_WAIT. */
  timeWait(c: Classified, now: number): void {
    const s = this.#core
    const value = s.flows.find(c.peerIp, portsOf(c.peerPort, c.localPort))
    if (value >= s.maxConnections) inTimeWait(s, s.timeWait.entry(value), c, now)
  }

  /** A segment that belongs to nobody: RST as RFC 9293 3.10.7.1 has it (nothing in answer to a RST). */
  refuse(c: Classified, _now: number): void {
    refuse(this.#core, c)
  }

  /** The same for a SYN that was put aside as a record, and had `dataBytes` bytes of data. */
  refuseSyn(
    syn: SynRecord & { readonly peerMacHigh: number; readonly peerMacLow: number },
    dataBytes: number,
  ): void {
    refuseSyn(this.#core, syn, dataBytes)
  }

  /**
   * Gives the connection its application's rings, byte ranges of `region`; what was staged moves over, and `readable` and
   * `peerFinished` are told of it from within. Rings are powers of two from 256 bytes, the receive ring no smaller than a
   * staging slot. OK, ERR_NO_CONNECTION, ERR_STATE, ERR_RING.
   */
  attach(
    tcb: number,
    region: Region,
    rxOffset: number,
    rxBytes: number,
    txOffset: number,
    txBytes: number,
  ): number {
    const b = liveBase(this.#core, tcb)
    if (b < 0) return ERR_NO_CONNECTION
    return attach(this.#core, b, region, rxOffset, rxBytes, txOffset, txBytes)
  }

  /** Bytes up to `position` are in the transmit ring. OK, ERR_NO_CONNECTION, ERR_STATE, ERR_POSITION. */
  written(tcb: number, position: number, now: number): number {
    this.#core.now = now
    const b = liveBase(this.#core, tcb)
    return b < 0 ? ERR_NO_CONNECTION : written(this.#core, b, position, now)
  }

  /** The application is done with the bytes up to `position`: the window opens. Errors as `written`. */
  consumed(tcb: number, position: number, now: number): number {
    this.#core.now = now
    const b = liveBase(this.#core, tcb)
    return b < 0 ? ERR_NO_CONNECTION : consumed(this.#core, b, position, now)
  }

  /** FIN after all that was written; reading goes on (half-close). OK, ERR_NO_CONNECTION, ERR_STATE. */
  finish(tcb: number, now: number): number {
    this.#core.now = now
    const b = liveBase(this.#core, tcb)
    return b < 0 ? ERR_NO_CONNECTION : finish(this.#core, b, now)
  }

  /** `written` and `finish` in one, so that the FIN leaves with the last bytes. Errors as `written`. */
  writtenLast(tcb: number, position: number, now: number): number {
    this.#core.now = now
    const b = liveBase(this.#core, tcb)
    return b < 0 ? ERR_NO_CONNECTION : writtenLast(this.#core, b, position, now)
  }

  /**
   * The application is done with both directions: as `finish`, but data that still comes is answered by RST, and unread
   * data makes it an `abort`. The rings stay in use until `ended`.
   */
  close(tcb: number, now: number): number {
    this.#core.now = now
    const b = liveBase(this.#core, tcb)
    return b < 0 ? ERR_NO_CONNECTION : close(this.#core, b, now)
  }

  /** RST. `ended(END_ABORTED)` comes from within, or from `flushPending` when no transmit slot was free. */
  abort(tcb: number, now: number): number {
    this.#core.now = now
    const b = liveBase(this.#core, tcb)
    if (b < 0) return ERR_NO_CONNECTION
    if (this.#core.words[b + W_STATE] === ABORTING) return ERR_STATE
    abort(this.#core, b)
    return OK
  }

  /** Switches Nagle's algorithm for one connection (RFC 9293 3.7.4 MUST-17). */
  setNagle(tcb: number, on: boolean): number {
    const b = liveBase(this.#core, tcb)
    if (b < 0) return ERR_NO_CONNECTION
    const w = this.#core.words
    w[b + W_FLAGS] = on ? w[b + W_FLAGS]! | FLAG_NAGLE : w[b + W_FLAGS]! & ~FLAG_NAGLE
    return OK
  }

  /** Runs the timers that are due, a bounded number of them: `nextTimer` says when to come again. */
  tick(now: number): void {
    this.#core.now = now
    tick(this.#core, now)
  }

  /** When `tick` is next needed, µs, or Infinity. */
  nextTimer(): number {
    return nextTimer(this.#core)
  }

  /** Sends what was owed for lack of transmit slots. True when nothing is owed any more. */
  flushPending(now: number): boolean {
    this.#core.now = now
    return this.#core.owedFirst < 0 || flushPending(this.#core, now)
  }

  /** CLOSED for an id that isn't live. */
  state(tcb: number): number {
    const b = liveBase(this.#core, tcb)
    return b < 0 ? CLOSED : this.#core.words[b + W_STATE]!
  }

  peerIp(tcb: number): number {
    const b = liveBase(this.#core, tcb)
    return b < 0 ? 0 : this.#core.words[b + W_PEER_IP]!
  }

  peerPort(tcb: number): number {
    const b = liveBase(this.#core, tcb)
    return b < 0 ? 0 : this.#core.words[b + W_PORTS]! >>> 16
  }

  localPort(tcb: number): number {
    const b = liveBase(this.#core, tcb)
    return b < 0 ? 0 : this.#core.words[b + W_PORTS]! & 0xffff
  }

  isAttached(tcb: number): boolean {
    const b = liveBase(this.#core, tcb)
    return b >= 0 && (this.#core.words[b + W_FLAGS]! & FLAG_ATTACHED) !== 0
  }

  /** Live connections, those in the handshake included. */
  get connections(): number {
    return this.#core.maxConnections - this.#core.available
  }

  get halfOpen(): number {
    return this.#core.halfOpen
  }

  get timeWaits(): number {
    return this.#core.timeWait.size
  }

  get stagingFree(): number {
    return this.#core.staging.available
  }

  /** What live connections hold of each table: all zero when there is none. */
  inUse() {
    const s = this.#core
    return {
      connections: this.connections,
      halfOpen: s.halfOpen,
      staging: s.staging.capacity - s.staging.available,
      rangeBlocks: s.blocks.capacity - s.blocks.available,
      flows: s.flows.size - s.timeWait.size,
      timers: s.wheel.size,
      owed: s.owedFirst < 0 ? 0 : 1,
    }
  }

  /** Bytes of memory each connection costs beyond its buffers: record, shares of flow table and blocks, id and references. */
  get bytesPerConnection(): number {
    const { flows, blocks, maxConnections, timeWait } = this.#core
    const perFlow = flows.bytes / (maxConnections + timeWait.capacity)
    const ranges = (blocks.capacity * (BLOCK_WORDS + 1) * 4) / maxConnections
    return RECORD_BYTES + perFlow + ranges + 4 + 8
  }

  /** Named counters of everything dropped, refused, retransmitted…; a fresh object, for metrics. */
  counters(): Record<CounterName, number> {
    const count = this.#core.count
    return Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, count[i]!])) as Record<
      CounterName,
      number
    >
  }

  /** The engine's insides, for tests and diagnosis. */
  get core(): TcpCore {
    return this.#core
  }
}
