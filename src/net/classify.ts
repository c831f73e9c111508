import type { Region } from "../memory/region.ts"
import { fold, sumBytes } from "./checksum.ts"
import {
  type Classified,
  DROP_ARP,
  DROP_ETHERTYPE,
  DROP_FRAGMENT,
  DROP_ICMP_CHECKSUM,
  DROP_ICMP_OTHER,
  DROP_IP_CHECKSUM,
  DROP_IP_HEADER,
  DROP_IP_LENGTH,
  DROP_IP_OPTIONS,
  DROP_IP_VERSION,
  DROP_LAND,
  DROP_LONG,
  DROP_MARTIAN,
  DROP_OTHER_IP,
  DROP_OTHER_MAC,
  DROP_PROTOCOL,
  DROP_SHORT,
  DROP_SOURCE_MAC,
  DROP_TCP_CHECKSUM,
  DROP_TCP_FLAGS,
  DROP_TCP_HEADER,
  DROP_TCP_OPTIONS,
  DROP_TCP_PORT,
  FRAME_ARP,
  FRAME_ICMP_ECHO,
  FRAME_TCP,
  FRAME_TCP_SYN,
  type FrameClass,
} from "./classified.ts"
import * as arp from "./wire/arp.ts"
import * as ethernet from "./wire/ethernet.ts"
import * as icmp from "./wire/icmp.ts"
import * as ip from "./wire/ipv4.ts"
import * as tcp from "./wire/tcp.ts"

export * from "./classified.ts"

const IP_AT = ethernet.ETHERNET_BYTES
const SMALLEST = IP_AT + ip.IPV4_BYTES

/**
 * Validates the frame of `length` bytes at `offset` — Ethernet, then ARP, or IPv4 and ICMP or TCP, checksums
 * included — and says what it is, or why it is to be dropped: `counts[class]++` at the caller's counts both. `out` is
 * complete only for the classes that aren't drops. Never throws; reads nothing outside the frame. Fragments
 * are dropped, whether or not they overlap; IP options are skipped, source routes refused.
 */
export function classify(region: Region, offset: number, length: number, out: Classified): FrameClass {
  const view = region.view
  if (length < SMALLEST || offset < 0) return DROP_SHORT
  if (offset + length > view.byteLength) return DROP_LONG
  const type = ethernet.etherType(view, offset)
  const toHigh = ethernet.toMacHigh(view, offset)
  const toLow = ethernet.toMacLow(view, offset)
  if (toLow !== out.localMacLow || toHigh !== out.localMacHigh) {
    const broadcastArp = type === ethernet.TYPE_ARP && ethernet.isBroadcastMac(toHigh, toLow)
    if (!broadcastArp && (out.localIp !== 0 || ethernet.isGroupMac(toHigh))) return DROP_OTHER_MAC
  }
  const fromHigh = ethernet.fromMacHigh(view, offset)
  if (ethernet.isGroupMac(fromHigh)) return DROP_SOURCE_MAC
  out.peerMacHigh = fromHigh
  out.peerMacLow = ethernet.fromMacLow(view, offset)
  if (type === ethernet.TYPE_IPV4) return classifyIpv4(view, offset + IP_AT, length - IP_AT, out)
  if (type === ethernet.TYPE_ARP) return classifyArp(view, offset + IP_AT, length - IP_AT, out)
  return DROP_ETHERTYPE
}

function classifyArp(view: DataView, at: number, length: number, out: Classified): FrameClass {
  if (length < arp.ARP_BYTES || !arp.arpIsSound(view, at)) return DROP_ARP
  out.ipOffset = at
  out.peerIp = arp.senderIp(view, at)
  return FRAME_ARP
}

function classifyIpv4(view: DataView, at: number, room: number, out: Classified): FrameClass {
  if (ip.version(view, at) !== 4) return DROP_IP_VERSION
  const header = ip.headerBytes(view, at)
  if (header < ip.IPV4_BYTES || header > room) return DROP_IP_HEADER
  const total = ip.totalLength(view, at)
  if (total < header || total > room) return DROP_IP_LENGTH
  if (!ip.headerIsSound(view, at, header)) return DROP_IP_CHECKSUM
  if (header !== ip.IPV4_BYTES && !ip.optionsAreHarmless(view, at, header)) return DROP_IP_OPTIONS
  const to = ip.destination(view, at)
  if (to !== out.localIp && (out.localIp !== 0 || ip.isMartian(to))) return DROP_OTHER_IP
  const from = ip.source(view, at)
  if (ip.isMartian(from)) return DROP_MARTIAN
  if (from === to) return DROP_LAND
  if (ip.fragment(view, at) !== 0) return DROP_FRAGMENT
  out.ipOffset = at
  out.peerIp = from
  const proto = ip.protocol(view, at)
  if (proto === ip.PROTOCOL_TCP) return classifyTcp(view, at + header, total - header, to, out)
  if (proto === ip.PROTOCOL_ICMP) return classifyIcmp(view, at + header, total - header, out)
  return DROP_PROTOCOL
}

function classifyIcmp(view: DataView, at: number, length: number, out: Classified): FrameClass {
  if (length < icmp.ICMP_BYTES) return DROP_ICMP_OTHER
  if (fold(sumBytes(view, at, length)) !== 0xffff) return DROP_ICMP_CHECKSUM
  if (icmp.typeAndCode(view, at) !== icmp.ICMP_ECHO_REQUEST << 8) return DROP_ICMP_OTHER
  out.tcpOffset = at
  out.payloadOffset = at + icmp.ICMP_BYTES
  out.payloadLength = length - icmp.ICMP_BYTES
  return FRAME_ICMP_ECHO
}

function classifyTcp(view: DataView, at: number, length: number, to: number, out: Classified): FrameClass {
  if (length < tcp.TCP_BYTES) return DROP_TCP_HEADER
  const header = tcp.headerBytes(view, at)
  if (header < tcp.TCP_BYTES || header > length) return DROP_TCP_HEADER
  const sum = ip.pseudoSum(out.peerIp, to, ip.PROTOCOL_TCP, length) + sumBytes(view, at, length)
  if (fold(sum) !== 0xffff) return DROP_TCP_CHECKSUM
  const flags = tcp.flags(view, at)
  if (tcp.flagsAreImpossible(flags)) return DROP_TCP_FLAGS
  out.peerPort = tcp.sourcePort(view, at)
  out.localPort = tcp.destinationPort(view, at)
  if (out.peerPort === 0 || out.localPort === 0) return DROP_TCP_PORT
  out.seq = tcp.sequence(view, at)
  out.ack = tcp.acknowledgment(view, at)
  out.flags = flags
  out.window = tcp.window(view, at)
  out.tcpOffset = at
  out.payloadOffset = at + header
  out.payloadLength = length - header
  const isSyn = (flags & tcp.TCP_SYN) !== 0
  if (!tcp.readOptions(view, at, header, isSyn, out)) return DROP_TCP_OPTIONS
  return isSyn && (flags & tcp.TCP_ACK) === 0 ? FRAME_TCP_SYN : FRAME_TCP
}
