/** Loads the addon. A call that fails throws NativeError with errno and what was attempted. */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { InterfaceLook, Route } from "./interface.ts"
import type { NicStats } from "./nic.ts"

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

export type NicHandle = { readonly _nic: unique symbol }

/** A NIC's memory and the places of its rings in it. */
export interface Attached {
  readonly nic: NicHandle
  readonly memory: ArrayBuffer
  readonly rx: number
  readonly tx: number
}

interface Addon {
  memfd(name: string, size: number): number
  map(fd: number, size: number): ArrayBuffer
  unmap(memory: ArrayBuffer): void
  seal(fd: number): void
  close(fd: number): void
  monotonicUs(): number
  cycles(): number
  pinCpu(cpu: number): void
  makeBell(): [number, number]
  signal(fd: number): void
  drain(fd: number): number
  waitFds(fds: Int32Array, count: number, timeoutMs: number): number
  watch(fd: number, callback: () => void): Watch
  unwatch(watch: Watch): void
  refWatch(watch: Watch, on: boolean): void
  unixListen(path: string): number
  unixConnect(path: string): number
  unixAccept(fd: number): number
  socketPair(): [number, number]
  sendMessage(fd: number, bytes: Uint8Array, fds: Int32Array): boolean
  receiveMessage(fd: number): { bytes: Uint8Array; fds: Array<number> } | null | undefined
  tapOpen(name: string, multiQueue: boolean): number
  tapAttach(fd: number, slots: number): Attached
  packetOpen(name: string, fanoutGroup: number, promiscuous: boolean, address: string): number
  packetGroup(fd: number): number
  packetAttach(fd: number): Attached
  xdpProgram(name: string, queues: number, address: string): [number, number, number, number]
  xdpQueue(name: string, queue: number, map: number): [number, number]
  xdpAttach(fd: number, memory: number): Attached
  interfaceLook(name: string): InterfaceLook | undefined
  interfaceRoute(address: string): Route | undefined
  interfaceListenAs(name: string, mac: Uint8Array): number
  linkUp(name: string): void
  linkAddress(name: string, address: string): void
  nicKind(fd: number): "tap" | "packet" | "xdp" | "socket"
  nicReceive(nic: NicHandle): number
  nicSend(nic: NicHandle): number
  nicStats(nic: NicHandle): NicStats
  nicDetach(nic: NicHandle): void
  nicReopen(nic: NicHandle, fd: number, memory: number): void
  nicClose(nic: NicHandle, memory: ArrayBuffer): void
  layout(): Record<string, number>
}

/** Path of something that `build.mjs` makes. A bundle lies elsewhere: it is told by PIKA_ADDON. */
export const builtPath = (name: string): string =>
  process.env.PIKA_ADDON === undefined
    ? fileURLToPath(new URL(`../../build/${name}`, import.meta.url))
    : join(dirname(process.env.PIKA_ADDON), name)

const where = process.env.PIKA_ADDON ?? builtPath("pika.node")

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
export const guarded = <A extends ReadonlyArray<unknown>, R>(call: (...args: A) => R) => {
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

export const addon = load()
