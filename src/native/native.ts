/** The typed face of the addon. A call that fails throws NativeError with errno and what was attempted. */
import { createRequire } from "node:module"
import { initNicMemory, type NicMemory, nicMemoryBytes, nicMemoryOffsets } from "../memory/nic-ring.ts"
import { allocateRegion, makeRegion, type Region } from "../memory/region.ts"

export class NativeError extends Error {
  override readonly name = "NativeError"
  readonly errno: number
  readonly code: string
  readonly call: string

  constructor(message: string, errno: number, code: string, call: string) {
    super(message)
    this.errno = errno
    this.code = code
    this.call = call
  }
}

/** A watch in the event loop. */
export type Watch = { readonly _watch: unique symbol }

interface Addon {
  memfd(name: string, size: number): number
  map(fd: number, size: number): ArrayBuffer
  seal(fd: number): void
  close(fd: number): void
  monotonicUs(): number
  cycles(): number
  pinCpu(cpu: number): void
  eventfd(): number
  signal(fd: number): void
  drain(fd: number): number
  waitFds(fds: Int32Array, count: number, timeoutMs: number): number
  watch(fd: number, callback: () => void): Watch
  unwatch(watch: Watch): void
  refWatch(watch: Watch, on: boolean): void
  unixListen(path: string): number
  unixConnect(path: string): number
  unixAccept(fd: number): number
  sendMessage(fd: number, bytes: Uint8Array, fds: Int32Array): boolean
  receiveMessage(fd: number): { bytes: Uint8Array; fds: Array<number> } | null | undefined
  tapOpen(name: string): number
  tapReceive(fd: number, memory: ArrayBuffer, ring: number): number
  tapSend(fd: number, memory: ArrayBuffer, ring: number): number
}

const where = process.env.PIKA_ADDON ?? new URL("../../build/pika.node", import.meta.url).pathname

const load = (): Addon => {
  try {
    return createRequire(import.meta.url)(where) as Addon
  } catch (error) {
    throw new Error(
      `the native addon is not there (${(error as Error).message}): run npm start or npx pika doctor once, which build it`,
    )
  }
}

/** Turns what the addon throws into NativeError. */
const guarded = <A extends ReadonlyArray<unknown>, R>(call: (...args: A) => R) => {
  return (...args: A): R => {
    try {
      return call(...args)
    } catch (error) {
      const { message, errno, code, call: name } = error as NativeError
      if (typeof errno !== "number") throw error
      throw new NativeError(message, errno, code, name)
    }
  }
}

const addon = load()

/** A shared file of `size` bytes without a name in the file system; its size is sealed. */
export const memfd = guarded((name: string, size: number): number => {
  const fd = addon.memfd(name, size)
  addon.seal(fd)
  return fd
})
export const map = guarded(addon.map)
export const close = guarded(addon.close)
export const monotonicUs = addon.monotonicUs
export const cycles = addon.cycles
export const pinCpu = guarded(addon.pinCpu)
export const eventfd = guarded(addon.eventfd)
/** Rings a doorbell. */
export const signal = guarded(addon.signal)
/** Silences a doorbell; answers how often it rang. */
export const drain = guarded(addon.drain)
/** Waits without a turn of the event loop: how many of the first `count` descriptors are readable. */
export const waitFds = guarded(addon.waitFds)
export const unixListen = guarded(addon.unixListen)
export const unixConnect = guarded(addon.unixConnect)
/** −1: nobody waits. */
export const unixAccept = guarded(addon.unixAccept)
export const tapOpen = guarded(addon.tapOpen)

/** Calls back in the event loop as long as `fd` is readable. */
export const watch = guarded((fd: number, callback: () => void) => {
  const handle = addon.watch(fd, callback)
  return {
    stop: () => addon.unwatch(handle),
    /** Whether the watch alone keeps the process alive; it does at first. */
    ref: (on: boolean) => addon.refWatch(handle, on),
  }
})

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })

/** Sends one JSON message with descriptors; false: the other side reads too slowly. */
export const sendJson = guarded((fd: number, value: unknown, fds: ReadonlyArray<number> = []): boolean =>
  addon.sendMessage(fd, encoder.encode(JSON.stringify(value)), Int32Array.from(fds)),
)

export interface Received {
  /** The message; undefined when it is no JSON. */
  readonly value: unknown
  readonly fds: ReadonlyArray<number>
}

/** null: nothing now. undefined: the other side is gone. */
export const receiveJson = guarded((fd: number): Received | null | undefined => {
  const message = addon.receiveMessage(fd)
  if (message === null || message === undefined) return message
  try {
    return { value: JSON.parse(decoder.decode(message.bytes)), fds: message.fds }
  } catch {
    return { value: undefined, fds: message.fds }
  }
})

/** Shared memory as a region. The mapping lives until it is collected. */
export const mapRegion = (fd: number, size: number): Region => makeRegion(map(fd, size))

/** One queue of a TAP as a NIC with rings in netmap's layout. */
export const nicOpenTapFd = (
  fd: number,
  memory: NicMemory = { rxSlots: 512, txSlots: 512, bufSize: 2048 },
) => {
  const region = allocateRegion(nicMemoryBytes(memory))
  const { rx, tx } = initNicMemory(region, memory)
  const offsets = nicMemoryOffsets(memory)
  const buffer = region.bytes.buffer as ArrayBuffer
  const receive = guarded(addon.tapReceive)
  const send = guarded(addon.tapSend)
  const stats = { refused: 0 }
  return {
    fd,
    rx,
    tx,
    stats,
    rxSync: (): number => receive(fd, buffer, offsets.rx),
    txSync: (): void => {
      stats.refused += send(fd, buffer, offsets.tx)
    },
  }
}
