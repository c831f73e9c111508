/** What time does to a connection: RFC 6298 5, persist (RFC 9293 3.8.6.1), delayed ACK, reordering window, FIN-WAIT-2. */

import { enterLoss } from "./congestion.ts"
import type { TcpCore } from "./core.ts"
import { C_TIMEOUTS } from "./counters.ts"
import { end, sendReset } from "./end.ts"
import { clearRanges } from "./intervals.ts"
import {
  FLAG_ACK_NOW,
  FLAG_DELACK,
  FLAG_NO_MAC,
  FLAG_SACK,
  T_DELACK,
  T_LIFE,
  T_REO,
  T_RTX,
  W_FLAGS,
  W_PROBES,
  W_RETRIES,
  W_RTO,
  W_RTX_END,
  W_RTX_NEXT,
  W_SACK_AT,
  W_SACK_COUNT,
  W_SACKED,
  W_SND_NXT,
  W_SND_UNA,
  W_SND_WND,
  W_STATE,
} from "./layout.ts"
import { sendFirstSyn, sendSyn } from "./open.ts"
import { hasOutput, output, probe } from "./output.ts"
import { noLongerOwed, owe } from "./owed.ts"
import { reorderingOver } from "./recovery.ts"
import { backOff, stopTiming } from "./rtt.ts"
import { arm, disarm, earliest } from "./timers.ts"
import { ABORTING, CLOSED, END_ABORTED, END_CLOSED, END_TIMEOUT, ESTABLISHED, SYN_SENT } from "./types.ts"

/** Connections whose timers one `tick` runs at most. */
const TIMERS_PER_TICK = 4096
const TIME_WAITS_PER_TICK = 4096
/** Connections that one `flushPending` serves at most. */
const OWED_PER_FLUSH = 4096

export function tick(s: TcpCore, now: number): void {
  s.timeWait.expire(now, TIME_WAITS_PER_TICK)
  for (let n = 0; n < TIMERS_PER_TICK; n++) {
    const b = s.wheel.expire(now)
    if (b < 0) return
    runTimers(s, b, now)
  }
}

export function nextTimer(s: TcpCore): number {
  return Math.min(s.wheel.next(), s.timeWait.next())
}

function isDue(s: TcpCore, b: number, field: number, now: number): boolean {
  return s.times[(b + field) >> 1]! <= now
}

function runTimers(s: TcpCore, b: number, now: number): void {
  const w = s.words
  if (isDue(s, b, T_DELACK, now)) {
    disarm(s, b, T_DELACK)
    w[b + W_FLAGS] = (w[b + W_FLAGS]! & ~FLAG_DELACK) | FLAG_ACK_NOW
  }
  if (isDue(s, b, T_REO, now)) reorderingOver(s, b, now)
  if (isDue(s, b, T_LIFE, now)) {
    end(s, b, END_CLOSED)
    return
  }
  if (isDue(s, b, T_RTX, now)) {
    disarm(s, b, T_RTX)
    if (w[b + W_STATE]! < ESTABLISHED) handshakeTimeout(s, b, now)
    else if (w[b + W_SND_UNA] === w[b + W_SND_NXT] || w[b + W_SND_WND] === 0) persistTimeout(s, b, now)
    else retransmissionTimeout(s, b, now)
    if (w[b + W_STATE] === CLOSED || w[b + W_STATE] === ABORTING) return
  }
  if (w[b + W_STATE]! >= ESTABLISHED) output(s, b, now)
  s.wheel.schedule(b, earliest(s, b))
}

function handshakeTimeout(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const active = w[b + W_STATE] === SYN_SENT
  const unknown = (w[b + W_FLAGS]! & FLAG_NO_MAC) !== 0
  const retries = w[b + W_RETRIES]!
  if (retries >= (active ? s.synRetries : s.synAckRetries) + (unknown ? 10 : 0)) {
    if (!active) sendReset(s, b)
    end(s, b, END_TIMEOUT)
    return
  }
  w[b + W_RETRIES] = retries + 1
  if (unknown) {
    sendFirstSyn(s, b, now)
    return
  }
  backOff(s, b)
  stopTiming(s, b)
  s.tally(C_TIMEOUTS)
  arm(s, b, T_RTX, now + w[b + W_RTO]!)
  sendSyn(s, b, now)
}

function persistTimeout(s: TcpCore, b: number, now: number): void {
  const w = s.words
  // RFC 9293 MUST-37: as long as the peer answers, for ever; unanswered, as many times as data.
  if (w[b + W_RETRIES]! >= s.dataRetries) {
    sendReset(s, b)
    end(s, b, END_TIMEOUT)
    return
  }
  if (w[b + W_SND_UNA] === w[b + W_SND_NXT] && !hasOutput(w, b)) return
  w[b + W_RETRIES] = w[b + W_RETRIES]! + 1
  if (w[b + W_PROBES]! > 0) backOff(s, b)
  probe(s, b, now)
  arm(s, b, T_RTX, now + w[b + W_RTO]!)
}

/** RFC 6298 5.4 to 5.6, RFC 5681 3.1. */
function retransmissionTimeout(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const retries = w[b + W_RETRIES]!
  if (retries >= s.dataRetries) {
    sendReset(s, b)
    end(s, b, END_TIMEOUT)
    return
  }
  w[b + W_RETRIES] = retries + 1
  s.tally(C_TIMEOUTS)
  backOff(s, b)
  stopTiming(s, b)
  disarm(s, b, T_REO)
  forgetScoreboard(s, b, retries)
  w[b + W_RTX_NEXT] = w[b + W_SND_UNA]!
  w[b + W_RTX_END] = w[b + W_SND_NXT]!
  enterLoss(s, b, retries === 0, now)
  arm(s, b, T_RTX, now + w[b + W_RTO]!)
}

/** RFC 2018 8: a receiver may drop what it has SACKed; when timeouts follow one another, or the scoreboard says so itself, believe it did. */
function forgetScoreboard(s: TcpCore, b: number, retries: number): void {
  const w = s.words
  const sack = (w[b + W_FLAGS]! & FLAG_SACK) !== 0
  if (sack && retries === 0 && (w[b + W_SACK_COUNT] === 0 || w[w[b + W_SACK_AT]!] !== w[b + W_SND_UNA]))
    return
  clearRanges(s, b + W_SACK_AT, b + W_SACK_COUNT)
  w[b + W_SACKED] = 0
}

/** Serves those that output is owed to, first come first served. True when none is left. */
export function flushPending(s: TcpCore, now: number): boolean {
  const w = s.words
  for (let n = 0; n < OWED_PER_FLUSH && s.owedFirst >= 0; n++) {
    const b = s.owedFirst
    noLongerOwed(s, b)
    const state = w[b + W_STATE]!
    if (state === ABORTING) {
      if (sendReset(s, b)) end(s, b, END_ABORTED)
      else owe(s, b)
    } else if (state < ESTABLISHED) {
      if ((w[b + W_FLAGS]! & FLAG_ACK_NOW) !== 0) {
        w[b + W_FLAGS] = w[b + W_FLAGS]! & ~FLAG_ACK_NOW
        sendSyn(s, b, now)
      }
    } else output(s, b, now)
    // No slot: whoever comes next won't find one either.
    if (s.emit.reserve(1) < 0) break
  }
  return s.owedFirst < 0
}
