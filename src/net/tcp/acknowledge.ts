/** RFC 9293 3.10.7.4, fifth: the ACK field, with the window, the SACK blocks and what they say of losses. */

import type { Region } from "../../memory/region.ts"
import type { Classified } from "../classified.ts"
import { TCP_FIN, TCP_SYN } from "../wire/tcp.ts"
import { grow, inRecovery, leaveRecovery, reenterRecovery, undo } from "./congestion.ts"
import type { TcpCore } from "./core.ts"
import { trimRanges } from "./intervals.ts"
import {
  FLAG_EIFEL,
  FLAG_FINISHED,
  FLAG_FORCE,
  FLAG_RECOVERY,
  FLAG_SACK,
  FLAG_TIMESTAMPS,
  T_RTX,
  W_DUPACKS,
  W_FLAGS,
  W_MAX_WND,
  W_MSS,
  W_PROBES,
  W_RECOVER,
  W_REO_STEPS,
  W_RETRIES,
  W_RTO,
  W_RTX_END,
  W_RTX_NEXT,
  W_RTX_SENT,
  W_RTX_TS,
  W_SACK_AT,
  W_SACK_COUNT,
  W_SACKED,
  W_SHIFTS,
  W_SND_NXT,
  W_SND_UNA,
  W_SND_WL1,
  W_SND_WL2,
  W_SND_WND,
  W_STATE,
  W_TX_END,
} from "./layout.ts"
import { detectLoss, duplicateAck, noteOwnFill, partialAck, readSack } from "./recovery.ts"
import { measure, timeout } from "./rtt.ts"
import { after, atLeast, atMost, before, distance, later } from "./sequence.ts"
import { arm, disarm } from "./timers.ts"
import { FIN_WAIT_1, FIN_WAIT_2 } from "./types.ts"

/** Takes an ACK that is within bounds: SND.UNA - MAX.WND ≤ SEG.ACK ≤ SND.NXT. */
export function acknowledge(s: TcpCore, b: number, region: Region, c: Classified, now: number): void {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  const una = w[b + W_SND_UNA]!
  const acked = distance(c.ack, una)
  const sacked = w[b + W_SACKED]!
  const fresh = (flags & FLAG_SACK) !== 0 && c.sackCount > 0 && readSack(s, b, region, c)
  const window = w[b + W_SND_WND]!
  if (acked >= 0) {
    updateWindow(s, b, c, now)
    // RFC 9293 MUST-37: a peer that answers probes is alive, however long its window stays closed.
    if (w[b + W_PROBES] !== 0) w[b + W_RETRIES] = 0
  }
  if (acked > 0) advance(s, b, acked, c, now)
  else if (acked === 0 && (flags & FLAG_SACK) === 0 && isDuplicate(w, b, c, window)) duplicateAck(s, b)
  // Where the network reorders, what has arrived out of order counts at once: growth would else wait for every straggler.
  const delivered = acked + w[b + W_SACKED]! - sacked
  const counts = acked > 0 || (acked === 0 && w[b + W_REO_STEPS] !== 0)
  if (counts && delivered > 0 && (w[b + W_FLAGS]! & FLAG_RECOVERY) === 0) grow(s, b, delivered)
  if (w[b + W_SACKED] !== 0 && (acked > 0 || fresh || (flags & FLAG_SACK) === 0)) detectLoss(s, b, now)
}

/** RFC 5681 2, for peers without SACK. */
function isDuplicate(w: Int32Array, b: number, c: Classified, window: number): boolean {
  return (
    c.payloadLength === 0 &&
    (c.flags & (TCP_SYN | TCP_FIN)) === 0 &&
    w[b + W_SND_WND] === window &&
    w[b + W_SND_UNA] !== w[b + W_SND_NXT]
  )
}

/** RFC 9293 3.10.7.4: only a newer segment may change the window. */
function updateWindow(s: TcpCore, b: number, c: Classified, now: number): void {
  const w = s.words
  const wl1 = w[b + W_SND_WL1]!
  if (!(before(wl1, c.seq) || (wl1 === c.seq && atMost(w[b + W_SND_WL2]!, c.ack)))) return
  const wnd = c.window << (w[b + W_SHIFTS]! >> 8)
  const old = w[b + W_SND_WND]!
  w[b + W_SND_WL1] = c.seq
  w[b + W_SND_WL2] = c.ack
  if (wnd === old) return
  w[b + W_SND_WND] = wnd
  if (wnd > w[b + W_MAX_WND]!) w[b + W_MAX_WND] = wnd
  if (wnd > old && w[b + W_PROBES] !== 0) windowOpened(s, b, now)
}

