import {
  LINE,
  MESSAGE_BYTES,
  MESSAGE_QUEUE_MAGIC,
  QUEUE_CAPACITY,
  QUEUE_CONSUMED,
  QUEUE_MAGIC,
  QUEUE_MAX_CAPACITY,
  QUEUE_SLEEPING,
  QUEUE_SLOTS,
  QUEUE_WANTING,
  QUEUE_WRITTEN,
} from "./layout.ts"
import { loadAcquire, storeFenced, storeRelease } from "./order.ts"
import { checkPart, isPowerOfTwo, type Region } from "./region.ts"

/*
 * Single-producer, single-consumer queue of 64-byte messages (paper §4.2).
 *
 * Message number n (from 0, modulo 2^32) lies in slot n mod capacity under the stamp n + 1. A slot is full for
 * the consumer exactly when its stamp is the one that it expects, so one cache line carries both the news and
 * the message; an empty slot carries the stamp of the lap before. The counts `written` and `consumed` each have
 * a line and a writer of their own: the producer looks at `consumed` only when its last reading says "full".
 *
 * Each side keeps its own position in private memory and computes every place from that: nothing that the other
 * side writes can lead out of the queue. What it writes is checked where it is used, and counted when it lies.
 * A message may change while it is read (a hostile producer): a reader takes each field once, then judges it.
 *
 * Forbidden: two writers or two readers; a second reserve() before submit() means the same slot; a slot's words
 * after release() belong to the producer again.
 */

/** Bytes of a queue of `capacity` messages. */
export function queueBytes(capacity: number): number {
  checkCapacity(capacity, "queue")
  return QUEUE_SLOTS + capacity * MESSAGE_BYTES
}

/** Makes an empty queue. Once, by the side that owns the memory, before either side attaches. */
export function initQueue(region: Region, offset: number, capacity: number): void {
  checkPart(region, offset, queueBytes(capacity), LINE, "queue")
  initRing(region, offset, capacity, MESSAGE_BYTES, MESSAGE_QUEUE_MAGIC)
}

/** @throws {RangeError} unless a power of two from 2 to QUEUE_MAX_CAPACITY. */
export function checkCapacity(capacity: number, what: string): void {
  if (!isPowerOfTwo(capacity) || capacity < 2 || capacity > QUEUE_MAX_CAPACITY) {
    throw new RangeError(
      `${what}: capacity ${capacity} must be a power of two from 2 to ${QUEUE_MAX_CAPACITY}`,
    )
  }
}

/** Header and stamps of an empty queue, whatever its slots hold besides the stamp. */
export function initRing(
  region: Region,
  offset: number,
  capacity: number,
  slotBytes: number,
  magic: number,
): void {
  const words = region.words
  words.fill(0, offset >> 2, (offset + QUEUE_SLOTS) >> 2)
  words[(offset + QUEUE_CAPACITY) >> 2] = capacity
  const first = (offset + QUEUE_SLOTS) >> 2
  const step = slotBytes >> 2
  for (let i = 0; i < capacity; i++) words[first + i * step] = (i + 1 - capacity) | 0
  words[(offset + QUEUE_MAGIC) >> 2] = magic
}

/** @throws {Error} naming what was found where a queue was expected. */
export function checkRing(
  region: Region,
  offset: number,
  capacity: number,
  magic: number,
  what: string,
): void {
  const found = region.words[(offset + QUEUE_MAGIC) >> 2]!
  if (found !== magic) {
    throw new Error(
      `${what} at offset ${offset}: magic ${found.toString(16)} instead of ${magic.toString(16)}; was it initialised?`,
    )
  }
  const foundCapacity = region.words[(offset + QUEUE_CAPACITY) >> 2]!
  if (foundCapacity !== capacity) {
    throw new Error(`${what} at offset ${offset}: made for ${foundCapacity} slots, opened for ${capacity}`)
  }
}

