/**
 * 32-bit sequence arithmetic (RFC 9293 3.4): numbers are Int32, and `a` is before `b` when the way from a up to b is
 * shorter than half of the circle. The only place where sequence numbers are compared.
 */

export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0
export const after = (a: number, b: number): boolean => ((a - b) | 0) > 0
export const atMost = (a: number, b: number): boolean => ((a - b) | 0) <= 0
export const atLeast = (a: number, b: number): boolean => ((a - b) | 0) >= 0
/** From `b` up to `a`, negative when a is before b. */
export const distance = (a: number, b: number): number => (a - b) | 0
export const later = (a: number, b: number): number => (((a - b) | 0) < 0 ? b : a)
export const earlier = (a: number, b: number): number => (((a - b) | 0) < 0 ? a : b)
