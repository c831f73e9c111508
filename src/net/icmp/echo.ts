import type { Region } from "../../memory/region.ts"
import { copySum, fold } from "../checksum.ts"
import type { Classified } from "../classified.ts"
import type { Emit } from "../emit.ts"
import { ETHERNET_BYTES, TYPE_IPV4, writeEthernet } from "../wire/ethernet.ts"
import { ICMP_BYTES } from "../wire/icmp.ts"
import { IPV4_BYTES, PROTOCOL_ICMP, writeIpv4 } from "../wire/ipv4.ts"

/**
 * Answers a frame of class FRAME_ICMP_ECHO (RFC 1122 3.2.2.6: the data comes back entire). Answers false when there
 * is no transmit slot that large; the asker asks again.
 */
export function replyEcho(c: Classified, region: Region, emit: Emit): boolean {
  const icmpBytes = ICMP_BYTES + c.payloadLength
  const total = IPV4_BYTES + icmpBytes
  const at = emit.reserve(ETHERNET_BYTES + total)
  if (at < 0) return false
  const to = emit.region.view
  writeEthernet(to, at, c.peerMacHigh, c.peerMacLow, c.localMacHigh, c.localMacLow, TYPE_IPV4)
  const id = region.view.getUint16(c.ipOffset + 4)
  const localIp = region.view.getInt32(c.ipOffset + 16)
  writeIpv4(to, at + ETHERNET_BYTES, total, id, PROTOCOL_ICMP, localIp, c.peerIp)
  const icmp = at + ETHERNET_BYTES + IPV4_BYTES
  to.setInt32(icmp, 0)
  const sum = copySum(emit.region, icmp + 4, region, c.tcpOffset + 4, icmpBytes - 4)
  to.setUint16(icmp + 2, ~fold(sum) & 0xffff)
  emit.commit(ETHERNET_BYTES + total)
  return true
}