/** What the probes carried was most likely refused: it goes again at once, and isn't a loss. */
function windowOpened(s: TcpCore, b: number, now: number): void {
  const w = s.words
  w[b + W_PROBES] = 0
  w[b + W_RETRIES] = 0
  w[b + W_RTO] = timeout(s, b)
  if (w[b + W_SND_UNA] === w[b + W_SND_NXT]) {
    disarm(s, b, T_RTX)
    return
  }
  w[b + W_RTX_NEXT] = w[b + W_SND_UNA]!
  w[b + W_RTX_END] = w[b + W_SND_NXT]!
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_FORCE
  arm(s, b, T_RTX, now + w[b + W_RTO]!)
}

/** SND.UNA moves up by `acked`. */
function advance(s: TcpCore, b: number, acked: number, c: Classified, now: number): void {
  const w = s.words
  const una = c.ack
  w[b + W_SND_UNA] = una
  if (w[b + W_SACKED] !== 0) forgetSacked(s, b, acked)
  w[b + W_RTX_NEXT] = later(una, w[b + W_RTX_NEXT]!)
  w[b + W_RTX_END] = later(una, w[b + W_RTX_END]!)
  w[b + W_RTX_SENT] = later(una, w[b + W_RTX_SENT]!)
  w[b + W_RETRIES] = 0
  w[b + W_PROBES] = 0
  measure(s, b, una, c.hasTimestamp, c.tsEcr, Math.floor(now / 1000), now)
  if (una === w[b + W_SND_NXT]) disarm(s, b, T_RTX)
  else arm(s, b, T_RTX, now + w[b + W_RTO]!)
  judgeEpisode(s, b, c)
  if (inRecovery(w[b + W_FLAGS]!)) progress(s, b, now)
  if (w[b + W_STATE] === FIN_WAIT_1 && isFinAcked(w, b)) w[b + W_STATE] = FIN_WAIT_2
}

/** Whether our FIN was sent and acknowledged. */
export function isFinAcked(w: Int32Array, b: number): boolean {
  return (w[b + W_FLAGS]! & FLAG_FINISHED) !== 0 && after(w[b + W_SND_UNA]!, w[b + W_TX_END]!)
}

/** The part of the scoreboard, or of the estimate from duplicate ACKs, that the cumulative ACK covers. */
function forgetSacked(s: TcpCore, b: number, acked: number): void {
  const w = s.words
  if ((w[b + W_FLAGS]! & FLAG_SACK) !== 0) {
    const passed = trimRanges(s, b + W_SACK_AT, b + W_SACK_COUNT, w[b + W_SND_UNA]!)
    w[b + W_SACKED] = w[b + W_SACKED]! - passed
    // Only if the hole below what was SACKed is gone; the first SACK may come with news of what precedes the hole.
    if (passed > 0) noteOwnFill(s, b)
  } else if ((w[b + W_FLAGS]! & FLAG_RECOVERY) !== 0) {
    // RFC 6582 3.2 step 3: deflate by what was acknowledged, less the segment that has left.
    w[b + W_SACKED] = Math.max(0, w[b + W_SACKED]! - Math.max(0, acked - w[b + W_MSS]!))
  } else {
    w[b + W_SACKED] = 0
    w[b + W_DUPACKS] = 0
    noteOwnFill(s, b)
  }
}

/** RFC 3522: the first ACK after the first retransmission echoes a timestamp; an older one answers the original. */
function judgeEpisode(s: TcpCore, b: number, c: Classified): void {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  if ((flags & FLAG_EIFEL) === 0) return
  // Retransmitted at all, yet? FORCE is still set when the first retransmission waits for a slot.
  if ((flags & FLAG_FORCE) !== 0) return
  w[b + W_FLAGS] = flags & ~FLAG_EIFEL
  if ((flags & FLAG_TIMESTAMPS) !== 0 && c.hasTimestamp !== 0 && before(c.tsEcr, w[b + W_RTX_TS]!)) undo(s, b)
}

/** An ACK of new data in recovery: its end, or a partial one (RFC 6582 3.2). */
function progress(s: TcpCore, b: number, now: number): void {
  const w = s.words
  if (atLeast(w[b + W_SND_UNA]!, w[b + W_RECOVER]!)) {
    leaveRecovery(s, b)
    if ((w[b + W_FLAGS]! & FLAG_SACK) === 0) w[b + W_SACKED] = 0
    if (after(w[b + W_RTX_END]!, w[b + W_SND_UNA]!)) reenterRecovery(s, b, now)
  } else if ((w[b + W_FLAGS]! & FLAG_RECOVERY) !== 0) partialAck(s, b)
}
