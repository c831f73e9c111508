import { copySum, fold, sumBytes, swap16, wordSum } from "../checksum.ts"
import { ETHERNET_BYTES, TYPE_IPV4, writeEthernet } from "../wire/ethernet.ts"
import { IPV4_BYTES, PROTOCOL_TCP, pseudoSum, writeIpv4 } from "../wire/ipv4.ts"
import { ALIGNED_TIMESTAMPS, TCP_ACK, TCP_BYTES, TCP_RST, TCP_SYN } from "../wire/tcp.ts"
import { idOf, type TcpCore, timestampNow } from "./core.ts"
import { C_BYTES_OUT, C_RESETS_OUT, C_SEGMENTS_OUT } from "./counters.ts"
import {
  FLAG_ACK_NOW,
  FLAG_DELACK,
  FLAG_DSACK,
  FLAG_SACK,
  FLAG_TIMESTAMPS,
  T_DELACK,
  W_ACK_OWED,
  W_DSACK_END,
  W_DSACK_START,
  W_FLAGS,
  W_ISS,
  W_LAST_ACK,
  W_MAC_HIGH,
  W_MAC_LOW,
  W_OOO_AT,
  W_OOO_COUNT,
  W_OOO_LATEST,
  W_PEER_IP,
  W_PORTS,
  W_RCV_ADV,
  W_RCV_EDGE,
  W_RCV_MSS,
  W_RCV_NXT,
  W_RX_MASK,
  W_SHIFTS,
  W_TS_OFFSET,
  W_TS_RECENT,
  W_TX_MASK,
  W_TX_OFFSET,
} from "./layout.ts"
import { atLeast, atMost, distance, later } from "./sequence.ts"
import { disarm } from "./timers.ts"

const TIMESTAMP_BYTES = 12
/** NOP, NOP, SACK and its length; eight bytes follow for every block. */
const SACK_BYTES = 4
const MAX_OPTIONS = 40

/**
 * Builds one segment of connection `b` in a transmit slot and sends it: `length` payload bytes from the
 * application's transmit ring beginning at `seq`, with the acknowledgement, window and options of this moment. Settles
 * what acknowledgement was owed. False, and nothing changed, when there is no slot.
 */
export function transmit(
  s: TcpCore,
  b: number,
  seq: number,
  length: number,
  flags: number,
  now: number,
): boolean {
  const w = s.words
  const own = w[b + W_FLAGS]!
  const isSyn = (flags & TCP_SYN) !== 0
  let options = (own & FLAG_TIMESTAMPS) !== 0 ? TIMESTAMP_BYTES : 0
  let blocks = 0
  if (isSyn) options = synOptionBytes(own, w[b + W_SHIFTS]!)
  else if ((own & FLAG_SACK) !== 0 && (w[b + W_OOO_COUNT] !== 0 || (own & FLAG_DSACK) !== 0)) {
    blocks = sackBlocks(s, b, own, options, length)
    if (blocks > 0) options += SACK_BYTES + 8 * blocks
  }
  const tcpBytes = TCP_BYTES + options + length
  const frameBytes = ETHERNET_BYTES + IPV4_BYTES + tcpBytes
  const at = s.emit.reserve(frameBytes)
  if (at < 0) return false
  const view = s.emit.region.view
  const peerIp = w[b + W_PEER_IP]!
  writeEthernet(view, at, w[b + W_MAC_HIGH]!, w[b + W_MAC_LOW]!, s.localMacHigh, s.localMacLow, TYPE_IPV4)
  s.ipId = (s.ipId + 1) & 0xffff
  writeIpv4(view, at + ETHERNET_BYTES, IPV4_BYTES + tcpBytes, s.ipId, PROTOCOL_TCP, s.localIp, peerIp)

  const tcp = at + ETHERNET_BYTES + IPV4_BYTES
  const ports = w[b + W_PORTS]!
  const ack = (flags & TCP_ACK) !== 0 ? w[b + W_RCV_NXT]! : 0
  const head = ((TCP_BYTES + options) << 26) | (flags << 16) | window(s, b, isSyn)
  view.setInt32(tcp, (ports << 16) | (ports >>> 16))
  view.setInt32(tcp + 4, seq)
  view.setInt32(tcp + 8, ack)
  view.setInt32(tcp + 12, head)
  view.setInt32(tcp + 16, 0)
  let sum = pseudoSum(s.localIp, peerIp, PROTOCOL_TCP, tcpBytes)
  sum += wordSum(ports) + wordSum(seq) + wordSum(ack) + wordSum(head)
  let option = tcp + TCP_BYTES
  if (isSyn) sum += writeSynOptions(s, b, view, option, options, now)
  else {
    if ((own & FLAG_TIMESTAMPS) !== 0) {
      const tsVal = timestampNow(now, w[b + W_TS_OFFSET]!)
      const tsEcr = w[b + W_TS_RECENT]!
      view.setInt32(option, ALIGNED_TIMESTAMPS)
      view.setInt32(option + 4, tsVal)
      view.setInt32(option + 8, tsEcr)
      sum += wordSum(ALIGNED_TIMESTAMPS) + wordSum(tsVal) + wordSum(tsEcr)
      option += TIMESTAMP_BYTES
    }
    if (blocks > 0) sum += writeSackBlocks(s, b, own, view, option, blocks)
  }
  if (length > 0) {
    sum += copyPayload(s, b, tcp + TCP_BYTES + options, seq, length)
    s.count[C_BYTES_OUT]! += length
  }
  view.setUint16(tcp + 16, ~fold(sum) & 0xffff)
  s.emit.commit(frameBytes)
  s.count[C_SEGMENTS_OUT]!++
  if ((flags & TCP_ACK) !== 0) acknowledged(s, b, own, ack)
  return true
}

