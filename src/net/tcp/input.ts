/** A segment arrives: RFC 9293 3.10.7, in its order, with the checks of RFC 5961 and 7323. */

import type { Region } from "../../memory/region.ts"
import type { Classified } from "../classified.ts"
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from "../wire/tcp.ts"
import { acknowledge, isFinAcked } from "./acknowledge.ts"
import { transmitBare } from "./build.ts"
import { idOf, type TcpCore } from "./core.ts"
import {
  C_BAD_ACK,
  C_CHALLENGE_ACKS,
  C_CHALLENGE_SUPPRESSED,
  C_DATA_AFTER_CLOSE,
  C_ESTABLISHED,
  C_MISSING_TIMESTAMP,
  C_NO_ACK,
  C_OUT_OF_WINDOW,
  C_PAWS_DROP,
  C_REPLY_NO_SLOT,
  C_RESETS_IN,
  C_SEGMENTS_IN,
} from "./counters.ts"
import { abort, end, enterTimeWait } from "./end.ts"
import {
  FLAG_ACK_NOW,
  FLAG_ATTACHED,
  FLAG_ESTABLISHED,
  FLAG_FINISHED,
  FLAG_ORPHAN,
  FLAG_PASSIVE,
  FLAG_PEER_FINISHED,
  FLAG_TIMESTAMPS,
  T_CHALLENGE,
  T_LIFE,
  T_RTX,
  T_TS_RECENT,
  W_FLAGS,
  W_GENERATION,
  W_IRS,
  W_ISS,
  W_LAST_ACK,
  W_MAX_WND,
  W_RCV_EDGE,
  W_RCV_NXT,
  W_RETRIES,
  W_RTO,
  W_SHIFTS,
  W_SND_NXT,
  W_SND_UNA,
  W_SND_WL1,
  W_SND_WL2,
  W_SND_WND,
  W_STATE,
  W_TS_RECENT,
  W_TX_END,
} from "./layout.ts"
import { fixShifts, resetRecovery, sendSyn, takeSyn } from "./open.ts"
import { output, sendAck } from "./output.ts"
import { predicted } from "./predict.ts"
import { receive, reportDuplicate } from "./receive.ts"
import { measure } from "./rtt.ts"
import { after, atMost, before, distance, earlier } from "./sequence.ts"
import { arm, disarm, isArmed } from "./timers.ts"
import {
  ABORTING,
  END_CLOSED,
  END_REFUSED,
  END_RESET,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
} from "./types.ts"

/** RFC 5961 7: challenge ACKs are limited; for each connection on its own, so that nobody learns from a shared count. */
const CHALLENGE_EVERY = 500_000
/** RFC 7323 5.5: a timestamp older than this, 24 days, says nothing. */
const TS_RECENT_LIFE = 24 * 86_400_000_000
/**
 * How much older than TS.Recent a timestamp may be, in the peer's ticks. RFC 7323 5.3 says 0, which where the network reorders
 * throws away originals that a retransmission has overtaken. What PAWS is for, a segment of the last lap, is older
 * by at least the time that 2^31 bytes take.
 */
const PAWS_TOLERANCE = 100
/** RFC 6298 5.7. */
const RTO_AFTER_SYN_LOSS = 3_000_000

/** A classified segment of connection `b`. */
export function segment(s: TcpCore, b: number, region: Region, c: Classified, now: number): void {
  if (predicted(s, b, region, c, now)) return
  const w = s.words
  s.tally(C_SEGMENTS_IN)
  if (w[b + W_STATE]! < ESTABLISHED) {
    if (w[b + W_STATE] === SYN_SENT) {
      synSent(s, b, c, now)
      return
    }
    if (!synReceived(s, b, c, now)) return
  } else if (w[b + W_STATE] === ABORTING || !acceptable(s, b, c, now)) return
  if ((c.flags & TCP_ACK) === 0) {
    s.tally(C_NO_ACK)
    return
  }
  if (!ackInBounds(s, b, c, now)) return
  const una = w[b + W_SND_UNA]!
  const nxt = w[b + W_RCV_NXT]!
  const flags = w[b + W_FLAGS]!
  acknowledge(s, b, region, c, now)
  if ((c.flags & TCP_FIN) !== 0 || c.payloadLength !== 0) {
    if ((flags & FLAG_ORPHAN) !== 0 && after((c.seq + c.payloadLength) | 0, nxt)) {
      // RFC 1122 4.2.2.13: nobody is left to read it.
      s.tally(C_DATA_AFTER_CLOSE)
      abort(s, b)
      return
    }
    receive(s, b, region, c, now)
  }
  settle(s, b, una, nxt, flags, now)
}

