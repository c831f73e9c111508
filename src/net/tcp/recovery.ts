/**
 * What was lost. Without signs of reordering, three segments' worth of SACKs above a hole tell (RFC 6675 4 IsLost,
 * RFC 5681 3.2); once reordering has been seen, a hole must also stay open for a reordering window, that grows with every
 * retransmission that proves spurious (the idea of RFC 8985 6.2, with one mark per connection in place of a time per segment).
 * Proofs are timestamps (Eifel, RFC 3522), duplicates reported (RFC 2883, RFC 3708), and holes that fill by themselves.
 */

import type { Region } from "../../memory/region.ts"
import type { Classified } from "../classified.ts"
import { enterRecovery, inRecovery, reorderingSeen, undo } from "./congestion.ts"
import type { TcpCore } from "./core.ts"
import { C_DSACK_IN, C_SACK_IGNORED } from "./counters.ts"
import { bytesWithin, firstGap, insertRange, NO_ROOM } from "./intervals.ts"
import {
  FLAG_FORCE,
  FLAG_SACK,
  FLAG_UNDO,
  T_REO,
  W_DUPACKS,
  W_FLAGS,
  W_MSS,
  W_RECOVER,
  W_REO_MARK,
  W_REO_STEPS,
  W_RTTVAR,
  W_RTX_END,
  W_RTX_NEXT,
  W_RTX_SENT,
  W_SACK_AT,
  W_SACK_COUNT,
  W_SACKED,
  W_SND_NXT,
  W_SND_UNA,
  W_SRTT,
  W_UNDO_LEFT,
  W_UNDO_UNA,
} from "./layout.ts"
import { after, atLeast, atMost, before, distance, earlier, later } from "./sequence.ts"
import { arm, disarm, isArmed } from "./timers.ts"

/** RFC 5681 3.2. */
const DUP_THRESHOLD = 3
/** Shortest reordering window, µs: the wheel's granularity. */
const LEAST_REO = 1000

/** Takes the SACK blocks of a segment (at most four) into the scoreboard. True when it tells something new. */
export function readSack(s: TcpCore, b: number, region: Region, c: Classified): boolean {
  const w = s.words
  const view = region.view
  const una = w[b + W_SND_UNA]!
  const nxt = w[b + W_SND_NXT]!
  let fresh = false
  for (let i = 0; i < c.sackCount; i++) {
    const start = view.getInt32(c.sackOffset + 8 * i)
    const end = view.getInt32(c.sackOffset + 8 * i + 4)
    if (i === 0 && isDuplicateReport(view, c, start, end)) {
      duplicateReported(s, b, start, end)
      continue
    }
    if (!after(end, start) || after(end, nxt) || !after(start, una) || !after(start, c.ack)) {
      if (after(end, nxt) || !after(end, start)) s.tally(C_SACK_IGNORED)
      continue
    }
    const added = insertRange(s, b + W_SACK_AT, b + W_SACK_COUNT, start, end)
    if (added === NO_ROOM) s.tally(C_SACK_IGNORED)
    else if (added > 0) {
      w[b + W_SACKED] = w[b + W_SACKED]! + added
      fresh = true
    }
  }
  return fresh
}

/** RFC 2883 4: a first block below the cumulative ACK, or within the second block. */
function isDuplicateReport(view: DataView, c: Classified, start: number, end: number): boolean {
  if (atMost(end, c.ack)) return true
  if (c.sackCount < 2) return false
  const second = c.sackOffset + 8
  return atLeast(start, view.getInt32(second)) && atMost(end, view.getInt32(second + 4))
}

/** When every retransmission of an episode is reported as a duplicate, nothing had been lost (RFC 3708). */
function duplicateReported(s: TcpCore, b: number, start: number, end: number): void {
  const w = s.words
  s.tally(C_DSACK_IN)
  if ((w[b + W_FLAGS]! & FLAG_UNDO) === 0 || w[b + W_UNDO_LEFT]! <= 0) return
  if (before(start, w[b + W_UNDO_UNA]!) || after(end, w[b + W_RECOVER]!)) return
  const segments = Math.max(1, Math.round(distance(end, start) / w[b + W_MSS]!))
  w[b + W_UNDO_LEFT] = w[b + W_UNDO_LEFT]! - segments
  if (w[b + W_UNDO_LEFT]! <= 0) undo(s, b)
}

/** Without SACK a duplicate ACK stands for one segment that has left the network. */
export function duplicateAck(s: TcpCore, b: number): void {
  const w = s.words
  const mss = w[b + W_MSS]!
  const flight = distance(w[b + W_SND_NXT]!, w[b + W_SND_UNA]!)
  w[b + W_DUPACKS] = w[b + W_DUPACKS]! + 1
  w[b + W_SACKED] = Math.max(0, Math.min(w[b + W_SACKED]! + mss, flight - mss))
}

/** How long a hole may stay open before it counts as a loss, µs. */
export function reorderingWindow(s: TcpCore, b: number): number {
  const w = s.words
  const srtt = w[b + W_SRTT]! >> 3
  const wanted = (srtt >> 2) * w[b + W_REO_STEPS]!
  return Math.max(LEAST_REO, Math.min(wanted, srtt + w[b + W_RTTVAR]!))
}

