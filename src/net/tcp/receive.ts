/** RFC 9293 3.10.7.4, seventh and eighth: the segment's text and its FIN. */

import type { Region } from "../../memory/region.ts"
import { copyBytes } from "../checksum.ts"
import type { Classified } from "../classified.ts"
import { TCP_FIN } from "../wire/tcp.ts"
import { idOf, type TcpCore } from "./core.ts"
import {
  C_BYTES_IN,
  C_DATA_AFTER_FIN,
  C_DUPLICATE_DATA,
  C_FIN_BEYOND_WINDOW,
  C_OUT_OF_ORDER,
  C_OUT_OF_ORDER_NO_ROOM,
} from "./counters.ts"
import { clearRanges, insertRange, NO_ROOM, trimRanges } from "./intervals.ts"
import {
  FLAG_ACK_NOW,
  FLAG_DELACK,
  FLAG_DSACK,
  FLAG_FIN_WAITS,
  FLAG_PEER_FINISHED,
  T_DELACK,
  W_ACK_OWED,
  W_DSACK_END,
  W_DSACK_START,
  W_FIN_SEQ,
  W_FLAGS,
  W_IRS,
  W_OOO_AT,
  W_OOO_COUNT,
  W_OOO_LATEST,
  W_RCV_EDGE,
  W_RCV_MSS,
  W_RCV_NXT,
  W_RX_MASK,
  W_RX_OFFSET,
  W_STATE,
} from "./layout.ts"
import { after, atMost, before, distance, earlier, later } from "./sequence.ts"
import { arm } from "./timers.ts"
import { CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_1 } from "./types.ts"

/** Takes an acceptable segment's text into the receive ring, in order or not, and its FIN. */
export function receive(s: TcpCore, b: number, region: Region, c: Classified, now: number): void {
  const w = s.words
  if ((w[b + W_FLAGS]! & FLAG_PEER_FINISHED) !== 0) {
    // RFC 9293 3.10.7.4: text after a FIN "should not occur"; a retransmitted FIN is acknowledged again.
    if (after((c.seq + c.payloadLength) | 0, (w[b + W_RCV_NXT]! - 1) | 0)) s.tally(C_DATA_AFTER_FIN)
    ackNow(w, b)
    return
  }
  if (c.payloadLength > 0) receiveText(s, b, region, c, now)
  if ((c.flags & TCP_FIN) !== 0) noteFin(s, b, (c.seq + c.payloadLength) | 0)
  const flags = w[b + W_FLAGS]!
  if ((flags & FLAG_FIN_WAITS) !== 0 && w[b + W_RCV_NXT] === w[b + W_FIN_SEQ]) receiveFin(s, b)
}

function ackNow(w: Int32Array, b: number): void {
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ACK_NOW
}

function receiveText(s: TcpCore, b: number, region: Region, c: Classified, now: number): void {
  const w = s.words
  const next = w[b + W_RCV_NXT]!
  const end = (c.seq + c.payloadLength) | 0
  const from = later(c.seq, next)
  const edge = w[b + W_RCV_EDGE]!
  const finished = (w[b + W_FLAGS]! & FLAG_FIN_WAITS) !== 0
  const to = earlier(end, finished ? earlier(edge, w[b + W_FIN_SEQ]!) : edge)
  if (c.payloadLength > w[b + W_RCV_MSS]!) w[b + W_RCV_MSS] = c.payloadLength
  if (before(c.seq, next)) reportDuplicate(s, b, c.seq, earlier(end, next))
  if (to !== end) ackNow(w, b)
  if (!before(from, to)) {
    ackNow(w, b)
    return
  }
  if (from !== next && !noteOutOfOrder(s, b, from, to)) return
  store(s, b, region, (c.payloadOffset + distance(from, c.seq)) | 0, from, distance(to, from))
  if (from !== next) return
  w[b + W_RCV_NXT] = to
  if (w[b + W_OOO_COUNT] !== 0) absorb(s, b, to)
  const got = distance(w[b + W_RCV_NXT]!, next)
  s.count[C_BYTES_IN]! += got
  acknowledgeLater(s, b, got, now)
}

/** RFC 9293 3.8.6.3: an ACK for at least every second full-sized segment, and within the delay. */
export function acknowledgeLater(s: TcpCore, b: number, got: number, now: number): void {
  const w = s.words
  const owed = w[b + W_ACK_OWED]! + got
  w[b + W_ACK_OWED] = owed
  if (owed >= 2 * w[b + W_RCV_MSS]! || s.delayedAckUs === 0) w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ACK_NOW
  else if ((w[b + W_FLAGS]! & FLAG_DELACK) === 0) {
    w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_DELACK
    arm(s, b, T_DELACK, now + s.delayedAckUs)
  }
}

