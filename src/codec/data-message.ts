/**
 * Messages of the data path, beside the core's: a claimed connection's streams and its end, and calls between servers.
 * Words are counted from a slot's payload word 1; positions are byte counts since the stream's start, modulo 2³². A short
 * connection takes three messages to its application (CONNECTION-AVAILABLE, CLAIMED, Ended) and two from it (CLAIM, Update).
 *
 *   word        0                    1      2   3   4          5        6 …
 *   Status      type                 slot   c   n   readable   acked    flags          transport → application
 *   Ended       type                 slot   c   n   readable   reason   flags          transport → application
 *   Update      type                 slot   c   n   written    consumed what it tells  application → transport
 *   Call        port << 16 | type    id     procedure          –        9 arguments    server → server
 *   Answer      type                 id     outcome            –        9 words        server → server
 *   Claimed     (core)               a      c   n   g          back     sender, slot, peer IP, ports, readable, flags
 */
export const DataType = {
  Call: 32,
  Status: 33,
  /** The connection is gone, for a reason of `net/tcp`'s. */
  Ended: 34,
  Update: 35,
  Answer: 36,
} as const

/** What an Update tells: bytes written, bytes consumed … */
export const OWES_WRITTEN = 1
export const OWES_CONSUMED = 2
/** … FIN after all that was written … */
export const OWES_FINISH = 4
/** … done with both directions, what still comes is answered by RST; the buffers are given up with Ended … */
export const OWES_CLOSE = 8
/** … RST, and else as before … */
export const OWES_ABORT = 16
/** … Ended was received and what lay in the buffers is read: they may serve another connection. */
export const OWES_RELEASE = 32

/** The rider of a core message: index of the sending component, then a SYN record or a claim's buffers. */
export const RIDER_SENDER = 6
export const RIDER_SYN = 7
export const RIDER_SLOT = 7
export const RIDER_PEER_IP = 8
export const RIDER_PORTS = 9
export const RIDER_READABLE = 10
export const RIDER_FLAGS = 11

/** Of a Call and of an Answer: its arguments, or results. */
export const CALL_ARGUMENTS = 6
export const CALL_WORDS = 9

/** What a server may ask another. */
export const Procedure = {
  /**
   * Of a manager's server: shall this SYN be served? Arguments: the asking transport, SYN. Result: a SynAnswer. What
   * follows from a yes comes by itself, as OPEN or ASSIGN.
   */
  Syn: 1,
} as const

/** `Full`: the manager has no id left; the rest are outcomes of the core's step `Syn`. */
export const SynAnswer = {
  Assigned: 0,
  Queued: 1,
  Known: 2,
  Dropped: 3,
  Full: 4,
  /** Nobody listens on the port: RST (RFC 9293 3.10.7.1). */
  Refused: 5,
} as const

/** Flag of Status, Ended and Claimed: the peer has finished (its FIN was received in order). */
export const FLAG_PEER_FINISHED = 1

/** Words of a SYN record: peer IP, peer port << 16 | local port, sequence number, window << 16 | MSS,
 * window scale << 16 | flags, timestamp, peer MAC (2 high bytes, 4 low bytes). */
export const SYN_WORDS = 8
