/**
 * RFC 9293 3.1
 *
 *   0 source port        2 destination port
 *   4 sequence number
 *   8 acknowledgment number
 *  12 header words << 4 13 flags          14 window
 *  16 checksum          18 urgent pointer 20 options …
 *
 * Its words are read once each, for their fields and for the checksum: the accessors take the first or the fourth.
 */

import type { Classified } from "../classified.ts"

export const TCP_BYTES = 20
export const TCP_FIN = 1
export const TCP_SYN = 2
export const TCP_RST = 4
export const TCP_PSH = 8
export const TCP_ACK = 16
export const TCP_URG = 32

export const OPTION_END = 0
export const OPTION_NOP = 1
export const OPTION_MSS = 2
export const OPTION_WINDOW_SCALE = 3
export const OPTION_SACK_PERMITTED = 4
export const OPTION_SACK = 5
export const OPTION_TIMESTAMPS = 8
/** NOP, NOP, timestamps of 10 bytes: the layout that RFC 7323 appendix A recommends and nearly everybody sends. */
export const ALIGNED_TIMESTAMPS = 0x0101080a
/** RFC 7323 2.3: a larger shift count counts as 14. */
export const MAX_WINDOW_SHIFT = 14

export const sourcePort = (first: number): number => first >>> 16
export const destinationPort = (first: number): number => first & 0xffff
export const headerBytes = (fourth: number): number => (fourth >>> 28) << 2
export const flags = (fourth: number): number => (fourth >>> 16) & 0xff
export const window = (fourth: number): number => fourth & 0xffff

/** Combinations that no TCP sends: SYN with FIN or RST; nothing of SYN, RST and ACK; FIN without ACK. */
export function flagsAreImpossible(f: number): boolean {
  if ((f & TCP_SYN) !== 0) return (f & (TCP_FIN | TCP_RST)) !== 0
  return (f & (TCP_ACK | TCP_RST)) === 0 || (f & (TCP_FIN | TCP_ACK)) === TCP_FIN
}

/** Reads the options of a header of `bytes` bytes into `out`. False when they are malformed. At most 40 steps. */
export function readOptions(
  view: DataView,
  at: number,
  bytes: number,
  isSyn: boolean,
  out: Classified,
): boolean {
  out.hasTimestamp = 0
  out.sackCount = 0
  if (isSyn) {
    out.mss = 0
    out.wscale = -1
    out.sackPermitted = 0
  }
  if (bytes === TCP_BYTES) return true
  if (bytes === 32 && view.getInt32(at + TCP_BYTES) === ALIGNED_TIMESTAMPS) {
    out.hasTimestamp = 1
    out.tsVal = view.getInt32(at + 24)
    out.tsEcr = view.getInt32(at + 28)
    return true
  }
  const end = at + bytes
  for (let i = at + TCP_BYTES; i < end; ) {
    const kind = view.getUint8(i)
    if (kind === OPTION_END) return true
    if (kind === OPTION_NOP) {
      i++
      continue
    }
    if (i + 1 >= end) return false
    const length = view.getUint8(i + 1)
    // RFC 9293 3.2 MUST-7: be prepared for an illegal option length.
    if (length < 2 || i + length > end) return false
    if (!readOption(view, i, kind, length, isSyn, out)) return false
    i += length
  }
  return true
}

function readOption(
  view: DataView,
  at: number,
  kind: number,
  length: number,
  isSyn: boolean,
  out: Classified,
): boolean {
  switch (kind) {
    case OPTION_MSS:
      if (length !== 4) return false
      if (isSyn) out.mss = view.getUint16(at + 2)
      return true
    case OPTION_WINDOW_SCALE:
      if (length !== 3) return false
      if (isSyn) out.wscale = Math.min(view.getUint8(at + 2), MAX_WINDOW_SHIFT)
      return true
    case OPTION_SACK_PERMITTED:
      if (isSyn) out.sackPermitted = 1
      return length === 2
    case OPTION_SACK:
      out.sackCount = (length - 2) >> 3
      out.sackOffset = at + 2
      return length >= 10 && (length & 7) === 2
    case OPTION_TIMESTAMPS:
      if (length !== 10) return false
      out.hasTimestamp = 1
      out.tsVal = view.getInt32(at + 2)
      out.tsEcr = view.getInt32(at + 6)
      return true
    default:
      return true
  }
}
