/**
 * Congestion control: slow start by bytes (RFC 5681 3.1, RFC 3465); avoidance in the Reno-friendly form of RFC 9438 4.3 and
 * 4.6 (down to 7/10, up by 9/17 of a segment per round trip until where it was: as fair to others as halving and adding
 * one); NewReno's recovery (RFC 6582), its undoing when it proves to have been spurious (RFC 4015), restart after idleness
 * (RFC 5681 4.1). Other algorithms, CUBIC's own curve among them, would take the place of this file.
 */

import { type TcpCore, timestampNow } from "./core.ts"
import { C_RECOVERIES, C_SPURIOUS } from "./counters.ts"
import {
  FLAG_CWND_LIMITED,
  FLAG_EIFEL,
  FLAG_FORCE,
  FLAG_LOSS,
  FLAG_RECOVERY,
  FLAG_UNDO,
  T_REO,
  W_CWND,
  W_CWND_ACKED,
  W_DUPACKS,
  W_FLAGS,
  W_MSS,
  W_PRIOR_CWND,
  W_PRIOR_SSTHRESH,
  W_RECOVER,
  W_REO_PERSIST,
  W_REO_STEPS,
  W_RTX_END,
  W_RTX_NEXT,
  W_RTX_TS,
  W_SND_NXT,
  W_SND_UNA,
  W_SSTHRESH,
  W_TS_OFFSET,
  W_UNDO_LEFT,
  W_UNDO_UNA,
} from "./layout.ts"
import { distance } from "./sequence.ts"
import { disarm } from "./timers.ts"

/** Larger than any flight: "arbitrarily high" (RFC 5681 3.1). */
export const UNLIMITED = 0x4000_0000
/** RFC 6928 2. */
const INITIAL_SEGMENTS = 10
/** RFC 3465 2.3: segments that one ACK may count for in slow start; after a timeout it must be one. */
const ABC_LIMIT = 2
/** Bound of the reordering window: SRTT and four deviations are reached sooner. */
const MAX_REO_STEPS = 32
/** RFC 8985 6.2: recoveries without a sign of reordering after which the window shrinks again. */
const REO_PERSIST = 16

export function initialWindow(mss: number): number {
  return Math.min(INITIAL_SEGMENTS * mss, Math.max(2 * mss, 14600))
}

export const inRecovery = (flags: number): boolean => (flags & (FLAG_RECOVERY | FLAG_LOSS)) !== 0

/** `delivered` new bytes have reached the peer, not within fast recovery. */
export function grow(s: TcpCore, b: number, delivered: number): void {
  const w = s.words
  // RFC 5681 3.1, RFC 7661: a window that isn't used says nothing about the path.
  if ((w[b + W_FLAGS]! & FLAG_CWND_LIMITED) === 0) return
  const mss = w[b + W_MSS]!
  const cwnd = w[b + W_CWND]!
  if (cwnd < w[b + W_SSTHRESH]!) {
    const limit = (w[b + W_FLAGS]! & FLAG_LOSS) === 0 ? ABC_LIMIT * mss : mss
    w[b + W_CWND] = Math.min(cwnd + Math.min(delivered, limit), UNLIMITED)
    return
  }
  const sum = w[b + W_CWND_ACKED]! + delivered
  // RFC 9438 4.3: 3(1-β)/(1+β) = 9/17 segments per round trip up to the window before the last decrease, then one.
  const needed = cwnd < w[b + W_PRIOR_CWND]! ? Math.trunc((cwnd * 17) / 9) : cwnd
  if (sum >= needed) {
    w[b + W_CWND_ACKED] = Math.min(sum - needed, cwnd)
    w[b + W_CWND] = Math.min(cwnd + mss, UNLIMITED)
  } else w[b + W_CWND_ACKED] = sum
}

/** RFC 9438 4.6, with its β of 7/10. */
function decrease(s: TcpCore, b: number): void {
  const w = s.words
  const flight = distance(w[b + W_SND_NXT]!, w[b + W_SND_UNA]!)
  // What limited transmit has added above cwnd doesn't count (RFC 3042 2).
  const used = Math.min(flight, w[b + W_CWND]!)
  w[b + W_SSTHRESH] = Math.max(Math.trunc((used * 7) / 10), 2 * w[b + W_MSS]!)
}

