/** The application's side: its rings, what it has written and consumed, its farewell. Positions come from outside and are checked. */

import type { Region } from "../../memory/region.ts"
import { isFinAcked } from "./acknowledge.ts"
import { idOf, type TcpCore } from "./core.ts"
import { C_BAD_CALL } from "./counters.ts"
import { abort, releaseStaging } from "./end.ts"
import { tellReceived } from "./input.ts"
import {
  FLAG_ATTACHED,
  FLAG_FINISHED,
  FLAG_ORPHAN,
  FLAG_PEER_FINISHED,
  T_LIFE,
  W_FLAGS,
  W_IRS,
  W_ISS,
  W_OOO_AT,
  W_OOO_COUNT,
  W_RCV_ADV,
  W_RCV_EDGE,
  W_RCV_MSS,
  W_RCV_NXT,
  W_RX_MASK,
  W_RX_OFFSET,
  W_SND_UNA,
  W_STATE,
  W_TX_END,
  W_TX_MASK,
  W_TX_OFFSET,
} from "./layout.ts"
import { output, sendAck } from "./output.ts"
import { distance } from "./sequence.ts"
import { arm } from "./timers.ts"
import {
  ABORTING,
  CLOSE_WAIT,
  ERR_POSITION,
  ERR_RING,
  ERR_STATE,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  OK,
} from "./types.ts"

/** Bounds of a ring: the largest is what window scaling can express. */
const LEAST_RING = 256
const LARGEST_RING = 1 << 30

function isRing(region: Region, offset: number, bytes: number): boolean {
  return (
    Number.isInteger(offset) &&
    offset >= 0 &&
    Number.isInteger(bytes) &&
    bytes >= LEAST_RING &&
    bytes <= LARGEST_RING &&
    (bytes & (bytes - 1)) === 0 &&
    offset + bytes <= region.bytes.byteLength
  )
}

function bad(s: TcpCore, error: number): number {
  s.tally(C_BAD_CALL)
  return error
}

export function attach(
  s: TcpCore,
  b: number,
  region: Region,
  rxOffset: number,
  rxBytes: number,
  txOffset: number,
  txBytes: number,
): number {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  if ((flags & FLAG_ATTACHED) !== 0 || w[b + W_STATE] === ABORTING) return bad(s, ERR_STATE)
  if (!isRing(region, rxOffset, rxBytes) || !isRing(region, txOffset, txBytes)) return bad(s, ERR_RING)
  if (rxBytes < s.staging.bytes) return bad(s, ERR_RING)
  const first = (w[b + W_IRS]! + 1) | 0
  const count = w[b + W_OOO_COUNT]!
  const top = count > 0 ? w[w[b + W_OOO_AT]! + 2 * count - 1]! : w[b + W_RCV_NXT]!
  const staged = Math.min(Math.max(0, distance(top, first)), s.staging.bytes)
  // Nothing was consumed yet, so the stream begins at the slot's first byte. Once per connection: subarrays may be made.
  const from = w[b + W_RX_OFFSET]!
  if (staged > 0) region.bytes.set(s.staging.region.bytes.subarray(from, from + staged), rxOffset)
  releaseStaging(s, b)
  s.rings[idOf(b)] = region
  w[b + W_RX_OFFSET] = rxOffset
  w[b + W_RX_MASK] = rxBytes - 1
  w[b + W_TX_OFFSET] = txOffset
  w[b + W_TX_MASK] = txBytes - 1
  w[b + W_RCV_EDGE] = (w[b + W_RCV_EDGE]! - s.staging.bytes + rxBytes) | 0
  w[b + W_FLAGS] = flags | FLAG_ATTACHED
  if (w[b + W_STATE]! < ESTABLISHED) return OK
  const low = distance(w[b + W_RCV_ADV]!, w[b + W_RCV_NXT]!) < s.staging.bytes >> 1
  if (!tellReceived(s, b, first, 0)) return OK
  if (low) sendAckUnlessTold(s, b)
  return OK
}

/** Worth a segment only if nothing the owner has just done has carried the new window. */
function sendAckUnlessTold(s: TcpCore, b: number): void {
  const w = s.words
  if ((w[b + W_FLAGS]! & FLAG_PEER_FINISHED) !== 0) return
  if (distance(w[b + W_RCV_EDGE]!, w[b + W_RCV_ADV]!) >= w[b + W_RCV_MSS]!) sendAck(s, b, s.now)
}

export function written(s: TcpCore, b: number, position: number, now: number): number {
  const w = s.words
  const before = w[b + W_TX_END]!
  const error = takeWritten(s, b, position)
  if (error === OK && w[b + W_TX_END] !== before && w[b + W_STATE]! >= ESTABLISHED) output(s, b, now)
  return error
}

