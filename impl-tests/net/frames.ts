/** Frames as tests want them: whole, right by default, every field open to be wrong. */

import { fold, sumBytes } from "../../src/net/checksum.ts"
import { PROTOCOL_TCP, pseudoSum } from "../../src/net/wire/ipv4.ts"
import { TCP_ACK } from "../../src/net/wire/tcp.ts"

export interface TcpFrame {
  readonly toMac?: ArrayLike<number>
  readonly fromMac?: ArrayLike<number>
  readonly fromIp: number
  readonly toIp: number
  readonly fromPort: number
  readonly toPort: number
  readonly seq?: number
  readonly ack?: number
  readonly flags?: number
  readonly window?: number
  readonly options?: readonly number[]
  readonly payload?: ArrayLike<number>
  readonly urgent?: number
}

/** Recomputes both checksums of an IPv4/TCP frame in place. */
export function fixChecksums(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const ipBytes = (view.getUint8(14) & 15) * 4
  view.setUint16(24, 0)
  view.setUint16(24, ~fold(sumBytes(view, 14, ipBytes)) & 0xffff)
  const tcp = 14 + ipBytes
  const length = view.getUint16(16) - ipBytes
  view.setUint16(tcp + 16, 0)
  const sum =
    pseudoSum(view.getInt32(26), view.getInt32(30), PROTOCOL_TCP, length) + sumBytes(view, tcp, length)
  view.setUint16(tcp + 16, ~fold(sum) & 0xffff)
  return frame
}

export function tcpFrame(f: TcpFrame): Uint8Array {
  const options = f.options ?? []
  const payload = f.payload ?? []
  if (options.length % 4 !== 0) throw new Error("options must fill words")
  const total = 40 + options.length + payload.length
  const frame = new Uint8Array(14 + total)
  const view = new DataView(frame.buffer)
  frame.set(Array.from(f.toMac ?? [2, 0, 0, 0, 0, 2]), 0)
  frame.set(Array.from(f.fromMac ?? [2, 0, 0, 0, 0, 1]), 6)
  view.setUint16(12, 0x0800)
  view.setUint16(14, 0x4500)
  view.setUint16(16, total)
  view.setUint8(22, 64)
  view.setUint8(23, PROTOCOL_TCP)
  view.setInt32(26, f.fromIp)
  view.setInt32(30, f.toIp)
  view.setUint16(34, f.fromPort)
  view.setUint16(36, f.toPort)
  view.setInt32(38, f.seq ?? 0)
  view.setInt32(42, f.ack ?? 0)
  view.setUint8(46, (20 + options.length) << 2)
  view.setUint8(47, f.flags ?? TCP_ACK)
  view.setUint16(48, f.window ?? 65535)
  view.setUint16(52, f.urgent ?? 0)
  frame.set(options, 54)
  frame.set(Array.from(payload), 54 + options.length)
  return fixChecksums(frame)
}
