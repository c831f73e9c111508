/**
 * A Linux host in a network namespace of its own, with the stack at the other end of its wire. The namespace has no name: a
 * helper process holds it, and it goes with that, whatever happens to us. As root or through a user namespace alike.
 */
import { Effect, type Scope } from "effect"
import * as native from "../native/native.ts"
import { type HostNamespace, openHost } from "../native/netns.ts"
import { macOf, neighbourOf, type StackAddress } from "./address.ts"
import { InterfaceError } from "./interface-error.ts"
import { namespaceRemedy } from "./namespaces.ts"
import type { NicFds } from "./nic-keeper.ts"

export interface LinuxHost {
  /** Address of the Linux host, and the one that the stack takes. */
  readonly hostAddress: string
  readonly address: string
  readonly mac: ReadonlyArray<number>
  readonly mtu: number
  /** One NIC queue for each link. */
  readonly nics: ReadonlyArray<NicFds>
  /** Name of the host's interface. */
  readonly device: string
  /** What the stack runs on and why, a line each. */
  readonly notes: ReadonlyArray<string>
  /** The command that runs `argv` on the host: works in any shell of the same user. */
  inside(argv: ReadonlyArray<string>): ReadonlyArray<string>
  remove(): Promise<void>
}

export interface LinuxHostOptions {
  readonly queues: number
  readonly driver?: "tap" | "packet" | "auto"
  /** The stack's address; the host gets another of the same network. */
  readonly address?: StackAddress
}

const DEFAULT_ADDRESS: StackAddress = { address: "10.99.0.2", prefix: 24 }

const notesOf = (made: HostNamespace): Array<string> => {
  const notes = [`driver ${made.driver}: ${made.driver === "tap" ? "TAP" : "AF_PACKET on a veth pair"}`]
  if (made.skipped !== undefined) notes.push(`driver tap skipped: ${made.skipped}`)
  if (made.unprivileged)
    notes.push("not root: in a user namespace of our own; existing interfaces and driver xdp need root")
  if (!made.ordered) notes.push("frames of several cores may overtake each other (rps_cpus needs root)")
  return notes
}

/** @throws {InterfaceError} where the kernel allows no namespace, or no such interface in it: why, and what to do */
export const makeLinuxHost = async (options: LinuxHostOptions | number): Promise<LinuxHost> => {
  const {
    queues,
    driver = "auto",
    address = DEFAULT_ADDRESS,
  } = typeof options === "number" ? { queues: options } : options
  const host = neighbourOf(address)
  let made: HostNamespace
  try {
    made = await openHost({ queues, driver, host: `${host.address}/${host.prefix}` })
  } catch (error) {
    throw asInterfaceError(error)
  }
  const fds = [...made.fds]
  return {
    hostAddress: host.address,
    address: address.address,
    mac: macOf(address.address),
    mtu: made.mtu,
    nics: fds.map((fd): NicFds => [fd]),
    device: made.ifname,
    notes: notesOf(made),
    inside: made.inside,
    remove: async () => {
      for (const fd of fds.splice(0)) native.close(fd)
      await made.close()
    },
  }
}

/** The same as long as the scope lasts. */
export const openLinuxHost = (
  options: LinuxHostOptions,
): Effect.Effect<LinuxHost, InterfaceError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => makeLinuxHost(options),
      catch: (error) => {
        if (error instanceof InterfaceError) return error
        throw error
      },
    }),
    (host) => Effect.promise(() => host.remove()),
  )

const asInterfaceError = (error: unknown): unknown => {
  if (!(error instanceof native.NativeError)) return error
  const tap = error.call === "open(/dev/net/tun)"
  return new InterfaceError({
    reason: tap ? "Driver" : "Privilege",
    where: tap ? "driver tap" : "a network namespace for the Linux host",
    problem: `${tap ? "is not possible here" : "can't be made"} (${error.message})`,
    remedy: tap
      ? "modprobe tun, or --device /dev/net/tun in a container; or --driver packet"
      : namespaceRemedy(process.getuid?.() === 0),
  })
}
