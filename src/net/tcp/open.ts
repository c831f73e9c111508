/** Opening: RFC 9293 3.10.1 and 3.10.7.2, with the options of RFC 7323 and 2018, and initial numbers by RFC 6528. */

import type { SynRecord } from "../classified.ts"
import { TCP_ACK, TCP_SYN } from "../wire/tcp.ts"
import { transmit } from "./build.ts"
import { initialWindow, UNLIMITED } from "./congestion.ts"
import { idOf, initialSequence, type TcpCore } from "./core.ts"
import {
  C_ACTIVE_OPENS,
  C_DUPLICATE_FLOW,
  C_NEIGHBOUR_UNKNOWN,
  C_NO_CONNECTION,
  C_NO_STAGING,
  C_PASSIVE_OPENS,
  C_TIME_WAIT_REUSED,
} from "./counters.ts"
import {
  FLAG_ACK_NOW,
  FLAG_NAGLE,
  FLAG_NO_MAC,
  FLAG_PASSIVE,
  FLAG_SACK,
  FLAG_TIMESTAMPS,
  RECORD_WORDS,
  T_CHALLENGE,
  T_DELACK,
  T_LAST_SEND,
  T_RTT,
  T_RTX,
  T_TS_RECENT,
  W_CWND,
  W_FLAGS,
  W_GENERATION,
  W_IRS,
  W_ISS,
  W_LAST_ACK,
  W_MAC_HIGH,
  W_MAC_LOW,
  W_MAX_WND,
  W_MSS,
  W_PEER_IP,
  W_PORTS,
  W_RCV_ADV,
  W_RCV_EDGE,
  W_RCV_MSS,
  W_RCV_NXT,
  W_RECOVER,
  W_RETRIES,
  W_RTO,
  W_RTX_END,
  W_RTX_NEXT,
  W_RTX_SENT,
  W_RX_MASK,
  W_RX_OFFSET,
  W_SHIFTS,
  W_SMALL_END,
  W_SND_NXT,
  W_SND_UNA,
  W_SND_WL1,
  W_SND_WL2,
  W_SND_WND,
  W_SSTHRESH,
  W_STAGING,
  W_STATE,
  W_TS_OFFSET,
  W_TS_RECENT,
  W_TX_END,
  W_TX_MASK,
  W_WHEEL_SLOT,
} from "./layout.ts"
import { owe } from "./owed.ts"
import { startTiming } from "./rtt.ts"
import { atMost } from "./sequence.ts"
import { TW_SND_NXT } from "./time-wait.ts"
import { arm } from "./timers.ts"
import { SYN_RECEIVED, SYN_SENT } from "./types.ts"

/** RFC 9293 3.7.1 MUST-15: the segment size when the peer names none. */
const DEFAULT_MSS = 536
/** Smaller ones are not believed: they would cost us a segment per few bytes. */
const LEAST_MSS = 88
/** Shifts when window scaling isn't agreed. */
const UNSCALED = -1
/** How far above the old connection's numbers a reused flow begins (RFC 9293 3.6.1). */
const REUSE_GAP = 64001
/** First wait for the neighbour's address, µs; it doubles up to the initial timeout. */
export const NEIGHBOUR_WAIT = 20_000

export const portsOf = (peerPort: number, localPort: number): number => (peerPort << 16) | localPort

