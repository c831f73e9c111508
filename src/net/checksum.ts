import type { Region } from "../memory/region.ts"

/**
 * The Internet checksum (RFC 1071): a one's complement sum, which doesn't care about byte order until its end, so
 * that bytes are summed four at a time in the machine's order and swapped once.
 *
 * A *sum* here is a number below 2^31 that is congruent to the one's complement sum of big-endian 16-bit words;
 * sums of adjacent even-length parts may be added (a few of them) before `fold`.
 */

/** To 16 bits. `sum` may be any 32-bit value read as unsigned. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

/** The halves of an Int32 (an address, a sequence number) as a sum. */
export function wordSum(word: number): number {
  return (word & 0xffff) + (word >>> 16)
}

/** Exchanges the two bytes of a 16-bit value: also what a part beginning at an odd place needs. */
export function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8)
}

/** Sum of `length` bytes at `offset`, at most 65,535 of them, as a 16-bit value. */
export function sumBytes(view: DataView, offset: number, length: number): number {
  let low = 0
  let high = 0
  let at = offset
  const end = offset + length
  for (const stop = end - 16; at <= stop; at += 16) {
    const a = view.getInt32(at, true)
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0
  }
  for (; at <= end - 4; at += 4) {
    const a = view.getInt32(at, true)
    low = (low + (a & 0xffff)) | 0
    high = (high + (a >>> 16)) | 0
  }
  if (at <= end - 2) {
    low = (low + view.getUint16(at, true)) | 0
    at += 2
  }
  if (at < end) low = (low + view.getUint8(at)) | 0
  return swap16(fold(wordSum(low) + wordSum(high)))
}

/** From here on whole words of the region are worth finding: 140 ns against 170 for 1,460 bytes. */
const LONG = 64

/** As `sumBytes`, quicker for much that begins at an even offset. */
export function sumRegion(region: Region, offset: number, length: number): number {
  if (length < LONG || (offset & 1) !== 0) return sumBytes(region.view, offset, length)
  const words = region.words
  let sum = 0
  let high = 0
  let i = (offset + 2) >> 2
  const end = (offset + length) >> 2
  const ends = sumBytes(region.view, offset, (i << 2) - offset)
  for (const stop = end - 8; i <= stop; i += 8) {
    const a = words[i]!
    const b = words[i + 1]!
    const c = words[i + 2]!
    const d = words[i + 3]!
    const e = words[i + 4]!
    const f = words[i + 5]!
    const g = words[i + 6]!
    const h = words[i + 7]!
    sum = (sum + a + b + c + d + e + f + g + h) | 0
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0
    high = (high + (e >>> 16) + (f >>> 16) + (g >>> 16) + (h >>> 16)) | 0
  }
  for (; i < end; i++) {
    const a = words[i]!
    sum = (sum + a) | 0
    high = (high + (a >>> 16)) | 0
  }
  // The sum of all words, less the high halves, is that of the low ones: below 2^32, so that nothing was lost of it.
  const low = (sum - (high << 16)) | 0
  const rest = sumBytes(region.view, end << 2, offset + length - (end << 2))
  return fold(ends + rest + swap16(fold(wordSum(low) + wordSum(high))))
}

/** From here on the engine's block copy is faster, though it needs a short-lived view: 75 ns against 580 for 1,460 bytes. */
const BLOCK = 192

/** Copies bytes between regions. */
export function copyBytes(
  to: Region,
  toOffset: number,
  from: Region,
  fromOffset: number,
  length: number,
): void {
  if (length >= BLOCK) {
    to.bytes.set(from.bytes.subarray(fromOffset, fromOffset + length), toOffset)
    return
  }
  const source = from.view
  const target = to.view
  let i = 0
  for (const stop = length - 4; i <= stop; i += 4) {
    target.setInt32(toOffset + i, source.getInt32(fromOffset + i, true), true)
  }
  for (; i < length; i++) target.setUint8(toOffset + i, source.getUint8(fromOffset + i))
}

/**
 * Copies `length` bytes and answers the sum of what was written, never of what is read a second time: right even
 * when whoever owns the source changes it meanwhile.
 */
export function copySum(
  to: Region,
  toOffset: number,
  from: Region,
  fromOffset: number,
  length: number,
): number {
  copyBytes(to, toOffset, from, fromOffset, length)
  return sumRegion(to, toOffset, length)
}
