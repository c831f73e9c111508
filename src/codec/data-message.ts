/**
 * Messages of the data path, beside the core's: a claimed connection's streams and its end, and SYNs between servers.
 * Words are counted from a slot's payload word 1; positions are byte counts since the stream's start, modulo 2³².
 *
 *   word        0                    1      2   3   4          5        6 …
 *   Status      type                 slot   c   n   readable   acked    flags          transport → application
 *   Ended       type                 slot   c   n   reason (net/tcp)                   transport → application
 *   Written     type                 slot   c   n   position                           application → transport
 *   Consumed    type                 slot   c   n   position                           application → transport
 *   Finish      type                 slot   c   n                                      application → transport
 *   Abort, Close type                slot   c   n                                      application → transport
 *   Release     type                 slot   c   n                                      application → transport
 *   Syn         port << 16 | type    –      –   –   –          –        sender, SYN    link → manager
 *   Claimed     (core)               a      c   n   g          back     sender, slot, peer IP, ports, readable, flags
 */
export const DataType = {
  Syn: 32,
  Status: 33,
  Ended: 34,
  Written: 35,
  Consumed: 36,
  Finish: 37,
  Abort: 38,
  /** Done with both directions: what still comes is answered by RST. */
  Close: 39,
  /** Ended was received and what lay in the buffers is read: they may serve another connection. */
  Release: 40,
} as const

/** The rider of a core message: index of the sending component, then a SYN record or a claim's buffers. */
export const RIDER_SENDER = 6
export const RIDER_SYN = 7
export const RIDER_SLOT = 7
export const RIDER_PEER_IP = 8
export const RIDER_PORTS = 9
export const RIDER_READABLE = 10
export const RIDER_FLAGS = 11

/** Flag of Status and Claimed: the peer has finished (its FIN was received in order). */
export const FLAG_PEER_FINISHED = 1

/** Words of a SYN record: peer IP, peer port << 16 | local port, sequence number, window << 16 | MSS,
 * window scale << 16 | flags, timestamp, peer MAC (2 high bytes, 4 low bytes). */
export const SYN_WORDS = 8