export function writtenLast(s: TcpCore, b: number, position: number, now: number): number {
  const error = takeWritten(s, b, position)
  return error === OK ? finish(s, b, now) : error
}

function takeWritten(s: TcpCore, b: number, position: number): number {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  if ((flags & (FLAG_ATTACHED | FLAG_FINISHED)) !== FLAG_ATTACHED || w[b + W_STATE] === ABORTING) {
    return bad(s, ERR_STATE)
  }
  const end = (w[b + W_ISS]! + 1 + (position | 0)) | 0
  const more = distance(end, w[b + W_TX_END]!)
  // In the handshake SND.UNA is the SYN's own number.
  const base = w[b + W_STATE]! < ESTABLISHED ? (w[b + W_ISS]! + 1) | 0 : w[b + W_SND_UNA]!
  const held = distance(w[b + W_TX_END]!, base)
  if (more < 0 || more > w[b + W_TX_MASK]! + 1 - held) return bad(s, ERR_POSITION)
  w[b + W_TX_END] = end
  return OK
}

export function consumed(s: TcpCore, b: number, position: number, now: number): number {
  const w = s.words
  const flags = w[b + W_FLAGS]!
  if ((flags & FLAG_ATTACHED) === 0 || w[b + W_STATE] === ABORTING) return bad(s, ERR_STATE)
  const size = w[b + W_RX_MASK]! + 1
  const edge = (w[b + W_IRS]! + 1 + (position | 0) + size) | 0
  const more = distance(edge, w[b + W_RCV_EDGE]!)
  const finished = (flags & FLAG_PEER_FINISHED) !== 0 ? 1 : 0
  const unread = distance(w[b + W_RCV_NXT]!, (w[b + W_RCV_EDGE]! - size) | 0) - finished
  if (more < 0 || more > unread) return bad(s, ERR_POSITION)
  if (more === 0) return OK
  w[b + W_RCV_EDGE] = edge
  if (finished !== 0 || w[b + W_STATE]! < ESTABLISHED) return OK
  // RFC 9293 3.8.6.2.2: tell when it is worth a segment, a quarter of the ring, or the end of a standstill.
  const gain = distance(edge, w[b + W_RCV_ADV]!)
  const left = distance(w[b + W_RCV_ADV]!, w[b + W_RCV_NXT]!)
  const segment = Math.min(w[b + W_RCV_MSS]!, size >> 1)
  if (gain >= size >> 2 || (left < segment && gain >= segment)) sendAck(s, b, now)
  return OK
}

/** RFC 9293 3.10.4 CLOSE. */
export function finish(s: TcpCore, b: number, now: number): number {
  const w = s.words
  const state = w[b + W_STATE]!
  if ((w[b + W_FLAGS]! & FLAG_FINISHED) !== 0 || state === ABORTING) return bad(s, ERR_STATE)
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_FINISHED
  if (state === ESTABLISHED) w[b + W_STATE] = FIN_WAIT_1
  else if (state === CLOSE_WAIT) w[b + W_STATE] = LAST_ACK
  if (state >= ESTABLISHED) output(s, b, now)
  return OK
}

/** The application is gone: RFC 1122 4.2.2.13 and RFC 2525 2.17, unread data means RST. */
export function close(s: TcpCore, b: number, now: number): number {
  const w = s.words
  const state = w[b + W_STATE]!
  if ((w[b + W_FLAGS]! & FLAG_ORPHAN) !== 0 || state === ABORTING) return bad(s, ERR_STATE)
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_ORPHAN
  const finished = (w[b + W_FLAGS]! & FLAG_PEER_FINISHED) !== 0 ? 1 : 0
  const read = (w[b + W_RCV_EDGE]! - w[b + W_RX_MASK]! - 1) | 0
  if (state < ESTABLISHED || distance(w[b + W_RCV_NXT]!, read) > finished) {
    abort(s, b)
    return OK
  }
  if ((w[b + W_FLAGS]! & FLAG_FINISHED) === 0) return finish(s, b, now)
  if (state === FIN_WAIT_2 && isFinAcked(w, b)) arm(s, b, T_LIFE, now + s.finWait2Us)
  return OK
}

/** How far the application has read and written, as sequence numbers: for tests and diagnosis. */
export function unreadBytes(s: TcpCore, b: number): number {
  const w = s.words
  const read = (w[b + W_RCV_EDGE]! - w[b + W_RX_MASK]! - 1) | 0
  const finished = (w[b + W_FLAGS]! & FLAG_PEER_FINISHED) !== 0 ? 1 : 0
  return Math.max(0, distance(w[b + W_RCV_NXT]!, read) - finished)
}
