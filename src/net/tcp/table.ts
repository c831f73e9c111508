import type { Region } from "../../memory/region.ts"
import type { Classified, SynRecord } from "../classified.ts"
import type { Emit } from "../emit.ts"
import type { TcpConfig, TcpEvents } from "./types.ts"

export * from "./types.ts"

const later = (): never => {
  throw new Error("not built yet")
}

/** SKELETON: signatures only, the engine follows. */
export class TcpTable {
  constructor(_config: TcpConfig, _emit: Emit, _events: TcpEvents) {}
  /** Id of the connection a TCP frame belongs to, or LOOKUP_NONE, LOOKUP_TIME_WAIT, LOOKUP_REUSE. */
  lookup(_c: Classified): number {
    return later()
  }
  /** Opens a connection for a SYN and answers it at once. -1 when a table is full (counted). */
  openPassive(_syn: SynRecord, _peerMacHigh: number, _peerMacLow: number, _now: number): number {
    return later()
  }
  /** Active open; -1 when a table is full, the flow exists, or there are no neighbours. */
  connect(_peerIp: number, _peerPort: number, _localPort: number, _now: number): number {
    return later()
  }
  /** A classified TCP segment (SYN or not) of connection `tcb`, its bytes in `region`. */
  segment(_tcb: number, _region: Region, _c: Classified, _now: number): void {
    later()
  }
  /** A classified segment whose lookup was LOOKUP_TIME_WAIT. */
  timeWait(_c: Classified, _now: number): void {
    later()
  }
  /** A segment that belongs to nobody: RST as RFC 9293 3.10.7.1 has it (nothing in answer to a RST). */
  refuse(_c: Classified, _now: number): void {
    later()
  }
  /** Gives the connection its application's rings; what was staged moves over. OK, ERR_NO_CONNECTION, ERR_STATE, ERR_RING. */
  attach(
    _tcb: number,
    _region: Region,
    _rxOffset: number,
    _rxBytes: number,
    _txOffset: number,
    _txBytes: number,
  ): number {
    return later()
  }
  /** Bytes up to `position` are in the transmit ring. */
  written(_tcb: number, _position: number, _now: number): number {
    return later()
  }
  /** The application is done with the bytes up to `position`: the window opens. */
  consumed(_tcb: number, _position: number, _now: number): number {
    return later()
  }
  /** FIN after all that was written; reading goes on (half-close). */
  finish(_tcb: number, _now: number): number {
    return later()
  }
  /** The application is done with both directions: as `finish`, but what still comes is answered by RST. Rings stay in use until `ended`. */
  close(_tcb: number, _now: number): number {
    return later()
  }
  /** RST, at once. `ended(END_ABORTED)` comes from within, or from `flushPending` when no transmit slot was free. */
  abort(_tcb: number, _now: number): number {
    return later()
  }
  /** Runs the timers that are due, a bounded number of them. */
  tick(_now: number): void {
    later()
  }
  /** When `tick` is next needed, µs, or Infinity. */
  nextTimer(): number {
    return later()
  }
  /** Sends what was owed for lack of transmit slots. True when nothing is owed any more. */
  flushPending(_now: number): boolean {
    return later()
  }
  state(_tcb: number): number {
    return later()
  }
  peerIp(_tcb: number): number {
    return later()
  }
  peerPort(_tcb: number): number {
    return later()
  }
  localPort(_tcb: number): number {
    return later()
  }
  isAttached(_tcb: number): boolean {
    return later()
  }
  get connections(): number {
    return later()
  }
  get timeWaits(): number {
    return later()
  }
  get stagingFree(): number {
    return later()
  }
  /** Named counters of everything dropped, refused, retransmitted…; a fresh object, for metrics. */
  counters(): Record<string, number> {
    return later()
  }
}
