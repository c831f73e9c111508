/** The typed face of the addon. A call that fails throws NativeError with errno and what was attempted. */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { NicRing } from "../memory/nic-ring.ts"
import { makeRegion, type Region } from "../memory/region.ts"

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

type NicHandle = { readonly _nic: unique symbol }

/** A NIC's memory and the places of its rings in it. */
interface Attached {
  readonly nic: NicHandle
  readonly memory: ArrayBuffer
  readonly rx: number
  readonly tx: number
}

/** What a NIC has counted. Each count that isn't a frame's or a sync's normal way says what to look at. */
export interface NicStats {
  readonly rxFrames: number
  /** Dropped: beyond a buffer. The sender segments late (GSO) or the interface merges (GRO): `ethtool -K IF gro off lro off`, on a veth peer `tso off gso off`. */
  readonly rxOversized: number
  /** Came without the sender's checksum (a veth peer with tx offload) and were completed here, at a cost: `ethtool -K PEER tx off`. */
  readonly rxCompleted: number
  /** Dropped: came without a checksum that could be completed. */
  readonly rxUnfinished: number
  /** Dropped: tagged for a VLAN. */
  readonly rxVlan: number
  /** Lost in the kernel, as nobody read fast enough. */
  readonly rxDropped: number
  readonly txFrames: number
  /** Not taken by the kernel: beyond the MTU, or the interface is down. */
  readonly txRefused: number
  /** Syncs that left frames for the next one. */
  readonly txBusy: number
  /** Heads outside what the program owned: an error of this program. */
  readonly badHead: number
}

/** A NIC behind rings in netmap's layout. */
export interface Nic {
  /** To wait on. */
  readonly fd: number
  readonly rx: NicRing
  readonly tx: NicRing
  /**
   * Takes in a burst; frames now between head and tail.
   * @throws {NativeError} when the interface is gone or down: see `interfaceGone`.
   */
  rxSync(): number
  /** Sends what lies before head. @throws as rxSync */
  txSync(): void
  stats(): NicStats
  /** Unmaps the memory and closes the descriptor: the region's views are empty from then on. */
  close(): void
}

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
  socketPair(): [number, number]
  sendMessage(fd: number, bytes: Uint8Array, fds: Int32Array): boolean
  receiveMessage(fd: number): { bytes: Uint8Array; fds: Array<number> } | null | undefined
  tapOpen(name: string): number
  tapAttach(fd: number, slots: number): Attached
  packetOpen(name: string, fanoutGroup: number, promiscuous: boolean): number
  packetAttach(fd: number): Attached
  xdpProgram(name: string, queues: number, address: number): [number, number, number]
  xdpQueue(name: string, queue: number, map: number): [number, number]
  xdpAttach(fd: number, memory: number): Attached
  nicKind(fd: number): "tap" | "packet" | "xdp" | "socket"
  nicReceive(nic: NicHandle): number
  nicSend(nic: NicHandle): void
  nicStats(nic: NicHandle): NicStats
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
/** Both ends of a connected pair; close the one that a child got. */
export const socketPair = guarded(addon.socketPair)
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

const nicOf = ({ nic, memory, rx, tx }: Attached, fd: number): Nic => {
  const region = makeRegion(memory)
  const receive = guarded(addon.nicReceive)
  const send = guarded(addon.nicSend)
  const stats = guarded(addon.nicStats)
  const closeNic = guarded(addon.nicClose)
  return {
    fd,
    rx: new NicRing(region, rx),
    tx: new NicRing(region, tx),
    rxSync: () => receive(nic),
    txSync: () => send(nic),
    stats: () => stats(nic),
    close: () => closeNic(nic, memory),
  }
}

/** One queue of a TAP (see `tapOpen`) as a NIC. Takes `fd` over. */
export const nicOpenTapFd = guarded(
  (fd: number, slots?: number): Nic => nicOf(addon.tapAttach(fd, slots ?? 512), fd),
)

export interface PacketOptions {
  /**
   * Sockets of one interface in one group share its TCP flows: by the low 12 bits of the peer's port, modulo their number,
   * in the order of opening; the rest goes to the first. A number of this network namespace's, 0 to 65535.
   */
  readonly fanoutGroup?: number
  /** Also frames to other link addresses than the interface's. */
  readonly promiscuous?: boolean
}

