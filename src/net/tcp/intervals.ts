/**
 * Bounded lists of sequence ranges: `count` pairs [start, end) from word `at`, sorted,
 * disjoint and not touching. `countAt` is the word that holds the count. `insertRange` and its like keep those of a connection:
 * `atWord` is the word of its record that says where the list's block is (ranges.ts).
 */

import type { TcpCore } from "./core.ts"
import { INTERVALS } from "./layout.ts"
import { NO_BLOCK } from "./ranges.ts"
import { after, atLeast, atMost, before, distance, earlier, later } from "./sequence.ts"

/** Answer of `insert` when the range would need an interval more than there is room for, of `insertRange` without a block too. */
export const NO_ROOM = -1

/** Adds [start, end), start before end; answers how many bytes were not there before, or NO_ROOM. */
export function insert(w: Int32Array, at: number, countAt: number, start: number, end: number): number {
  const count = w[countAt]!
  // First interval that ends at or after start; most arrivals belong at the end.
  let i = count
  while (i > 0 && atLeast(w[at + 2 * i - 1]!, start)) i--
  // One past the last interval that begins at or before end.
  let j = i
  while (j < count && atMost(w[at + 2 * j]!, end)) j++
  if (i === j) {
    if (count === INTERVALS) return NO_ROOM
    w.copyWithin(at + 2 * i + 2, at + 2 * i, at + 2 * count)
    w[at + 2 * i] = start
    w[at + 2 * i + 1] = end
    w[countAt] = count + 1
    return distance(end, start)
  }
  let had = 0
  for (let k = i; k < j; k++) had += distance(w[at + 2 * k + 1]!, w[at + 2 * k]!)
  const from = earlier(start, w[at + 2 * i]!)
  const to = later(end, w[at + 2 * j - 1]!)
  w[at + 2 * i] = from
  w[at + 2 * i + 1] = to
  if (j > i + 1) {
    w.copyWithin(at + 2 * i + 2, at + 2 * j, at + 2 * count)
    w[countAt] = count - (j - i - 1)
  }
  return distance(to, from) - had
}

/** Removes everything below `seq`; answers how many bytes that were. */
export function trimBelow(w: Int32Array, at: number, countAt: number, seq: number): number {
  const count = w[countAt]!
  let gone = 0
  let i = 0
  for (; i < count && atMost(w[at + 2 * i + 1]!, seq); i++) {
    gone += distance(w[at + 2 * i + 1]!, w[at + 2 * i]!)
  }
  if (i > 0) {
    w.copyWithin(at, at + 2 * i, at + 2 * count)
    w[countAt] = count - i
  }
  if (i < count && before(w[at]!, seq)) {
    gone += distance(seq, w[at]!)
    w[at] = seq
  }
  return gone
}

/** Bytes in the list that lie in [from, to). */
export function bytesWithin(w: Int32Array, at: number, count: number, from: number, to: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) {
    const start = later(w[at + 2 * i]!, from)
    const end = earlier(w[at + 2 * i + 1]!, to)
    if (after(end, start)) sum += distance(end, start)
  }
  return sum
}

/** The first sequence number at or above `seq` that is in no interval. */
export function firstGap(w: Int32Array, at: number, count: number, seq: number): number {
  for (let i = 0; i < count; i++) {
    if (before(seq, w[at + 2 * i]!)) return seq
    if (before(seq, w[at + 2 * i + 1]!)) return w[at + 2 * i + 1]!
  }
  return seq
}

/** Where the gap that begins at `seq` ends: the next interval's start, or `limit`. */
export function gapEnd(w: Int32Array, at: number, count: number, seq: number, limit: number): number {
  for (let i = 0; i < count; i++) if (after(w[at + 2 * i]!, seq)) return earlier(w[at + 2 * i]!, limit)
  return limit
}

/** `insert` into a connection's list, which may need a block for it. */
export function insertRange(s: TcpCore, atWord: number, countAt: number, start: number, end: number): number {
  const w = s.words
  if (w[atWord] === NO_BLOCK) w[atWord] = s.blocks.take()
  return w[atWord] === NO_BLOCK ? NO_ROOM : insert(w, w[atWord]!, countAt, start, end)
}

/** `trimBelow` of a connection's list, which may need no block any more. */
export function trimRanges(s: TcpCore, atWord: number, countAt: number, seq: number): number {
  const w = s.words
  const gone = trimBelow(w, w[atWord]!, countAt, seq)
  if (w[countAt] === 0) clearRanges(s, atWord, countAt)
  return gone
}

/** Empties a connection's list. */
export function clearRanges(s: TcpCore, atWord: number, countAt: number): void {
  const w = s.words
  w[countAt] = 0
  if (w[atWord] === NO_BLOCK) return
  s.blocks.give(w[atWord]!)
  w[atWord] = NO_BLOCK
}