/** Remembers what to return to, if nothing is remembered already (RFC 4015 3). */
function beginEpisode(s: TcpCore, b: number, now: number): void {
  const w = s.words
  w[b + W_PRIOR_CWND] = w[b + W_CWND]!
  w[b + W_PRIOR_SSTHRESH] = w[b + W_SSTHRESH]!
  w[b + W_UNDO_UNA] = w[b + W_SND_UNA]!
  w[b + W_UNDO_LEFT] = 0
  w[b + W_RTX_TS] = timestampNow(now, w[b + W_TS_OFFSET]!)
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_EIFEL | FLAG_UNDO
}

/** RFC 6582 3.2 step 2, RFC 6675 5 step 4: the first retransmission leaves at once. */
export function enterRecovery(s: TcpCore, b: number, now: number): void {
  const w = s.words
  beginEpisode(s, b, now)
  decrease(s, b)
  w[b + W_CWND] = w[b + W_SSTHRESH]!
  w[b + W_CWND_ACKED] = 0
  w[b + W_RECOVER] = w[b + W_SND_NXT]!
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_RECOVERY | FLAG_FORCE
  s.tally(C_RECOVERIES)
}

/** RFC 5681 3.1: the loss window of one segment; only the first timeout of a row decreases the threshold. */
export function enterLoss(s: TcpCore, b: number, isFirst: boolean, now: number): void {
  const w = s.words
  if (isFirst) {
    // An episode under way keeps what it would return to.
    if (!inRecovery(w[b + W_FLAGS]!)) beginEpisode(s, b, now)
    else w[b + W_FLAGS] = w[b + W_FLAGS]! & ~(FLAG_EIFEL | FLAG_UNDO)
    decrease(s, b)
  }
  w[b + W_CWND] = w[b + W_MSS]!
  w[b + W_CWND_ACKED] = 0
  w[b + W_RECOVER] = w[b + W_SND_NXT]!
  w[b + W_DUPACKS] = 0
  w[b + W_FLAGS] = (w[b + W_FLAGS]! & ~FLAG_RECOVERY) | FLAG_LOSS | FLAG_FORCE | FLAG_CWND_LIMITED
}

/** Everything that was outstanding when recovery began is acknowledged. */
export function leaveRecovery(s: TcpCore, b: number): void {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  if ((flags & FLAG_RECOVERY) !== 0) w[b + W_CWND] = w[b + W_SSTHRESH]!
  w[b + W_DUPACKS] = 0
  // FLAG_UNDO stays: a late DSACK may still show that all of it was spurious.
  w[b + W_FLAGS] = flags & ~(FLAG_RECOVERY | FLAG_LOSS | FLAG_FORCE | FLAG_EIFEL)
  if (w[b + W_REO_STEPS]! > 0 && --w[b + W_REO_PERSIST]! <= 0) {
    w[b + W_REO_STEPS] = w[b + W_REO_STEPS]! >> 1
    w[b + W_REO_PERSIST] = REO_PERSIST
  }
}

/** Losses above the point where recovery has just ended begin the next one; timestamps can't judge it. */
export function reenterRecovery(s: TcpCore, b: number, now: number): void {
  enterRecovery(s, b, now)
  s.words[b + W_FLAGS] = s.words[b + W_FLAGS]! & ~FLAG_EIFEL
}

/** The retransmissions were spurious: nothing was lost, so back to where we were (RFC 4015), and more patience from now on. */
export function undo(s: TcpCore, b: number): void {
  const w = s.words
  w[b + W_CWND] = Math.max(w[b + W_CWND]!, w[b + W_PRIOR_CWND]!)
  w[b + W_SSTHRESH] = Math.max(w[b + W_SSTHRESH]!, w[b + W_PRIOR_SSTHRESH]!)
  w[b + W_RTX_NEXT] = w[b + W_RTX_END]!
  w[b + W_DUPACKS] = 0
  w[b + W_FLAGS] = w[b + W_FLAGS]! & ~(FLAG_RECOVERY | FLAG_LOSS | FLAG_FORCE | FLAG_EIFEL | FLAG_UNDO)
  disarm(s, b, T_REO)
  s.tally(C_SPURIOUS)
  reorderingSeen(s, b)
}

/** Widens the reordering window by a quarter of SRTT. */
export function reorderingSeen(s: TcpCore, b: number): void {
  const w = s.words
  w[b + W_REO_STEPS] = Math.min(w[b + W_REO_STEPS]! + 1, MAX_REO_STEPS)
  w[b + W_REO_PERSIST] = REO_PERSIST
}

/** RFC 5681 4.1: after a timeout's worth of silence the window says nothing any more. */
export function restartAfterIdle(s: TcpCore, b: number): void {
  const w = s.words
  w[b + W_CWND] = Math.min(w[b + W_CWND]!, initialWindow(w[b + W_MSS]!))
}
