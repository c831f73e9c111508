import {
  FRAME_DATA,
  FRAME_LENGTH,
  FRAME_MAX_LENGTH,
  FRAME_QUEUE_MAGIC,
  FRAME_SLOT_BYTES,
  FRAME_STAMP,
  LINE,
  QUEUE_CONSUMED,
  QUEUE_SLEEPING,
  QUEUE_SLOTS,
  QUEUE_WRITTEN,
} from "./layout.ts"
import { loadAcquire, storeFenced, storeRelease } from "./order.ts"
import { checkCapacity, checkRing, goOnFrom, initRing } from "./queue.ts"
import { checkPart, type Region } from "./region.ts"

/*
 * Single-producer, single-consumer queue of frames: between a Link Server and a Transport Server in different
 * processes. The protocol is that of `queue.ts` (same header, same stamps, same pairing of barriers); a slot is
 * 2048 bytes. A full frame queue is a dropped frame: there is no waiting for room.
 */

/** From a slot's number to its first word. */
const FRAME_SHIFT = Math.log2(FRAME_SLOT_BYTES >> 2)

/** Bytes of a queue of `capacity` frames. */
export function frameQueueBytes(capacity: number): number {
  checkCapacity(capacity, "frame queue")
  return QUEUE_SLOTS + capacity * FRAME_SLOT_BYTES
}

/** Makes an empty frame queue. Once, by the side that owns the memory, before either side attaches. */
export function initFrameQueue(region: Region, offset: number, capacity: number): void {
  checkPart(region, offset, frameQueueBytes(capacity), LINE, "frame queue")
  initRing(region, offset, capacity, FRAME_SLOT_BYTES, FRAME_QUEUE_MAGIC)
}

/** The producer's half. */
export class FrameQueueWriter {
  readonly region: Region
  readonly capacity: number
  /** How often the consumer's count was impossible. Its queue is then treated as full. */
  violations = 0
  readonly #words: Int32Array
  readonly #offset: number
  readonly #mask: number
  #written: number
  #flushed: number
  #consumed: number

  /** Attaches to an initialised frame queue and goes on where the last producer stopped. */
  constructor(region: Region, offset: number, capacity: number) {
    checkPart(region, offset, frameQueueBytes(capacity), LINE, "frame queue")
    checkRing(region, offset, capacity, FRAME_QUEUE_MAGIC, "frame queue")
    this.region = region
    this.capacity = capacity
    this.#words = region.words
    this.#offset = offset
    this.#mask = capacity - 1
    const slots = (offset + QUEUE_SLOTS + FRAME_STAMP) >> 2
    const count = (offset + QUEUE_WRITTEN) >> 2
    this.#written = goOnFrom(this.#words, count, slots, this.#mask, FRAME_SHIFT)
    this.#flushed = this.#written
    this.#consumed = (this.#written - capacity) | 0
    this.#look()
  }

