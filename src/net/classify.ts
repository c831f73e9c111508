import type { Region } from "../memory/region.ts"
import { fold, sumBytes, sumRegion, wordSum } from "./checksum.ts"
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
  if (offset + length > region.bytes.length) return DROP_LONG
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
  if (type === ethernet.TYPE_IPV4) return classifyIpv4(region, offset + IP_AT, length - IP_AT, out)
  if (type === ethernet.TYPE_ARP) return classifyArp(view, offset + IP_AT, length - IP_AT, out)
  return DROP_ETHERTYPE
}

function classifyArp(view: DataView, at: number, length: number, out: Classified): FrameClass {
  if (length < arp.ARP_BYTES || !arp.arpIsSound(view, at)) return DROP_ARP
  out.ipOffset = at
  out.peerIp = arp.senderIp(view, at)
  return FRAME_ARP
}

function classifyIpv4(region: Region, at: number, room: number, out: Classified): FrameClass {
  const view = region.view
  const first = view.getInt32(at)
  if (ip.version(first) !== 4) return DROP_IP_VERSION
  const header = ip.headerBytes(first)
  if (header < ip.IPV4_BYTES || header > room) return DROP_IP_HEADER
  const total = ip.totalLength(first)
  if (total < header || total > room) return DROP_IP_LENGTH
  const second = view.getInt32(at + 4)
  const third = view.getInt32(at + 8)
  const from = view.getInt32(at + 12)
  const to = view.getInt32(at + 16)
  let sum = wordSum(first) + wordSum(second) + wordSum(third) + wordSum(from) + wordSum(to)
  if (header !== ip.IPV4_BYTES) sum += sumBytes(view, at + ip.IPV4_BYTES, header - ip.IPV4_BYTES)
  if (fold(sum) !== 0xffff) return DROP_IP_CHECKSUM
  if (header !== ip.IPV4_BYTES && !ip.optionsAreHarmless(view, at, header)) return DROP_IP_OPTIONS
  if (to !== out.localIp && (out.localIp !== 0 || ip.isMartian(to))) return DROP_OTHER_IP
  if (ip.isMartian(from)) return DROP_MARTIAN
  if (from === to) return DROP_LAND
  if (ip.fragment(second) !== 0) return DROP_FRAGMENT
  out.ipOffset = at
  out.peerIp = from
  const proto = ip.protocol(third)
  if (proto === ip.PROTOCOL_TCP) {
    const pseudo = wordSum(from) + wordSum(to) + ip.PROTOCOL_TCP + total - header
    return classifyTcp(region, at + header, total - header, pseudo, out)
  }
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

/** `pseudo`: sum of the pseudo-header. */
function classifyTcp(
  region: Region,
  at: number,
  length: number,
  pseudo: number,
  out: Classified,
): FrameClass {
  const view = region.view
  if (length < tcp.TCP_BYTES) return DROP_TCP_HEADER
  const ports = view.getInt32(at)
  const seq = view.getInt32(at + 4)
  const ack = view.getInt32(at + 8)
  const fourth = view.getInt32(at + 12)
  const header = tcp.headerBytes(fourth)
  if (header < tcp.TCP_BYTES || header > length) return DROP_TCP_HEADER
  let sum = pseudo + wordSum(ports) + wordSum(seq) + wordSum(ack) + wordSum(fourth)
  sum += wordSum(view.getInt32(at + 16))
  if (length > tcp.TCP_BYTES) sum += sumRegion(region, at + tcp.TCP_BYTES, length - tcp.TCP_BYTES)
  if (fold(sum) !== 0xffff) return DROP_TCP_CHECKSUM
  const flags = tcp.flags(fourth)
  if (tcp.flagsAreImpossible(flags)) return DROP_TCP_FLAGS
  out.peerPort = tcp.sourcePort(ports)
  out.localPort = tcp.destinationPort(ports)
  if (out.peerPort === 0 || out.localPort === 0) return DROP_TCP_PORT
  out.seq = seq
  out.ack = ack
  out.flags = flags
  out.window = tcp.window(fourth)
  out.tcpOffset = at
  out.payloadOffset = at + header
  out.payloadLength = length - header
  const isSyn = (flags & tcp.TCP_SYN) !== 0
  if (!tcp.readOptions(view, at, header, isSyn, out)) return DROP_TCP_OPTIONS
  return isSyn && (flags & tcp.TCP_ACK) === 0 ? FRAME_TCP_SYN : FRAME_TCP
}