/** False when there is no room to remember it. RFC 5681 4.2: it is acknowledged at once either way. */
function noteOutOfOrder(s: TcpCore, b: number, from: number, to: number): boolean {
  const w = s.words
  ackNow(w, b)
  const added = insertRange(s, b + W_OOO_AT, b + W_OOO_COUNT, from, to)
  if (added === NO_ROOM) {
    s.tally(C_OUT_OF_ORDER_NO_ROOM)
    return false
  }
  s.tally(C_OUT_OF_ORDER)
  w[b + W_OOO_LATEST] = from
  if (added === 0) reportDuplicate(s, b, from, to)
  return added > 0
}

/** The hole before what came out of order is filled, at least in part: RFC 5681 4.2, an ACK at once. */
function absorb(s: TcpCore, b: number, to: number): void {
  const w = s.words
  const first = w[b + W_OOO_AT]!
  const count = w[b + W_OOO_COUNT]!
  let next = to
  // A segment may cover several intervals and touch one more.
  for (let i = 0; i < count && atMost(w[first + 2 * i]!, next); i++) next = later(next, w[first + 2 * i + 1]!)
  w[b + W_RCV_NXT] = next
  trimRanges(s, b + W_OOO_AT, b + W_OOO_COUNT, next)
  ackNow(w, b)
}

/** RFC 2883: the next ACK says what came twice. */
export function reportDuplicate(s: TcpCore, b: number, start: number, end: number): void {
  const w = s.words
  s.tally(C_DUPLICATE_DATA)
  w[b + W_DSACK_START] = start
  w[b + W_DSACK_END] = end
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_DSACK | FLAG_ACK_NOW
}

function store(s: TcpCore, b: number, region: Region, at: number, seq: number, length: number): void {
  const w = s.words
  const place = (seq - w[b + W_IRS]! - 1) | 0
  storeAt(s.rings[idOf(b)]!, w[b + W_RX_OFFSET]!, w[b + W_RX_MASK]!, place, region, at, length)
}

/** Copies bytes of a frame to stream position `position` of a ring; the caller has checked that they fit the window. */
export function storeAt(
  to: Region,
  ring: number,
  mask: number,
  position: number,
  region: Region,
  at: number,
  length: number,
): void {
  const place = position & mask
  const first = mask + 1 - place
  if (length <= first) {
    copyBytes(to, ring + place, region, at, length)
    return
  }
  copyBytes(to, ring + place, region, at, first)
  copyBytes(to, ring, region, at + first, length - first)
}

/** Remembers where the peer's stream ends, unless a window trimmed text that precedes it. */
function noteFin(s: TcpCore, b: number, seq: number): void {
  const w = s.words
  ackNow(w, b)
  if (after(seq, w[b + W_RCV_EDGE]!)) {
    s.tally(C_FIN_BEYOND_WINDOW)
    return
  }
  const count = w[b + W_OOO_COUNT]!
  const beyond = count > 0 && after(w[w[b + W_OOO_AT]! + 2 * count - 1]!, seq)
  // A FIN before what has come already, or a second one elsewhere: a lie.
  const other = (w[b + W_FLAGS]! & FLAG_FIN_WAITS) !== 0 && w[b + W_FIN_SEQ] !== seq
  if (beyond || other || before(seq, w[b + W_RCV_NXT]!)) {
    s.tally(C_DATA_AFTER_FIN)
    return
  }
  w[b + W_FIN_SEQ] = seq
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_FIN_WAITS
}

function receiveFin(s: TcpCore, b: number): void {
  const w = s.words
  w[b + W_RCV_NXT] = (w[b + W_RCV_NXT]! + 1) | 0
  clearRanges(s, b + W_OOO_AT, b + W_OOO_COUNT)
  w[b + W_FLAGS] = (w[b + W_FLAGS]! & ~FLAG_FIN_WAITS) | FLAG_PEER_FINISHED | FLAG_ACK_NOW
  if (w[b + W_STATE] === ESTABLISHED) w[b + W_STATE] = CLOSE_WAIT
  else if (w[b + W_STATE] === FIN_WAIT_1) w[b + W_STATE] = CLOSING
}
