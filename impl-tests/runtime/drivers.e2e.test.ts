import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { root, tapAllowed } from "../cli/allowed.ts"
import { type Pika, pika, scratch, start } from "../cli/pika.ts"
import { expectServed, output } from "../cli/served.ts"
import { type Machine, makeWire, type Wire } from "../cli/wire.ts"

/** What the tests of one file start, ended after each. */
const ends: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const wired = async (queues?: number): Promise<Wire> => {
  const wire = await makeWire(queues)
  ends.push(() => wire.remove())
  return wire
}

/** `pika up` with the demo web server on it. */
const up = async (machine: Machine, ...args: ReadonlyArray<string>) => {
  const { folder, remove } = scratch()
  ends.push(remove)
  const socket = join(folder, "control.sock")
  const stack = start(machine.inside(pika("up", "--socket", socket, ...args)))
  const stop = async (of: Pika) => {
    of.child.kill("SIGTERM")
    return await of.exit
  }
  ends.push(() => stop(stack))
  await stack.said(/^ready /m)
  const demo = start(pika("serve", "--processes", "2"), { PIKA_SOCKET: socket })
  ends.push(() => stop(demo))
  await demo.said("serving")
  const stopBoth = async () => {
    await stop(demo)
    return await stop(stack)
  }
  return { stack, demo, folder, stop: stopBoth }
}

const onVeth = ["--dev", "va", "--address", "10.99.1.2/24"]

/** Segments with RST that the kernel of a machine has sent. */
const kernelResets = (machine: Machine): number => {
  const [names = "", values = ""] = machine
    .run("cat /proc/net/snmp")
    .split("\n")
    .filter((line) => line.startsWith("Tcp:"))
  return Number(values.split(" ")[names.split(" ").indexOf("OutRsts")])
}

