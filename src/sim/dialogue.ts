/**
 * What clients and applications of a simulated stack say to one another: requests of a header and a body, answered by a body
 * of the length that was asked for. Every byte follows from conversation, exchange and position, so that each can be checked.
 *
 *   0        4             8               12               16
 *   │ magic  │ conversation │ body, bytes  │ answer, bytes  │ body …
 */
import type { Region } from "../memory/region.ts"

export const HEADER = 16
const MAGIC = 0x50494b00
const LAST = 1

/** One request and its answer; bytes beyond the header. */
export interface Exchange {
  readonly request: number
  readonly response: number
}

/** A request's header as it was understood. */
export interface Request {
  conversation: number
  request: number
  response: number
  /** No other request follows, and whoever answers finishes first. */
  last: boolean
}

/** Byte `position` of a body. `salt`: conversation, exchange and direction. */
export const byteAt = (salt: number, position: number): number =>
  (Math.imul(position + salt, 0x9e3779b1) >>> 24) ^ (position & 0xff)

export const saltOf = (conversation: number, exchange: number, answer: boolean): number =>
  Math.imul(conversation * 2 + (answer ? 1 : 0), 0x85ebca6b) ^ Math.imul(exchange + 1, 0xc2b2ae35)

export const headerByte = (x: Request, k: number): number => {
  const word = [MAGIC | (x.last ? LAST : 0), x.conversation, x.request, x.response][k >> 2]!
  return (word >>> (24 - 8 * (k & 3))) & 0xff
}

/** Fills `out`; false when the bytes are no header. */
export const readHeader = (bytes: Uint8Array, out: Request): boolean => {
  const word = (k: number) => (bytes[k]! << 24) | (bytes[k + 1]! << 16) | (bytes[k + 2]! << 8) | bytes[k + 3]!
  const magic = word(0)
  out.last = (magic & LAST) === LAST
  out.conversation = word(4)
  out.request = word(8)
  out.response = word(12)
  return (magic & ~LAST) === MAGIC && out.request >= 0 && out.response >= 0
}

/** The first wrong byte of a body's part in a ring, or −1. `at`: ring position of the part's first byte. */
export const firstWrong = (
  region: Region,
  ring: number,
  mask: number,
  at: number,
  salt: number,
  position: number,
  count: number,
): number => {
  const { bytes } = region
  for (let k = 0; k < count; k++) {
    if (bytes[ring + ((at + k) & mask)] !== byteAt(salt, position + k)) return position + k
  }
  return -1
}