/** A fresh record in state `state` with its staging slot and flow, or -1 (counted). Everything about the peer's side is still open. */
function create(s: TcpCore, peerIp: number, ports: number, state: number, now: number): number {
  const there = s.flows.find(peerIp, ports)
  if (there >= 0 && there < s.maxConnections) {
    s.tally(C_DUPLICATE_FLOW)
    return -1
  }
  if (s.available === 0) {
    s.tally(C_NO_CONNECTION)
    return -1
  }
  const slot = s.staging.take()
  if (slot < 0) {
    s.tally(C_NO_STAGING)
    return -1
  }
  const tcb = s.freeIds[--s.available]!
  const b = tcb * RECORD_WORDS
  s.hashFlow(peerIp, ports)
  let iss = initialSequence(s, now)
  if (there >= 0) {
    const e = s.timeWait.entry(there)
    const old = s.timeWait.words[e + TW_SND_NXT]!
    if (atMost(iss, old)) iss = (old + REUSE_GAP) | 0
    s.timeWait.remove(e)
    s.tally(C_TIME_WAIT_REUSED)
  }
  const w = s.words
  const generation = w[b + W_GENERATION]!
  w.fill(0, b, b + RECORD_WORDS)
  initTimes(s, b)
  w[b + W_GENERATION] = (generation + 1) | 0
  w[b + W_STATE] = state
  w[b + W_FLAGS] = s.nagle ? FLAG_NAGLE : 0
  w[b + W_PEER_IP] = peerIp
  w[b + W_PORTS] = ports
  w[b + W_STAGING] = slot
  w[b + W_RX_OFFSET] = s.staging.offset(slot)
  w[b + W_RX_MASK] = s.staging.bytes - 1
  w[b + W_TX_MASK] = -1
  w[b + W_ISS] = iss
  w[b + W_SND_UNA] = iss
  w[b + W_SND_NXT] = (iss + 1) | 0
  w[b + W_TX_END] = (iss + 1) | 0
  w[b + W_SMALL_END] = iss
  resetRecovery(w, b)
  w[b + W_MSS] = DEFAULT_MSS
  w[b + W_SSTHRESH] = UNLIMITED
  w[b + W_RTO] = s.initialRto
  w[b + W_TS_OFFSET] = s.flowHash.high
  s.flows.set(peerIp, ports, tcb)
  s.halfOpen++
  return b
}

/** Nothing is deemed lost, nothing was sent again. */
export function resetRecovery(w: Int32Array, b: number): void {
  const una = w[b + W_SND_UNA]!
  w[b + W_RTX_NEXT] = una
  w[b + W_RTX_END] = una
  w[b + W_RTX_SENT] = una
  w[b + W_RECOVER] = una
}

function initTimes(s: TcpCore, b: number): void {
  s.times.fill(Number.POSITIVE_INFINITY, (b + T_DELACK) >> 1, (b + T_RTT) >> 1)
  s.times[(b + T_RTT) >> 1] = Number.NaN
  s.times[(b + T_TS_RECENT) >> 1] = 0
  s.times[(b + T_CHALLENGE) >> 1] = Number.NEGATIVE_INFINITY
  s.times[(b + T_LAST_SEND) >> 1] = 0
  s.words[b + W_WHEEL_SLOT] = -1
}

/** RFC 9293 3.10.7.2, second: a SYN for a listener. Answers the id, or -1 when a table is full or the flow lives already. */
export function openPassive(
  s: TcpCore,
  syn: SynRecord,
  peerMacHigh: number,
  peerMacLow: number,
  now: number,
): number {
  const ports = portsOf(syn.peerPort, syn.localPort)
  const b = create(s, syn.peerIp | 0, ports, SYN_RECEIVED, now)
  if (b < 0) return -1
  const w = s.words
  w[b + W_MAC_HIGH] = peerMacHigh
  w[b + W_MAC_LOW] = peerMacLow
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_PASSIVE
  takeSyn(s, b, syn, now)
  s.tally(C_PASSIVE_OPENS)
  sendSyn(s, b, now)
  startTiming(s, b, w[b + W_SND_NXT]!, now)
  arm(s, b, T_RTX, now + w[b + W_RTO]!)
  return idOf(b)
}

/** RFC 9293 3.10.1, active. */
export function connect(
  s: TcpCore,
  peerIp: number,
  peerPort: number,
  localPort: number,
  now: number,
): number {
  if (s.neighbours === undefined) return -1
  const b = create(s, peerIp | 0, portsOf(peerPort, localPort), SYN_SENT, now)
  if (b < 0) return -1
  const w = s.words
  w[b + W_FLAGS] =
    w[b + W_FLAGS]! | FLAG_NO_MAC | (s.timestamps ? FLAG_TIMESTAMPS : 0) | (s.sack ? FLAG_SACK : 0)
  w[b + W_SHIFTS] = s.receiveShift
  w[b + W_RCV_EDGE] = s.staging.bytes
  w[b + W_RCV_MSS] = s.mss
  s.tally(C_ACTIVE_OPENS)
  sendFirstSyn(s, b, now)
  return idOf(b)
}

