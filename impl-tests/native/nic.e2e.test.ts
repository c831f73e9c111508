import { spawn } from "node:child_process"
import { describe, expect, test } from "vitest"
import type { NicStats } from "../../src/native/nic.ts"
import { directed as rule } from "../../src/server/link-server.ts"
import { root, tapAllowed } from "../cli/allowed.ts"

const probe = (name: string) => new URL(name, import.meta.url).pathname

/** Runs a program to its end and answers the JSON that it prints. */
const run = (argv: ReadonlyArray<string>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 })
    let out = ""
    let err = ""
    child.stdout.on("data", (text) => {
      out += text
    })
    child.stderr.on("data", (text) => {
      err += text
    })
    child.once("error", reject)
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(out))
      else reject(new Error(`${argv.join(" ")}: ${code} ${err}`))
    })
  })

interface Probed {
  readonly driver: string
  readonly unprivileged: boolean
  readonly ordered: boolean
  readonly hostMac: string
  readonly syns: ReadonlyArray<readonly [number, number]>
  readonly badChecksums: number
  readonly gone: string
  readonly stats: ReadonlyArray<NicStats>
}

const ports = [5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007]
const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
const host = (...args: ReadonlyArray<string>) => [process.execPath, probe("host-probe.ts"), ...args]
/** The kernel's program and the Link Server agree on the queue of each flow. */
const directed = (queues: number) => ports.map((port) => [port, rule(port, queues)])

describe("a Linux host in a namespace of its own", () => {
  test.skipIf(!tapAllowed)(
    "over TAP: both ways, on any of its queues; a TAP that vanishes is a typed error",
    async () => {
      const probed = (await run(host("tap", "2", "gone"))) as Probed
      expect(probed).toMatchObject({ driver: "tap", unprivileged: !root, ordered: true, badChecksums: 0 })
      expect(probed.hostMac).toBe("02:00:00:00:00:01")
      expect(probed.syns.map(([port]) => port)).toEqual(ports)
      expect(probed.gone).toBe("rxSync EBADFD true txSync EBADFD true ")
    },
  )

  test("over AF_PACKET in a user namespace: flows directed by the peer's port, whole checksums", async () => {
    const probed = (await run(host("packet", "3", "user", "gone"))) as Probed
    expect(probed).toMatchObject({ driver: "packet", unprivileged: true, badChecksums: 0 })
    expect(probed.syns).toEqual(directed(3))
    expect(probed.gone).toBe("rxSync ENETDOWN true txSync ENXIO true ")
    // The helper had turned the offloads off: nothing to complete here.
    expect(probed.stats.map((s) => s.rxCompleted)).toEqual([0, 0, 0])
  })

  test.skipIf(!root)("over AF_PACKET as root: frames keep their order across cores", async () => {
    const probed = (await run(host("packet", "2"))) as Probed
    expect(probed).toMatchObject({ driver: "packet", unprivileged: false, ordered: true })
    expect(probed.syns).toEqual(directed(2))
  })

  test.skipIf(!root)("for a user without any privilege: by itself the way that works", async () => {
    const probed = (await run([...nobody, ...host("auto", "2")])) as Probed
    expect(probed).toMatchObject({ unprivileged: true, badChecksums: 0 })
    expect(probed.syns.map(([port]) => port)).toEqual(ports)
    if (probed.driver === "packet") expect(probed.syns).toEqual(directed(2))
  })
})

describe("AF_PACKET on an interface as it is found", () => {
  test("partial checksums are completed; frames beyond a buffer and lost ones are counted, and block nothing", async () => {
    const unshare = root ? ["unshare", "--net"] : ["unshare", "--user", "--map-root-user", "--net"]
    const { sent, good, read, stats, again } = (await run([
      ...unshare,
      process.execPath,
      probe("packet-probe.ts"),
    ])) as {
      sent: number
      good: number
      read: number
      stats: NicStats
      again: { detached: number; frames: number; good: number; all: NicStats }
    }
    expect([read, good]).toEqual([sent, sent])
    expect(stats.rxOversized).toBe(400)
    expect(stats.rxCompleted).toBeGreaterThanOrEqual(sent)
    expect(stats.rxDropped).toBeGreaterThan(0)
    expect(stats).toMatchObject({ rxUnfinished: 0, rxVlan: 0, badHead: 0 })
    // On the interface that took its place: one address's frames only.
    expect(again).toMatchObject({ detached: -1, frames: 300, good: 300 })
    expect(again.all).toMatchObject({ rxFrames: stats.rxFrames + 300, badHead: 0 })
  })
})

describe.skipIf(!root)("AF_XDP (skipped without root)", () => {
  test("takes one address's frames, whole, and sends; what fails says what; a vanished interface is a typed error", async () => {
    const probed = (await run(["unshare", "--net", process.execPath, probe("xdp-probe.ts")])) as {
      stats: NicStats
    }
    expect(probed).toMatchObject({
      sent: 2000,
      back: 2000,
      // Frames to another address went to the kernel.
      seen: [["10.99.1.2", 2000]],
      badChecksums: 0,
      modes: [false, true],
      errors: [
        "if_nametoindex ENODEV",
        "address: expected A.B.C.D EINVAL",
        "bind(AF_XDP) EINVAL",
        "bpf(BPF_LINK_CREATE) EBUSY",
        expect.stringMatching("is no NIC's"),
      ],
      gone: "rxSync ENETDOWN true txSync ENXIO true ",
      // On the pair that took its place, the same rings serve on.
      again: { sent: 400, back: 400 },
    })
    expect(probed.stats).toMatchObject({ rxFrames: 2000, rxCompleted: 2000, txFrames: 2000, badHead: 0 })
  })
})
