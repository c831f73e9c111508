/** One stack alone: the test is the wire and the peer. */

import { allocateRegion, type Region } from "../../src/memory/region.ts"
import { type Classified, classify, ipv4, makeClassified } from "../../src/net/classify.ts"
import type { Emit } from "../../src/net/emit.ts"

export const LOCAL = { ip: ipv4("10.0.0.2"), mac: [2, 0, 0, 0, 0, 2] }
export const PEER = { ip: ipv4("10.0.0.1"), mac: [2, 0, 0, 0, 0, 1] }

/** Collects what is sent. `slots` is how many frames may still be sent. */
export class Wire implements Emit {
  readonly region = allocateRegion(2048)
  readonly frames: Uint8Array[] = []
  slots = Number.POSITIVE_INFINITY

  reserve(maxLength: number): number {
    return maxLength > 2048 || this.slots <= 0 ? -1 : 0
  }

  commit(length: number): void {
    this.slots--
    this.frames.push(this.region.bytes.slice(0, length))
  }

  /** Takes all frames sent since the last call. */
  take(): Uint8Array[] {
    return this.frames.splice(0)
  }
}

/** Puts a frame where `classify` finds it; throws when it isn't of the class that the test means. */
export function classified(
  frame: Uint8Array,
  wanted: number,
  local = LOCAL,
): { readonly region: Region; readonly c: Classified } {
  const region = allocateRegion(frame.length)
  region.bytes.set(frame)
  const c = makeClassified(local)
  const kind = classify(region, 0, frame.length, c)
  if (kind !== wanted) throw new Error(`the frame is of class ${kind}, the test meant ${wanted}`)
  return { region, c }
}
