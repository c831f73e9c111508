import { beforeEach, describe, expect, test } from "vitest"
import { decodeMessage } from "../../src/codec/message.ts"
import { defaultBalance } from "../../src/core/topology.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { ConnectionManager } from "../../src/server/connection-manager.ts"
import { BURST, MessageDispatcher } from "../../src/server/dispatcher.ts"
import { Outgoing } from "../../src/server/outgoing.ts"
import { emptySyn } from "../../src/server/syn.ts"

const PORT = 80
const WAITING = 3 * BURST + 10
const CAPACITY = 1024
const topology = {
  applications: 4,
  managers: 1,
  transports: 1,
  connections: 512,
  backlog: 400,
  room: 64,
  claimTimeout: 1000,
  balance: defaultBalance,
}

let reader: QueueReader
let dispatcher: MessageDispatcher
let manager: ConnectionManager

/** Connections named by messages of this kind since the last call. */
const sent = (tag: string): Array<number> => {
  const list: Array<number> = []
  for (let i = reader.peek(); i >= 0; i = reader.peek()) {
    const message = decodeMessage(reader.words, i)
    if (message?._tag === tag && "c" in message) list.push(message.c)
    reader.release()
  }
  return list
}

const syn = (peerPort: number) =>
  manager.syn(Object.assign(emptySyn(), { peerIp: 1, peerPort, localPort: PORT }), 0)

describe("more waits at a manager than a burst", () => {
  let waiting: ReadonlyArray<number>

  beforeEach(() => {
    const region = allocateRegion(queueBytes(CAPACITY))
    initQueue(region, 0, CAPACITY)
    reader = new QueueReader(region, 0, CAPACITY)
    const outgoing = [undefined, new Outgoing(new QueueWriter(region, 0, CAPACITY), CAPACITY)]
    const ports = { clock: { now: () => 0 }, entropy: { draw: () => 0 }, recorder: { record: () => {} } }
    dispatcher = new MessageDispatcher(0, { transports: [1], managers: [0] }, outgoing, [], ports)
    manager = new ConnectionManager(0, topology, dispatcher)
    manager.open(PORT)
    // Its only listener has timed out once: it listens, but is no candidate.
    manager.receive({ _tag: "AcceptConnection", a: 0, g: 1 }, PORT, -1)
    expect(syn(999)).toBe("Assigned")
    const [c] = sent("Assign")
    manager.receive({ _tag: "AcceptorTimedOut", c: c!, a: 0, g: 1 }, PORT, 0)
    for (let k = 0; k < WAITING - 1; k++) expect(syn(1000 + k)).toBe("Queued")
    waiting = [c!, ...sent("Open")]
    expect(waiting).toHaveLength(WAITING)
  })

  test("the last listener closes: a burst is reset in each turn, in order, and other messages come between", () => {
    const { threads } = dispatcher.rpc
    manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
    const reset: Array<number> = []
    for (let k = 0; k < 3; k++) {
      const now = sent("ResetConnection")
      expect(now).toHaveLength(BURST)
      reset.push(...now)
      // What comes meanwhile does not make it go on sooner.
      manager.receive({ _tag: "ConnectionClosed", c: now[0]! }, PORT, 0)
      expect(sent("ResetConnection")).toEqual([])
      expect(threads.ready).toBe(1)
      threads.turn()
    }
    reset.push(...sent("ResetConnection"))
    expect(reset).toEqual(waiting)
    expect(threads.live).toBe(0)
    expect(manager.counters.illegal).toBe(0)
    // And once more.
    for (const c of waiting.slice(1, 3)) manager.receive({ _tag: "ConnectionClosed", c }, PORT, 0)
    manager.receive({ _tag: "AcceptConnection", a: 0, g: 2 }, PORT, -1)
    expect(syn(1)).toBe("Assigned")
    const [c] = sent("Assign")
    manager.receive({ _tag: "AcceptorTimedOut", c: c!, a: 0, g: 2 }, PORT, 0)
    expect(syn(2)).toBe("Queued")
    manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
    expect(sent("ResetConnection")).toHaveLength(2)
  })

  test("somebody listens again before all is reset: he gets the rest, in order", () => {
    const { threads } = dispatcher.rpc
    manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
    const reset = sent("ResetConnection")
    manager.receive({ _tag: "AcceptConnection", a: 0, g: 2 }, PORT, -1)
    const assigned: Array<number> = []
    for (let k = 0; k < 8; k++) {
      assigned.push(...sent("Assign"))
      threads.turn()
    }
    expect(assigned).toEqual(waiting.slice(reset.length))
    expect(threads.live).toBe(0)
  })

  test("no microthread is free: all at once, and nothing is forgotten", () => {
    const { threads } = dispatcher.rpc
    while (threads.live < threads.capacity) threads.run(threads.take()!, (x) => threads.wait(x, () => {}))
    manager.receive({ _tag: "Detach", a: 0 }, PORT, -1)
    expect(sent("ResetConnection")).toEqual(waiting)
    expect(threads.counters.refused).toBe(1)
  })
})
