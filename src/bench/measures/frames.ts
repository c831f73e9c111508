/** In-order TCP frames of many flows, made outside the clock. */
import type { Region } from "../../memory/region.ts"
import { fold, sumBytes, wordSum } from "../../net/checksum.ts"
import { PROTOCOL_TCP, pseudoSum } from "../../net/wire/ipv4.ts"

export interface Flow {
  readonly fromIp: number
  readonly fromPort: number
  readonly toIp: number
  readonly seq: number
  readonly ack: number
  readonly flags: number
}

export const HEADERS = 54

/** A frame of `payload` bytes to port 80 at `at`, with both checksums. */
export const writeFrame = ({ view, bytes }: Region, at: number, flow: Flow, payload: number): void => {
  bytes.fill(0, at, at + HEADERS)
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], at)
  view.setUint16(at + 12, 0x0800)
  view.setUint16(at + 14, 0x4500)
  view.setUint16(at + 16, 40 + payload)
  view.setUint8(at + 22, 64)
  view.setUint8(at + 23, PROTOCOL_TCP)
  view.setInt32(at + 26, flow.fromIp)
  view.setInt32(at + 30, flow.toIp)
  view.setUint16(at + 34, flow.fromPort)
  view.setUint16(at + 36, 80)
  view.setInt32(at + 38, flow.seq)
  view.setInt32(at + 42, flow.ack)
  view.setUint8(at + 46, 20 << 2)
  view.setUint8(at + 47, flow.flags)
  view.setUint16(at + 48, 65535)
  bytes.fill(0x5a, at + HEADERS, at + HEADERS + payload)
  view.setUint16(at + 24, ~fold(sumBytes(view, at + 14, 20)) & 0xffff)
  const tcp = 20 + payload
  const pseudo = pseudoSum(flow.fromIp, flow.toIp, PROTOCOL_TCP, tcp)
  view.setUint16(at + 50, ~fold(pseudo + sumBytes(view, at + 34, tcp)) & 0xffff)
}

/** Whether both checksums of a frame without IP options are right. */
export const sumsRight = ({ view }: Region, at: number): boolean => {
  const tcp = view.getUint16(at + 16) - 20
  const pseudo = wordSum(view.getInt32(at + 26)) + wordSum(view.getInt32(at + 30)) + PROTOCOL_TCP + tcp
  return (
    fold(sumBytes(view, at + 14, 20)) === 0xffff && fold(pseudo + sumBytes(view, at + 34, tcp)) === 0xffff
  )
}