describe("a kernel client on a wire with all offloads is served", () => {
  test("through AF_PACKET, without root too; the kernel beside resets nothing", async () => {
    const wire = await wired()
    const { stack, folder, stop } = await up(wire.stack, ...onVeth, "--driver", "packet")
    await expectServed(wire.client.inside, "10.99.1.2", folder)
    expect(kernelResets(wire.stack)).toBe(0)
    // The frames came as the veth's peer left them, and the operator is told.
    await stack.said(/interface va: TCP frames come merged .*ethtool -K va gro off.* \(rxCut\)/)
    await stack.said(/interface va: frames come without their checksums.* \(rxCompleted\)/)
    expect(stack.text()).not.toMatch(/rxOversized|rxUnfinished|badHead|answers for/)
    expect(await stop()).toBe(0)
  }, 60_000)

  test("through AF_PACKET where the kernel forwards: our frames are none of its own", async () => {
    const wire = await wired()
    wire.stack.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    const { folder } = await up(wire.stack, ...onVeth, "--driver", "auto", "--config", "TS1LS1CM1")
    await expectServed(wire.client.inside, "10.99.1.2", folder)
    expect(kernelResets(wire.stack)).toBe(0)
  }, 60_000)

  test("through AF_PACKET with a smaller MTU: nothing is refused", async () => {
    const wire = await wired()
    wire.stack.run("ip link set va mtu 1280")
    const { stack, folder } = await up(wire.stack, ...onVeth, "--driver", "packet")
    await expectServed(wire.client.inside, "10.99.1.2", folder)
    await stack.said("(rxCompleted)")
    expect(stack.text()).not.toContain("txRefused")
  }, 60_000)

  test("beside another owner of its address: the operator is told who", async () => {
    const wire = await wired()
    wire.client.run("ip addr add 10.99.1.7/24 dev vb")
    const mac = /link\/ether (\S+)/.exec(wire.client.run("ip link show vb"))![1]
    const other = ["--dev", "va", "--address", "10.99.1.7/24"]
    const { stack } = await up(wire.stack, ...other)
    expect(stack.text()).toContain(`va: ${mac} answers for 10.99.1.7 already`)
  }, 60_000)

  test.skipIf(!root)(
    "through AF_XDP on one queue",
    async () => {
      const wire = await wired()
      const { stack, folder, stop } = await up(wire.stack, ...onVeth, "--driver", "xdp")
      await expectServed(wire.client.inside, "10.99.1.2", folder)
      expect(kernelResets(wire.stack)).toBe(0)
      await stack.said(/\(rxCompleted\)/)
      expect(stack.text()).not.toMatch(/rxOversized|badHead/)
      expect(await stop()).toBe(0)
      // The program goes with the stack.
      expect(wire.stack.run("ip link show va")).not.toContain("xdp")
    },
    60_000,
  )

  test.skipIf(!root)(
    "through AF_XDP on two queues, one for each Link Server",
    async () => {
      const wire = await wired(2)
      wire.stack.run("ethtool -L va rx 2 tx 2")
      wire.client.run("ethtool -L vb rx 2 tx 2")
      const { folder } = await up(wire.stack, ...onVeth, "--driver", "xdp", "--config", "TS2LS2CM2")
      await expectServed(wire.client.inside, "10.99.1.2", folder)
    },
    60_000,
  )

  test.skipIf(!tapAllowed)(
    "over a TAP that the stack makes",
    async () => {
      const wire = await wired()
      const tap = ["--dev", "tap7", "--driver", "tap", "--address", "10.98.0.2/24"]
      const { stack, folder, stop } = await up(wire.stack, ...tap)
      expect(stack.text()).toContain("tap7: made, the kernel has 10.98.0.1/24 there")
      await expectServed(wire.stack.inside, "10.98.0.2", folder)
      expect(await stop()).toBe(0)
      expect(wire.stack.run("ip -br link")).not.toContain("tap7")
    },
    60_000,
  )

  test.skipIf(!tapAllowed)(
    "over a TAP that was made for it, with one queue or several",
    async () => {
      const wire = await wired()
      wire.stack.run("ip tuntap add dev tap8 mode tap multi_queue")
      wire.stack.run("ip tuntap add dev tap9 mode tap")
      for (const [device, network, config] of [
        ["tap8", "10.98.8", "TS2LS2CM2"],
        ["tap9", "10.98.9", "TS2LS1CM2"],
      ] as const) {
        wire.stack.run(`ip addr add ${network}.1/24 dev ${device}`)
        wire.stack.run(`ip link set ${device} up`)
        const args = ["--dev", device, "--address", `${network}.2/24`, "--config", config]
        const { stack, folder, stop } = await up(wire.stack, ...args)
        expect(stack.text()).toContain("driver tap: a TAP whose other end nobody has")
        await expectServed(wire.stack.inside, `${network}.2`, folder)
        expect(await stop()).toBe(0)
        expect(wire.stack.run("ip -br link")).toContain(device)
      }
    },
    90_000,
  )
})

describe("without an interface", () => {
  test("the stack has a Linux host of its own, which the line that it prints reaches", async () => {
    const { folder, remove } = scratch()
    ends.push(remove)
    const socket = join(folder, "control.sock")
    const stack = start(pika("up", "--socket", socket, "--pin", "auto"))
    ends.push(() => stack.child.kill("SIGKILL"))
    await stack.said(/^ready 10\.99\.0\.2 PIKA_SOCKET=/m)
    const demo = start(pika("serve"), { PIKA_SOCKET: socket })
    ends.push(() => demo.child.kill("SIGKILL"))
    await demo.said("serving")
    const line = /to run a command there: (.*) COMMAND$/m.exec(stack.text())![1]!
    await expectServed((argv) => [...line.split(" "), ...argv], "10.99.0.2", folder)
    demo.child.kill("SIGTERM")
    expect(await demo.exit).toBe(0)
    stack.child.kill("SIGINT")
    expect(await stack.exit).toBe(0)
    expect(await output(["sh", "-c", `test ! -e ${socket} && echo gone`])).toBe("gone\n")
  }, 60_000)
})
