/** Tries AF_XDP on a veth pair, in a network namespace of its own (`unshare --net`): exit code 0, or why not on stderr. */
import { execFileSync } from "node:child_process"
import { nicOpenXdpFd, xdpOpen } from "../native/nic.ts"

try {
  const ip = (line: string) => execFileSync("ip", line.split(" "), { stdio: "ignore" })
  ip("link add pika0 type veth peer name pika1")
  ip("link set pika0 up")
  const xdp = xdpOpen("pika0", { queues: 1, address: "10.99.0.2" })
  const { fd, memory } = xdp.queues[0]!
  nicOpenXdpFd(fd, memory).close()
  process.stdout.write(xdp.native ? ", in the driver" : ", on socket buffers")
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