/** Tells the owner what has changed, sends what may now be sent, and ends what is closed on both sides. */
function settle(s: TcpCore, b: number, una: number, nxt: number, flags: number, now: number): void {
  const w = s.words
  const generation = w[b + W_GENERATION]!
  const tcb = idOf(b)
  if ((flags & FLAG_ESTABLISHED) === 0) {
    w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ESTABLISHED
    s.halfOpen--
    s.tally(C_ESTABLISHED)
    s.events.established(tcb)
    if (w[b + W_GENERATION] !== generation || w[b + W_STATE] === 0) return
  }
  if (w[b + W_SND_UNA] !== una) {
    const first = (w[b + W_ISS]! + 1) | 0
    const position = distance(earlier(w[b + W_SND_UNA]!, w[b + W_TX_END]!), first) >>> 0
    if (before(una, w[b + W_TX_END]!) && position !== 0) s.events.acked(tcb, position)
    if (w[b + W_GENERATION] !== generation || w[b + W_STATE] === 0) return
  }
  // Who attaches in one of the callbacks above is told of everything by attach itself.
  if (w[b + W_RCV_NXT] !== nxt && (flags & FLAG_ATTACHED) !== 0) {
    if (!tellReceived(s, b, nxt, flags)) return
  }
  finishSegment(s, b, now)
}

/** Events of new in-order bytes and of the peer's FIN. False when the owner has ended the connection in one of them. */
export function tellReceived(s: TcpCore, b: number, nxt: number, flagsBefore: number): boolean {
  const w = s.words
  const generation = w[b + W_GENERATION]!
  const tcb = idOf(b)
  const finished = (w[b + W_FLAGS]! & FLAG_PEER_FINISHED) !== 0
  const end = (w[b + W_RCV_NXT]! - (finished ? 1 : 0)) | 0
  if (after(end, nxt)) {
    s.events.readable(tcb, distance(end, (w[b + W_IRS]! + 1) | 0) >>> 0)
    if (w[b + W_GENERATION] !== generation || w[b + W_STATE] === 0) return false
  }
  if (finished && (flagsBefore & FLAG_PEER_FINISHED) === 0) {
    s.events.peerFinished(tcb)
    if (w[b + W_GENERATION] !== generation || w[b + W_STATE] === 0) return false
  }
  return true
}

function finishSegment(s: TcpCore, b: number, now: number): void {
  const w = s.words
  output(s, b, now)
  const state = w[b + W_STATE]!
  if (state < FIN_WAIT_1 || !isFinAcked(w, b)) return
  if ((w[b + W_FLAGS]! & FLAG_PEER_FINISHED) !== 0) {
    if (state === LAST_ACK) end(s, b, END_CLOSED)
    else enterTimeWait(s, b, now)
  } else if (state === FIN_WAIT_2 && (w[b + W_FLAGS]! & FLAG_ORPHAN) !== 0 && !isArmed(s, b, T_LIFE)) {
    arm(s, b, T_LIFE, now + s.finWait2Us)
  }
}

/**
 * RFC 9293 3.10.7.4, first to fourth, for synchronized states: sequence number, RST, SYN; before them PAWS
 * (RFC 7323 5.3). False when the segment has been dealt with.
 */
function acceptable(s: TcpCore, b: number, c: Classified, now: number): boolean {
  const w = s.words
  const flags = c.flags
  const next = w[b + W_RCV_NXT]!
  if ((w[b + W_FLAGS]! & FLAG_TIMESTAMPS) !== 0 && (flags & TCP_RST) === 0) {
    if (!timestampPasses(s, b, c, now)) return false
  }
  const length = c.payloadLength + (flags & TCP_FIN)
  const room = Math.max(0, distance(w[b + W_RCV_EDGE]!, next))
  const into = distance(c.seq, next)
  // A bare ACK may lie at the very edge: its sender has filled the window, and some of that is lost.
  const fits = length === 0 || room === 0 ? into >= 0 && into <= room : into < room && into + length > 0
  if (!fits) {
    outsideWindow(s, b, c, length, now)
    return false
  }
  if ((flags & (TCP_RST | TCP_SYN)) === 0) {
    if (c.hasTimestamp !== 0) noteTimestamp(s, b, c, now)
    // The window is closed: nothing is taken, and the sender's probe is answered.
    if (room === 0 && length > 0) w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ACK_NOW
    return true
  }
  if ((flags & TCP_RST) !== 0) reset(s, b, into, now)
  // RFC 5961 4.2.
  else challenge(s, b, now)
  return false
}

