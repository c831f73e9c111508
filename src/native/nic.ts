/** NICs: TAP, AF_PACKET and AF_XDP behind one interface of rings. */
import { NicRing } from "../memory/nic-ring.ts"
import { makeRegion } from "../memory/region.ts"
import { type Attached, addon, guarded, NativeError } from "./addon.ts"

const close = guarded(addon.close)

/** What a NIC has counted. Each count that isn't a frame's or a sync's normal way says what to look at. */
export interface NicStats {
  readonly rxFrames: number
  /** TCP frames beyond a buffer, which were cut here, at a cost: a veth peer segments late (`ethtool -K PEER tso off gso off`) or the interface merges (`ethtool -K IF gro off lro off`). */
  readonly rxCut: number
  /** Dropped: beyond a buffer, and not cut (no TCP, damaged, or through AF_XDP). */
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
  /** To wait on; −1 while detached. */
  readonly fd: number
  readonly rx: NicRing
  readonly tx: NicRing
  /**
   * Takes in a burst; frames now between head and tail.
   * @throws {NativeError} when the interface is gone or down: see `interfaceGone`.
   */
  rxSync(): number
  /** Sends what lies before head; answers how many frames the kernel left for the next call. @throws as rxSync */
  txSync(): number
  stats(): NicStats
  /** For an interface that has gone: closes the descriptor; the rings stay where they are, empty. */
  detach(): void
  /** Puts the rings of a detached NIC on a new descriptor of the same kind; takes over what `nicOpenFd` does. */
  reopen(fd: number, memory?: number): void
  /** Unmaps the memory and closes the descriptor: the region's views are empty from then on. */
  close(): void
}

/**
 * One more queue of the TAP of that name, which it makes if need be.
 * @throws {NativeError} EINVAL (no TAP, or one with the other number of queues), EBUSY (someone has its queue), EPERM (not
 *   ours, or making one needs CAP_NET_ADMIN)
 */
export const tapOpen = guarded((name: string, multiQueue?: boolean): number =>
  addon.tapOpen(name, multiQueue ?? true),
)

const nicOf = ({ nic, memory, rx, tx }: Attached, fd: number): Nic => {
  const region = makeRegion(memory)
  const receive = guarded(addon.nicReceive)
  const send = guarded(addon.nicSend)
  const stats = guarded(addon.nicStats)
  const reopen = guarded(addon.nicReopen)
  const closeNic = guarded(addon.nicClose)
  let open = fd
  return {
    get fd() {
      return open
    },
    rx: new NicRing(region, rx),
    tx: new NicRing(region, tx),
    rxSync: () => receive(nic),
    txSync: () => send(nic),
    stats: () => stats(nic),
    detach: () => {
      addon.nicDetach(nic)
      open = -1
    },
    reopen: (again, frames) => {
      reopen(nic, again, frames ?? -1)
      if (frames !== undefined) close(frames)
      open = again
    },
    close: () => {
      closeNic(nic, memory)
      open = -1
    },
  }
}

/** One queue of a TAP (see `tapOpen`) as a NIC. Takes `fd` over. */
export const nicOpenTapFd = guarded(
  (fd: number, slots?: number): Nic => nicOf(addon.tapAttach(fd, slots ?? 512), fd),
)

export interface PacketOptions {
  /**
   * Sockets of one interface in one group share its TCP flows: the one that `directed` (server/link-server.ts) names, in
   * the order of opening, gets a flow's frames, the first one all others. 0 to 65535, or "new": a number that is free.
   */
  readonly fanoutGroup?: number | "new"
  /** Also frames to other link addresses than the interface's. */
  readonly promiscuous?: boolean
  /** Only IPv4 and ARP packets to this address; without it every frame. */
  readonly address?: string
}

/** PACKET_ALONE and PACKET_NEW_GROUP. */
const ALONE = -1
const NEW_GROUP = -2

/**
 * A socket on an existing interface with its receive ring, to be handed to the process that reads it.
 * @throws {NativeError} ENODEV, EPERM (needs CAP_NET_RAW in the interface's namespace), EOPNOTSUPP (not Ethernet)
 */
export const packetOpen = guarded((interfaceName: string, options: PacketOptions = {}): number => {
  const { fanoutGroup = ALONE, promiscuous = false, address = "" } = options
  return addon.packetOpen(
    interfaceName,
    fanoutGroup === "new" ? NEW_GROUP : fanoutGroup,
    promiscuous,
    address,
  )
})

/** The number of the group that a socket of `packetOpen` is in. */
export const packetGroup = guarded(addon.packetGroup)

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
  /** Descriptors that keep the program on the interface: the caller's to close. */
  readonly program: ReadonlyArray<number>
  /** Whether the program runs in the interface's driver; else on socket buffers, after the kernel may have merged frames. */
  readonly native: boolean
}

/**
 * Puts a program on an existing interface that takes frames off it into sockets (AF_XDP, copy mode), one for each queue.
 * @throws {NativeError} EPERM (needs root), EBUSY (another program is there), EINVAL (no such queue)
 */
export const xdpOpen = guarded((interfaceName: string, options: XdpOptions): Xdp => {
  const [map, loaded, link, inDriver] = addon.xdpProgram(interfaceName, options.queues, options.address ?? "")
  const program = [map, loaded, link]
  const queues: Array<{ fd: number; memory: number }> = []
  try {
    for (let queue = 0; queue < options.queues; queue++) {
      const [fd, memory] = addon.xdpQueue(interfaceName, queue, map)
      queues.push({ fd, memory })
    }
  } catch (error) {
    for (const fd of [...queues.flatMap((q) => [q.fd, q.memory]), ...program]) addon.close(fd)
    throw error
  }
  return { queues, program, native: inDriver !== 0 }
})

/** A queue of `xdpOpen` as a NIC. Takes both descriptors over. @throws {NativeError} EBUSY when it was opened before */
export const nicOpenXdpFd = guarded((fd: number, memory: number): Nic => {
  const nic = nicOf(addon.xdpAttach(fd, memory), fd)
  addon.close(memory)
  return nic
})

/** What `openHost`, `packetOpen` or `xdpOpen` (which gives `memory` too) gave, as a NIC. Takes the descriptors over. */
export const nicOpenFd = guarded((fd: number, memory?: number): Nic => {
  const kind = addon.nicKind(fd)
  if (kind === "tap") return nicOpenTapFd(fd)
  if (kind === "packet") return nicOpenPacketFd(fd)
  if (kind === "xdp" && memory !== undefined) return nicOpenXdpFd(fd, memory)
  throw new Error(
    `descriptor ${fd} (${kind}) is no NIC's: expected a TAP queue, an AF_PACKET socket, or an AF_XDP socket and its memory`,
  )
})

const gone: ReadonlySet<string> = new Set(["EBADFD", "ENODEV", "ENXIO", "ENETDOWN"])

/** Whether an error of rxSync or txSync says that the interface has disappeared or was taken down. */
export const interfaceGone = (error: unknown): boolean => error instanceof NativeError && gone.has(error.code)
