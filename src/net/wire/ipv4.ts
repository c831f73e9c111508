/**
 * RFC 791 3.1
 *
 *   0 version, header words   1 service   2 total length
 *   4 identification                      6 flags, fragment offset
 *   8 time to live            9 protocol 10 header checksum
 *  12 source address
 *  16 destination address                20 options …
 *
 * Its words are read once each, for their fields and for the checksum: the accessors take a word, first to third.
 */

import { fold, wordSum } from "../checksum.ts"

export const IPV4_BYTES = 20
export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
/** RFC 1122 3.2.1.7. */
const TTL = 64

export const version = (first: number): number => first >>> 28
export const headerBytes = (first: number): number => ((first >>> 24) & 15) << 2
export const totalLength = (first: number): number => first & 0xffff
/** Nonzero for every fragment: more-fragments or an offset. */
export const fragment = (second: number): number => second & 0x3fff
export const protocol = (third: number): number => (third >>> 16) & 0xff

/** What may never be a sender: this network (0/8), loopback (127/8), multicast, reserved and broadcast (RFC 1122 3.2.1.3). */
export function isMartian(ip: number): boolean {
  const first = ip >>> 24
  return first === 0 || first === 127 || first >= 224
}

const OPTION_END = 0
const OPTION_NOP = 1
/** Loose and strict source routes: refused, as RFC 7126 4.3 and 4.4 advise. */
const OPTION_LSRR = 131
const OPTION_SSRR = 137

/** Whether the options are well-formed and without a source route; they are otherwise skipped. At most 40 steps. */
export function optionsAreHarmless(view: DataView, at: number, bytes: number): boolean {
  const end = at + bytes
  for (let i = at + IPV4_BYTES; i < end; ) {
    const kind = view.getUint8(i)
    if (kind === OPTION_END) return true
    if (kind === OPTION_NOP) {
      i++
      continue
    }
    if (i + 1 >= end) return false
    const length = view.getUint8(i + 1)
    if (length < 2 || i + length > end || kind === OPTION_LSRR || kind === OPTION_SSRR) return false
    i += length
  }
  return true
}

/** Sum of what TCP's pseudo-header says (RFC 9293 3.1). */
export function pseudoSum(from: number, to: number, proto: number, length: number): number {
  return wordSum(from) + wordSum(to) + proto + length
}

/** A header without options; may be fragmented on its way (so it carries an id), until path MTU discovery exists here. */
export function writeIpv4(
  view: DataView,
  at: number,
  total: number,
  id: number,
  proto: number,
  from: number,
  to: number,
): void {
  view.setInt32(at, 0x45000000 | total)
  view.setInt32(at + 4, id << 16)
  const sum = fold(0x4500 + total + (id & 0xffff) + ((TTL << 8) | proto) + wordSum(from) + wordSum(to))
  view.setInt32(at + 8, (TTL << 24) | (proto << 16) | (~sum & 0xffff))
  view.setInt32(at + 12, from)
  view.setInt32(at + 16, to)
}
