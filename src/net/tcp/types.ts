/** The public types of the TCP engine: `TcpTable` in `table.ts` is what a server holds. */

import type { Neighbours } from "../arp/neighbours.ts"

/** Answers of `TcpTable.lookup` other than a tcb id. */
export const LOOKUP_NONE = -1
/** The flow is in TIME-WAIT: give the segment to `TcpTable.timeWait`. */
export const LOOKUP_TIME_WAIT = -2
/** In TIME-WAIT, and this SYN may open it anew (RFC 6191, RFC 9293 3.6.1): treat it as any new SYN. */
export const LOOKUP_REUSE = -3

/** Results of the calls that an application's words come in by. */
export const OK = 0
/** No live connection has that id. */
export const ERR_NO_CONNECTION = -1
/** A stream position outside what the ring allows. */
export const ERR_POSITION = -2
/** Not in this state: not attached, attached already, or already finished. */
export const ERR_STATE = -3
/** A ring that isn't a power of two, lies outside its region or can't hold what is staged. */
export const ERR_RING = -4

/** Why a connection ended; index into `END_REASON_NAMES`. */
export type EndReason = number
/** Both sides closed (our last ACK may still be owed: then the flow is in TIME-WAIT). */
export const END_CLOSED = 0
/** The peer reset it. */
export const END_RESET = 1
/** Retransmissions or the handshake went unanswered too long. */
export const END_TIMEOUT = 2
/** `abort`, or `close` with data left unread. */
export const END_ABORTED = 3
/** Our SYN was refused. */
export const END_REFUSED = 4
export const END_REASON_NAMES: readonly string[] = ["closed", "reset", "timeout", "aborted", "refused"]

/** RFC 9293 3.3.2; CLOSED means that the record is free. LISTEN lives with the server, TIME-WAIT in its own table. */
export const CLOSED = 0
export const SYN_SENT = 1
export const SYN_RECEIVED = 2
export const ESTABLISHED = 3
export const CLOSE_WAIT = 4
export const FIN_WAIT_1 = 5
export const CLOSING = 6
export const LAST_ACK = 7
export const FIN_WAIT_2 = 8
/** Only its RST is still to be sent, when a transmit slot is free. */
export const ABORTING = 9
export const STATE_NAMES: readonly string[] = [
  "CLOSED",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "CLOSE-WAIT",
  "FIN-WAIT-1",
  "CLOSING",
  "LAST-ACK",
  "FIN-WAIT-2",
  "ABORTING",
]

/**
 * What the engine tells its owner. One object of methods; all may call back into the table for any connection,
 * the one named included. Positions are u32 byte counts since the stream's start.
 */
export interface TcpEvents {
  /** The handshake is complete. Comes at most once, before every other event but `ended`. */
  established(tcb: number): void
  /** In-order bytes up to position `end` are in the receive ring. Only for attached connections. */
  readable(tcb: number, end: number): void
  /** The peer acknowledged everything below `position`: that part of the transmit ring is free. */
  acked(tcb: number, position: number): void
  /** The peer's FIN is in order: nothing more will be readable. Only for attached connections, after `readable`. */
  peerFinished(tcb: number): void
  /**
   * The connection is gone for the application; exactly once for every id that `openPassive` or `connect` gave.
   * The id is free after the call returns, not before.
   */
  ended(tcb: number, reason: EndReason): void
}

export interface TcpConfig {
  /** Int32 or u32. */
  readonly localIp: number
  readonly localMac: ArrayLike<number>
  /** Bound of live connections; a SYN beyond it is not answered and counted. */
  readonly maxConnections: number
  /** Bound of the TIME-WAIT table; beyond it the oldest entry is recycled and counted. Default: maxConnections. */
  readonly maxTimeWait?: number
  /** Bytes of each staging slot, a power of two: the window of a connection nobody has claimed yet. Default 16,384. */
  readonly stagingBytes?: number
  /** Bound of connections not yet attached. Default: maxConnections. */
  readonly stagingSlots?: number
  /**
   * Bound of the connections' lists, each way, of what came out of order. Without one, what comes out of order must come again,
   * and what the peer says that it has is not heard; counted. Default: maxConnections / 8, at least 64.
   */
  readonly rangeBlocks?: number
  /** At least 16 bytes from a good source: keys of initial sequence numbers (RFC 6528) and of the flow table. */
  readonly secret: Uint8Array
  /** Largest IP packet, bytes. Default 1,500. */
  readonly mtu?: number
  /** The largest receive ring that `attach` will bring: decides the window scale (RFC 7323 2). Default 1 MiB. */
  readonly maxReceiveBytes?: number
  /** Who knows the MAC addresses of hosts to `connect` to. Without it `connect` answers -1. */
  readonly neighbours?: Neighbours
  readonly timestamps?: boolean
  readonly sack?: boolean
  /** Nagle's algorithm (RFC 9293 3.7.4, Minshall's form). Default off: applications here write whole messages. */
  readonly nagle?: boolean
  /** Longest delay of an acknowledgement, µs. Default 20,000; RFC 1122 4.2.3.2 allows 500,000. 0: ack every segment. */
  readonly delayedAckUs?: number
  /** Bounds of the retransmission timeout, µs. Defaults 200,000 and 60,000,000 (RFC 6298 2.4 would have 1 s; 200 ms is usual). */
  readonly minRtoUs?: number
  readonly maxRtoUs?: number
  /** Retransmission timeout before the first measurement, µs. Default 1,000,000 (RFC 6298 2.1). */
  readonly initialRtoUs?: number
  /** Retransmissions of a SYN, SYN-ACK and of data before giving up. Defaults 6, 5, 12. */
  readonly synRetries?: number
  readonly synAckRetries?: number
  readonly dataRetries?: number
  /** Twice the maximum segment lifetime, µs. Default 60,000,000. */
  readonly timeWaitUs?: number
  /** How long a `close`d connection waits for the peer's FIN, µs. Default 60,000,000. */
  readonly finWait2Us?: number
}
