/** The interfaces of this network namespace, and whose an address is. */
import { addon, guarded } from "./addon.ts"

export interface InterfaceLook {
  readonly index: number
  readonly kind: "ethernet" | "loopback" | "other"
  /** As 02:00:00:00:00:01. */
  readonly mac: string
  readonly mtu: number
  readonly up: boolean
  /** Whether there is somebody at the other end: a cable, a veth's peer, a TAP's owner. */
  readonly running: boolean
  readonly tap: boolean
  /** Receive queues; 1 where its driver doesn't tell. */
  readonly queues: number
  /** Name of its driver; "" where it doesn't tell. */
  readonly driver: string
}

export interface Route {
  /** RTN_UNICAST, RTN_LOCAL … (linux/rtnetlink.h). */
  readonly type: number
  /** Of the interface. */
  readonly index: number
}

/** What an interface is; undefined: there is none of that name. */
export const interfaceLook = guarded((name: string) => addon.interfaceLook(name))

/** How the kernel would send to an address; undefined: it knows no way. */
export const interfaceRoute = guarded((address: string) => addon.interfaceRoute(address))

/** Linux's RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST. */
export const ROUTE = { unicast: 1, local: 2, broadcast: 3, multicast: 5 } as const

/**
 * Has the interface take frames to one more link address, as long as the descriptor is open.
 * @throws {NativeError} EPERM (needs CAP_NET_RAW), ENODEV
 */
export const interfaceListenAs = guarded((name: string, mac: ReadonlyArray<number>) =>
  addon.interfaceListenAs(name, Uint8Array.from(mac)),
)

/** Takes an interface up. @throws {NativeError} EPERM (needs CAP_NET_ADMIN) */
export const linkUp = guarded((name: string) => addon.linkUp(name))

/** Gives the kernel's end of an interface its address and prefix, as 10.99.0.1/24. @throws {NativeError} */
export const linkAddress = guarded((name: string, address: string) => addon.linkAddress(name, address))
