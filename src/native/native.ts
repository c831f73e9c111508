/** The typed face of the addon: memory, doorbells, the control socket; and NICs, which are in nic.ts. */
import { constants, openSync } from "node:fs"
import { makeRegion, type Region } from "../memory/region.ts"
import { addon, guarded } from "./addon.ts"

export { builtPath, NativeError } from "./addon.ts"
export * from "./nic.ts"

/** A shared file of `size` bytes without a name in the file system; its size is sealed. */
export const memfd = guarded((name: string, size: number): number => {
  const fd = addon.memfd(name, size)
  addon.seal(fd)
  return fd
})
export const map = guarded(addon.map)
/** Takes shared memory out of this process at once: all views of it are empty from then on. */
export const unmapRegion = guarded((region: Region): void => addon.unmap(region.bytes.buffer as ArrayBuffer))
export const close = guarded(addon.close)
export const monotonicUs = addon.monotonicUs
export const cycles = addon.cycles
export const pinCpu = guarded(addon.pinCpu)
/** A doorbell: the descriptor that hears it (readable while it rings), and the one that rings it. */
export const makeBell = guarded((): { readonly hear: number; readonly ring: number } => {
  const [hear, ring] = addon.makeBell()
  return { hear, ring }
})
/** One more descriptor that rings a bell, a file of its own: what a process does to it disturbs no other. */
export const anotherRing = (ring: number): number =>
  openSync(`/proc/self/fd/${ring}`, constants.O_WRONLY | constants.O_NONBLOCK)
/** Rings a doorbell, never waiting; nothing happens when nobody hears it any more. */
export const signal = guarded(addon.signal)
/** Silences a doorbell; answers how often it rang (of very many rings, some of them). */
export const drain = guarded(addon.drain)
/** Waits without a turn of the event loop: how many of the first `count` descriptors are readable. */
export const waitFds = guarded(addon.waitFds)
export const unixListen = guarded(addon.unixListen)
export const unixConnect = guarded(addon.unixConnect)
/** Both ends of a connected pair; close the one that a child got. */
export const socketPair = guarded(addon.socketPair)
/** −1: nobody waits. */
export const unixAccept = guarded(addon.unixAccept)
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

/** Offsets and constants as the C side has them, for the test that compares them with `memory/layout.ts`. */
export const nativeLayout = (): Record<string, number> => addon.layout()
