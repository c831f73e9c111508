/**
 * Two Linux machines for tests: anonymous network namespaces, a veth pair between them, held by processes that end with the
 * test. The stack runs on the one's interface, a kernel client on the other. Without root, both under a user namespace.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { insideNamespace } from "../../src/native/netns.ts"
import { root } from "./allowed.ts"

export interface Machine {
  /** Process that holds the namespace. */
  readonly pid: number
  /** The command line that runs `argv` there. */
  inside(argv: ReadonlyArray<string>): ReadonlyArray<string>
  /** Runs a command there to its end. @throws what it said, if it failed */
  run(command: string | ReadonlyArray<string>): string
}

export interface Wire {
  /** Has `va`, 10.99.1.1/24, and runs the stack. */
  readonly stack: Machine
  /** Has `vb`, 10.99.1.9/24. */
  readonly client: Machine
  /** Makes the pair, with all offloads that veth has. */
  connect(): void
  remove(): void
}

const machine = (pid: number): Machine => {
  const inside = (argv: ReadonlyArray<string>) => insideNamespace(pid, !root, argv)
  return {
    pid,
    inside,
    run: (command) => {
      const argv = typeof command === "string" ? command.split(" ") : command
      const [program = "", ...args] = inside(argv)
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" })
      if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`)
      return stdout
    },
  }
}

/** A process that makes a namespace, says so, and holds it until its standard input ends. */
const hold = async (argv: ReadonlyArray<string>): Promise<ChildProcess> => {
  const child = spawn(argv[0]!, [...argv.slice(1), "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  await new Promise((resolve, reject) => {
    child.stdout!.once("data", resolve)
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`${argv.join(" ")}: exit ${code}`)))
  })
  return child
}

/** `queues`: receive queues of the stack's interface. */
export const makeWire = async (queues = 1): Promise<Wire> => {
  const first = await hold(["unshare", ...(root ? [] : ["--user", "--map-root-user"]), "--net"])
  const stack = machine(first.pid!)
  const second = await hold([...stack.inside(["unshare"]), "--net"])
  // nsenter runs the command in its own place: the process is the same.
  const client = machine(second.pid!)
  const connect = () => {
    const count = `numtxqueues ${queues} numrxqueues ${queues}`
    stack.run(`ip link add va ${count} type veth peer name vb ${count} netns ${second.pid}`)
    stack.run("ip link set lo up")
    stack.run("ip addr add 10.99.1.1/24 dev va")
    stack.run("ip link set va up")
    client.run("ip link set lo up")
    client.run("ip addr add 10.99.1.9/24 dev vb")
    client.run("ip link set vb up")
  }
  connect()
  return {
    stack,
    client,
    connect,
    remove: () => {
      for (const x of [second, first]) x.stdin!.end()
    },
  }
}