/**
 * The messages that the last producer submitted. It may have died between a message's stamp and the count: then the
 * consumer has the message, or will have it, and it must not be written again.
 * @param shift of a slot's number to its first word
 */
export function goOnFrom(
  words: Int32Array,
  count: number,
  slots: number,
  mask: number,
  shift: number,
): number {
  const written = words[count]!
  const next = (written + 1) | 0
  return loadAcquire(words, slots + ((written & mask) << shift)) === next ? next : written
}

/** The producer's half. */
export class QueueWriter {
  /** The region's words; `reserve()` answers indices into it. */
  readonly words: Int32Array
  readonly capacity: number
  /** How often the consumer's count was impossible. Its queue is then treated as full. */
  violations = 0
  readonly #base: number
  readonly #slots: number
  readonly #mask: number
  #written: number
  #flushed: number
  /** The consumer's count as last read. */
  #consumed: number

  /** Attaches to an initialised queue and goes on where the last producer stopped. */
  constructor(region: Region, offset: number, capacity: number) {
    checkPart(region, offset, queueBytes(capacity), LINE, "queue")
    checkRing(region, offset, capacity, MESSAGE_QUEUE_MAGIC, "queue")
    this.words = region.words
    this.capacity = capacity
    this.#base = offset >> 2
    this.#slots = (offset + QUEUE_SLOTS) >> 2
    this.#mask = capacity - 1
    this.#written = goOnFrom(this.words, this.#base + (QUEUE_WRITTEN >> 2), this.#slots, this.#mask, 4)
    this.#flushed = this.#written
    this.#consumed = (this.#written - capacity) | 0
    this.#look()
  }

