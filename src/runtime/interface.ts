/**
 * Opens an existing interface, or a TAP of our own, for a stack: one NIC queue for each Link Server, by the driver that
 * the operator names or that fits. The stack takes an address that the kernel doesn't have, so the kernel's TCP has no
 * opinion of our connections and resets none; and, through AF_PACKET, a link address of its own too, so that to the kernel its
 * frames are somebody else's: not even a forwarding host touches them.
 */
import { readFileSync } from "node:fs"
import { networkInterfaces } from "node:os"
import { Effect, type Scope } from "effect"
import {
  type InterfaceLook,
  interfaceListenAs,
  interfaceLook,
  interfaceRoute,
  linkAddress,
  linkUp,
} from "../native/interface.ts"
import * as native from "../native/native.ts"
import { addressProblem, macOf, neighbourOf, parseMac, type StackAddress } from "./address.ts"
import { InterfaceError } from "./interface-error.ts"
import type { NicFds } from "./nic-keeper.ts"
import { addressHolder } from "./probe-address.ts"

export const DRIVERS = ["auto", "tap", "packet", "xdp"] as const
export type Driver = (typeof DRIVERS)[number]

export interface InterfaceOptions {
  readonly device: string
  readonly driver: Driver
  readonly address: StackAddress
  /** Link Servers of the configuration: so many queues. */
  readonly links: number
  /** The stack's link address: "interface" the interface's own; default: a local one, with AF_XDP the interface's. */
  readonly mac?: string | undefined
}

export interface OpenInterface {
  readonly device: string
  readonly driver: "tap" | "packet" | "xdp"
  /** Why this driver, and what else the operator should know, a line each. */
  readonly notes: ReadonlyArray<string>
  readonly mac: ReadonlyArray<number>
  /** The longest IP packet of ours: the interface's MTU, Ethernet's 1500 at the most. */
  readonly mtu: number
  readonly nics: ReadonlyArray<NicFds>
  /** After the interface has gone: opens it again; undefined: it isn't back. @throws {InterfaceError} it is, but of no use */
  reopen(): ReadonlyArray<NicFds> | undefined
}

const ETHERNET_MTU = 1500
/** RFC 791: what every host must take. */
const LEAST_MTU = 576

const fail = (reason: InterfaceError["reason"], where: string, problem: string, remedy: string) =>
  new InterfaceError({ reason, where, problem, remedy })

/** Opens it as long as the scope lasts: descriptors, programs and a TAP of ours go with it. */
export const openInterface = (
  options: InterfaceOptions,
): Effect.Effect<OpenInterface, InterfaceError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => new Opened(options),
      catch: (error) => asInterfaceError(options, error),
    }),
    (opened) => Effect.sync(() => opened.close()),
  )

class Opened implements OpenInterface {
  readonly device: string
  readonly driver: "tap" | "packet" | "xdp"
  readonly notes: ReadonlyArray<string>
  readonly mac: ReadonlyArray<number>
  readonly mtu: number
  readonly #options: InterfaceOptions
  readonly #made: boolean
  #queues: Queues

