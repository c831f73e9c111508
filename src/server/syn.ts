/** A SYN as eight words, so that it can ride on a message between servers. */

import { SYN_WORDS } from "../codec/data-message.ts"
import type { SynRecord } from "../net/classified.ts"

export interface SynWithMac extends SynRecord {
  peerMacHigh: number
  peerMacLow: number
}

/** Writes words i … i + 7. */
export const encodeSyn = (words: Int32Array, i: number, syn: SynWithMac): void => {
  words[i] = syn.peerIp
  words[i + 1] = (syn.peerPort << 16) | syn.localPort
  words[i + 2] = syn.seq
  words[i + 3] = (syn.window << 16) | syn.mss
  words[i + 4] = ((syn.wscale & 0xff) << 16) | (syn.sackPermitted << 1) | syn.hasTimestamp
  words[i + 5] = syn.tsVal
  words[i + 6] = syn.peerMacHigh
  words[i + 7] = syn.peerMacLow
}

/** Fills `out`, which is used again. */
export const decodeSyn = (words: Int32Array, i: number, out: SynWithMac): void => {
  out.peerIp = words[i]!
  out.peerPort = words[i + 1]! >>> 16
  out.localPort = words[i + 1]! & 0xffff
  out.seq = words[i + 2]!
  out.window = words[i + 3]! >>> 16
  out.mss = words[i + 3]! & 0xffff
  out.wscale = (words[i + 4]! << 8) >> 24
  out.sackPermitted = (words[i + 4]! >>> 1) & 1
  out.hasTimestamp = words[i + 4]! & 1
  out.tsVal = words[i + 5]!
  out.peerMacHigh = words[i + 6]! & 0xffff
  out.peerMacLow = words[i + 7]!
}

export const emptySyn = (): SynWithMac => ({
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
  peerMacHigh: 0,
  peerMacLow: 0,
})

export { SYN_WORDS }
