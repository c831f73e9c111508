import { describe, expect, test } from "vitest"
import { ArpTable } from "../../../src/net/arp/arp-table.ts"
import { FRAME_ARP, ipv4 } from "../../../src/net/classify.ts"
import { arpFrame } from "../other-frames.ts"
import { classified, LOCAL, PEER, Wire } from "../rig.ts"

const SECOND = 1_000_000

function makeTable(entries?: number): {
  wire: Wire
  table: ArpTable
  hear(frame: Uint8Array, now: number): void
} {
  const wire = new Wire()
  const table = new ArpTable(LOCAL, wire, entries)
  return {
    wire,
    table,
    hear(frame, now) {
      const { region, c } = classified(frame, FRAME_ARP)
      table.handle(region, c, now)
    },
  }
}

const operation = (frame: Uint8Array | undefined): number => new DataView(frame!.buffer).getUint16(20)

describe("requests for our address", () => {
  test("are answered to the asker, byte for byte", () => {
    const { wire, hear } = makeTable()
    hear(arpFrame({ op: 1, senderIp: PEER.ip, targetIp: LOCAL.ip }), 0)
    const expected = arpFrame({
      op: 2,
      senderIp: LOCAL.ip,
      targetIp: PEER.ip,
      senderMac: LOCAL.mac,
      toMac: PEER.mac,
    })
    expected.set(PEER.mac, 32)
    expect(wire.take()).toEqual([expected])
  })

  test("teach us the asker's address, so that we needn't ask", () => {
    const { wire, table, hear } = makeTable()
    hear(arpFrame({ op: 1, senderIp: PEER.ip, targetIp: LOCAL.ip }), 0)
    wire.take()
    const at = table.find(PEER.ip, 1)
    expect(at).toBeGreaterThanOrEqual(0)
    expect([table.macHigh(at), table.macLow(at)]).toEqual([0x0200, 1])
    expect(wire.take()).toEqual([])
  })

  test("RFC 5227 2.1.1: a probe is answered and teaches nothing", () => {
    const { wire, table, hear } = makeTable()
    hear(arpFrame({ op: 1, senderIp: 0, targetIp: LOCAL.ip }), 0)
    expect(operation(wire.take()[0])).toBe(2)
    expect(table.counts.learnt).toBe(0)
  })
})

describe("what isn't for us, or can't be true, teaches nothing and isn't answered", () => {
  test.each([
    ["another host's address", arpFrame({ op: 1, senderIp: PEER.ip, targetIp: LOCAL.ip + 1 })],
    ["a gratuitous announcement", arpFrame({ op: 1, senderIp: PEER.ip, targetIp: PEER.ip })],
    ["our own address as sender", arpFrame({ op: 2, senderIp: LOCAL.ip, targetIp: LOCAL.ip })],
    ["a multicast address", arpFrame({ op: 1, senderIp: ipv4("224.0.0.1"), targetIp: LOCAL.ip })],
    [
      "a group MAC address inside",
      arpFrame({ op: 1, senderIp: PEER.ip, targetIp: LOCAL.ip }).map((b, i) => (i === 22 ? 3 : b)),
    ],
  ])("%s", (_, frame) => {
    const { wire, table, hear } = makeTable()
    hear(frame, 0)
    expect(wire.take()).toEqual([])
    expect(table.counts).toMatchObject({ ignored: 1, learnt: 0 })
  })
})

describe("looking for a neighbour", () => {
  test("asks everybody, at most once a second", () => {
    const { wire, table } = makeTable()
    for (let t = 0; t < 3 * SECOND; t += SECOND / 4) expect(table.find(PEER.ip, t)).toBe(-1)
    const asked = wire.take()
    expect(asked).toHaveLength(3)
    expect(asked[0]).toEqual(arpFrame({ op: 1, senderIp: LOCAL.ip, targetIp: PEER.ip, senderMac: LOCAL.mac }))
  })

  test("takes the answer", () => {
    const { table, hear } = makeTable()
    table.find(PEER.ip, 0)
    hear(arpFrame({ op: 2, senderIp: PEER.ip, targetIp: LOCAL.ip, toMac: LOCAL.mac }), 10)
    expect(table.find(PEER.ip, 20)).toBeGreaterThanOrEqual(0)
  })

  test("an old answer still serves while it is asked for anew", () => {
    const { wire, table, hear } = makeTable()
    hear(arpFrame({ op: 2, senderIp: PEER.ip, targetIp: LOCAL.ip, toMac: LOCAL.mac }), 0)
    expect(table.find(PEER.ip, 601 * SECOND)).toBeGreaterThanOrEqual(0)
    expect(wire.take().map(operation)).toEqual([1])
  })

  test("without a transmit slot the request is counted as not sent", () => {
    const { wire, table } = makeTable()
    wire.slots = 0
    expect(table.find(PEER.ip, 0)).toBe(-1)
    expect(table.counts.noSlot).toBe(1)
  })
})

test("the table is bounded: the least recently heard makes place, and those heard since stay", () => {
  const { table, hear } = makeTable(8)
  const hosts = Array.from({ length: 9 }, (_, i) => PEER.ip + 10 + i)
  for (const [i, ip] of hosts.entries()) hear(arpFrame({ op: 2, senderIp: ip, targetIp: LOCAL.ip }), i)
  expect(table.counts.replaced).toBe(1)
  for (const ip of hosts.slice(1)) expect(table.find(ip, 100)).toBeGreaterThanOrEqual(0)
})

test.each([0, 7, 12, 1.5, -8])("%d entries are refused", (entries) => {
  expect(() => makeTable(entries)).toThrow("give a multiple of 8")
})
