import { beforeEach, describe, expect, test } from "vitest"
import { decodeMessage } from "../../src/codec/message.ts"
import { defaultBalance, NONE } from "../../src/core/topology.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { ConnectionManager, OFFER_INTERVAL } from "../../src/server/connection-manager.ts"
import { MessageDispatcher } from "../../src/server/dispatcher.ts"
import { Outgoing } from "../../src/server/outgoing.ts"
import { emptySyn } from "../../src/server/syn.ts"

const PORT = 80
const FAST = 1000
const SLOW = 9000
const NEVER = Number.POSITIVE_INFINITY

let now: number
let reader: QueueReader
let manager: ConnectionManager
let peerPort: number

/** Manager 0 and its transport are in server 0, a second manager in server 1. */
const start = (managers: number): void => {
  now = 1000
  peerPort = 1
  const region = allocateRegion(queueBytes(64))
  initQueue(region, 0, 64)
  reader = new QueueReader(region, 0, 64)
  const outgoing = [undefined, new Outgoing(new QueueWriter(region, 0, 64), 64)]
  const ports = { clock: { now: () => now }, entropy: { draw: () => 0 }, recorder: { record: () => {} } }
  // All that is sent to transports can be seen in the queue to server 1.
  const placement = { transports: [1], managers: managers === 1 ? [0] : [0, 1] }
  const topology = {
    applications: 4,
    managers,
    transports: 1,
    connections: 16,
    backlog: 16,
    room: 2,
    claimTimeout: 1000,
    balance: { ...defaultBalance, scheme: "Late" as const },
  }
  manager = new ConnectionManager(0, topology, new MessageDispatcher(0, placement, outgoing, [], ports))
  manager.open(PORT)
}

const register = (a: number, g: number) => manager.receive({ _tag: "AcceptConnection", a, g }, PORT, -1)
const measure = (a: number, time: number) => manager.receive({ _tag: "ServiceTime", a, time }, PORT, 0)
const removed = (a: number, g: number) => manager.receive({ _tag: "AcceptorRemoved", a, g }, PORT, 0)
const offered = (a: number, g: number, serviceTime: number) =>
  manager.receive({ _tag: "Offer", a, g, listener: true, serviceTime }, PORT, 1)

const received = (): Array<string> => {
  const list: Array<string> = []
  for (let i = reader.peek(); i >= 0; i = reader.peek()) {
    const message = decodeMessage(reader.words, i)
    if (message?._tag === "Offer")
      list.push(message.a === NONE ? `Ask ${message.serviceTime}` : `Offer ${message.a} ${message.g}`)
    else if (message?._tag === "Assign") list.push(`Assign ${message.c} ${message.a} ${message.g}`)
    else list.push(message?._tag ?? "?")
    reader.release()
  }
  return list
}

/** A connection is made, and waits. */
const connect = (c = peerPort - 1): void => {
  expect(
    manager.syn(Object.assign(emptySyn(), { peerIp: 1, peerPort: peerPort++, localPort: PORT }), 0),
  ).toBe("Queued")
  manager.receive({ _tag: "ConnectionEstablished", c }, PORT, 0)
}

describe("a manager alone", () => {
  beforeEach(() => start(1))

  test("assigns who idles when a connection is established, one to each registration", () => {
    register(0, 1)
    connect()
    connect()
    expect(received()).toEqual(["Open", "Assign 0 0 1", "Open"])
    register(0, 2)
    expect(received()).toEqual(["Assign 1 0 2"])
    expect(manager.offer(now)).toBe(NEVER)
  })

  test("keeps a connection from one that is slow, and comes back to it by itself", () => {
    register(0, 1)
    register(1, 1)
    measure(0, FAST)
    measure(1, SLOW)
    removed(0, 1)
    connect()
    const due = now + SLOW - FAST
    expect([manager.offer(now), received()]).toEqual([due, ["Open"]])
    // Nothing happens meanwhile; it does not ask to be called at once.
    now = due - 1
    expect([manager.offer(now), received()]).toEqual([due, []])
    now = due
    expect([manager.offer(now), received()]).toEqual([NEVER, ["Assign 0 1 1"]])
  })

  test("lists again who was to have a connection that was gone", () => {
    register(0, 1)
    connect()
    manager.receive({ _tag: "ConnectionClosed", c: 0 }, PORT, 0)
    manager.receive({ _tag: "AcceptorUnused", a: 0, g: 1 }, PORT, 0)
    expect(received()).toEqual(["Open", "Assign 0 0 1"])
    // Under the id that is free again.
    connect(0)
    expect(received()).toEqual(["Open", "Assign 0 0 1"])
    expect(manager.counters.illegal).toBe(0)
  })

  test("resets what waits when the last listener closes, and what is established later", () => {
    register(0, 1)
    removed(0, 1)
    connect()
    manager.syn(Object.assign(emptySyn(), { peerIp: 1, peerPort: 99, localPort: PORT }), 0)
    received()
    manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
    expect(received()).toEqual(["ResetConnection"])
    manager.receive({ _tag: "ConnectionEstablished", c: 1 }, PORT, 0)
    expect(received()).toEqual(["ResetConnection"])
  })
})

describe("a manager that has another", () => {
  beforeEach(() => {
    start(2)
    register(0, 1)
    manager.offer(now)
    expect(received()).toEqual(["Ask 0"])
  })

  test("tells it at the end of the turn, once", () => {
    removed(0, 1)
    connect()
    expect(manager.offer(now)).toBe(NEVER)
    expect(received()).toEqual(["Open", "Ask 1"])
    for (let k = 0; k < 3; k++) expect([manager.offer(now), received()]).toEqual([NEVER, []])
  })

  test("tells it the newest when it has taken what it was told before, and looks at that now and then", () => {
    removed(0, 1)
    connect()
    manager.offer(now)
    connect()
    connect()
    connect()
    expect(manager.offer(now)).toBe(now + OFFER_INTERVAL)
    expect(received()).toEqual(["Open", "Ask 1", "Open", "Open", "Open"])
    now += OFFER_INTERVAL
    expect([manager.offer(now), received()]).toEqual([NEVER, ["Ask 4"]])
  })

  test("assigns who was lent, and gives back who is not wanted", () => {
    removed(0, 1)
    connect()
    manager.offer(now)
    received()
    offered(1, 7, 50)
    expect(received()).toEqual(["Assign 0 1 7"])
    offered(3, 9, 50)
    manager.offer(now)
    expect(received()).toEqual(["Offer 3 9"])
  })

  test("lends one that idles to a queue that is much longer than its own, and says then how many wait here", () => {
    removed(0, 1)
    connect()
    manager.offer(now)
    received()
    offered(NONE, 0, 9)
    register(0, 2)
    expect(received()).toEqual(["Offer 0 2"])
    manager.offer(now)
    expect(received()).toEqual(["Ask 1"])
    // It wants eight more; the next is our own's when that has not taken the last.
    offered(NONE, 0, 9)
    register(0, 3)
    register(2, 1)
    expect(received()).toEqual(["Offer 0 3", "Assign 0 2 1"])
  })

  test("lends a slow one when it was asked for long enough ago", () => {
    register(2, 1)
    measure(0, FAST)
    measure(2, SLOW)
    removed(0, 1)
    offered(NONE, 0, 1)
    const due = now + SLOW - FAST
    expect([manager.offer(now), received()]).toEqual([due, []])
    now = due
    expect([manager.offer(now), received()]).toEqual([NEVER, ["Offer 2 1"]])
  })
})
