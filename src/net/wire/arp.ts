/**
 * RFC 826, for IPv4 over Ethernet
 *
 *   0 hardware 1  2 protocol 0x0800   4 sizes 6, 4   6 operation
 *   8 sender MAC             14 sender IP
 *  18 target MAC             24 target IP
 */
import { ETHERNET_BYTES, TYPE_ARP, writeEthernet } from "./ethernet.ts"

export const ARP_BYTES = 28
export const ARP_REQUEST = 1
export const ARP_REPLY = 2
/** Ethernet's smallest frame, without the check sequence. */
export const MIN_FRAME = 60

/** The length is checked by the caller. */
export function arpIsSound(view: DataView, at: number): boolean {
  const operation = arpOperation(view, at)
  return (
    view.getInt32(at) === 0x00010800 &&
    view.getUint16(at + 4) === 0x0604 &&
    (operation === ARP_REQUEST || operation === ARP_REPLY)
  )
}
export const arpOperation = (view: DataView, at: number): number => view.getUint16(at + 6)
export const senderMacHigh = (view: DataView, at: number): number => view.getUint16(at + 8)
export const senderMacLow = (view: DataView, at: number): number => view.getInt32(at + 10)
export const senderIp = (view: DataView, at: number): number => view.getInt32(at + 14)
export const targetIp = (view: DataView, at: number): number => view.getInt32(at + 24)

/** A whole frame of MIN_FRAME bytes. A request goes to the broadcast address. */
export function writeArp(
  view: DataView,
  at: number,
  operation: number,
  fromHigh: number,
  fromLow: number,
  fromIp: number,
  toHigh: number,
  toLow: number,
  toIp: number,
): void {
  const request = operation === ARP_REQUEST
  writeEthernet(view, at, request ? 0xffff : toHigh, request ? -1 : toLow, fromHigh, fromLow, TYPE_ARP)
  const arp = at + ETHERNET_BYTES
  view.setInt32(arp, 0x00010800)
  view.setInt32(arp + 4, (0x0604 << 16) | operation)
  view.setUint16(arp + 8, fromHigh)
  view.setInt32(arp + 10, fromLow)
  view.setInt32(arp + 14, fromIp)
  view.setUint16(arp + 18, request ? 0 : toHigh)
  view.setInt32(arp + 20, request ? 0 : toLow)
  view.setInt32(arp + 24, toIp)
  for (let i = ETHERNET_BYTES + ARP_BYTES; i < MIN_FRAME; i++) view.setUint8(at + i, 0)
}
