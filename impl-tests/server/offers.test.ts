import { beforeEach, expect, test } from "vitest"
import { decodeMessage } from "../../src/codec/message.ts"
import { defaultBalance } from "../../src/core/topology.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { ConnectionManager, OFFER_INTERVAL } from "../../src/server/connection-manager.ts"
import { MessageDispatcher } from "../../src/server/dispatcher.ts"
import { Outgoing } from "../../src/server/outgoing.ts"

const PORT = 80
const topology = {
  applications: 4,
  managers: 2,
  transports: 1,
  connections: 4,
  backlog: 4,
  room: 2,
  claimTimeout: 1000,
  balance: defaultBalance,
}

let now = 0
let draw = 0
let reader: QueueReader
let manager: ConnectionManager

beforeEach(() => {
  now = 1000
  draw = 0
  const region = allocateRegion(queueBytes(16))
  initQueue(region, 0, 16)
  reader = new QueueReader(region, 0, 16)
  const outgoing = [undefined, new Outgoing(new QueueWriter(region, 0, 16), 16)]
  const ports = { clock: { now: () => now }, entropy: { draw: () => draw }, recorder: { record: () => {} } }
  const placement = { transports: [0], managers: [0, 1] }
  manager = new ConnectionManager(0, topology, new MessageDispatcher(0, placement, outgoing, [], ports))
  manager.open(PORT)
})

const register = (a: number, g: number) => manager.receive({ _tag: "AcceptConnection", a, g }, PORT, -1)

const received = (): Array<string> => {
  const list: Array<string> = []
  for (let i = reader.peek(); i >= 0; i = reader.peek()) {
    const message = decodeMessage(reader.words, i)
    if (message?._tag === "Offer") list.push(`a${message.a} g${message.g}`)
    reader.release()
  }
  return list
}

test("a manager that has nobody to offer says nothing: it is what the others believe", () => {
  expect(manager.offer(now)).toBe(Number.POSITIVE_INFINITY)
  expect(received()).toEqual([])
})

test("at most one offer is under way: the newest waits until the one before is taken", () => {
  register(0, 1)
  manager.offer(now)
  // The other side does not read; meanwhile there is other news.
  for (const [a, g] of [
    [2, 1],
    [0, 2],
  ] as const) {
    now += OFFER_INTERVAL
    manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
    register(a, g)
    expect(manager.offer(now)).toBe(now + OFFER_INTERVAL)
  }
  expect(received()).toEqual(["a0 g1"])
  now += OFFER_INTERVAL
  manager.offer(now)
  expect(received()).toEqual(["a0 g2"])
  now += OFFER_INTERVAL
  expect(manager.offer(now)).toBe(Number.POSITIVE_INFINITY)
})

test("which of two equal acceptors was offered is what counts: when that one is removed, the other is offered", () => {
  register(0, 1)
  register(2, 1)
  draw = 1
  manager.offer(now)
  expect(received()).toEqual(["a2 g1"])
  now += OFFER_INTERVAL
  expect(manager.offer(now)).toBe(Number.POSITIVE_INFINITY)
  // It did not claim what the other manager gave it; there nothing is left of its offer.
  manager.receive({ _tag: "AcceptorRemoved", a: 2, g: 1 }, PORT, 0)
  manager.offer(now)
  expect(received()).toEqual(["a0 g1"])
})

test("news are another acceptor, one that has become better, a time that has changed, and whether anybody listens", () => {
  const told = (): Array<string> => {
    now += OFFER_INTERVAL
    manager.offer(now)
    return received()
  }
  const time = (a: number, us: number) => manager.receive({ _tag: "ServiceTime", a, time: us }, PORT, 0)
  register(0, 1)
  expect(told()).toEqual(["a0 g1"])
  time(0, 1000)
  expect(told()).toEqual(["a0 g1"])
  time(0, 1001)
  expect(told()).toEqual([])
  register(2, 1)
  expect(told()).toEqual(["a2 g1"])
  time(2, 50)
  expect(told()).toEqual(["a2 g1"])
  for (let k = 0; k < 5; k++) time(2, 90_000)
  expect(told()).toEqual(["a0 g1"])
  manager.receive({ _tag: "Detach", a: 2 }, PORT, -1)
  expect(told()).toEqual([])
  manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
  expect(told()).toEqual(["a-1 g0"])
  expect(told()).toEqual([])
})
