/** Answers to segments of no live connection: RFC 9293 3.10.7.1 (CLOSED) and TIME-WAIT. */

import { fold, sumBytes } from "../checksum.ts"
import type { Classified, SynRecord } from "../classified.ts"
import { ETHERNET_BYTES, TYPE_IPV4, writeEthernet } from "../wire/ethernet.ts"
import { IPV4_BYTES, PROTOCOL_TCP, pseudoSum, writeIpv4 } from "../wire/ipv4.ts"
import { ALIGNED_TIMESTAMPS, TCP_ACK, TCP_BYTES, TCP_FIN, TCP_RST, TCP_SYN } from "../wire/tcp.ts"
import { transmitBare } from "./build.ts"
import { type TcpCore, timestampNow } from "./core.ts"
import { C_REFUSED, C_REPLY_NO_SLOT, C_SEGMENTS_OUT, C_TIME_WAIT_RESET } from "./counters.ts"
import { portsOf } from "./open.ts"
import { after, atLeast } from "./sequence.ts"
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

/** RST for a segment that belongs to nobody; a RST is never answered. */
export function refuse(s: TcpCore, c: Classified): void {
  if ((c.flags & TCP_RST) !== 0) return
  const hasAck = (c.flags & TCP_ACK) !== 0
  const length = c.payloadLength + ((c.flags & TCP_SYN) >> 1) + (c.flags & TCP_FIN)
  if (hasAck) reset(s, c, c.ack, 0, TCP_RST)
  else reset(s, c, 0, (c.seq + length) | 0, TCP_RST | TCP_ACK)
}

/** The same for a SYN of which nothing but its record and the number of its data bytes is left. */
export function refuseSyn(s: TcpCore, syn: SynRecord & PeerMac, dataBytes: number): void {
  reset(s, syn, 0, (syn.seq + 1 + dataBytes) | 0, TCP_RST | TCP_ACK)
}

interface PeerMac {
  readonly peerMacHigh: number
  readonly peerMacLow: number
}

function reset(s: TcpCore, to: SynRecord & PeerMac, seq: number, ack: number, flags: number): void {
  const ports = portsOf(to.peerPort, to.localPort)
  s.tally(C_REFUSED)
  if (!transmitBare(s, to.peerMacHigh, to.peerMacLow, to.peerIp, ports, seq, ack, flags, 0)) {
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
  if ((c.flags & TCP_RST) !== 0) {
    // RFC 1337: or a stray one would end the wait.
    s.tally(C_TIME_WAIT_RESET)
    return
  }
  if (c.payloadLength === 0 && (c.flags & (TCP_FIN | TCP_SYN)) === 0) return
  if (!acknowledgeAgain(s, e, c, now)) s.tally(C_REPLY_NO_SLOT)
  if ((c.flags & TCP_FIN) !== 0) s.timeWait.restart(e, now)
}

/**
 * The last ACK once more. RFC 7323 3.2: with a timestamp where those were agreed, or the peer, still in LAST-ACK,
 * would drop it. False when there is no slot.
 */
function acknowledgeAgain(s: TcpCore, e: number, c: Classified, now: number): boolean {
  const t = s.timeWait.words
  const stamps = t[e + TW_TIMESTAMPS] !== 0
  const tcpBytes = TCP_BYTES + (stamps ? 12 : 0)
  const frameBytes = ETHERNET_BYTES + IPV4_BYTES + tcpBytes
  const at = s.emit.reserve(frameBytes)
  if (at < 0) return false
  const view = s.emit.region.view
  writeEthernet(view, at, t[e + TW_MAC_HIGH]!, t[e + TW_MAC_LOW]!, s.localMacHigh, s.localMacLow, TYPE_IPV4)
  s.ipId = (s.ipId + 1) & 0xffff
  writeIpv4(view, at + ETHERNET_BYTES, IPV4_BYTES + tcpBytes, s.ipId, PROTOCOL_TCP, s.localIp, c.peerIp)
  const tcp = at + ETHERNET_BYTES + IPV4_BYTES
  view.setUint16(tcp, c.localPort)
  view.setUint16(tcp + 2, c.peerPort)
  view.setInt32(tcp + 4, t[e + TW_SND_NXT]!)
  view.setInt32(tcp + 8, t[e + TW_RCV_NXT]!)
  view.setInt32(tcp + 12, (tcpBytes << 26) | (TCP_ACK << 16) | Math.min(t[e + TW_WINDOW]!, 0xffff))
  view.setInt32(tcp + 16, 0)
  if (stamps) {
    view.setInt32(tcp + 20, ALIGNED_TIMESTAMPS)
    view.setInt32(tcp + 24, timestampNow(now, t[e + TW_TS_OFFSET]!))
    view.setInt32(tcp + 28, t[e + TW_TS_RECENT]!)
  }
  const sum = pseudoSum(s.localIp, c.peerIp, PROTOCOL_TCP, tcpBytes) + sumBytes(view, tcp, tcpBytes)
  view.setUint16(tcp + 16, ~fold(sum) & 0xffff)
  s.emit.commit(frameBytes)
  s.tally(C_SEGMENTS_OUT)
  return true
}