/**
 * A socket on an existing interface with its receive ring, to be handed to the process that reads it.
 * @throws {NativeError} ENODEV, EPERM (needs CAP_NET_RAW in the interface's namespace), EOPNOTSUPP (not Ethernet)
 */
export const packetOpen = guarded((interfaceName: string, options: PacketOptions = {}): number =>
  addon.packetOpen(interfaceName, options.fanoutGroup ?? -1, options.promiscuous ?? false),
)

/** A socket of `packetOpen` as a NIC. Takes `fd` over. */
export const nicOpenPacketFd = guarded((fd: number): Nic => nicOf(addon.packetAttach(fd), fd))

/** `packetOpen` and `nicOpenPacketFd` in one. */
export const nicOpenPacket = (interfaceName: string, options: PacketOptions = {}): Nic => {
  const fd = packetOpen(interfaceName, options)
  try {
    return nicOpenPacketFd(fd)
  } catch (error) {
    close(fd)
    throw error
  }
}

export interface XdpOptions {
  /** Queues 0 … queues − 1 of the interface get a socket each. */
  readonly queues: number
  /** IPv4 address, as 10.99.0.2, whose frames and ARP requests are taken; without it all frames, and the kernel sees none. */
  readonly address?: string
}

export interface Xdp {
  /** Socket and memory of each queue, for `nicOpenXdpFd` in the process that reads it. */
  readonly queues: ReadonlyArray<{ readonly fd: number; readonly memory: number }>
  /** Takes the program off the interface. */
  close(): void
}

/** The address's bytes as they lie in a frame, read as a native (little-endian) word. */
const addressWord = (text: string): number => {
  const bytes = text.split(".")
  if (bytes.length !== 4 || !bytes.every((b) => /^\d{1,3}$/.test(b) && Number(b) <= 255))
    throw new RangeError(`${text} is no IPv4 address`)
  return bytes.reduceRight((word, b) => word * 256 + Number(b), 0)
}

/**
 * Puts a program on an existing interface that takes frames off it into sockets (AF_XDP, copy mode), one for each queue.
 * @throws {NativeError} EPERM (needs root), EBUSY (another program is there), EINVAL (no such queue)
 */
export const xdpOpen = guarded((interfaceName: string, options: XdpOptions): Xdp => {
  const address = options.address === undefined ? 0 : addressWord(options.address)
  const program = addon.xdpProgram(interfaceName, options.queues, address)
  const queues: Array<{ fd: number; memory: number }> = []
  try {
    for (let queue = 0; queue < options.queues; queue++) {
      const [fd, memory] = addon.xdpQueue(interfaceName, queue, program[0])
      queues.push({ fd, memory })
    }
  } catch (error) {
    for (const fd of [...queues.flatMap((q) => [q.fd, q.memory]), ...program]) addon.close(fd)
    throw error
  }
  return {
    queues,
    close: () => {
      for (const fd of program) close(fd)
    },
  }
})

/** A queue of `xdpOpen` as a NIC. Takes both descriptors over. @throws {NativeError} EBUSY when it was opened before */
export const nicOpenXdpFd = guarded((fd: number, memory: number): Nic => {
  const nic = nicOf(addon.xdpAttach(fd, memory), fd)
  addon.close(memory)
  return nic
})

/** What `openHost` or `packetOpen` gave, as a NIC: TAP queue or AF_PACKET socket. Takes `fd` over. */
export const nicOpenFd = guarded((fd: number): Nic => {
  const kind = addon.nicKind(fd)
  if (kind === "tap") return nicOpenTapFd(fd)
  if (kind === "packet") return nicOpenPacketFd(fd)
  throw new Error(
    `descriptor ${fd} (${kind}) is no TAP queue and no AF_PACKET socket${kind === "xdp" ? ": use nicOpenXdpFd" : ""}`,
  )
})

const gone: ReadonlySet<string> = new Set(["EBADFD", "ENODEV", "ENXIO", "ENETDOWN"])

/** Whether an error of rxSync or txSync says that the interface has disappeared or was taken down. */
export const interfaceGone = (error: unknown): boolean => error instanceof NativeError && gone.has(error.code)

/** Offsets and constants as the C side has them, for the test that compares them with `memory/layout.ts`. */
export const nativeLayout = (): Record<string, number> => addon.layout()
