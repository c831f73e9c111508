/** A Linux host in a network namespace of its own, through the helper `pika-netns`; works without root. */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import type { Socket } from "node:net"
import { getSystemErrorName } from "node:util"
import * as native from "./native.ts"

export interface HostOptions {
  /** Descriptors for the stack, one for each NIC queue: 1 to 64. */
  readonly queues: number
  /** The host's address and prefix, as 10.99.0.1/24. */
  readonly host: string
  /**
   * "tap": the stack's side is TAP queues; needs /dev/net/tun. "packet": AF_PACKET sockets on a veth pair, which needs only
   * namespaces. "auto": TAP, and where that may not be opened, packet.
   */
  readonly driver?: "tap" | "packet" | "auto"
  /** Name of the host's interface. */
  readonly name?: string
  /** Name of the stack's end of the pair, where there is one. */
  readonly stackName?: string
  /** The host's link address, as 02:00:00:00:00:01. */
  readonly mac?: string
  /** 68 to 1500. */
  readonly mtu?: number
  /** A user namespace also as root. Without root there is one anyway. */
  readonly user?: boolean
}

export interface HostNamespace {
  /** The process that holds the namespace. */
  readonly pid: number
  /** Name of the host's interface. */
  readonly ifname: string
  readonly hostMac: string
  readonly mtu: number
  /** Whether it lies under a user namespace. */
  readonly unprivileged: boolean
  readonly driver: "tap" | "packet"
  /** Whether frames to the stack keep their order when several cores send: not on a veth pair without root. */
  readonly ordered: boolean
  /** Why driver "auto" took no TAP, if it didn't. */
  readonly skipped?: string
  /** For `nicOpenFd`, in the order of the queues; the caller's to close. */
  readonly fds: ReadonlyArray<number>
  /** The command line that runs `argv` on the host. */
  inside(argv: ReadonlyArray<string>): ReadonlyArray<string>
  /** Ends the helper, and with it the namespace once nothing runs in it and no descriptor is open. Resolves when it has exited. */
  close(): Promise<void>
}

/**
 * The command line that runs `argv` in the namespace held by process `pid`. Without privilege one enters the user namespace
 * first, where one is root: only the user who made it can.
 */
export const insideNamespace = (
  pid: number,
  unprivileged: boolean,
  argv: ReadonlyArray<string>,
): ReadonlyArray<string> => [
  "nsenter",
  "--target",
  String(pid),
  ...(unprivileged ? ["--user", "--preserve-credentials"] : []),
  "--net",
  "--",
  ...argv,
]

/** Errors after which "auto" tries a veth pair: TAP is missing or forbidden. */
const noTap: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENODEV", "ENXIO"])

/**
 * Makes the namespace, its interface and the stack's descriptors.
 * @throws {NativeError} with the call that failed in the helper: EPERM from `unshare` where the kernel allows no namespaces
 */
export const openHost = async (options: HostOptions): Promise<HostNamespace> => {
  const { driver = "auto" } = options
  if (driver === "packet") return start(options, "packet")
  try {
    return await start(options, "tap")
  } catch (error) {
    const tapFailed = error instanceof native.NativeError && error.call === "open(/dev/net/tun)"
    if (driver === "tap" || !tapFailed || !noTap.has(error.code)) throw error
    return { ...(await start(options, "packet")), skipped: error.message }
  }
}

const commandLine = (options: HostOptions, driver: "tap" | "packet"): Array<string> => {
  const { name = "pika0", stackName = "pika1" } = options
  const args = driver === "tap" ? ["--tap", name] : ["--veth", `${stackName},${name}`]
  args.push("--queues", String(options.queues), "--host", options.host)
  if (options.mac !== undefined) args.push("--mac", options.mac)
  if (options.mtu !== undefined) args.push("--mtu", String(options.mtu))
  if (options.user === true) args.push("--user")
  return args
}

interface Made {
  readonly pid: number
  readonly ifname: string
  readonly hostMac: string
  readonly mtu: number
  readonly unprivileged: boolean
  readonly driver: "tap" | "packet"
  readonly ordered: boolean
}

interface Failed {
  readonly errno: number
  readonly call: string
  readonly what: string
}

const start = async (options: HostOptions, driver: "tap" | "packet"): Promise<HostNamespace> => {
  const program = native.builtPath("pika-netns")
  if (!existsSync(program)) throw new Error(`${program} is not there: npm start or npx pika doctor build it`)
  const [ours, theirs] = native.socketPair()
  const child = spawn(program, commandLine(options, driver), { stdio: ["ignore", "inherit", "pipe", theirs] })
  native.close(theirs)
  let said = ""
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => resolve())
    child.once("error", () => resolve())
  })
  const message = await new Promise<native.Received | undefined>((resolve, reject) => {
    child.once("error", reject)
    const watch = native.watch(ours, () => {
      const received = native.receiveJson(ours)
      if (received === null) return
      watch.stop()
      resolve(received)
    })
  }).catch((error: unknown) => {
    native.close(ours)
    throw error
  })
  if (message === undefined || message.value === undefined) {
    native.close(ours)
    await exited
    throw new Error(`pika-netns ended without an answer${said === "" ? "" : `: ${said.trim()}`}`)
  }
  const answer = message.value as Made | Failed
  if ("errno" in answer) {
    native.close(ours)
    await exited
    const code = getSystemErrorName(-answer.errno)
    throw new native.NativeError(`${answer.call}: ${code} (${answer.what})`, answer.errno, code, answer.call)
  }
  // The socket ends the helper; the helper doesn't keep this process alive.
  child.unref()
  ;(child.stderr as Socket).unref()
  return {
    ...answer,
    fds: message.fds,
    inside: (argv) => insideNamespace(answer.pid, answer.unprivileged, argv),
    close: async () => {
      child.ref()
      native.close(ours)
      await exited
    },
  }
}
