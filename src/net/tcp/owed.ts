/**
 * The list of connections that could not send for lack of transmit slots, or had more than one call's worth, in the
 * order in which they came: a doubly linked list through the records.
 */

import type { TcpCore } from "./core.ts"
import { C_OUTPUT_OWED } from "./counters.ts"
import { FLAG_OWED, W_FLAGS, W_OWED_NEXT, W_OWED_PREV } from "./layout.ts"

/** Appends `b`, unless it is in the list. */
export function owe(s: TcpCore, b: number): void {
  const w = s.words
  if ((w[b + W_FLAGS]! & FLAG_OWED) !== 0) return
  w[b + W_FLAGS] = w[b + W_FLAGS]! | FLAG_OWED
  w[b + W_OWED_NEXT] = -1
  w[b + W_OWED_PREV] = s.owedLast
  if (s.owedLast >= 0) w[s.owedLast + W_OWED_NEXT] = b
  else s.owedFirst = b
  s.owedLast = b
  s.tally(C_OUTPUT_OWED)
}

export function noLongerOwed(s: TcpCore, b: number): void {
  const w = s.words
  if ((w[b + W_FLAGS]! & FLAG_OWED) === 0) return
  w[b + W_FLAGS] = w[b + W_FLAGS]! & ~FLAG_OWED
  const next = w[b + W_OWED_NEXT]!
  const prev = w[b + W_OWED_PREV]!
  if (next >= 0) w[next + W_OWED_PREV] = prev
  else s.owedLast = prev
  if (prev >= 0) w[prev + W_OWED_NEXT] = next
  else s.owedFirst = next
}
