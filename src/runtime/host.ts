/** A Linux host in a network namespace of its own, with the stack on the other end of its TAP. Needs root. */
import { spawnSync } from "node:child_process"
import * as native from "../native/native.ts"
import { tapOpen } from "../native/nic.ts"
import type { NicFds } from "./nic-keeper.ts"

export interface LinuxHost {
  readonly namespace: string
  /** Address of the Linux host, and the one that the stack takes. */
  readonly hostAddress: string
  readonly address: string
  readonly mac: ReadonlyArray<number>
  /** TAP queues for the stack's links. */
  readonly nics: ReadonlyArray<NicFds>
  /** The command that runs `argv` inside. */
  inside(argv: ReadonlyArray<string>): ReadonlyArray<string>
  remove(): void
}

const ip = (...args: ReadonlyArray<string>): void => {
  const result = spawnSync("ip", args, { encoding: "utf8" })
  if (result.error !== undefined)
    throw new Error(`ip cannot be run (${result.error.message}): apt-get install iproute2`)
  if (result.status !== 0) throw new Error(`ip ${args.join(" ")}: ${result.stderr.trim()}`)
}

/** @throws {Error} without root, /dev/net/tun or iproute2, saying which. */
export const makeLinuxHost = (queues: number): LinuxHost => {
  const namespace = `pika-${process.pid}`
  const tap = `pika${process.pid % 1_000_000}`
  const hostAddress = "10.99.0.1"
  const address = "10.99.0.2"
  const fds: Array<number> = []
  ip("netns", "add", namespace)
  const remove = () => {
    for (const fd of fds.splice(0)) native.close(fd)
    spawnSync("ip", ["netns", "del", namespace])
  }
  try {
    for (let k = 0; k < queues; k++) fds.push(tapOpen(tap))
    ip("link", "set", tap, "netns", namespace)
    ip("-n", namespace, "addr", "add", `${hostAddress}/24`, "dev", tap)
    ip("-n", namespace, "link", "set", "lo", "up")
    ip("-n", namespace, "link", "set", tap, "up")
  } catch (error) {
    remove()
    throw error
  }
  return {
    namespace,
    hostAddress,
    address,
    mac: [0x02, 0x50, 0x49, 0x4b, 0x41, 0x01],
    nics: fds.map((fd) => [fd]),
    inside: (argv) => ["ip", "netns", "exec", namespace, ...argv],
    remove,
  }
}
