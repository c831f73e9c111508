/** Sending: what is to be retransmitted, new data, FIN, acknowledgements — as far as windows and transmit slots allow. */

import { TCP_ACK, TCP_FIN, TCP_PSH } from "../wire/tcp.ts"
import { transmit } from "./build.ts"
import { restartAfterIdle } from "./congestion.ts"
import type { TcpCore } from "./core.ts"
import { C_PROBES, C_RETRANSMITS } from "./counters.ts"
import { firstGap, gapEnd } from "./intervals.ts"
import {
  FLAG_ACK_NOW,
  FLAG_CWND_LIMITED,
  FLAG_FINISHED,
  FLAG_FORCE,
  FLAG_NAGLE,
  T_LAST_SEND,
  T_RTX,
  W_CWND,
  W_FLAGS,
  W_MAX_WND,
  W_MSS,
  W_PROBES,
  W_RTO,
  W_RTX_END,
  W_RTX_NEXT,
  W_RTX_SENT,
  W_SACK_AT,
  W_SACK_COUNT,
  W_SMALL_END,
  W_SND_NXT,
  W_SND_UNA,
  W_SND_WND,
  W_STATE,
  W_TX_END,
  W_UNDO_LEFT,
} from "./layout.ts"
import { owe } from "./owed.ts"
import { inFlight } from "./recovery.ts"
import { startTiming, stopTiming } from "./rtt.ts"
import { after, atLeast, before, distance, earlier, later } from "./sequence.ts"
import { arm, isArmed } from "./timers.ts"
import { ESTABLISHED, LAST_ACK } from "./types.ts"

/** Segments that one call sends at most; what is left waits for the next ACK or `flushPending`. */
const BURST = 64

const SENT = 1
const NOTHING = 0
const NO_SLOT = -1

/** Sends what may be sent, and an acknowledgement if one is due at once and nothing has carried it. */
export function output(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const state = w[b + W_STATE]!
  if (state >= ESTABLISHED && state <= LAST_ACK) {
    if (hasOutput(w, b)) sendAll(s, b, now)
    else if ((w[b + W_FLAGS]! & FLAG_CWND_LIMITED) !== 0 && inFlight(s, b) < w[b + W_CWND]! >> 1) {
      w[b + W_FLAGS] = w[b + W_FLAGS]! & ~FLAG_CWND_LIMITED
    }
  }
  if ((w[b + W_FLAGS]! & FLAG_ACK_NOW) !== 0) sendAck(s, b, now)
}

/** Whether there is anything to retransmit, to send or to finish with. */
export function hasOutput(w: Int32Array, b: number): boolean {
  if (w[b + W_RTX_NEXT] !== w[b + W_RTX_END]) return true
  const unsent = distance(w[b + W_TX_END]!, w[b + W_SND_NXT]!)
  return unsent > 0 || (unsent === 0 && (w[b + W_FLAGS]! & FLAG_FINISHED) !== 0)
}

function sendAll(s: TcpCore, b: number, now: number): void {
  const w = s.words
  if (w[b + W_SND_UNA] === w[b + W_SND_NXT]) {
    if (now - s.times[(b + T_LAST_SEND) >> 1]! > w[b + W_RTO]!) restartAfterIdle(s, b)
  }
  let result = SENT
  for (let n = 0; n < BURST && result === SENT; n++) {
    const pipe = inFlight(s, b)
    result = w[b + W_RTX_NEXT] === w[b + W_RTX_END] ? NOTHING : retransmit(s, b, pipe, now)
    if (result === NOTHING && w[b + W_RTX_NEXT] === w[b + W_RTX_END]) result = sendNew(s, b, pipe, now)
  }
  if (result !== NOTHING) owe(s, b)
}

/** A bare acknowledgement; owed when there is no slot. */
export function sendAck(s: TcpCore, b: number, now: number): void {
  if (transmit(s, b, s.words[b + W_SND_NXT]!, 0, TCP_ACK, now)) return
  s.words[b + W_FLAGS] = s.words[b + W_FLAGS]! | FLAG_ACK_NOW
  owe(s, b)
}

/** The next piece of what is deemed lost. NOTHING when the window is full or nothing is left. */
function retransmit(s: TcpCore, b: number, pipe: number, now: number): number {
  const w = s.words
  const scoreboard = w[b + W_SACK_AT]!
  const count = w[b + W_SACK_COUNT]!
  const limit = w[b + W_RTX_END]!
  const seq = firstGap(w, scoreboard, count, w[b + W_RTX_NEXT]!)
  if (!before(seq, limit)) {
    w[b + W_RTX_NEXT] = limit
    return NOTHING
  }
  const mss = w[b + W_MSS]!
  const flags = w[b + W_FLAGS]!
  const whole = Math.min(mss, distance(gapEnd(w, scoreboard, count, seq, limit), seq))
  if (pipe > 0 && pipe + whole > w[b + W_CWND]! && (flags & FLAG_FORCE) === 0) return NOTHING
  const sent = sendRange(s, b, seq, whole, now)
  if (sent < 0) return NO_SLOT
  // A FIN that had not been sent yet may have gone along.
  w[b + W_SND_NXT] = later((seq + sent) | 0, w[b + W_SND_NXT]!)
  w[b + W_RTX_NEXT] = earlier((seq + sent) | 0, limit)
  noteRetransmission(s, b, now)
  w[b + W_FLAGS] = w[b + W_FLAGS]! & ~FLAG_FORCE
  return SENT
}

