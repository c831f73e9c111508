import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { root } from "./allowed.ts"
import { asNobody } from "./nobody.ts"
import { pika, scratch, start } from "./pika.ts"
import { makeWire, type Wire } from "./wire.ts"

/** Each word that an operator may get wrong, on a machine with interfaces of every kind. */
describe("pika up refuses, naming the place and the remedy", () => {
  let wire: Wire
  const { folder, remove } = scratch()
  beforeAll(async () => {
    wire = await makeWire(2)
    wire.stack.run("ip link add down0 type veth peer name down1")
    wire.stack.run("ip link add name many0 numrxqueues 4 numtxqueues 4 type veth peer name many1")
    wire.stack.run("ip link set many0 up")
    wire.stack.run("ip tuntap add dev tun0 mode tun")
    wire.stack.run("ip link add tiny0 mtu 500 type veth peer name tiny1")
    wire.stack.run("ip link set tiny0 up")
  }, 30_000)
  afterAll(() => {
    wire.remove()
    remove()
  })

  const up = async (line: string, within = wire.stack.inside) => {
    const run = start(within(pika("up", "--socket", `${folder}/control.sock`, ...line.split(" "))))
    const timer = setTimeout(() => run.child.kill("SIGTERM"), 20_000)
    const code = await run.exit
    clearTimeout(timer)
    return { code, text: run.text() }
  }

  test.each([
    [
      "an interface that is not there",
      "--dev nope --address 10.99.1.2/24",
      /interface nope is not there: there are .*va.*; --driver tap makes a TAP/,
    ],
    [
      "one that is down",
      "--dev down0 --address 10.99.1.2/24",
      /interface down0 is down: take it up: ip link set down0 up/,
    ],
    [
      "loopback",
      "--dev lo --address 10.99.1.2/24",
      /interface lo is the loopback interface: name an Ethernet interface/,
    ],
    ["one without Ethernet", "--dev tun0 --address 10.99.1.2/24", /interface tun0 is no Ethernet interface/],
    [
      "no TAP as TAP",
      "--dev va --driver tap --address 10.99.1.2/24",
      /interface va is no TAP: use --driver packet/,
    ],
    [
      "the kernel's own address",
      "--dev va --address 10.99.1.1/24",
      /address "10.99.1.1" is this machine's own: the kernel would answer/,
    ],
    [
      "the kernel's broadcast address",
      "--dev va --address 10.99.1.255/16",
      /address "10.99.1.255" is a broadcast or multicast address here/,
    ],
    [
      "an unreadable address",
      "--dev va --address 10.99.1.2/33",
      /address "10.99.1.2\/33" has a prefix outside 8 to 30: write for example/,
    ],
    [
      "an MTU below IPv4's",
      "--dev tiny0 --address 10.99.1.2/24",
      /interface tiny0 has an MTU of 500, below IPv4's least of 576: ip link set tiny0 mtu 1500/,
    ],
    [
      "an unknown driver",
      "--dev va --driver fast --address 10.99.1.2/24",
      /driver "fast" is unknown: choose one of/,
    ],
    [
      "a link address of a group",
      "--dev va --address 10.99.1.2/24 --mac 01:00:5e:00:00:01",
      /link address .* is no single interface's/,
    ],
  ])("%s", async (_, line, message) => {
    const { code, text } = await up(line)
    expect(text).toMatch(message)
    expect(code).toBe(2)
    expect(text).not.toMatch(/^\s+at /m)
  })

  test("the interface's link address where the kernel forwards", async () => {
    wire.stack.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/va/forwarding"])
    const { code, text } = await up("--dev va --address 10.99.1.2/24 --driver packet --mac interface")
    wire.stack.run(["sh", "-c", "echo 0 > /proc/sys/net/ipv4/conf/va/forwarding"])
    expect(text).toMatch(/interface va forwards: .*leave --mac out, or sysctl net.ipv4.conf.va.forwarding=0/)
    expect(code).toBe(2)
  })

  test.skipIf(!root)("AF_XDP on more or fewer queues than Link Servers", async () => {
    wire.stack.run("ethtool -L many0 rx 4 tx 4")
    const more = await up("--dev many0 --driver xdp --address 10.97.0.2/24")
    expect(more.text).toMatch(
      /interface many0 has 4 receive queues, .* the configuration has 2: ethtool -L many0 combined 2 .*LS4, or --driver packet/,
    )
    const fewer = await up("--dev va --driver xdp --address 10.99.1.2/24 --config TS3LS3CM3")
    expect(fewer.text).toMatch(/interface va has \d receive queues?, .* the configuration has 3/)
    expect([more.code, fewer.code]).toEqual([2, 2])
  })

  test.skipIf(!root)(
    "AF_XDP where another program is",
    async () => {
      const on = "--dev va --driver xdp --address 10.99.1.2/24 --config TS1LS1CM1"
      wire.stack.run("ethtool -L va rx 1 tx 1")
      const first = start(wire.stack.inside(pika("up", "--socket", `${folder}/first.sock`, ...on.split(" "))))
      try {
        await first.said(/^ready /m)
        const { code, text } = await up(on)
        expect(text).toMatch(
          /interface va is in use \(bpf\(BPF_LINK_CREATE\): .*: end the other stack or XDP program/,
        )
        expect(code).toBe(2)
      } finally {
        first.child.kill("SIGTERM")
        expect(await first.exit).toBe(0)
      }
    },
    30_000,
  )

  test.skipIf(!root)("what needs privileges that this user lacks, saying which", async () => {
    const nobody = asNobody()
    const as = (argv: ReadonlyArray<string>) => wire.stack.inside(nobody.command(argv))
    for (const driver of ["packet", "xdp"]) {
      const { code, text } = await up(
        `--dev va --driver ${driver} --address 10.99.1.2/24 --config TS1LS1CM1 --socket ${nobody.folder}/s`,
        as,
      )
      expect(text).toMatch(
        /interface va may not be opened \(.*\): run as root \(AF_PACKET: CAP_NET_RAW; AF_XDP: CAP_BPF/,
      )
      expect(code).toBe(2)
    }
    nobody.remove()
  })

  test("a control socket that another stack has", async () => {
    const one = start(
      wire.stack.inside(
        pika("up", "--socket", `${folder}/control.sock`, "--dev", "va", "--address", "10.99.1.2/24"),
      ),
    )
    try {
      await one.said(/^ready /m)
      const { code, text } = await up("--dev va --address 10.99.1.3/24")
      expect(text).toContain(`${folder}/control.sock`)
      expect(code).not.toBe(0)
      expect(text).not.toContain("ready")
    } finally {
      one.child.kill("SIGTERM")
      expect(await one.exit).toBe(0)
    }
  }, 30_000)
})
