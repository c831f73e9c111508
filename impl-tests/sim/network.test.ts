import { expect, test } from "vitest"
import { classify, FIRST_DROP, ipv4, makeClassified } from "../../src/net/classify.ts"
import { directed } from "../../src/server/link-server.ts"
import { Network, type WireFaults } from "../../src/sim/network.ts"
import { Random } from "../../src/sim/random.ts"
import { tcpFrame } from "../net/frames.ts"

const stackMac = [2, 0, 0, 0, 0, 2]
const hostMac = (h: number) => [2, 0, 0, 0, 1, h + 1]
const perfect: WireFaults = { loss: 0, duplicate: 0, corrupt: 0, delay: [10, 10] }

const make = (faults: WireFaults, director = true, links = 2) => {
  const arrivals: Array<{ readonly time: number; readonly slot: number }> = []
  const received: Array<{ readonly node: number; readonly bytes: Uint8Array }> = []
  const world = {
    now: 0,
    arrival: (time: number, slot: number) => arrivals.push({ time, slot }),
    frame: (node: number, region: { bytes: Uint8Array }, offset: number, length: number) =>
      received.push({ node, bytes: region.bytes.slice(offset, offset + length) }),
  }
  const options = { links, hosts: 2, stackMac, hostMac, director }
  const network = new Network(options, faults, world, new Random(3))
  const send = (from: number, bytes: Uint8Array) => {
    const slot = network.take()
    network.region.bytes.set(bytes, network.offsetOf(slot))
    network.send(from, slot, bytes.length)
  }
  const settle = () => {
    for (const { slot } of arrivals.splice(0).sort((x, y) => x.time - y.time)) network.deliver(slot)
    return received.splice(0)
  }
  return { network, send, settle, arrivals }
}

const stackIp = ipv4("10.1.0.2")
const fromHost = (h: number, fromPort: number, payload: ReadonlyArray<number> = []) =>
  tcpFrame({
    toMac: stackMac,
    fromMac: hostMac(h),
    fromIp: ipv4(`10.1.1.${h + 1}`),
    toIp: stackIp,
    fromPort,
    toPort: 80,
    payload,
  })
const toHost = (h: number) =>
  tcpFrame({
    toMac: hostMac(h),
    fromMac: stackMac,
    fromIp: stackIp,
    toIp: ipv4(`10.1.1.${h + 1}`),
    fromPort: 80,
    toPort: 1000,
  })

test("the director sends a flow to one queue; without it, a frame reaches any", () => {
  const { send, settle } = make(perfect)
  for (let port = 1000; port < 1100; port++) send(2, fromHost(0, port))
  const nodes = settle().map((x) => x.node)
  expect(nodes).toEqual(Array.from({ length: 100 }, (_, k) => directed(1000 + k, 2)))
  const scattered = make(perfect, false)
  for (let k = 0; k < 100; k++) scattered.send(2, fromHost(0, 1000))
  expect(new Set(scattered.settle().map((x) => x.node))).toEqual(new Set([0, 1]))
})

test("a frame of the stack reaches the host that it is for; a broadcast reaches all", () => {
  const { network, send, settle } = make(perfect)
  send(0, toHost(1))
  expect(settle().map((x) => x.node)).toEqual([3])
  const broadcast = toHost(0)
  broadcast.fill(0xff, 0, 6)
  send(0, broadcast)
  expect(
    settle()
      .map((x) => x.node)
      .sort(),
  ).toEqual([2, 3])
  // For nobody here.
  send(0, tcpFrame({ toMac: [2, 9, 9, 9, 9, 9], fromIp: stackIp, toIp: stackIp, fromPort: 1, toPort: 1 }))
  send(2, tcpFrame({ toMac: [2, 9, 9, 9, 9, 9], fromIp: stackIp, toIp: stackIp, fromPort: 1, toPort: 1 }))
  expect(settle()).toEqual([])
  expect([network.counts.stray, network.inFlight]).toEqual([2, 0])
})

test("faults happen as often as they should, and no slot is lost", () => {
  const faults = { loss: 0.2, duplicate: 0.3, corrupt: 0, delay: [5, 50] as const }
  const { network, send, settle, arrivals } = make(faults)
  for (let k = 0; k < 2_000; k++) send(2, fromHost(0, 1000, [k & 0xff]))
  const { lost, duplicated } = network.counts
  expect(Math.abs(lost - 400)).toBeLessThan(6 * Math.sqrt(2_000 * 0.2 * 0.8))
  expect(Math.abs(duplicated - (2_000 - lost) * 0.3)).toBeLessThan(6 * Math.sqrt(1_600 * 0.3 * 0.7))
  expect(arrivals.every(({ time }) => time >= 5 && time <= 50)).toBe(true)
  expect(settle()).toHaveLength(2_000 - lost + duplicated)
  expect(network.inFlight).toBe(0)
})

test("a damaged frame is never taken for a whole one", () => {
  const { network, send, settle } = make({ ...perfect, corrupt: 1 })
  for (let k = 0; k < 2_000; k++) send(2, fromHost(0, 1000, [1, 2, 3, 4, 5]))
  const region = network.region
  const c = makeClassified({ ip: stackIp, mac: stackMac })
  const taken = settle().filter(({ bytes }) => {
    region.bytes.set(bytes, 0)
    return classify(region, 0, bytes.length, c) < FIRST_DROP
  })
  expect(taken).toEqual([])
  expect(network.counts.corrupted).toBe(2_000)
})

test("beyond what the wire holds, frames are lost and counted", () => {
  const { network, settle } = make(perfect)
  const frame = fromHost(0, 1000)
  const region = { bytes: frame, view: new DataView(frame.buffer), words: new Int32Array(0) }
  for (let k = 0; k < 5_000; k++) network.sendCopy(2, region, 0, frame.length)
  expect(network.counts.overflowed).toBe(5_000 - settle().length)
  expect(network.counts.overflowed).toBeGreaterThan(0)
})
