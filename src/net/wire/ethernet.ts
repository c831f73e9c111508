/**
 *   0         6         12     14
 *   | to MAC  | from MAC | type | payload …
 */
export const ETHERNET_BYTES = 14
export const TYPE_IPV4 = 0x0800
export const TYPE_ARP = 0x0806

export const toMacHigh = (view: DataView, at: number): number => view.getUint16(at)
export const toMacLow = (view: DataView, at: number): number => view.getInt32(at + 2)
export const fromMacHigh = (view: DataView, at: number): number => view.getUint16(at + 6)
export const fromMacLow = (view: DataView, at: number): number => view.getInt32(at + 8)
export const etherType = (view: DataView, at: number): number => view.getUint16(at + 12)

/** Group addresses (multicast and broadcast) have the lowest bit of their first byte set. */
export const isGroupMac = (high: number): boolean => (high & 0x0100) !== 0
export const isBroadcastMac = (high: number, low: number): boolean => high === 0xffff && low === -1

export function writeEthernet(
  view: DataView,
  at: number,
  toHigh: number,
  toLow: number,
  fromHigh: number,
  fromLow: number,
  type: number,
): void {
  view.setUint16(at, toHigh)
  view.setInt32(at + 2, toLow)
  view.setUint16(at + 6, fromHigh)
  view.setInt32(at + 8, fromLow)
  view.setUint16(at + 12, type)
}