function outsideWindow(s: TcpCore, b: number, c: Classified, length: number, now: number): void {
  const w = s.words
  s.tally(C_OUT_OF_WINDOW)
  if ((c.flags & TCP_RST) !== 0) return
  const next = w[b + W_RCV_NXT]!
  const end = (c.seq + c.payloadLength) | 0
  if (length === 0 || (c.flags & TCP_SYN) !== 0) {
    challenge(s, b, now)
    return
  }
  // Most likely our ACK was lost: RFC 9293 3.10.7.4 wants another, RFC 2883 wants it to say why.
  if (c.payloadLength > 0 && atMost(end, next)) reportDuplicate(s, b, c.seq, end)
  sendAck(s, b, now)
}

/** RFC 5961 3.2: exactly the next sequence number resets; elsewhere in the window the peer must confirm. */
function reset(s: TcpCore, b: number, into: number, now: number): void {
  if (into !== 0) {
    challenge(s, b, now)
    return
  }
  s.tally(C_RESETS_IN)
  end(s, b, END_RESET)
}

function challenge(s: TcpCore, b: number, now: number): void {
  const last = (b + T_CHALLENGE) >> 1
  if (now - s.times[last]! < CHALLENGE_EVERY) {
    s.tally(C_CHALLENGE_SUPPRESSED)
    return
  }
  s.times[last] = now
  s.tally(C_CHALLENGE_ACKS)
  sendAck(s, b, now)
}

function timestampPasses(s: TcpCore, b: number, c: Classified, now: number): boolean {
  const w = s.words
  if (c.hasTimestamp === 0) {
    // RFC 7323 3.2: dropped silently.
    s.tally(C_MISSING_TIMESTAMP)
    return false
  }
  if (distance(w[b + W_TS_RECENT]!, c.tsVal) <= PAWS_TOLERANCE) return true
  if (now - s.times[(b + T_TS_RECENT) >> 1]! > TS_RECENT_LIFE) {
    w[b + W_TS_RECENT] = c.tsVal
    return true
  }
  s.tally(C_PAWS_DROP)
  const end = (c.seq + c.payloadLength) | 0
  if (c.payloadLength > 0 && atMost(end, w[b + W_RCV_NXT]!)) {
    reportDuplicate(s, b, c.seq, end)
    sendAck(s, b, now)
  } else challenge(s, b, now)
  return false
}

/** RFC 7323 4.3. */
function noteTimestamp(s: TcpCore, b: number, c: Classified, now: number): void {
  const w = s.words
  if (!atMost(c.seq, w[b + W_LAST_ACK]!) || before(c.tsVal, w[b + W_TS_RECENT]!)) return
  w[b + W_TS_RECENT] = c.tsVal
  s.times[(b + T_TS_RECENT) >> 1] = now
}

/** RFC 5961 5.2. */
function ackInBounds(s: TcpCore, b: number, c: Classified, now: number): boolean {
  const w = s.words
  const into = distance(c.ack, w[b + W_SND_UNA]!)
  if (into <= distance(w[b + W_SND_NXT]!, w[b + W_SND_UNA]!) && into >= -w[b + W_MAX_WND]!) return true
  s.tally(C_BAD_ACK)
  challenge(s, b, now)
  return false
}

