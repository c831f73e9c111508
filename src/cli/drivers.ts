/** Which interface drivers can work here, found by trying in a namespace of our own that ends with the probe. */

import { accessSync, constants, existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { namespaceRemedy } from "../runtime/namespaces.ts"
import { findCommand, run } from "../setup/command.mjs"

export interface Privileges {
  readonly root: boolean
  /** Whether a network namespace can be made, as root or through a user namespace. */
  readonly namespaces: boolean
  /** What `unshare` needs to make one. */
  readonly unshare: readonly string[]
  /** Effective capabilities, bit n is capability n. */
  readonly capabilities: bigint
  readonly detail: string
  readonly remedy: string
}

export interface DriverReport {
  readonly name: "tap" | "packet" | "xdp" | "netmap"
  readonly available: boolean
  readonly detail: string
  readonly remedy?: string
}

const netAdmin = 12n
const netRaw = 13n
const sysAdmin = 21n
const bpf = 39n
const probeTimeoutMs = 20_000

/** What this process may do, and whether namespaces work. */
export async function probePrivileges(env: NodeJS.ProcessEnv = process.env): Promise<Privileges> {
  const root = process.getuid?.() === 0
  const unshare = root ? ["--net"] : ["--user", "--map-root-user", "--net"]
  const capabilities = effectiveCapabilities()
  const tool = findCommand("unshare", env)
  const result =
    tool === undefined
      ? { code: 127, stderr: "unshare not found" }
      : await run(tool, [...unshare, "true"], { env, timeoutMs: probeTimeoutMs })
  const namespaces = result.code === 0
  const kind = root ? "network namespaces" : "user namespaces with a network of their own"
  return {
    root,
    namespaces,
    unshare,
    capabilities,
    detail: namespaces ? `${kind} work` : `${kind} don't work: ${result.stderr.trim()}`,
    remedy: namespaceRemedy(root),
  }
}

/** All four drivers, in the order of preference without a NIC of one's own. */
export async function probeDrivers(privileges: Privileges): Promise<DriverReport[]> {
  return [await tap(privileges), await packet(privileges), await xdp(privileges), netmap()]
}

async function tap(privileges: Privileges): Promise<DriverReport> {
  const name = "tap"
  if (!existsSync("/dev/net/tun")) {
    const remedy = "modprobe tun (root); in a container: --device /dev/net/tun"
    return { name, available: false, detail: "/dev/net/tun is not there", remedy }
  }
  if (!readableAndWritable("/dev/net/tun")) {
    const remedy = "chmod 666 /dev/net/tun (root; it is Debian's default), or run as root"
    return { name, available: false, detail: "/dev/net/tun may not be opened", remedy }
  }
  const add = ["tuntap", "add", "dev", "pika0", "mode", "tap", "multi_queue"]
  return inNamespace(name, privileges, add, "multi-queue TAP on /dev/net/tun")
}

async function packet(privileges: Privileges): Promise<DriverReport> {
  const name = "packet"
  if (!existsSync("/proc/net/packet")) {
    const remedy = "a kernel with CONFIG_PACKET (modprobe af_packet)"
    return { name, available: false, detail: "the kernel lacks AF_PACKET", remedy }
  }
  if (holds(privileges, netRaw)) {
    return { name, available: true, detail: "AF_PACKET on any interface (CAP_NET_RAW)" }
  }
  const add = ["link", "add", "pika0", "type", "veth", "peer", "name", "pika1"]
  return inNamespace(
    name,
    privileges,
    add,
    "AF_PACKET inside a user namespace; existing interfaces need root",
  )
}

async function xdp(privileges: Privileges): Promise<DriverReport> {
  const name = "xdp"
  if (!protocols().has("XDP")) {
    const remedy = "a kernel with CONFIG_XDP_SOCKETS"
    return { name, available: false, detail: "the kernel lacks AF_XDP", remedy }
  }
  const mayLoad = holds(privileges, sysAdmin) || holds(privileges, bpf)
  if (mayLoad && holds(privileges, netRaw) && holds(privileges, netAdmin)) return tryXdp(privileges)
  return {
    name,
    available: false,
    detail: "needs CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW",
    remedy: "run as root",
  }
}

/** Loads our program on a veth pair in a namespace that vanishes: capabilities alone don't tell what a container's host allows. */
async function tryXdp(privileges: Privileges): Promise<DriverReport> {
  const name = "xdp"
  const unshare = findCommand("unshare")
  if (!privileges.namespaces || unshare === undefined)
    return { name, available: true, detail: "AF_XDP: the capabilities are there; not tried" }
  const probe = fileURLToPath(new URL("./probe-xdp.ts", import.meta.url))
  const { code, stdout, stderr } = await run(unshare, [...privileges.unshare, process.execPath, probe], {
    timeoutMs: probeTimeoutMs,
  })
  if (code === 0) return { name, available: true, detail: `AF_XDP with a program of ours${stdout.trim()}` }
  return {
    name,
    available: false,
    detail: stderr.trim().split("\n").at(-1) ?? `exit code ${code}`,
    remedy: "run where the kernel lets root load BPF programs (a container may not)",
  }
}

function netmap(): DriverReport {
  const name = "netmap"
  return existsSync("/dev/netmap")
    ? { name, available: true, detail: "/dev/netmap" }
    : {
        name,
        available: false,
        detail: "/dev/netmap is not there",
        remedy: "build netmap's kernel module for this kernel and NIC",
      }
}

/** Tries one `ip` command in a namespace that vanishes with it. */
async function inNamespace(
  name: DriverReport["name"],
  privileges: Privileges,
  ipArguments: readonly string[],
  good: string,
): Promise<DriverReport> {
  const unshare = findCommand("unshare")
  const ip = findCommand("ip")
  if (!privileges.namespaces || unshare === undefined) {
    return { name, available: false, detail: "no namespace to make it in", remedy: privileges.remedy }
  }
  if (ip === undefined) {
    return { name, available: false, detail: "ip not found", remedy: "install iproute2" }
  }
  const result = await run(unshare, [...privileges.unshare, ip, ...ipArguments], {
    timeoutMs: probeTimeoutMs,
  })
  if (result.code === 0) return { name, available: true, detail: good }
  const detail = `ip ${ipArguments.join(" ")}: ${result.stderr.trim()}`
  return { name, available: false, detail, remedy: "a kernel with this kind of interface, or run as root" }
}

function holds({ capabilities }: Privileges, capability: bigint): boolean {
  return (capabilities & (1n << capability)) !== 0n
}

function effectiveCapabilities(): bigint {
  const line = readOrEmpty("/proc/self/status").match(/^CapEff:\s*([0-9a-f]+)/m)
  return line?.[1] === undefined ? 0n : BigInt(`0x${line[1]}`)
}

function protocols(): Set<string> {
  const lines = readOrEmpty("/proc/net/protocols").split("\n").slice(1)
  return new Set(lines.map((line) => line.split(/\s+/)[0] ?? ""))
}

function readableAndWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
