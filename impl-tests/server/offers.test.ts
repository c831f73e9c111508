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
let reader: QueueReader
let manager: ConnectionManager

beforeEach(() => {
  now = 1000
  const region = allocateRegion(queueBytes(16))
  initQueue(region, 0, 16)
  reader = new QueueReader(region, 0, 16)
  const outgoing = [undefined, new Outgoing(new QueueWriter(region, 0, 16), 16)]
  const ports = { clock: { now: () => now }, entropy: { draw: () => 0 }, recorder: { record: () => {} } }
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
