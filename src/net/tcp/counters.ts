/** What the TCP engine counts; indices into `TcpCore.count`. */
export const COUNTER_NAMES = [
  "segmentsIn",
  "segmentsOut",
  "bytesIn",
  "bytesOut",
  "passiveOpens",
  "activeOpens",
  "established",
  "ended",
  "resetsIn",
  "resetsOut",
  "refused",
  /** No record, staging slot or TIME-WAIT entry free. */
  "noConnection",
  "noStaging",
  "timeWaitRecycled",
  "timeWaitReused",
  "timeWaitResetIgnored",
  "duplicateFlow",
  /** Stateless replies lost for lack of transmit slots, and times output became owed. */
  "replyNoSlot",
  "outputOwed",
  "retransmits",
  "timeouts",
  "recoveries",
  "spurious",
  "probes",
  "dsackIn",
  "sackIgnored",
  "duplicateData",
  "outOfOrder",
  "outOfOrderNoRoom",
  "outOfWindow",
  "pawsDrop",
  "missingTimestamp",
  "noAck",
  "badAck",
  "challengeAcks",
  "challengeSuppressed",
  "dataAfterClose",
  "dataAfterFin",
  "finBeyondWindow",
  "badCall",
  "neighbourUnknown",
] as const

export type CounterName = (typeof COUNTER_NAMES)[number]

const index = Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, i])) as Record<CounterName, number>

export const C_SEGMENTS_IN = index.segmentsIn
export const C_SEGMENTS_OUT = index.segmentsOut
export const C_BYTES_IN = index.bytesIn
export const C_BYTES_OUT = index.bytesOut
export const C_PASSIVE_OPENS = index.passiveOpens
export const C_ACTIVE_OPENS = index.activeOpens
export const C_ESTABLISHED = index.established
export const C_ENDED = index.ended
export const C_RESETS_IN = index.resetsIn
export const C_RESETS_OUT = index.resetsOut
export const C_REFUSED = index.refused
export const C_NO_CONNECTION = index.noConnection
export const C_NO_STAGING = index.noStaging
export const C_TIME_WAIT_RECYCLED = index.timeWaitRecycled
export const C_TIME_WAIT_REUSED = index.timeWaitReused
export const C_TIME_WAIT_RESET = index.timeWaitResetIgnored
export const C_DUPLICATE_FLOW = index.duplicateFlow
export const C_REPLY_NO_SLOT = index.replyNoSlot
export const C_OUTPUT_OWED = index.outputOwed
export const C_RETRANSMITS = index.retransmits
export const C_TIMEOUTS = index.timeouts
export const C_RECOVERIES = index.recoveries
export const C_SPURIOUS = index.spurious
export const C_PROBES = index.probes
export const C_DSACK_IN = index.dsackIn
export const C_SACK_IGNORED = index.sackIgnored
export const C_DUPLICATE_DATA = index.duplicateData
export const C_OUT_OF_ORDER = index.outOfOrder
export const C_OUT_OF_ORDER_NO_ROOM = index.outOfOrderNoRoom
export const C_OUT_OF_WINDOW = index.outOfWindow
export const C_PAWS_DROP = index.pawsDrop
export const C_MISSING_TIMESTAMP = index.missingTimestamp
export const C_NO_ACK = index.noAck
export const C_BAD_ACK = index.badAck
export const C_CHALLENGE_ACKS = index.challengeAcks
export const C_CHALLENGE_SUPPRESSED = index.challengeSuppressed
export const C_DATA_AFTER_CLOSE = index.dataAfterClose
export const C_DATA_AFTER_FIN = index.dataAfterFin
export const C_FIN_BEYOND_WINDOW = index.finBeyondWindow
export const C_BAD_CALL = index.badCall
export const C_NEIGHBOUR_UNKNOWN = index.neighbourUnknown
