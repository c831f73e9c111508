import type { Region } from "../memory/region.ts"

/**
 * Where frames to be sent are built: the caller's transmit slots. `reserve` answers the byte offset in `region`
 * of a free slot of at least `maxLength` bytes, or -1 when there is none; `commit` sends what was reserved last.
 * A reservation that is not committed is simply made again.
 */
export interface Emit {
  readonly region: Region
  reserve(maxLength: number): number
  commit(length: number): void
}