function acknowledged(s: TcpCore, b: number, own: number, ack: number): void {
  const w = s.words
  w[b + W_LAST_ACK] = ack
  w[b + W_ACK_OWED] = 0
  w[b + W_FLAGS] = own & ~(FLAG_ACK_NOW | FLAG_DSACK | FLAG_DELACK)
  if ((own & FLAG_DELACK) !== 0) disarm(s, b, T_DELACK)
}

/**
 * The window field, and RCV_ADV with it. The right edge moves only by steps worth having (RFC 9293 3.8.6.2.2), and never
 * back but for rounding (RFC 7323 2.4).
 */
function window(s: TcpCore, b: number, isSyn: boolean): number {
  const w = s.words
  const next = w[b + W_RCV_NXT]!
  // Who sends beyond what he was told has opened nothing: the steps count from what has come.
  const told = later(w[b + W_RCV_ADV]!, next)
  let edge = w[b + W_RCV_EDGE]!
  const gain = distance(edge, told)
  if (gain < w[b + W_RCV_MSS]! && gain < (w[b + W_RX_MASK]! + 1) >> 1) edge = told
  const shifts = w[b + W_SHIFTS]!
  const shift = isSyn || shifts < 0 ? 0 : shifts & 0xff
  const room = distance(edge, next)
  if (room <= 0) {
    w[b + W_RCV_ADV] = told
    return 0
  }
  const field = room >>> shift
  const shown = field > 0xffff ? 0xffff : field
  w[b + W_RCV_ADV] = later(told, (next + (shown << shift)) | 0)
  return shown
}

function copyPayload(s: TcpCore, b: number, to: number, seq: number, length: number): number {
  const w = s.words
  const slots = s.emit.region
  const from = s.rings[idOf(b)]!
  const mask = w[b + W_TX_MASK]!
  const ring = w[b + W_TX_OFFSET]!
  const at = (seq - w[b + W_ISS]! - 1) & mask
  const first = mask + 1 - at
  if (length <= first) return copySum(slots, to, from, ring + at, length)
  const sum = copySum(slots, to, from, ring + at, first)
  const rest = copySum(slots, to + first, from, ring, length - first)
  return sum + ((first & 1) === 0 ? rest : swap16(rest))
}

function synOptionBytes(own: number, shifts: number): number {
  const scale = shifts >= 0 ? 4 : 0
  const rest = (own & FLAG_TIMESTAMPS) !== 0 ? 12 : (own & FLAG_SACK) !== 0 ? 4 : 0
  return 4 + rest + scale
}

