/** Answers to segments of no live connection: RFC 9293 3.10.7.1 (CLOSED) and TIME-WAIT. */

import type { Classified } from "../classified.ts"
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from "../wire/tcp.ts"
import { transmitBare } from "./build.ts"
import type { TcpCore } from "./core.ts"
import { C_REFUSED, C_REPLY_NO_SLOT, C_TIME_WAIT_RESET } from "./counters.ts"
import { portsOf } from "./open.ts"
import { after, atLeast } from "./sequence.ts"
import {
  TW_MAC_HIGH,
  TW_MAC_LOW,
  TW_RCV_NXT,
  TW_SND_NXT,
  TW_TIMESTAMPS,
  TW_TS_RECENT,
  TW_WINDOW,
} from "./time-wait.ts"

/** RST for a segment that belongs to nobody; a RST is never answered. */
export function refuse(s: TcpCore, c: Classified): void {
  if ((c.flags & TCP_RST) !== 0) return
  const ports = portsOf(c.peerPort, c.localPort)
  const hasAck = (c.flags & TCP_ACK) !== 0
  const length = c.payloadLength + ((c.flags & TCP_SYN) >> 1) + (c.flags & TCP_FIN)
  const seq = hasAck ? c.ack : 0
  const ack = hasAck ? 0 : (c.seq + length) | 0
  const flags = hasAck ? TCP_RST : TCP_RST | TCP_ACK
  s.tally(C_REFUSED)
  if (!transmitBare(s, c.peerMacHigh, c.peerMacLow, c.peerIp, ports, seq, ack, flags, 0)) {
    s.tally(C_REPLY_NO_SLOT)
  }
}

/** RFC 9293 3.6.1 MAY-2 with RFC 6191: whether a SYN may open a flow that is in TIME-WAIT at entry `e`. */
export function mayReuse(s: TcpCore, e: number, c: Classified): boolean {
  const t = s.timeWait.words
  if ((c.flags & (TCP_SYN | TCP_ACK)) !== TCP_SYN) return false
  if (t[e + TW_TIMESTAMPS] !== 0 && c.hasTimestamp !== 0) {
    if (after(c.tsVal, t[e + TW_TS_RECENT]!)) return true
    if (c.tsVal !== t[e + TW_TS_RECENT]) return false
  }
  return atLeast(c.seq, t[e + TW_RCV_NXT]!)
}

/** A segment for a flow in TIME-WAIT that doesn't open it anew. */
export function inTimeWait(s: TcpCore, e: number, c: Classified, now: number): void {
  const t = s.timeWait.words
  if ((c.flags & TCP_RST) !== 0) {
    // RFC 1337: or a stray one would end the wait.
    s.tally(C_TIME_WAIT_RESET)
    return
  }
  if (c.payloadLength === 0 && (c.flags & (TCP_FIN | TCP_SYN)) === 0) return
  const sent = transmitBare(
    s,
    t[e + TW_MAC_HIGH]!,
    t[e + TW_MAC_LOW]!,
    c.peerIp,
    portsOf(c.peerPort, c.localPort),
    t[e + TW_SND_NXT]!,
    t[e + TW_RCV_NXT]!,
    TCP_ACK,
    Math.min(t[e + TW_WINDOW]!, 0xffff),
  )
  if (!sent) s.tally(C_REPLY_NO_SLOT)
  if ((c.flags & TCP_FIN) !== 0) s.timeWait.restart(e, now)
}