/** The SYN of an active open, as soon as the neighbour's address is known; the timer brings us back until then. */
export function sendFirstSyn(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const neighbour = s.neighbours!.find(w[b + W_PEER_IP]!, now)
  if (neighbour < 0) {
    s.tally(C_NEIGHBOUR_UNKNOWN)
    arm(s, b, T_RTX, now + Math.min(NEIGHBOUR_WAIT << Math.min(w[b + W_RETRIES]!, 10), s.initialRto))
    return
  }
  w[b + W_MAC_HIGH] = s.neighbours!.macHigh(neighbour)
  w[b + W_MAC_LOW] = s.neighbours!.macLow(neighbour)
  w[b + W_FLAGS] = w[b + W_FLAGS]! & ~FLAG_NO_MAC
  w[b + W_RETRIES] = 0
  sendSyn(s, b, now)
  startTiming(s, b, w[b + W_SND_NXT]!, now)
  arm(s, b, T_RTX, now + w[b + W_RTO]!)
}

/** SYN or SYN-ACK, by the state. Owed when there is no slot. */
export function sendSyn(s: TcpCore, b: number, now: number): void {
  const w = s.words
  const flags = w[b + W_STATE] === SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK
  if (transmit(s, b, w[b + W_ISS]!, 0, flags, now)) return
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ACK_NOW
  owe(s, b)
}

/** What the peer's SYN says: its numbers, and which options both sides have. */
export function takeSyn(s: TcpCore, b: number, syn: SynRecord, now: number): void {
  const w = s.words
  const irs = syn.seq | 0
  const next = (irs + 1) | 0
  w[b + W_IRS] = irs
  w[b + W_RCV_NXT] = next
  w[b + W_RCV_ADV] = next
  w[b + W_LAST_ACK] = next
  w[b + W_RCV_EDGE] = (next + w[b + W_RX_MASK]! + 1) | 0
  w[b + W_SND_WND] = syn.window
  w[b + W_MAX_WND] = syn.window
  w[b + W_SND_WL1] = irs
  w[b + W_SND_WL2] = w[b + W_ISS]!
  const timestamps = s.timestamps && syn.hasTimestamp !== 0
  const sack = s.sack && syn.sackPermitted !== 0
  const scaled = syn.wscale >= 0
  w[b + W_SHIFTS] = scaled ? (Math.min(syn.wscale, 14) << 8) | s.receiveShift : UNSCALED
  w[b + W_FLAGS] =
    (w[b + W_FLAGS]! & ~(FLAG_TIMESTAMPS | FLAG_SACK)) |
    (timestamps ? FLAG_TIMESTAMPS : 0) |
    (sack ? FLAG_SACK : 0)
  if (timestamps) {
    w[b + W_TS_RECENT] = syn.tsVal
    s.times[(b + T_TS_RECENT) >> 1] = now
  }
  // RFC 6691: the option counts no options, so ours come off what both sides take.
  const peers = Math.max(syn.mss === 0 ? DEFAULT_MSS : syn.mss, LEAST_MSS)
  const mss = Math.min(peers, s.mss) - (timestamps ? 12 : 0)
  w[b + W_MSS] = mss
  w[b + W_CWND] = initialWindow(mss)
  w[b + W_RCV_MSS] = Math.min(DEFAULT_MSS, s.mss)
}

/** The handshake is over: windows are scaled from here on. Without agreement both shifts are 0. */
export function fixShifts(s: TcpCore, b: number): void {
  if (s.words[b + W_SHIFTS] === UNSCALED) s.words[b + W_SHIFTS] = 0
}
