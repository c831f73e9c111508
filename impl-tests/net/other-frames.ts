/** ARP and ICMP frames for tests. */

import { fold, sumBytes } from "../../src/net/checksum.ts"

const PEER_MAC = [2, 0, 0, 0, 0, 1]

export interface ArpFrame {
  readonly op: number
  readonly senderIp: number
  readonly targetIp: number
  readonly senderMac?: ArrayLike<number>
  readonly toMac?: ArrayLike<number>
}

export function arpFrame(f: ArpFrame): Uint8Array {
  const frame = new Uint8Array(60)
  const view = new DataView(frame.buffer)
  const sender = Array.from(f.senderMac ?? PEER_MAC)
  frame.set(Array.from(f.toMac ?? [255, 255, 255, 255, 255, 255]), 0)
  frame.set(sender, 6)
  view.setUint16(12, 0x0806)
  view.setUint16(14, 1)
  view.setUint16(16, 0x0800)
  view.setUint16(18, 0x0604)
  view.setUint16(20, f.op)
  frame.set(sender, 22)
  view.setInt32(28, f.senderIp)
  view.setInt32(38, f.targetIp)
  return frame
}

export interface EchoFrame {
  readonly fromIp: number
  readonly toIp: number
  readonly type?: number
  readonly data?: readonly number[]
  readonly bad?: boolean
}

export function echoFrame(f: EchoFrame): Uint8Array {
  const data = f.data ?? []
  const frame = new Uint8Array(Math.max(60, 42 + data.length))
  const view = new DataView(frame.buffer)
  frame.set([2, 0, 0, 0, 0, 2, ...PEER_MAC, 8, 0, 0x45, 0])
  view.setUint16(16, 28 + data.length)
  view.setUint16(18, 0x1234)
  frame.set([64, 1], 22)
  view.setInt32(26, f.fromIp)
  view.setInt32(30, f.toIp)
  view.setUint16(24, ~fold(sumBytes(view, 14, 20)) & 0xffff)
  frame.set([f.type ?? 8, 0, 0, 0, 0xab, 0xcd, 0, 5, ...data], 34)
  view.setUint16(36, ~fold(sumBytes(view, 34, 8 + data.length)) & 0xffff)
  if (f.bad === true) frame[36] = frame[36]! ^ 0x10
  return frame
}
