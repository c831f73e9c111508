import {
  APP_LINK_MAGIC,
  APP_LINK_MAGIC_AT,
  APP_LINK_MAX_SLOTS,
  APP_LINK_QUEUE_CAPACITY,
  APP_LINK_QUEUES,
  APP_LINK_RX_BYTES,
  APP_LINK_SLOTS,
  APP_LINK_TX_BYTES,
  PAGE,
  STREAM_RING_MAX,
  STREAM_RING_MIN,
} from "./layout.ts"
import { checkCapacity, initQueue, queueBytes } from "./queue.ts"
import { checkPart, isPowerOfTwo, type Region } from "./region.ts"

/** What one application shares with one server. */
export interface AppLinkConfig {
  /** Messages in each direction, a power of two. */
  readonly queueCapacity: number
  /** Claimed connections at a time. */
  readonly slots: number
  /** Bytes of a slot's receive ring, a power of two. */
  readonly rxBytes: number
  /** Bytes of a slot's transmit ring, a power of two. */
  readonly txBytes: number
}

export interface AppLinkOffsets {
  readonly toServer: number
  readonly toApplication: number
  readonly bytes: number
  rxRingOffset(slot: number): number
  txRingOffset(slot: number): number
}

const paged = (n: number): number => Math.ceil(n / PAGE) * PAGE

const check = ({ queueCapacity, slots, rxBytes, txBytes }: AppLinkConfig): void => {
  checkCapacity(queueCapacity, "application link")
  if (!Number.isInteger(slots) || slots < 1 || slots > APP_LINK_MAX_SLOTS) {
    throw new RangeError(`application link: ${slots} slots, must be from 1 to ${APP_LINK_MAX_SLOTS}`)
  }
  for (const bytes of [rxBytes, txBytes]) {
    if (!isPowerOfTwo(bytes) || bytes < STREAM_RING_MIN || bytes > STREAM_RING_MAX) {
      throw new RangeError(
        `application link: stream ring of ${bytes} bytes, must be a power of two from ${STREAM_RING_MIN} to ${STREAM_RING_MAX}`,
      )
    }
  }
}

/** Where the parts of a link lie, from the link's start. @throws {RangeError} on an impossible configuration. */
export const appLinkOffsets = (config: AppLinkConfig): AppLinkOffsets => {
  check(config)
  const queue = paged(queueBytes(config.queueCapacity))
  const toServer = APP_LINK_QUEUES
  const toApplication = toServer + queue
  const first = toApplication + queue
  const rx = paged(config.rxBytes)
  const step = rx + paged(config.txBytes)
  return {
    toServer,
    toApplication,
    bytes: first + config.slots * step,
    rxRingOffset: (slot) => first + slot * step,
    txRingOffset: (slot) => first + slot * step + rx,
  }
}

export const appLinkBytes = (config: AppLinkConfig): number => appLinkOffsets(config).bytes

/** Makes an empty link at `offset`. Once, by the side that owns the memory. */
export const initAppLink = (region: Region, offset: number, config: AppLinkConfig): void => {
  const offsets = appLinkOffsets(config)
  checkPart(region, offset, offsets.bytes, PAGE, "application link")
  initQueue(region, offset + offsets.toServer, config.queueCapacity)
  initQueue(region, offset + offsets.toApplication, config.queueCapacity)
  const words = region.words
  words[(offset + APP_LINK_QUEUE_CAPACITY) >> 2] = config.queueCapacity
  words[(offset + APP_LINK_SLOTS) >> 2] = config.slots
  words[(offset + APP_LINK_RX_BYTES) >> 2] = config.rxBytes
  words[(offset + APP_LINK_TX_BYTES) >> 2] = config.txBytes
  words[(offset + APP_LINK_MAGIC_AT) >> 2] = APP_LINK_MAGIC
}

/**
 * The configuration that a link was made with, as an application finds it. A server goes by its own configuration.
 * @throws {Error} when there is no link at `offset`.
 */
export const readAppLink = (region: Region, offset: number): AppLinkConfig => {
  checkPart(region, offset, PAGE, PAGE, "application link")
  const word = (at: number): number => region.words[(offset + at) >> 2]!
  if (word(APP_LINK_MAGIC_AT) !== APP_LINK_MAGIC)
    throw new Error(`application link at ${offset}: not initialised`)
  const config = {
    queueCapacity: word(APP_LINK_QUEUE_CAPACITY),
    slots: word(APP_LINK_SLOTS),
    rxBytes: word(APP_LINK_RX_BYTES),
    txBytes: word(APP_LINK_TX_BYTES),
  }
  checkPart(region, offset, appLinkOffsets(config).bytes, PAGE, "application link")
  return config
}