function writeSynOptions(
  s: TcpCore,
  b: number,
  view: DataView,
  at: number,
  bytes: number,
  now: number,
): number {
  const w = s.words
  const own = w[b + W_FLAGS]!
  let i = at
  view.setInt32(i, (0x0204 << 16) | s.mss)
  i += 4
  if ((own & FLAG_TIMESTAMPS) !== 0) {
    view.setInt32(i, (own & FLAG_SACK) !== 0 ? 0x0402080a : ALIGNED_TIMESTAMPS)
    view.setInt32(i + 4, timestampNow(now, w[b + W_TS_OFFSET]!))
    view.setInt32(i + 8, w[b + W_TS_RECENT]!)
    i += 12
  } else if ((own & FLAG_SACK) !== 0) {
    view.setInt32(i, 0x01010402)
    i += 4
  }
  if (w[b + W_SHIFTS]! >= 0) view.setInt32(i, 0x01030300 | s.receiveShift)
  return sumBytes(view, at, bytes)
}

/** How many SACK blocks fit and are wanted beside `length` payload bytes. */
function sackBlocks(s: TcpCore, b: number, own: number, options: number, length: number): number {
  const wanted = s.words[b + W_OOO_COUNT]! + ((own & FLAG_DSACK) !== 0 ? 1 : 0)
  const room = Math.min(MAX_OPTIONS - options, s.mss - options - length) - SACK_BYTES
  return Math.min(wanted, Math.max(0, room >> 3))
}

/** RFC 2018 4: the block of the latest arrival first, then the others; RFC 2883 4: before all, a duplicate. */
function writeSackBlocks(
  s: TcpCore,
  b: number,
  own: number,
  view: DataView,
  at: number,
  blocks: number,
): number {
  const w = s.words
  view.setInt32(at, (0x01010500 | (2 + 8 * blocks)) >>> 0)
  let i = at + 4
  let left = blocks
  if ((own & FLAG_DSACK) !== 0) {
    view.setInt32(i, w[b + W_DSACK_START]!)
    view.setInt32(i + 4, w[b + W_DSACK_END]!)
    i += 8
    left--
  }
  const list = w[b + W_OOO_AT]!
  const count = w[b + W_OOO_COUNT]!
  const latest = w[b + W_OOO_LATEST]!
  let first = 0
  for (let k = 0; k < count; k++) {
    const pair = list + 2 * k
    if (atMost(w[pair]!, latest) && atLeast(w[pair + 1]!, latest)) first = k
  }
  // From the latest downwards, then from the top: what changed last and what is highest matter most to the sender.
  for (let n = 0; n < count && left > 0; n++, left--) {
    const k = first - n >= 0 ? first - n : count - 1 - (n - first - 1)
    view.setInt32(i, w[list + 2 * k]!)
    view.setInt32(i + 4, w[list + 2 * k + 1]!)
    i += 8
  }
  return sumBytes(view, at, 4 + 8 * blocks)
}

/** A segment of no connection, without options: RST or ACK. Answers false when there is no slot. */
export function transmitBare(
  s: TcpCore,
  macHigh: number,
  macLow: number,
  peerIp: number,
  ports: number,
  seq: number,
  ack: number,
  flags: number,
  windowField: number,
): boolean {
  const total = IPV4_BYTES + TCP_BYTES
  const at = s.emit.reserve(ETHERNET_BYTES + total)
  if (at < 0) return false
  const view = s.emit.region.view
  writeEthernet(view, at, macHigh, macLow, s.localMacHigh, s.localMacLow, TYPE_IPV4)
  s.ipId = (s.ipId + 1) & 0xffff
  writeIpv4(view, at + ETHERNET_BYTES, total, s.ipId, PROTOCOL_TCP, s.localIp, peerIp)
  const tcp = at + ETHERNET_BYTES + IPV4_BYTES
  const head = (TCP_BYTES << 26) | (flags << 16) | windowField
  view.setInt32(tcp, (ports << 16) | (ports >>> 16))
  view.setInt32(tcp + 4, seq)
  view.setInt32(tcp + 8, ack)
  view.setInt32(tcp + 12, head)
  view.setInt32(tcp + 16, 0)
  const sum = pseudoSum(s.localIp, peerIp, PROTOCOL_TCP, TCP_BYTES) + wordSum(ports) + wordSum(seq)
  view.setUint16(tcp + 16, ~fold(sum + wordSum(ack) + wordSum(head)) & 0xffff)
  s.emit.commit(ETHERNET_BYTES + total)
  s.count[C_SEGMENTS_OUT]!++
  if ((flags & TCP_RST) !== 0) s.count[C_RESETS_OUT]!++
  return true
}