/** Looks for losses after an ACK that said something. */
export function detectLoss(s: TcpCore, b: number, now: number): void {
  const w = s.words
  if (w[b + W_SACKED] === 0) {
    disarm(s, b, T_REO)
    return
  }
  if ((w[b + W_FLAGS]! & FLAG_SACK) === 0) {
    detectByDuplicates(s, b, now)
    return
  }
  const mark = w[b + W_REO_STEPS] === 0 ? thresholdMark(s, b) : highestSacked(s, b)
  if (!isNews(s, b, mark)) return
  if (w[b + W_REO_STEPS] === 0) markLost(s, b, mark, now)
  else if (!isArmed(s, b, T_REO)) {
    w[b + W_REO_MARK] = mark
    arm(s, b, T_REO, now + reorderingWindow(s, b))
  }
}

/** The reordering window is over: what was a hole when it began, and still is one, is lost. */
export function reorderingOver(s: TcpCore, b: number, now: number): void {
  const w = s.words
  disarm(s, b, T_REO)
  if (w[b + W_SACKED] === 0) return
  if ((w[b + W_FLAGS]! & FLAG_SACK) === 0) {
    if (!inRecovery(w[b + W_FLAGS]!)) markLost(s, b, (w[b + W_SND_UNA]! + w[b + W_MSS]!) | 0, now)
    return
  }
  if (isNews(s, b, w[b + W_REO_MARK]!)) markLost(s, b, w[b + W_REO_MARK]!, now)
  const high = highestSacked(s, b)
  if (isNews(s, b, high)) {
    w[b + W_REO_MARK] = high
    arm(s, b, T_REO, now + reorderingWindow(s, b))
  }
}

function highestSacked(s: TcpCore, b: number): number {
  const w = s.words
  const count = w[b + W_SACK_COUNT]!
  return count === 0 ? w[b + W_SND_UNA]! : w[w[b + W_SACK_AT]! + 2 * count - 1]!
}

/**
 * The highest point above which two segments' worth and a byte has been SACKed: holes below it are lost, and so is what was sent
 * again before what lies above it was sent.
 */
function thresholdMark(s: TcpCore, b: number): number {
  const w = s.words
  const at = w[b + W_SACK_AT]!
  const enough = (DUP_THRESHOLD - 1) * w[b + W_MSS]! + 1
  let above = 0
  for (let i = w[b + W_SACK_COUNT]! - 1, pieces = 1; i >= 0; i--, pieces++) {
    const start = w[at + 2 * i]!
    const end = w[at + 2 * i + 1]!
    if (above + distance(end, start) >= enough) return (end - (enough - above)) | 0
    if (pieces >= DUP_THRESHOLD) return start
    above += distance(end, start)
  }
  return w[b + W_SND_UNA]!
}

/** Whether a mark says more than we have acted on: a new hole below it, or a retransmission that others have overtaken. */
function isNews(s: TcpCore, b: number, mark: number): boolean {
  const w = s.words
  const at = w[b + W_SACK_AT]!
  const count = w[b + W_SACK_COUNT]!
  const from = after(mark, w[b + W_RTX_SENT]!) ? w[b + W_SND_UNA]! : w[b + W_RTX_END]!
  return before(from, mark) && before(firstGap(w, at, count, from), mark)
}

/** Everything below `mark` that isn't SACKed is lost, retransmissions of it included when something sent later has arrived. */
function markLost(s: TcpCore, b: number, mark: number, now: number): void {
  const w = s.words
  if (!inRecovery(w[b + W_FLAGS]!)) enterRecovery(s, b, now)
  if (after(mark, w[b + W_RTX_SENT]!) && w[b + W_RTX_NEXT] === w[b + W_RTX_END]) {
    w[b + W_RTX_NEXT] = w[b + W_SND_UNA]!
  }
  w[b + W_RTX_END] = later(earlier(mark, w[b + W_SND_NXT]!), w[b + W_RTX_END]!)
}

/** RFC 5681 3.2 and RFC 6582 for peers without SACK. */
function detectByDuplicates(s: TcpCore, b: number, now: number): void {
  const w = s.words
  if (inRecovery(w[b + W_FLAGS]!) || w[b + W_DUPACKS]! < DUP_THRESHOLD) return
  if (w[b + W_REO_STEPS] === 0) markLost(s, b, (w[b + W_SND_UNA]! + w[b + W_MSS]!) | 0, now)
  else if (!isArmed(s, b, T_REO)) arm(s, b, T_REO, now + reorderingWindow(s, b))
}

/** RFC 6582 3.2 step 3: a partial acknowledgement without SACK uncovers the next hole. */
export function partialAck(s: TcpCore, b: number): void {
  const w = s.words
  if ((w[b + W_FLAGS]! & FLAG_SACK) !== 0) return
  w[b + W_RTX_NEXT] = w[b + W_SND_UNA]!
  const end = earlier((w[b + W_SND_UNA]! + w[b + W_MSS]!) | 0, w[b + W_SND_NXT]!)
  w[b + W_RTX_END] = later(end, w[b + W_RTX_END]!)
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_FORCE
}

/** A hole has filled though nothing was sent again: the network reorders. */
export function noteOwnFill(s: TcpCore, b: number): void {
  if (s.words[b + W_REO_STEPS] === 0 && !inRecovery(s.words[b + W_FLAGS]!)) reorderingSeen(s, b)
}

/** RFC 6675 4 SetPipe: bytes that are probably in the network. */
export function inFlight(s: TcpCore, b: number): number {
  const w = s.words
  const flight = distance(w[b + W_SND_NXT]!, w[b + W_SND_UNA]!) - w[b + W_SACKED]!
  const next = w[b + W_RTX_NEXT]!
  const end = w[b + W_RTX_END]!
  if (next === end) return flight
  const lost = distance(end, next) - bytesWithin(w, w[b + W_SACK_AT]!, w[b + W_SACK_COUNT]!, next, end)
  return Math.max(0, flight - lost)
}