function noteRetransmission(s: TcpCore, b: number, now: number): void {
  const w = s.words
  w[b + W_RTX_SENT] = w[b + W_SND_NXT]!
  w[b + W_UNDO_LEFT] = w[b + W_UNDO_LEFT]! + 1
  stopTiming(s, b)
  s.tally(C_RETRANSMITS)
  if (!isArmed(s, b, T_RTX)) arm(s, b, T_RTX, now + w[b + W_RTO]!)
}

/**
 * One segment of `whole` sequence numbers from `seq`, of which the last may be the FIN's. Answers how many it took, or -1
 * when there was no slot. PSH goes with the last byte written (RFC 9293 3.9.1 MUST-61).
 */
function sendRange(s: TcpCore, b: number, seq: number, whole: number, now: number): number {
  const w = s.words
  const end = w[b + W_TX_END]!
  const last = (seq + whole) | 0
  let flags = TCP_ACK
  let length = whole
  if ((w[b + W_FLAGS]! & FLAG_FINISHED) !== 0 && atLeast(last, end)) {
    flags |= TCP_FIN
    length = distance(end, seq)
  }
  if (length > 0 && atLeast(last, end)) flags |= TCP_PSH
  if (!transmit(s, b, seq, length, flags, now)) return -1
  s.times[(b + T_LAST_SEND) >> 1] = now
  return length + (flags & TCP_FIN)
}

/** The next new segment. NOTHING when there is none, or a window or a rule against small segments holds it. */
function sendNew(s: TcpCore, b: number, pipe: number, now: number): number {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  const nxt = w[b + W_SND_NXT]!
  const unsent = distance(w[b + W_TX_END]!, nxt)
  const finished = (flags & FLAG_FINISHED) !== 0
  if (unsent < 0 || (unsent === 0 && !finished)) return NOTHING
  const mss = w[b + W_MSS]!
  const length = newLength(s, b, Math.min(mss, unsent), pipe)
  if (length < 0) return NOTHING
  const idle = w[b + W_SND_UNA] === nxt
  const sent = sendRange(s, b, nxt, length, now)
  if (sent < 0) return NO_SLOT
  w[b + W_SND_NXT] = (nxt + sent) | 0
  if (length < mss && length > 0) w[b + W_SMALL_END] = (nxt + length) | 0
  startTiming(s, b, (nxt + sent) | 0, now)
  if (idle || !isArmed(s, b, T_RTX)) arm(s, b, T_RTX, now + w[b + W_RTO]!)
  return SENT
}

/**
 * How much of `wanted` new bytes may go in one segment, or -1 for nothing now. RFC 9293 3.8.6.2.1 against silly windows; Nagle
 * in Minshall's form: one small segment in flight at a time.
 */
function newLength(s: TcpCore, b: number, wanted: number, pipe: number): number {
  const w = s.words
  if (wanted === 0) return 0
  if (pipe > 0 && pipe + wanted > w[b + W_CWND]!) {
    w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_CWND_LIMITED
    return -1
  }
  const nxt = w[b + W_SND_NXT]!
  const una = w[b + W_SND_UNA]!
  const room = distance((una + w[b + W_SND_WND]!) | 0, nxt)
  if (room < wanted) {
    w[b + W_FLAGS] = w[b + W_FLAGS]! & ~FLAG_CWND_LIMITED
    if (room > 0 && room >= w[b + W_MAX_WND]! >> 1) return room
    if (nxt === una && !isArmed(s, b, T_RTX)) arm(s, b, T_RTX, s.now + w[b + W_RTO]!)
    return -1
  }
  const flags = w[b + W_FLAGS]!
  if (wanted < w[b + W_MSS]! && (flags & FLAG_NAGLE) !== 0 && (flags & FLAG_FINISHED) === 0) {
    if (after(w[b + W_SMALL_END]!, una)) return -1
  }
  return wanted
}

/**
 * RFC 9293 3.8.6.1: a closed (or too small) window is probed with the next byte, or as many as there is room for.
 * The byte counts as sent.
 */
export function probe(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const una = w[b + W_SND_UNA]!
  const nxt = w[b + W_SND_NXT]!
  const again = una !== nxt
  const unsent = distance(w[b + W_TX_END]!, una)
  const room = Math.max(1, w[b + W_SND_WND]!)
  const length = again ? 1 : Math.min(Math.max(unsent, 1), room, w[b + W_MSS]!)
  const sent = sendRange(s, b, una, length, now)
  w[b + W_PROBES] = w[b + W_PROBES]! + 1
  if (sent < 0) {
    owe(s, b)
    return
  }
  s.tally(C_PROBES)
  stopTiming(s, b)
  if (after((una + sent) | 0, nxt)) w[b + W_SND_NXT] = (una + sent) | 0
}
