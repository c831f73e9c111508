import type { TcpCore } from "./core.ts"
import { FLAG_TIMESTAMPS, T_RTT, W_FLAGS, W_RTO, W_RTT_SEQ, W_RTTVAR, W_SRTT, W_TS_OFFSET } from "./layout.ts"
import { atLeast } from "./sequence.ts"

/** RFC 6298: SRTT is kept in eighths and RTTVAR in quarters of a microsecond, both 0 before the first sample. */

/** Longest sample believed, µs. */
const LONGEST = 120_000_000

/** RFC 6298 2.2, 2.3. */
export function sample(s: TcpCore, b: number, rtt: number): void {
  const w = s.words
  const r = Math.max(1, rtt)
  const smoothed = w[b + W_SRTT]!
  if (smoothed === 0) {
    w[b + W_SRTT] = r * 8
    w[b + W_RTTVAR] = r * 2
  } else {
    const error = r - (smoothed >> 3)
    w[b + W_SRTT] = smoothed + error
    const deviation = Math.abs(error) - (w[b + W_RTTVAR]! >> 2)
    w[b + W_RTTVAR] = w[b + W_RTTVAR]! + deviation
  }
  w[b + W_RTO] = timeout(s, b)
}

/** The timeout without backoff, within the configured bounds. */
export function timeout(s: TcpCore, b: number): number {
  const w = s.words
  if (w[b + W_SRTT] === 0) return s.initialRto
  // The granularity of the wheel is RFC 6298's G.
  const rto = (w[b + W_SRTT]! >> 3) + Math.max(1000, w[b + W_RTTVAR]!)
  return Math.min(Math.max(rto, s.minRto), s.maxRto)
}

/** RFC 6298 5.5. */
export function backOff(s: TcpCore, b: number): void {
  s.words[b + W_RTO] = Math.min(s.words[b + W_RTO]! * 2, s.maxRto)
}

/** Times the segment that ends at `seq`, unless one is being timed. */
export function startTiming(s: TcpCore, b: number, seq: number, now: number): void {
  const t = (b + T_RTT) >> 1
  if (!Number.isNaN(s.times[t]!)) return
  s.times[t] = now
  s.words[b + W_RTT_SEQ] = seq
}

/** Karn's algorithm: nothing is learnt from what was sent twice. */
export function stopTiming(s: TcpCore, b: number): void {
  s.times[(b + T_RTT) >> 1] = Number.NaN
}

/**
 * What an ACK of new data says about the round trip: the timed segment when it is covered, else the echoed
 * timestamp (RFC 7323 4.1), which is right for retransmissions too but counts only milliseconds.
 * @param tsClock our timestamp clock, before the flow's offset.
 */
export function measure(
  s: TcpCore,
  b: number,
  ack: number,
  hasTimestamp: number,
  tsEcr: number,
  tsClock: number,
  now: number,
): void {
  const w = s.words
  const t = (b + T_RTT) >> 1
  const since = s.times[t]!
  if (!Number.isNaN(since)) {
    if (!atLeast(ack, w[b + W_RTT_SEQ]!)) return
    s.times[t] = Number.NaN
    if (now - since <= LONGEST) sample(s, b, now - since)
    return
  }
  if (hasTimestamp === 0 || (w[b + W_FLAGS]! & FLAG_TIMESTAMPS) === 0) return
  const ticks = (tsClock + w[b + W_TS_OFFSET]! - tsEcr) | 0
  if (ticks >= 0 && ticks * 1000 <= LONGEST) sample(s, b, ticks * 1000)
}
