/**
 * AF_PACKET on a veth pair with all its offloads, as an operator's machine has them. Runs inside a network namespace of its own
 * (`unshare --net`); tells what the NIC counted and whether the checksums held, as JSON.
 */
import { execFileSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { closeSync } from "node:fs"
import { nicOpenPacket, packetGroup, packetOpen } from "../../src/native/nic.ts"

const ip = (line: string) => execFileSync("ip", line.split(" "), { stdio: ["ignore", "ignore", "inherit"] })
const pair = () => {
  ip("link add va type veth peer name vb")
  ip("link set va mtu 9000")
  ip("link set vb mtu 9000")
  ip("addr add 10.99.1.1/24 dev vb")
  ip("link set va up")
  ip("link set vb up")
  for (const k of [2, 3]) ip(`neigh add 10.99.1.${k} lladdr 02:00:00:00:00:02 dev vb nud permanent`)
}
pair()

const nic = nicOpenPacket("va", { promiscuous: true })
const socket = createSocket("udp4")
const send = (bytes: number, to = "10.99.1.2") =>
  new Promise<void>((resolve) => socket.send(Buffer.alloc(bytes, 0x5a), 9, to, () => resolve()))

/** Lengths of the UDP frames that came, the bad ones negative. */
const lengths: Array<number> = []
const take = () => {
  nic.rxSync()
  const { rx } = nic
  for (let i = rx.head; i !== rx.tail; i = rx.next(i)) {
    const at = rx.bufferOffset(i)
    const frame = Buffer.from(rx.region.bytes.buffer as ArrayBuffer, at, rx.slotLength(i))
    if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17) continue
    const segment = frame.subarray(34, 14 + frame.readUInt16BE(16))
    let sum = 17 + segment.length
    for (let k = 26; k < 34; k += 2) sum += frame.readUInt16BE(k)
    for (let k = 0; k < segment.length; k += 2)
      sum += k + 1 < segment.length ? segment.readUInt16BE(k) : segment[k]! << 8
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    lengths.push(sum === 0xffff ? frame.length : -frame.length)
  }
  rx.head = rx.tail
}

socket.bind(0, "10.99.1.1")
await once(socket, "listening")
const deadline = Date.now() + 20_000
const until = async (done: () => boolean) => {
  while (!done() && Date.now() < deadline) {
    take()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
// A full ring goes round more than once; frames beyond a buffer stand between the others and block none.
let sent = 0
for (let k = 0; k < 1200; k++) {
  await send(k % 3 === 2 ? 5000 : 1 + (k % 1400))
  if (k % 3 !== 2) sent++
  if (k % 100 === 99) await until(() => lengths.length >= sent)
}
// Nobody reads: what finds no room is counted.
const read = lengths.length
for (let k = 0; k < 700; k++) await send(10)
await until(() => lengths.length >= read + 500)
const stats = nic.stats()

// The interface goes; another of its name comes. The same rings serve it, with the address's frames alone.
ip("link del va")
nic.detach()
const detached = nic.fd
pair()
const before = lengths.length
const group = packetOpen("va", { fanoutGroup: "new" })
const fd = packetOpen("va", {
  promiscuous: true,
  address: "10.99.1.2",
  fanoutGroup: packetGroup(group),
})
nic.reopen(fd)
closeSync(group)
for (let k = 0; k < 300; k++) {
  await send(100, "10.99.1.3")
  await send(100)
  if (k % 50 === 49) await until(() => lengths.length >= before + k + 1)
}
const after = lengths.slice(before)
const again = { detached, frames: after.length, good: after.filter((n) => n > 0).length, all: nic.stats() }
nic.close()
socket.close()
process.stdout.write(
  JSON.stringify({ sent, good: lengths.slice(0, read).filter((n) => n > 0).length, read, stats, again }),
)