  /** Index in `words` of payload word 1 of the next free slot, or -1 when the queue is full. */
  reserve(): number {
    if (((this.#written - this.#consumed) | 0) >= this.capacity && !this.#look()) return -1
    return this.#slots + ((this.#written & this.#mask) << 4) + 1
  }

  /** Publishes the reserved message. */
  submit(): void {
    const written = this.#written
    const next = (written + 1) | 0
    // Release, paired with the acquire in QueueReader.peek: who sees the stamp sees the payload.
    storeRelease(this.words, this.#slots + ((written & this.#mask) << 4), next)
    this.words[this.#base + (QUEUE_WRITTEN >> 2)] = next
    this.#written = next
  }

  /**
   * After a batch of submits: true when the consumer sleeps and must be rung, once. Without a submit since the
   * last flush it is false at no cost: a consumer that went to sleep since then has looked again itself.
   */
  flush(): boolean {
    if (this.#flushed === this.#written) return false
    this.#flushed = this.#written
    const words = this.words
    // Fence between my stamp and your flag, paired with the one in QueueReader.arm.
    storeFenced(words, this.#base + (QUEUE_WRITTEN >> 2), this.#written)
    const sleeping = this.#base + (QUEUE_SLEEPING >> 2)
    return loadAcquire(words, sleeping) !== 0 && Atomics.exchange(words, sleeping, 0) !== 0
  }

  /** Slots free now. */
  free(): number {
    this.#look()
    return this.capacity - ((this.#written - this.#consumed) | 0)
  }

  /** Messages submitted so far, modulo 2³²: a place in the stream for `isConsumed`. */
  get position(): number {
    return this.#written
  }

  /** Whether the consumer has released everything before `position`. */
  isConsumed(position: number): boolean {
    if (((this.#consumed - position) | 0) >= 0) return true
    this.#look()
    return ((this.#consumed - position) | 0) >= 0
  }

  /**
   * About to wait for `least` free slots: sets the flag that `QueueReader.flushRoom` answers with a bell, and looks again.
   * False: there are as many, don't wait. The bell rings at the first slot: who needs more looks, and waits again.
   */
  armRoom(least = 1): boolean {
    const wanting = this.#base + (QUEUE_WANTING >> 2)
    // Fence between my flag and your count, paired with the one in QueueReader.flushRoom.
    storeFenced(this.words, wanting, 1)
    this.#look()
    if (this.capacity - ((this.#written - this.#consumed) | 0) < least) return true
    storeFenced(this.words, wanting, 0)
    return false
  }

  /** Reads the consumer's count; true when there is room. A count that can't be keeps the last one and is counted. */
  #look(): boolean {
    const consumed = loadAcquire(this.words, this.#base + (QUEUE_CONSUMED >> 2))
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
export class QueueReader {
  /** The region's words; `peek()` answers indices into it. */
  readonly words: Int32Array
  readonly capacity: number
  /** How often a stamp was neither the expected one nor that of the lap before. Such a slot counts as empty. */
  violations = 0
  readonly #base: number
  readonly #slots: number
  readonly #mask: number
  #consumed: number
  #roomFlushed: number

  /** Attaches to an initialised queue and goes on where the last consumer stopped. */
  constructor(region: Region, offset: number, capacity: number) {
    checkPart(region, offset, queueBytes(capacity), LINE, "queue")
    checkRing(region, offset, capacity, MESSAGE_QUEUE_MAGIC, "queue")
    this.words = region.words
    this.capacity = capacity
    this.#base = offset >> 2
    this.#slots = (offset + QUEUE_SLOTS) >> 2
    this.#mask = capacity - 1
    this.#consumed = this.words[this.#base + (QUEUE_CONSUMED >> 2)]!
    this.#roomFlushed = this.#consumed
  }

  /** Index in `words` of payload word 1 of the next message, or -1 when there is none. */
  peek(): number {
    const consumed = this.#consumed
    const slot = this.#slots + ((consumed & this.#mask) << 4)
    // Acquire, paired with the release in QueueWriter.submit.
    const stamp = loadAcquire(this.words, slot)
    if (stamp === ((consumed + 1) | 0)) return slot + 1
    if (stamp !== ((consumed + 1 - this.capacity) | 0)) this.violations++
    return -1
  }

  /** Gives the peeked slot back to the producer. */
  release(): void {
    const next = (this.#consumed + 1) | 0
    this.#consumed = next
    // Release, paired with the acquire in QueueWriter.#look: my reads of the slot come before your writes.
    storeRelease(this.words, this.#base + (QUEUE_CONSUMED >> 2), next)
  }

  /** About to sleep: sets the flag, then looks again. False: something is there, don't sleep. */
  arm(): boolean {
    const sleeping = this.#base + (QUEUE_SLEEPING >> 2)
    // Fence between my flag and your stamp, paired with the one in QueueWriter.flush.
    storeFenced(this.words, sleeping, 1)
    const slot = this.#slots + ((this.#consumed & this.#mask) << 4)
    if (loadAcquire(this.words, slot) !== ((this.#consumed + 1) | 0)) return true
    storeFenced(this.words, sleeping, 0)
    return false
  }

  /** Awake again, whoever rang. */
  disarm(): void {
    storeFenced(this.words, this.#base + (QUEUE_SLEEPING >> 2), 0)
  }

  /** After a batch of releases: true when the producer waits for room and must be rung, once. */
  flushRoom(): boolean {
    if (this.#roomFlushed === this.#consumed) return false
    this.#roomFlushed = this.#consumed
    const words = this.words
    // Fence between my count and your flag, paired with the one in QueueWriter.armRoom.
    storeFenced(words, this.#base + (QUEUE_CONSUMED >> 2), this.#consumed)
    const wanting = this.#base + (QUEUE_WANTING >> 2)
    return loadAcquire(words, wanting) !== 0 && Atomics.exchange(words, wanting, 0) !== 0
  }

  /** Messages that the producer says are waiting, 0 to capacity: for metrics, not for control. */
  pending(): number {
    const waiting = (loadAcquire(this.words, this.#base + (QUEUE_WRITTEN >> 2)) - this.#consumed) | 0
    return waiting < 0 ? 0 : Math.min(waiting, this.capacity)
  }
}
