/**
 * Makes a Linux host, answers its ARP request, and tells which NIC queue each of its SYNs came to, as JSON. Its own program, so
 * that a test can run it as another user. Arguments: driver, queues, and the words "user" and "gone" or nothing.
 */
import { spawn } from "node:child_process"
import { openHost } from "../../src/native/netns.ts"
import { interfaceGone, type Nic, nicOpenFd } from "../../src/native/nic.ts"

const [driver = "auto", queues = "1", ...words] = process.argv.slice(2)
const ports = [5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007]

const host = await openHost({
  queues: Number(queues),
  driver: driver as "tap" | "packet" | "auto",
  host: "10.99.0.1/24",
  mac: "02:00:00:00:00:01",
  user: words.includes("user"),
})
const nics = host.fds.map(nicOpenFd)
const ours = Buffer.from("020000000002", "hex")

const answerArp = (nic: Nic, request: Buffer) => {
  const { tx } = nic
  const frame = Buffer.alloc(60)
  request.copy(frame, 0, 6, 12)
  ours.copy(frame, 6)
  Buffer.from("08060001080006040002", "hex").copy(frame, 12)
  ours.copy(frame, 22)
  request.copy(frame, 28, 38, 42)
  request.copy(frame, 32, 22, 32)
  tx.region.bytes.set(frame, tx.bufferOffset(tx.head))
  tx.setSlotLength(tx.head, 60)
  tx.head = tx.next(tx.head)
  nic.txSync()
}

const connect = `for (const localPort of ${JSON.stringify(ports)})
  require("net").connect({ host: "10.99.0.2", port: 80, localPort }).on("error", () => {})`
const [command = "", ...args] = host.inside([process.execPath, "-e", connect])
const client = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] })

/** Which queue the SYN from each port came to, and whether its checksum held. */
const syns = new Map<number, number>()
let badChecksums = 0

const checksumHolds = (frame: Buffer): boolean => {
  const segment = frame.subarray(34, 14 + frame.readUInt16BE(16))
  let sum = 6 + segment.length
  for (let i = 26; i < 34; i += 2) sum += frame.readUInt16BE(i)
  for (let i = 0; i < segment.length; i += 2)
    sum += i + 1 < segment.length ? segment.readUInt16BE(i) : segment[i]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum === 0xffff
}

const take = (nic: Nic, queue: number) => {
  nic.rxSync()
  const { rx } = nic
  for (let i = rx.head; i !== rx.tail; i = rx.next(i)) {
    const at = rx.bufferOffset(i)
    const frame = Buffer.from(rx.region.bytes.buffer as ArrayBuffer, at, rx.slotLength(i))
    const type = frame.readUInt16BE(12)
    if (type === 0x0806 && frame.readUInt32BE(38) === 0x0a630002) answerArp(nic, frame)
    if (type === 0x0800 && frame[23] === 6 && (frame[47]! & 2) !== 0) {
      syns.set(frame.readUInt16BE(34), queue)
      if (!checksumHolds(frame)) badChecksums++
    }
  }
  rx.head = rx.tail
}

const deadline = Date.now() + 20_000
while (syns.size < ports.length && Date.now() < deadline) {
  nics.forEach(take)
  await new Promise((resolve) => setImmediate(resolve))
}
const exited = new Promise((resolve) => client.once("exit", resolve))
client.kill("SIGKILL")
await exited

let gone = ""
if (words.includes("gone")) {
  const [ip = "", ...rest] = host.inside(["ip", "link", "del", host.ifname])
  await new Promise((resolve) => spawn(ip, rest, { stdio: "inherit" }).once("exit", resolve))
  for (const sync of ["rxSync", "txSync"] as const) {
    const nic = nics[0]!
    nic.tx.setSlotLength(nic.tx.head, 60)
    if (sync === "txSync") nic.tx.head = nic.tx.next(nic.tx.head)
    try {
      // The first look may still find frames that were there before.
      for (let k = 0; k < 20; k++) {
        nic[sync]()
        nic.rx.head = nic.rx.tail
      }
    } catch (error) {
      gone += `${sync} ${(error as { code: string }).code} ${interfaceGone(error)} `
    }
  }
}
const stats = nics.map((nic) => nic.stats())
for (const nic of nics) nic.close()
const { inside: _inside, close: _close, fds: _fds, ...made } = host
await host.close()
process.stdout.write(JSON.stringify({ ...made, syns: [...syns].sort(), badChecksums, gone, stats }))
