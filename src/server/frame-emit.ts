/** Frames of a transport without a NIC of its own: built in a queue to the Link Server's process. */
import type { FrameQueueWriter } from "../memory/frame-queue.ts"
import { FRAME_MAX_LENGTH } from "../memory/layout.ts"
import type { Region } from "../memory/region.ts"
import type { Emit } from "../net/emit.ts"

export class FrameEmit implements Emit {
  readonly region: Region
  readonly #writer: FrameQueueWriter

  constructor(writer: FrameQueueWriter) {
    this.region = writer.region
    this.#writer = writer
  }

  reserve(maxLength: number): number {
    return maxLength > FRAME_MAX_LENGTH ? -1 : this.#writer.reserve()
  }

  commit(length: number): void {
    this.#writer.submit(length)
  }
}
