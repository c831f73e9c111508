/**
 * A connection's record (TCB): RECORD_WORDS Int32 words, by cache line; T_ fields are float64 at the word given,
 * indexed in the Float64Array view by half of it. Sequence numbers, addresses and timestamps are Int32.
 *
 *   lines 0, 1  all that an in-order segment and its ACK touch: state, flags, both directions' edges, key, MAC address
 *   line 2      deadlines
 *   then        transmit ring, congestion window, round-trip times, loss recovery, links of wheel and lists
 * Behind all records: blocks of INTERVALS pairs, for what was received out of order and the peer's SACK scoreboard.
 */

/** Bound of each interval list; FreeBSD keeps as many holes (net.inet.tcp.sack.maxholes). */
export const INTERVALS = 128

export const W_STATE = 0
export const W_FLAGS = 1
export const W_RCV_NXT = 2
/** Right edge of the window that the peer was told of. */
export const W_RCV_ADV = 3
/** Right edge of the room there is: nothing at or beyond it is accepted. */
export const W_RCV_EDGE = 4
/** Largest payload received: the measure of a "full-sized" segment. */
export const W_RCV_MSS = 5
export const W_SND_UNA = 6
export const W_SND_NXT = 7
/** Bytes the peer lets us have in flight, scaled. */
export const W_SND_WND = 8
export const W_SND_WL1 = 9
export const W_SND_WL2 = 10
/** Our shift of windows received << 8 | shift of windows sent. */
export const W_SHIFTS = 11
export const W_PEER_IP = 12
/** Peer's port << 16 | ours. */
export const W_PORTS = 13
export const W_MAC_HIGH = 14
export const W_MAC_LOW = 15

/** In-order bytes not yet acknowledged. */
export const W_ACK_OWED = 16
/** RFC 7323 Last.ACK.sent. */
export const W_LAST_ACK = 17
export const W_OOO_COUNT = 18
/** Bytes above SND.UNA that the peer has: sum of the scoreboard, or an estimate from duplicate ACKs. */
export const W_SACKED = 19
export const W_RX_OFFSET = 20
export const W_RX_MASK = 21
export const W_IRS = 22
/** Raised at every opening: tells whether a callback has ended the connection under our feet. */
export const W_GENERATION = 23
/** Sequence number up to which the application has written; the FIN's own once there is one. */
export const W_TX_END = 24
/** What is deemed lost lies in [RTX_NEXT, RTX_END), less what is SACKed; below RTX_NEXT it was sent again. */
export const W_RTX_NEXT = 25
export const W_RTX_END = 26
export const W_MAX_WND = 27
export const W_TS_RECENT = 28
export const W_TS_OFFSET = 29
/** Probes of a closed window since the peer last answered. */
export const W_PROBES = 30
export const W_ISS = 31

export const T_DELACK = 32
/** When the wheel will look at this connection. */
export const T_WHEEL = 34
/** Retransmission, persist or handshake timer. */
export const T_RTX = 36
export const T_TS_RECENT = 38
export const T_REO = 40
/** FIN-WAIT-2 of a closed connection. */
export const T_LIFE = 42
/** When the timed segment left; NaN when none is timed. */
export const T_RTT = 44
export const T_CHALLENGE = 46

export const T_LAST_SEND = 48
export const W_TX_OFFSET = 50
export const W_TX_MASK = 51
/** Payload bytes of a full segment that we send. */
export const W_MSS = 52
export const W_CWND = 53
export const W_SSTHRESH = 54
/** Bytes acknowledged since the congestion window last grew. */
export const W_CWND_ACKED = 55
export const W_RTO = 56
export const W_SACK_COUNT = 57
export const W_SRTT = 58
export const W_RTTVAR = 59
/** The end of the segment being timed. */
export const W_RTT_SEQ = 60
export const W_RETRIES = 61
/** RFC 6582 recover: recovery ends when this is acknowledged. */
export const W_RECOVER = 62
/** SND.NXT when the last retransmission left: a SACK above it says what became of that retransmission. */
export const W_RTX_SENT = 63
/** Highest sequence SACKed when the reordering timer was started. */
export const W_REO_MARK = 64
/** Reordering window in quarters of SRTT; 0: no reordering seen. */
export const W_REO_STEPS = 65
export const W_REO_PERSIST = 66
export const W_PRIOR_CWND = 67
export const W_PRIOR_SSTHRESH = 68
/** Our timestamp clock at the episode's first retransmission. */
export const W_RTX_TS = 69
export const W_DUPACKS = 70
/** Retransmitted segments of this episode not yet reported as duplicates. */
export const W_UNDO_LEFT = 71
export const W_UNDO_UNA = 72
/** Start of the latest out-of-order arrival: RFC 2018 4 wants its block first. */
export const W_OOO_LATEST = 73
/** A duplicate to be reported (RFC 2883), when FLAG_DSACK. */
export const W_DSACK_START = 74
export const W_DSACK_END = 75
/** End of the last segment sent that was less than full (Minshall). */
export const W_SMALL_END = 76
export const W_STAGING = 77
export const W_WHEEL_NEXT = 78
export const W_WHEEL_PREV = 79
/** Slot of the wheel, -1 when in none. */
export const W_WHEEL_SLOT = 80
export const W_OWED_NEXT = 81
export const W_OWED_PREV = 82
/** Sequence number of the peer's FIN, when FLAG_FIN_WAITS. */
export const W_FIN_SEQ = 83

/** Word at which the list's block begins, 0 while it is empty. */
export const W_OOO_AT = 84
export const W_SACK_AT = 85
/** A multiple of 32 words: records begin on cache lines, and their first two lie on a pair. */
export const RECORD_WORDS = 96
export const RECORD_BYTES = RECORD_WORDS * 4

// Flags
export const FLAG_TIMESTAMPS = 1 << 0
export const FLAG_SACK = 1 << 1
export const FLAG_ATTACHED = 1 << 2
export const FLAG_PASSIVE = 1 << 3
/** The application has finished writing: TX_END is the FIN's sequence number. */
export const FLAG_FINISHED = 1 << 4
/** The peer's FIN is in order. */
export const FLAG_PEER_FINISHED = 1 << 5
/** The application has gone: what comes now is answered by RST. */
export const FLAG_ORPHAN = 1 << 6
export const FLAG_NAGLE = 1 << 7
/** Fast recovery. */
export const FLAG_RECOVERY = 1 << 8
/** Recovery after a timeout. */
export const FLAG_LOSS = 1 << 9
/** A retransmission must leave whatever the window says. */
export const FLAG_FORCE = 1 << 10
/** The first ACK after the first retransmission will tell whether it was spurious (RFC 3522). */
export const FLAG_EIFEL = 1 << 11
export const FLAG_UNDO = 1 << 12
export const FLAG_ACK_NOW = 1 << 13
export const FLAG_DSACK = 1 << 14
/** The peer's MAC address isn't known yet. */
export const FLAG_NO_MAC = 1 << 15
/** In the list of those that output is owed to, for want of transmit slots. */
export const FLAG_OWED = 1 << 16
/** The congestion window was what held output back. */
export const FLAG_CWND_LIMITED = 1 << 17
export const FLAG_ESTABLISHED = 1 << 18
/** The peer's FIN came before data that precedes it. */
export const FLAG_FIN_WAITS = 1 << 19
/** T_DELACK is armed; saves looking. */
export const FLAG_DELACK = 1 << 20
