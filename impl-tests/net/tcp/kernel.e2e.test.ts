import { spawn } from "node:child_process"
import { once } from "node:events"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as native from "../../../src/native/native.ts"
import { ipv4 } from "../../../src/net/classify.ts"
import { type LinuxHost, makeLinuxHost } from "../../../src/runtime/host.ts"
import { Peer, type PeerOptions } from "../peer.ts"
import { makeRandom } from "../random.ts"
import { Host, PERFECT, World } from "../world.ts"

const MIB = 1 << 20
const PORT = 7000
const privileged = process.getuid?.() === 0
const ECHO = `require("net").createServer({ allowHalfOpen: true }, (c) => c.pipe(c)).listen(${PORT}, () => console.log("ready"))`

/** The world in real time: its other end of the wire is a TAP. */
function follow(world: World, host: Host, nic: ReturnType<typeof native.nicOpenFd>, seconds: number) {
  const epoch = native.monotonicUs() - world.now
  const { rx, tx } = nic
  host.peers.push({
    receive(frame) {
      if (tx.space() === 0) nic.txSync()
      // A full queue loses frames, as any does.
      if (tx.space() === 0) return
      tx.region.bytes.set(frame, tx.bufferOffset(tx.head))
      tx.setSlotLength(tx.head, frame.length)
      tx.head = tx.next(tx.head)
    },
  })
  return async (done: () => boolean): Promise<void> => {
    const end = native.monotonicUs() + seconds * 1e6
    while (!done()) {
      if (native.monotonicUs() > end) throw new Error(`not done after ${seconds} s`)
      nic.rxSync()
      for (; rx.space() > 0; rx.head = rx.next(rx.head)) {
        const at = rx.bufferOffset(rx.head)
        host.receive(rx.region.bytes.slice(at, at + rx.slotLength(rx.head)))
      }
      world.run(native.monotonicUs() - epoch)
      nic.txSync()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

describe.skipIf(!privileged)("an active open, against the kernel's TCP", () => {
  let linux: LinuxHost
  let server: ReturnType<typeof spawn>
  beforeAll(async () => {
    linux = await makeLinuxHost({ queues: 1, driver: "tap" })
    const [command = "", ...argv] = linux.inside([process.execPath, "-e", ECHO])
    server = spawn(command, argv, { stdio: ["ignore", "pipe", "inherit"] })
    await once(server.stdout!, "data")
  }, 30_000)
  afterAll(async () => {
    server?.kill("SIGKILL")
    await linux?.remove()
  })

  test("8 MiB come back as they were sent, and both sides close", async () => {
    const world = new World(1)
    const total = 8 * MIB
    const options: PeerOptions = {
      total,
      salt: 1,
      peerSalt: 1,
      ringBytes: MIB,
      chunk: MIB,
      pause: 0,
      ending: "finish",
      attachAfter: 0,
    }
    const peer = new Peer(options, makeRandom(1))
    const host = new Host(world, "stack", linux.address, 7, {
      faults: { ...PERFECT, delay: [0, 0] },
      events: peer.events,
    })
    peer.host = host
    const nic = native.nicOpenFd(linux.nics[0]![0]!)
    const until = follow(world, host, nic, 30)
    // Nothing listens there: refused.
    const refused = host.table.connect(ipv4(linux.hostAddress), PORT + 1, 39_999, world.now)
    host.arrange()
    await until(() => host.log.some((x) => x.endsWith(`ended ${refused} 4`)))
    peer.ended = undefined
    peer.tcb = host.table.connect(ipv4(linux.hostAddress), PORT, 40_000, world.now)
    host.arrange()
    await until(() => peer.done)
    expect([peer.wrong, peer.read, peer.ended]).toEqual([undefined, total, 0])
    const { activeOpens, established, bytesIn, bytesOut } = host.table.counters()
    expect([activeOpens, established, bytesIn]).toEqual([2, 1, total])
    expect(bytesOut).toBeGreaterThanOrEqual(total)
    expect([host.table.connections, host.table.timeWaits]).toEqual([0, 1])
  }, 60_000)
})
