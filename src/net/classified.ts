/**
 * What `classify` learns of a frame: one record, made once and overwritten for every frame, so it never escapes
 * the handling of that frame.
 *
 * All 32-bit values (addresses, sequence numbers, timestamps) are signed Int32, as a typed array gives them: such
 * numbers never allocate. `x >>> 0` gives the unsigned one. Offsets are byte offsets into the frame's region.
 */

/** What a frame is, or why it is dropped; index into `FRAME_CLASS_NAMES`. */
export type FrameClass = number

/** TCP that isn't an opening SYN: give it to `TcpTable.lookup`. */
export const FRAME_TCP = 0
/** A TCP SYN without ACK. */
export const FRAME_TCP_SYN = 1
/** An ARP request or reply for IPv4 over Ethernet: give it to `handleArp`. */
export const FRAME_ARP = 2
/** An ICMP echo request for us: give it to `replyEcho`. */
export const FRAME_ICMP_ECHO = 3
/** Classes from here on are drops. */
export const FIRST_DROP = 4
export const DROP_SHORT = 4
export const DROP_LONG = 5
export const DROP_SOURCE_MAC = 6
export const DROP_OTHER_MAC = 7
export const DROP_ETHERTYPE = 8
export const DROP_ARP = 9
export const DROP_IP_VERSION = 10
export const DROP_IP_HEADER = 11
export const DROP_IP_LENGTH = 12
export const DROP_IP_CHECKSUM = 13
export const DROP_IP_OPTIONS = 14
export const DROP_FRAGMENT = 15
export const DROP_OTHER_IP = 16
export const DROP_MARTIAN = 17
export const DROP_LAND = 18
export const DROP_PROTOCOL = 19
export const DROP_ICMP_CHECKSUM = 20
export const DROP_ICMP_OTHER = 21
export const DROP_TCP_HEADER = 22
export const DROP_TCP_CHECKSUM = 23
export const DROP_TCP_OPTIONS = 24
export const DROP_TCP_FLAGS = 25
export const DROP_TCP_PORT = 26
export const FRAME_CLASSES = 27

/** The counters' names: `frames.<name>` counts the frames of that class. */
export const FRAME_CLASS_NAMES: readonly string[] = [
  "tcp",
  "tcpSyn",
  "arp",
  "icmpEcho",
  "dropShort",
  "dropLong",
  "dropSourceMac",
  "dropOtherMac",
  "dropEthertype",
  "dropArp",
  "dropIpVersion",
  "dropIpHeader",
  "dropIpLength",
  "dropIpChecksum",
  "dropIpOptions",
  "dropFragment",
  "dropOtherIp",
  "dropMartian",
  "dropLand",
  "dropProtocol",
  "dropIcmpChecksum",
  "dropIcmpOther",
  "dropTcpHeader",
  "dropTcpChecksum",
  "dropTcpOptions",
  "dropTcpFlags",
  "dropTcpPort",
]

/**
 * The part of a SYN that opening a connection needs: a flat record of integers, so that it can travel in a
 * message of Int32 words from the process that saw the frame to the one that owns the connection.
 */
export interface SynRecord {
  peerIp: number
  peerPort: number
  localPort: number
  seq: number
  /** As on the wire: the window of a SYN is never scaled. */
  window: number
  /** 0 when the option is absent. */
  mss: number
  /** Shift count 0..14, or -1 when the option is absent. */
  wscale: number
  /** 1 when SACK is permitted. */
  sackPermitted: number
  /** 1 when the timestamps option is there. */
  hasTimestamp: number
  tsVal: number
}

export interface Classified extends SynRecord {
  /** Our addresses, against which frames are checked. `localIp` 0 accepts any unicast destination (tests, benches). */
  localIp: number
  localMacHigh: number
  localMacLow: number
  /** First two bytes of the sender's MAC address, then the last four. */
  peerMacHigh: number
  peerMacLow: number
  ipOffset: number
  /** Offset of the TCP (or ICMP) header. */
  tcpOffset: number
  payloadOffset: number
  payloadLength: number
  ack: number
  /** The TCP flags byte: `TCP_FIN`… of `wire/tcp.ts`. */
  flags: number
  tsEcr: number
  /** Number of SACK blocks, and the offset of the first (8 bytes each). */
  sackCount: number
  sackOffset: number
}

/** Our own addresses: `ip` as Int32 or u32; `mac` as six bytes. */
export interface LocalAddress {
  readonly ip: number
  readonly mac: Uint8Array | readonly number[]
}

/** First two bytes of a MAC address as a number. */
export function macHigh(mac: ArrayLike<number>): number {
  return ((mac[0] ?? 0) << 8) | (mac[1] ?? 0)
}

/** Last four bytes of a MAC address as an Int32. */
export function macLow(mac: ArrayLike<number>): number {
  return ((mac[2] ?? 0) << 24) | ((mac[3] ?? 0) << 16) | ((mac[4] ?? 0) << 8) | (mac[5] ?? 0)
}

/** The address as Int32 from its dotted notation. @throws {RangeError} naming a bad one. */
export function ipv4(text: string): number {
  const parts = text.split(".").map(Number)
  if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) {
    throw new RangeError(`"${text}" is not an IPv4 address: four numbers 0..255 with dots between`)
  }
  return (parts[0]! << 24) | (parts[1]! << 16) | (parts[2]! << 8) | parts[3]!
}

/** A fresh record. Without `local`, frames to any unicast address are taken. */
export function makeClassified(local?: LocalAddress): Classified {
  return {
    peerIp: 0,
    peerPort: 0,
    localPort: 0,
    seq: 0,
    window: 0,
    mss: 0,
    wscale: -1,
    sackPermitted: 0,
    hasTimestamp: 0,
    tsVal: 0,
    localIp: local === undefined ? 0 : local.ip | 0,
    localMacHigh: local === undefined ? 0 : macHigh(local.mac),
    localMacLow: local === undefined ? 0 : macLow(local.mac),
    peerMacHigh: 0,
    peerMacLow: 0,
    ipOffset: 0,
    tcpOffset: 0,
    payloadOffset: 0,
    payloadLength: 0,
    ack: 0,
    flags: 0,
    tsEcr: 0,
    sackCount: 0,
    sackOffset: 0,
  }
}
