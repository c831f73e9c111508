/** The ways a connection's record becomes free again. */

import { TCP_ACK, TCP_RST } from "../wire/tcp.ts"
import { transmitBare } from "./build.ts"
import { idOf, type TcpCore } from "./core.ts"
import { C_ENDED, C_TIME_WAIT_RECYCLED } from "./counters.ts"
import { clearRanges } from "./intervals.ts"
import {
  FLAG_ESTABLISHED,
  FLAG_TIMESTAMPS,
  W_FLAGS,
  W_MAC_HIGH,
  W_MAC_LOW,
  W_OOO_AT,
  W_OOO_COUNT,
  W_PEER_IP,
  W_PORTS,
  W_RCV_ADV,
  W_RCV_NXT,
  W_SACK_AT,
  W_SACK_COUNT,
  W_SHIFTS,
  W_SND_NXT,
  W_STAGING,
  W_STATE,
  W_TS_OFFSET,
  W_TS_RECENT,
} from "./layout.ts"
import { noLongerOwed, owe } from "./owed.ts"
import { distance } from "./sequence.ts"
import {
  TW_MAC_HIGH,
  TW_MAC_LOW,
  TW_RCV_NXT,
  TW_SND_NXT,
  TW_TIMESTAMPS,
  TW_TS_OFFSET,
  TW_TS_RECENT,
  TW_WINDOW,
} from "./time-wait.ts"
import { ABORTING, CLOSED, END_ABORTED, END_CLOSED, type EndReason, SYN_SENT } from "./types.ts"

/** Ends connection `b`: its flow, timers and staging slot go at once, its id after the owner has been told. */
export function end(s: TcpCore, b: number, reason: EndReason): void {
  s.flows.remove(s.words[b + W_PEER_IP]!, s.words[b + W_PORTS]!)
  release(s, b, reason)
}

function release(s: TcpCore, b: number, reason: EndReason): void {
  const w = s.words
  const tcb = idOf(b)
  s.wheel.remove(b)
  noLongerOwed(s, b)
  if ((w[b + W_FLAGS]! & FLAG_ESTABLISHED) === 0) s.halfOpen--
  releaseStaging(s, b)
  clearRanges(s, b + W_OOO_AT, b + W_OOO_COUNT)
  clearRanges(s, b + W_SACK_AT, b + W_SACK_COUNT)
  s.rings[tcb] = s.staging.region
  w[b + W_STATE] = CLOSED
  s.tally(C_ENDED)
  s.events.ended(tcb, reason)
  s.freeIds[s.available++] = tcb
}

export function releaseStaging(s: TcpCore, b: number): void {
  const slot = s.words[b + W_STAGING]!
  if (slot < 0) return
  s.staging.give(slot)
  s.words[b + W_STAGING] = -1
}

/** Both sides are closed and the last ACK is ours: the flow lives on in the TIME-WAIT table alone. */
export function enterTimeWait(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const tw = s.timeWait
  if (tw.full) s.tally(C_TIME_WAIT_RECYCLED)
  const e = tw.add(w[b + W_PEER_IP]!, w[b + W_PORTS]!, now)
  if (e < 0) {
    end(s, b, END_CLOSED)
    return
  }
  const t = tw.words
  t[e + TW_SND_NXT] = w[b + W_SND_NXT]!
  t[e + TW_RCV_NXT] = w[b + W_RCV_NXT]!
  t[e + TW_TS_RECENT] = w[b + W_TS_RECENT]!
  t[e + TW_TS_OFFSET] = w[b + W_TS_OFFSET]!
  t[e + TW_TIMESTAMPS] = (w[b + W_FLAGS]! & FLAG_TIMESTAMPS) === 0 ? 0 : 1
  t[e + TW_WINDOW] = Math.max(0, distance(w[b + W_RCV_ADV]!, w[b + W_RCV_NXT]!)) >>> (w[b + W_SHIFTS]! & 0xff)
  t[e + TW_MAC_HIGH] = w[b + W_MAC_HIGH]!
  t[e + TW_MAC_LOW] = w[b + W_MAC_LOW]!
  release(s, b, END_CLOSED)
}

/** RFC 9293 3.10.5 ABORT: RST, and gone; without a transmit slot the RST is owed and the record stays until it has left. */
export function abort(s: TcpCore, b: number): void {
  const w = s.words
  const state = w[b + W_STATE]!
  if (state !== SYN_SENT && !sendReset(s, b)) {
    s.wheel.remove(b)
    w[b + W_STATE] = ABORTING
    owe(s, b)
    return
  }
  end(s, b, END_ABORTED)
}

export function sendReset(s: TcpCore, b: number): boolean {
  const w = s.words
  return transmitBare(
    s,
    w[b + W_MAC_HIGH]!,
    w[b + W_MAC_LOW]!,
    w[b + W_PEER_IP]!,
    w[b + W_PORTS]!,
    w[b + W_SND_NXT]!,
    w[b + W_RCV_NXT]!,
    TCP_RST | TCP_ACK,
    0,
  )
}