/** SYN-RECEIVED: true when the segment completes the handshake and is to be processed further. */
function synReceived(s: TcpCore, b: number, c: Classified, now: number): boolean {
  const w = s.words
  const isSyn = (c.flags & TCP_SYN) !== 0
  if (isSyn && c.seq === w[b + W_IRS]) {
    if ((c.flags & TCP_ACK) === 0) {
      // The SYN again: so is its answer.
      sendSyn(s, b, now)
      return false
    }
    // Simultaneous open, RFC 9293 figure 8: their SYN-ACK acknowledges our SYN.
    if (c.ack !== w[b + W_SND_NXT]) return refuseAck(s, c)
    becomeEstablished(s, b, c, now)
    w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ACK_NOW
    c.seq = (c.seq + 1) | 0
    c.payloadLength = 0
    return true
  }
  if ((c.flags & TCP_RST) !== 0) {
    const into = distance(c.seq, w[b + W_RCV_NXT]!)
    if (into === 0) {
      s.tally(C_RESETS_IN)
      end(s, b, (w[b + W_FLAGS]! & FLAG_PASSIVE) !== 0 ? END_RESET : END_REFUSED)
    } else if (into > 0 && before(c.seq, w[b + W_RCV_EDGE]!)) challenge(s, b, now)
    else s.tally(C_OUT_OF_WINDOW)
    return false
  }
  if (!acceptable(s, b, c, now)) return false
  if ((c.flags & TCP_ACK) === 0) return true
  if (c.ack !== w[b + W_SND_NXT]) return refuseAck(s, c)
  becomeEstablished(s, b, c, now)
  return true
}

/** RFC 9293 3.10.7.4: an unacceptable ACK in SYN-RECEIVED (and 3.10.7.3, SYN-SENT) is answered by a RST of its number. */
function refuseAck(s: TcpCore, c: Classified): false {
  s.tally(C_BAD_ACK)
  if ((c.flags & TCP_RST) !== 0) return false
  const ports = (c.peerPort << 16) | c.localPort
  if (!transmitBare(s, c.peerMacHigh, c.peerMacLow, c.peerIp, ports, c.ack, 0, TCP_RST, 0)) {
    s.tally(C_REPLY_NO_SLOT)
  }
  return false
}

/** Our SYN is acknowledged by `c`. The owner is told when the whole segment has been taken. */
function becomeEstablished(s: TcpCore, b: number, c: Classified, now: number): void {
  const w = s.words
  const synLost = w[b + W_RETRIES]! > 0
  fixShifts(s, b)
  w[b + W_STATE] = (w[b + W_FLAGS]! & FLAG_FINISHED) !== 0 ? FIN_WAIT_1 : ESTABLISHED
  w[b + W_SND_UNA] = w[b + W_SND_NXT]!
  resetRecovery(w, b)
  w[b + W_RETRIES] = 0
  disarm(s, b, T_RTX)
  measure(s, b, c.ack, c.hasTimestamp, c.tsEcr, Math.floor(now / 1000), now)
  if (synLost) w[b + W_RTO] = Math.max(w[b + W_RTO]!, Math.min(RTO_AFTER_SYN_LOSS, s.maxRto))
  const isSyn = (c.flags & TCP_SYN) !== 0
  // The window of a SYN is never scaled (RFC 7323 2.2).
  w[b + W_SND_WND] = c.window << (isSyn ? 0 : w[b + W_SHIFTS]! >> 8)
  w[b + W_MAX_WND] = Math.max(w[b + W_MAX_WND]!, w[b + W_SND_WND]!)
  w[b + W_SND_WL1] = c.seq
  w[b + W_SND_WL2] = c.ack
}

/** RFC 9293 3.10.7.3. */
function synSent(s: TcpCore, b: number, c: Classified, now: number): void {
  const w = s.words
  const hasAck = (c.flags & TCP_ACK) !== 0
  if (hasAck && c.ack !== w[b + W_SND_NXT]) {
    refuseAck(s, c)
    return
  }
  if ((c.flags & TCP_RST) !== 0) {
    if (!hasAck) return
    s.tally(C_RESETS_IN)
    end(s, b, END_REFUSED)
    return
  }
  if ((c.flags & TCP_SYN) === 0) {
    s.tally(C_NO_ACK)
    return
  }
  takeSyn(s, b, c, now)
  if (!hasAck) {
    // Simultaneous open, RFC 9293 figure 8.
    w[b + W_STATE] = SYN_RECEIVED
    sendSyn(s, b, now)
    return
  }
  const una = w[b + W_SND_UNA]!
  const flags = w[b + W_FLAGS]!
  becomeEstablished(s, b, c, now)
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ACK_NOW
  settle(s, b, una, w[b + W_RCV_NXT]!, flags, now)
}