  constructor(options: InterfaceOptions) {
    const { device } = options
    const look = interfaceLook(device)
    const { driver, why } = chooseDriver(options, look)
    const problem = addressProblem(options.address.address, interfaceRoute(options.address.address))
    if (problem !== undefined) throw problem
    this.#options = options
    this.device = device
    this.driver = driver
    this.#made = look === undefined
    this.mac = stackMac(options, driver, look)
    this.mtu = mtuOf(device, look)
    this.#queues = open(options, driver, this.mac)
    try {
      this.notes = [why, ...this.#queues.notes, ...conflict(options, driver, this.mac)]
    } catch (error) {
      this.close()
      throw error
    }
  }

  get nics(): ReadonlyArray<NicFds> {
    return this.#queues.nics
  }

  reopen(): ReadonlyArray<NicFds> | undefined {
    this.close()
    const look = interfaceLook(this.device)
    // A TAP of our own is made again; for any other one we wait.
    if (look === undefined ? !this.#made : !look.up) return undefined
    try {
      this.#queues = open(this.#options, this.driver, this.mac)
    } catch (error) {
      throw asInterfaceError(this.#options, error)
    }
    // The servers get them, and no copy stays here.
    return this.#queues.nics.splice(0)
  }

  close(): void {
    this.#queues.close()
  }
}

/** The descriptors are open, so the interface takes frames to our link address: another owner's answer too. */
const conflict = (
  { device, address: { address } }: InterfaceOptions,
  driver: "tap" | "packet" | "xdp",
  mac: ReadonlyArray<number>,
): Array<string> => {
  const holder = driver === "tap" ? undefined : addressHolder(device, address, mac)
  return holder === undefined
    ? []
    : [
        `${device}: ${holder} answers for ${address} already; two owners break each other's connections: give another address, unless that is a router that answers for all (proxy ARP)`,
      ]
}

/** Open descriptors, and what goes with them. */
interface Queues {
  readonly nics: Array<NicFds>
  readonly notes: ReadonlyArray<string>
  close(): void
}

const chooseDriver = (
  { device, driver }: InterfaceOptions,
  look: InterfaceLook | undefined,
): { driver: "tap" | "packet" | "xdp"; why: string } => {
  if (driver === "tap") {
    return { driver, why: `driver tap: ${look === undefined ? "a TAP of our own" : "an existing TAP"}` }
  }
  if (look === undefined) {
    const there = Object.keys(networkInterfaces()).filter((name) => name !== "lo")
    const remedy = `there ${there.length === 0 ? "is none" : `are ${there.join(", ")}`}; --driver tap makes a TAP of that name`
    throw fail("Unknown", `interface ${device}`, "is not there", remedy)
  }
  if (look.kind !== "ethernet") {
    const what = look.kind === "loopback" ? "is the loopback interface" : "is no Ethernet interface"
    throw fail("NotEthernet", `interface ${device}`, what, "name an Ethernet interface, or use --driver tap")
  }
  if (!look.up)
    throw fail("Down", `interface ${device}`, "is down", `take it up: ip link set ${device} up (root)`)
  if (driver !== "auto") return { driver, why: `driver ${driver}` }
  if (look.tap && !look.running) return { driver: "tap", why: "driver tap: a TAP whose other end nobody has" }
  return {
    driver: "packet",
    why: "driver packet: it serves any interface, and the kernel brings each flow to its server",
  }
}

/** A TAP that is not there yet has Ethernet's. */
const mtuOf = (device: string, look: InterfaceLook | undefined): number => {
  const mtu = look?.mtu ?? ETHERNET_MTU
  if (mtu < LEAST_MTU) {
    const remedy = `ip link set ${device} mtu ${ETHERNET_MTU} (root)`
    throw fail(
      "Mtu",
      `interface ${device}`,
      `has an MTU of ${mtu}, below IPv4's least of ${LEAST_MTU}`,
      remedy,
    )
  }
  return Math.min(mtu, ETHERNET_MTU)
}

const stackMac = (
  { device, address, mac }: InterfaceOptions,
  driver: "tap" | "packet" | "xdp",
  look: InterfaceLook | undefined,
): ReadonlyArray<number> => {
  const own = mac === "interface" || (mac === undefined && driver === "xdp")
  if (!own) return mac === undefined ? macOf(address.address) : parseMac(mac)
  if (look === undefined || driver === "tap") {
    throw fail(
      "Address",
      `interface ${device}`,
      "has its link address at the kernel's end",
      "leave --mac out",
    )
  }
  if (driver === "packet" && forwards(device)) {
    throw fail(
      "Address",
      `interface ${device}`,
      "forwards: with its own link address the kernel would send our frames on, and tell our peers that nobody is there",
      `leave --mac out, or sysctl net.ipv4.conf.${device}.forwarding=0`,
    )
  }
  return parseMac(look.mac)
}

const forwards = (device: string): boolean => {
  try {
    return readFileSync(`/proc/sys/net/ipv4/conf/${device}/forwarding`, "utf8").trim() === "1"
  } catch {
    return false
  }
}

const open = (
  options: InterfaceOptions,
  driver: "tap" | "packet" | "xdp",
  mac: ReadonlyArray<number>,
): Queues => {
  const held: Array<number> = []
  const nics: Array<NicFds> = []
  const close = () => {
    for (const fd of [...nics.splice(0).flat(), ...held.splice(0)]) if (fd !== undefined) native.close(fd)
  }
  try {
    const notes =
      driver === "tap"
        ? openTap(options, nics)
        : driver === "packet"
          ? openPacket(options, mac, nics, held)
          : openXdp(options, mac, nics, held)
    return { nics, notes, close }
  } catch (error) {
    close()
    throw error
  }
}

const openTap = ({ device, address, links }: InterfaceOptions, nics: Array<NicFds>): Array<string> => {
  const look = interfaceLook(device)
  if (look === undefined) {
    for (let k = 0; k < links; k++) nics.push([native.tapOpen(device)])
    const host = neighbourOf(address)
    linkAddress(device, `${host.address}/${host.prefix}`)
    linkUp(device)
    return [`${device}: made, the kernel has ${host.address}/${host.prefix} there`]
  }
  if (!look.tap)
    throw fail("Driver", `interface ${device}`, "is no TAP", "use --driver packet, or another name")
  if (!look.up)
    throw fail("Down", `interface ${device}`, "is down", `take it up: ip link set ${device} up (root)`)
  for (let k = 0; k < links; k++) {
    try {
      nics.push([native.tapOpen(device)])
    } catch (error) {
      const single = error instanceof native.NativeError && error.code === "EINVAL"
      if (!single) throw error
      if (links === 1) nics.push([native.tapOpen(device, false)])
      else {
        throw fail(
          "Queues",
          `interface ${device}`,
          `is a TAP with one queue, and the configuration has ${links} Link Servers`,
          `make it with multi_queue: ip tuntap add dev ${device} mode tap multi_queue; or use a configuration with LS1`,
        )
      }
    }
  }
  return []
}

const openPacket = (
  { device, address, links }: InterfaceOptions,
  mac: ReadonlyArray<number>,
  nics: Array<NicFds>,
  held: Array<number>,
): Array<string> => {
  let group: number | "new" | undefined = links > 1 ? "new" : undefined
  for (let k = 0; k < links; k++) {
    const fd = native.packetOpen(device, {
      address: address.address,
      ...(group === undefined ? {} : { fanoutGroup: group }),
    })
    nics.push([fd])
    if (group === "new") group = native.packetGroup(fd)
  }
  held.push(interfaceListenAs(device, mac))
  return interfaceLook(device)?.driver === "veth"
    ? [
        `${device}: on a veth, frames of several cores may overtake each other: echo 1 > /sys/class/net/${device}/queues/rx-0/rps_cpus (root) keeps their order`,
      ]
    : []
}

const openXdp = (
  { device, address, links }: InterfaceOptions,
  mac: ReadonlyArray<number>,
  nics: Array<NicFds>,
  held: Array<number>,
): Array<string> => {
  const queues = interfaceLook(device)?.queues ?? links
  if (queues !== links) {
    const queue = (n: number) => `${n} receive queue${n === 1 ? "" : "s"}`
    throw fail(
      "Queues",
      `interface ${device}`,
      `has ${queue(queues)}, and with AF_XDP each needs a Link Server of its own: the configuration has ${links}`,
      `ethtool -L ${device} combined ${links} (veth: rx ${links}), a configuration with LS${queues}, or --driver packet`,
    )
  }
  const xdp = native.xdpOpen(device, { queues, address: address.address })
  nics.push(...xdp.queues.map(({ fd, memory }): NicFds => [fd, memory]))
  held.push(...xdp.program, interfaceListenAs(device, mac))
  return xdp.native
    ? []
    : [
        `${device}: its driver has no XDP, so the program runs on socket buffers; merged frames would be lost: ethtool -K ${device} gro off lro off`,
      ]
}

/** What the kernel refused, in the operator's terms. */
const asInterfaceError = ({ device, driver }: InterfaceOptions, error: unknown): InterfaceError => {
  if (error instanceof InterfaceError) return error
  if (!(error instanceof native.NativeError)) throw error
  const where = `interface ${device}`
  const said = `(${error.message})`
  switch (error.code) {
    case "EPERM":
    case "EACCES":
      return fail(
        "Privilege",
        where,
        `may not be opened ${said}`,
        error.call.includes("tun") || error.call.includes("TUN")
          ? `run as root, or let root make it for you: ip tuntap add dev ${device} mode tap multi_queue user $USER`
          : "run as root (AF_PACKET: CAP_NET_RAW; AF_XDP: CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW); npx pika doctor tells more",
      )
    case "EBUSY":
      return fail(
        "Busy",
        where,
        `is in use ${said}`,
        "end the other stack or XDP program there (ip link show tells), or take another interface",
      )
    case "ENODEV":
    case "ENXIO":
      return fail("Unknown", where, `is not there ${said}`, "look at ip link")
    case "ENETDOWN":
      return fail("Down", where, `is down ${said}`, `take it up: ip link set ${device} up (root)`)
    default:
      return fail("Driver", where, `can't be opened ${said}`, `another driver than ${driver} may serve it`)
  }
}
