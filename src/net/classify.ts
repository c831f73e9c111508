import type { Region } from "../memory/region.ts"
import { type Classified, DROP_SHORT, type FrameClass } from "./classified.ts"

export * from "./classified.ts"

/** Validates a frame and fills `out`. */
export function classify(_region: Region, _offset: number, _length: number, _out: Classified): FrameClass {
  return DROP_SHORT
}
