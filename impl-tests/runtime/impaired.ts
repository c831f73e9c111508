/** A Linux host and a stack with a bad path between them, in namespaces of their own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as native from "../../src/native/native.ts"
import type { TestHost } from "./kernel.ts"

const ip = (...args: ReadonlyArray<string>): void => run("ip", args)
const run = (command: string, args: ReadonlyArray<string>): void => {
  const result = spawnSync(command, args, { encoding: "utf8" })
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`)
}

/** Whether this kernel has the queueing discipline netem (CONFIG_NET_SCH_NETEM). */
export const hasNetem = (): boolean => {
  const namespace = `pika-probe-${process.pid}`
  if (spawnSync("ip", ["netns", "add", namespace]).status !== 0) return false
  const args = ["-n", namespace, "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]
  const { status } = spawnSync("tc", args)
  spawnSync("ip", ["netns", "del", namespace])
  return status === 0
}

export interface ImpairedHost extends TestHost {
  /** What the path has done, where it is ours. */
  counters(): Promise<Record<"toStack" | "toHost", Record<string, number>> | undefined>
}

/** `by`: netem on both ends of a veth pair that a bridge ties to the stack's TAP, or our relay between two TAPs. */
export const makeImpairedHost = async (
  queues: number,
  by: "netem" | "relay",
  seed: number,
): Promise<ImpairedHost> => {
  const host = `pika-far-${process.pid}`
  const path = `pika-path-${process.pid}`
  const tap = `pikas${process.pid % 1_000_000}`
  const far = `pikah${process.pid % 1_000_000}`
  const nics: Array<number> = []
  let relay: ChildProcess | undefined
  const remove = () => {
    // Before the interfaces that it reads disappear.
    relay?.kill("SIGKILL")
    for (const fd of nics.splice(0)) native.close(fd)
    for (const name of [host, path]) spawnSync("ip", ["netns", "del", name])
  }
  try {
    for (const name of [host, path]) {
      ip("netns", "add", name)
      for (const x of ["all", "default"])
        run("ip", ["netns", "exec", name, "sysctl", "-qw", `net.ipv6.conf.${x}.disable_ipv6=1`])
    }
    for (let k = 0; k < queues; k++) nics.push(native.tapOpen(tap))
    ip("link", "set", tap, "netns", path)
    ip("-n", path, "link", "set", tap, "up")
    if (by === "netem") bridged(path, host, tap, far)
    else relay = await relayed(path, host, tap, far, seed)
    ip("-n", host, "addr", "add", "10.99.0.1/24", "dev", far)
    ip("-n", host, "link", "set", "lo", "up")
    ip("-n", host, "link", "set", far, "up")
  } catch (error) {
    remove()
    throw error
  }
  return {
    address: "10.99.0.2",
    mac: [0x02, 0x50, 0x49, 0x4b, 0x41, 0x01],
    nics: nics.map((fd) => [fd] as const),
    inside: (argv) => ["ip", "netns", "exec", host, ...argv],
    remove,
    counters: () =>
      new Promise((resolve) => {
        if (relay === undefined) return resolve(undefined)
        relay.once("message", (x) => resolve(x as never))
        relay.send("counters")
      }),
  }
}

const bridged = (path: string, host: string, tap: string, far: string): void => {
  ip("-n", path, "link", "add", "bridge", "type", "bridge")
  ip("-n", path, "link", "add", "near", "type", "veth", "peer", "name", far, "netns", host)
  for (const name of ["near", tap]) ip("-n", path, "link", "set", name, "master", "bridge")
  for (const name of ["near", "bridge"]) ip("-n", path, "link", "set", name, "up")
  // Netem counts what the kernel would segment later as one frame.
  ip("-n", host, "link", "set", far, "gso_max_segs", "1")
  const netem = "root netem limit 8192 loss 2% duplicate 1% delay 5ms 5ms".split(" ")
  run("tc", ["-n", path, "qdisc", "add", "dev", "near", ...netem])
  run("tc", ["-n", host, "qdisc", "add", "dev", far, ...netem])
}

const relayed = async (
  path: string,
  host: string,
  tap: string,
  far: string,
  seed: number,
): Promise<ChildProcess> => {
  const fd = native.tapOpen(far)
  try {
    ip("link", "set", far, "netns", host)
    const program = new URL("./relay-main.ts", import.meta.url).pathname
    const argv = ["netns", "exec", path, process.execPath, program, tap, String(seed)]
    const child = spawn("ip", argv, { stdio: ["ignore", "inherit", "inherit", fd, "ipc"] })
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve())
      child.once("exit", (code) => reject(new Error(`the relay ended with exit ${code}`)))
    })
    return child
  } finally {
    native.close(fd)
  }
}