  /** Byte offset in the region of the next free slot's frame (FRAME_MAX_LENGTH bytes), or -1 when full. */
  reserve(): number {
    if (((this.#written - this.#consumed) | 0) >= this.capacity && !this.#look()) return -1
    return this.#offset + QUEUE_SLOTS + (this.#written & this.#mask) * FRAME_SLOT_BYTES + FRAME_DATA
  }

  /**
   * Publishes the reserved slot with a frame of `length` bytes.
   * @throws {RangeError} when length isn't within 0..FRAME_MAX_LENGTH (an error of this program).
   */
  submit(length: number): void {
    if (!(length >= 0 && length <= FRAME_MAX_LENGTH)) {
      throw new RangeError(`frame of ${length} bytes: a slot holds 0 to ${FRAME_MAX_LENGTH}`)
    }
    const words = this.#words
    const slot = this.#offset + QUEUE_SLOTS + (this.#written & this.#mask) * FRAME_SLOT_BYTES
    const next = (this.#written + 1) | 0
    words[(slot + FRAME_LENGTH) / 4] = length
    // Release, paired with the acquire in FrameQueueReader.peek.
    storeRelease(words, (slot + FRAME_STAMP) / 4, next)
    words[(this.#offset + QUEUE_WRITTEN) / 4] = next
    this.#written = next
  }

  /** As QueueWriter.flush: true when the consumer sleeps and must be rung, once. */
  flush(): boolean {
    if (this.#flushed === this.#written) return false
    this.#flushed = this.#written
    const words = this.#words
    // Fence between my stamp and your flag, paired with the one in FrameQueueReader.arm.
    storeFenced(words, (this.#offset + QUEUE_WRITTEN) / 4, this.#written)
    const sleeping = (this.#offset + QUEUE_SLEEPING) / 4
    return loadAcquire(words, sleeping) !== 0 && Atomics.exchange(words, sleeping, 0) !== 0
  }

  /** Slots free now. */
  free(): number {
    this.#look()
    return this.capacity - ((this.#written - this.#consumed) | 0)
  }

  #look(): boolean {
    const consumed = loadAcquire(this.#words, (this.#offset + QUEUE_CONSUMED) / 4)
    const used = (this.#written - consumed) | 0
    if (used < 0 || used > this.capacity) {
      this.violations++
      return false
    }
    this.#consumed = consumed
    return used < this.capacity
  }
}

/** The consumer's half. */
export class FrameQueueReader {
  readonly region: Region
  readonly capacity: number
  /** How often a stamp or a length was impossible. Such a slot counts as empty, such a frame has length 0. */
  violations = 0
  readonly #words: Int32Array
  readonly #offset: number
  readonly #mask: number
  #consumed: number
  #length = 0

  /** Attaches to an initialised frame queue and goes on where the last consumer stopped. */
  constructor(region: Region, offset: number, capacity: number) {
    checkPart(region, offset, frameQueueBytes(capacity), LINE, "frame queue")
    checkRing(region, offset, capacity, FRAME_QUEUE_MAGIC, "frame queue")
    this.region = region
    this.capacity = capacity
    this.#words = region.words
    this.#offset = offset
    this.#mask = capacity - 1
    this.#consumed = this.#words[(offset + QUEUE_CONSUMED) >> 2]!
  }

  /** Byte offset in the region of the next frame, or -1 when there is none. Its length is `length()`. */
  peek(): number {
    const words = this.#words
    const slot = this.#offset + QUEUE_SLOTS + (this.#consumed & this.#mask) * FRAME_SLOT_BYTES
    // Acquire, paired with the release in FrameQueueWriter.submit.
    const stamp = loadAcquire(words, (slot + FRAME_STAMP) / 4)
    if (stamp === ((this.#consumed + 1) | 0)) {
      // Taken once: the producer could change it between a check and a use.
      const length = words[(slot + FRAME_LENGTH) / 4]!
      if (length >= 0 && length <= FRAME_MAX_LENGTH) this.#length = length
      else {
        this.violations++
        this.#length = 0
      }
      return slot + FRAME_DATA
    }
    if (stamp !== ((this.#consumed + 1 - this.capacity) | 0)) this.violations++
    return -1
  }

  /** Length of the frame last peeked, always within 0..FRAME_MAX_LENGTH. */
  length(): number {
    return this.#length
  }

  /** Gives the peeked slot back to the producer. */
  release(): void {
    const next = (this.#consumed + 1) | 0
    this.#consumed = next
    // Release, paired with the acquire in FrameQueueWriter.#look.
    storeRelease(this.#words, (this.#offset + QUEUE_CONSUMED) / 4, next)
  }

  /** About to sleep: sets the flag, then looks again. False: something is there, don't sleep. */
  arm(): boolean {
    const words = this.#words
    const sleeping = (this.#offset + QUEUE_SLEEPING) / 4
    // Fence between my flag and your stamp, paired with the one in FrameQueueWriter.flush.
    storeFenced(words, sleeping, 1)
    const slot = this.#offset + QUEUE_SLOTS + (this.#consumed & this.#mask) * FRAME_SLOT_BYTES
    if (loadAcquire(words, (slot + FRAME_STAMP) / 4) !== ((this.#consumed + 1) | 0)) return true
    storeFenced(words, sleeping, 0)
    return false
  }

  /** Awake again, whoever rang. */
  disarm(): void {
    storeFenced(this.#words, (this.#offset + QUEUE_SLEEPING) / 4, 0)
  }

  /** Frames that the producer says are waiting, 0 to capacity: for metrics, not for control. */
  pending(): number {
    const waiting = (loadAcquire(this.#words, (this.#offset + QUEUE_WRITTEN) / 4) - this.#consumed) | 0
    return waiting < 0 ? 0 : waiting > this.capacity ? this.capacity : waiting
  }
}
