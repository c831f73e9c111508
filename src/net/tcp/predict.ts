/**
 * Header prediction (Jacobson's, RFC 1323 appendix; RFC 7323 mentions it in 3.2): the next in-order data of an established
 * connection that says nothing else — what nearly every arriving data segment is. It does exactly what `input.ts` would, in
 * fewer steps; a test holds the two against each other.
 */

import type { Region } from "../../memory/region.ts"
import type { Classified } from "../classified.ts"
import { TCP_ACK, TCP_PSH } from "../wire/tcp.ts"
import { idOf, type TcpCore } from "./core.ts"
import { C_BYTES_IN, C_SEGMENTS_IN } from "./counters.ts"
import {
  FLAG_ACK_NOW,
  FLAG_ATTACHED,
  FLAG_ESTABLISHED,
  FLAG_FIN_WAITS,
  FLAG_ORPHAN,
  FLAG_TIMESTAMPS,
  T_TS_RECENT,
  W_FLAGS,
  W_GENERATION,
  W_IRS,
  W_LAST_ACK,
  W_OOO_COUNT,
  W_PROBES,
  W_RCV_EDGE,
  W_RCV_MSS,
  W_RCV_NXT,
  W_RX_MASK,
  W_RX_OFFSET,
  W_SACKED,
  W_SHIFTS,
  W_SND_UNA,
  W_SND_WL1,
  W_SND_WL2,
  W_SND_WND,
  W_STATE,
  W_TS_RECENT,
} from "./layout.ts"
import { hasOutput, output, sendAck } from "./output.ts"
import { acknowledgeLater, storeAt } from "./receive.ts"
import { atMost, before, distance } from "./sequence.ts"
import { ESTABLISHED } from "./types.ts"

const FLAGS_OF_INTEREST = FLAG_ATTACHED | FLAG_ESTABLISHED | FLAG_FIN_WAITS | FLAG_ORPHAN
const FLAGS_EXPECTED = FLAG_ATTACHED | FLAG_ESTABLISHED

/** True when the segment was as predicted and is done with. */
export function predicted(s: TcpCore, b: number, region: Region, c: Classified, now: number): boolean {
  const w = s.words
  const next = w[b + W_RCV_NXT]!
  const length = c.payloadLength
  if (
    c.seq !== next ||
    length === 0 ||
    (c.flags & ~TCP_PSH) !== TCP_ACK ||
    w[b + W_STATE] !== ESTABLISHED ||
    c.ack !== w[b + W_SND_UNA] ||
    (w[b + W_FLAGS]! & FLAGS_OF_INTEREST) !== FLAGS_EXPECTED ||
    (w[b + W_OOO_COUNT]! | w[b + W_SACKED]! | w[b + W_PROBES]! | c.sackCount) !== 0 ||
    length > distance(w[b + W_RCV_EDGE]!, next) ||
    c.window << (w[b + W_SHIFTS]! >> 8) !== w[b + W_SND_WND] ||
    before(next, w[b + W_SND_WL1]!)
  ) {
    return false
  }
  if ((w[b + W_FLAGS]! & FLAG_TIMESTAMPS) !== 0) {
    if (c.hasTimestamp === 0 || before(c.tsVal, w[b + W_TS_RECENT]!)) return false
    if (atMost(next, w[b + W_LAST_ACK]!)) {
      w[b + W_TS_RECENT] = c.tsVal
      s.times[(b + T_TS_RECENT) >> 1] = now
    }
  }
  s.count[C_SEGMENTS_IN]!++
  s.count[C_BYTES_IN]! += length
  w[b + W_SND_WL1] = next
  w[b + W_SND_WL2] = c.ack
  const place = (next - w[b + W_IRS]! - 1) | 0
  storeAt(s.rings[idOf(b)]!, w[b + W_RX_OFFSET]!, w[b + W_RX_MASK]!, place, region, c.payloadOffset, length)
  w[b + W_RCV_NXT] = (next + length) | 0
  if (length > w[b + W_RCV_MSS]!) w[b + W_RCV_MSS] = length
  acknowledgeLater(s, b, length, now)
  const generation = w[b + W_GENERATION]!
  s.events.readable(idOf(b), (place + length) >>> 0)
  if (w[b + W_GENERATION] !== generation || w[b + W_STATE] === 0) return true
  if (hasOutput(w, b)) output(s, b, now)
  else if ((w[b + W_FLAGS]! & FLAG_ACK_NOW) !== 0) sendAck(s, b, now)
  return true
}
