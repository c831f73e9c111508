/**
 * AF_XDP on a veth pair with all its offloads. Runs as root inside a network namespace of its own (`unshare --net`); sends every
 * datagram of the kernel's back to it, and tells what came of it, as JSON.
 */
import { execFileSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { close, NativeError } from "../../src/native/native.ts"
import { interfaceGone, nicOpenFd, nicOpenXdpFd, xdpOpen } from "../../src/native/nic.ts"

const ip = (line: string) => execFileSync("ip", line.split(" "), { stdio: ["ignore", "ignore", "inherit"] })
const pair = () => {
  ip("link add va type veth peer name vb")
  ip("addr add 10.99.1.1/24 dev vb")
  ip("addr add 10.99.2.1/24 dev va")
  ip("link set va up")
  ip("link set vb up")
  for (const k of [2, 3]) ip(`neigh add 10.99.1.${k} lladdr 02:00:00:00:00:02 dev vb nud permanent`)
}
pair()

const errors: Array<string> = []
/** Whether the program ran in the driver, on the bridge and on the pair. */
const modes: Array<boolean> = []
const attempt = (what: () => unknown) => {
  try {
    what()
  } catch (error) {
    errors.push(error instanceof NativeError ? `${error.call} ${error.code}` : (error as Error).message)
  }
}
attempt(() => xdpOpen("nosuch", { queues: 1 }))
attempt(() => xdpOpen("va", { queues: 1, address: "10.99.1" }))
attempt(() => xdpOpen("va", { queues: 2, address: "10.99.1.2" }))
// A bridge has no XDP of its own: the program runs on its socket buffers.
ip("link add name bridge0 type bridge")
attempt(() => {
  const generic = xdpOpen("bridge0", { queues: 1 })
  nicOpenXdpFd(generic.queues[0]!.fd, generic.queues[0]!.memory).close()
  for (const fd of generic.program) close(fd)
  modes.push(generic.native)
})
const xdp = xdpOpen("va", { queues: 1, address: "10.99.1.2" })
attempt(() => xdpOpen("va", { queues: 1 }))
modes.push(xdp.native)
const { fd, memory } = xdp.queues[0]!
attempt(() => nicOpenFd(fd))
const nic = nicOpenXdpFd(fd, memory)

/** Destinations of the datagrams that came through the socket. */
const seen = new Map<string, number>()
let badChecksums = 0
const swap = (bytes: Uint8Array, a: number, b: number, n: number) => {
  const kept = Uint8Array.prototype.slice.call(bytes, a, a + n)
  bytes.copyWithin(a, b, b + n)
  bytes.set(kept, b)
}
const echo = () => {
  nic.rxSync()
  const { rx, tx } = nic
  for (let i = rx.head; i !== rx.tail; i = rx.next(i)) {
    const at = rx.bufferOffset(i)
    const frame = Buffer.from(rx.region.bytes.buffer as ArrayBuffer, at, rx.slotLength(i))
    if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17) continue
    const to = frame.subarray(30, 34).join(".")
    seen.set(to, (seen.get(to) ?? 0) + 1)
    const segment = frame.subarray(34, 14 + frame.readUInt16BE(16))
    let sum = 17 + segment.length
    for (let k = 26; k < 34; k += 2) sum += frame.readUInt16BE(k)
    for (let k = 0; k < segment.length; k += 2)
      sum += k + 1 < segment.length ? segment.readUInt16BE(k) : segment[k]! << 8
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    if (sum !== 0xffff) badChecksums++
    // Back where it came from: exchanging the ends of every header leaves all checksums right.
    swap(frame, 0, 6, 6)
    swap(frame, 26, 30, 4)
    swap(frame, 34, 36, 2)
    if (tx.space() === 0) throw new Error("the transmit ring is full")
    tx.region.bytes.set(frame, tx.bufferOffset(tx.head))
    tx.setSlotLength(tx.head, frame.length)
    tx.head = tx.next(tx.head)
  }
  rx.head = rx.tail
  nic.txSync()
}

const socket = createSocket("udp4")
let back = 0
socket.on("message", () => back++)
socket.bind(7, "10.99.1.1")
await once(socket, "listening")
const send = (bytes: number, to: string) =>
  new Promise<void>((resolve) => socket.send(Buffer.alloc(bytes, 0x5a), 9, to, () => resolve()))
const deadline = Date.now() + 20_000
let sent = 0
const converse = async (until: number) => {
  while (sent < until && Date.now() < deadline) {
    for (let k = 0; k < 20; k++) await send(1 + ((sent++ * 7) % 1400), "10.99.1.2")
    await send(1, "10.99.1.3")
    while (back < sent && Date.now() < deadline) {
      echo()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
await converse(2000)
const figures = { sent, back, seen: [...seen], badChecksums, stats: nic.stats() }
ip("link del va")
let gone = ""
for (const sync of ["rxSync", "txSync"] as const) {
  if (sync === "txSync") {
    nic.tx.setSlotLength(nic.tx.head, 60)
    nic.tx.head = nic.tx.next(nic.tx.head)
  }
  try {
    for (let k = 0; k < 20; k++) nic[sync]()
  } catch (error) {
    gone += `${sync} ${(error as { code: string }).code} ${interfaceGone(error)} `
  }
}

// Another pair in its place; the same rings on it.
nic.detach()
for (const fd of xdp.program) close(fd)
pair()
const xdp2 = xdpOpen("va", { queues: 1, address: "10.99.1.2" })
nic.reopen(xdp2.queues[0]!.fd, xdp2.queues[0]!.memory)
const before = [sent, back] as const
await converse(sent + 400)
const again = { sent: sent - before[0], back: back - before[1] }
socket.close()
nic.close()
for (const fd of xdp2.program) close(fd)
process.stdout.write(JSON.stringify({ ...figures, errors, modes, gone, again }))
