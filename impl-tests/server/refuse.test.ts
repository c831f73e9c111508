import { describe, expect, test } from "vitest"
import { classify, makeClassified } from "../../src/net/classify.ts"
import { END_REFUSED } from "../../src/net/tcp/types.ts"
import { TCP_ACK, TCP_RST, TCP_SYN } from "../../src/net/wire/tcp.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"
import { RPC_TIMEOUT, THREADS } from "../../src/server/rpc.ts"
import { tcpFrame } from "../net/frames.ts"
import { clientsOf, openMany, play, runs } from "./drive.ts"
import { hostIp, hostMac, stackIp, stackMac, TestStack } from "./stack.ts"

/** A SYN from `port` with `bytes` of data, put on the stack's first wire as it is. */
const sendSyn = (stack: TestStack, port: number, bytes = 0): void => {
  const wire = stack.wires[0]!
  const { tx } = wire
  const frame = tcpFrame({
    toMac: stackMac,
    fromMac: hostMac,
    fromIp: hostIp,
    toIp: stackIp,
    fromPort: port,
    toPort: 80,
    seq: 1000,
    flags: TCP_SYN,
    payload: new Uint8Array(bytes),
  })
  tx.region.bytes.set(frame, tx.bufferOffset(tx.head))
  tx.setSlotLength(tx.head, frame.length)
  tx.head = tx.next(tx.head)
  wire.txSync()
}

describe.each(runs)("%s, %s: a SYN that nobody may have", (configuration, scheme) => {
  test("no listener: answered by RST (RFC 9293 3.10.7.1), wherever the manager is", () => {
    const stack = new TestStack(configuration, 4, 256, 64, scheme)
    const clients = clientsOf(stack)
    const conversations = openMany(stack, clients, 12)
    play(stack, clients, [], 20)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => END_REFUSED))
    for (const server of stack.servers) {
      expect(server.transport?.tcp.connections ?? 0).toBe(0)
      expect([server.dispatcher.rpc.outstanding, server.dispatcher.rpc.threads.live]).toEqual([0, 0])
    }
  })

  test("the listener has closed: as before it listened", () => {
    const stack = new TestStack(configuration, 4, 256, 64, scheme)
    const clients = clientsOf(stack)
    const app = stack.attach(0)
    play(stack, clients, [app], 20)
    stack.kill(app)
    const conversations = openMany(stack, clients, 6)
    play(stack, clients, [], 20)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => END_REFUSED))
  })

  test("a full backlog: silence, and the SYN that comes again is served", () => {
    const stack = new TestStack(configuration, 4, 256, 64, scheme)
    const clients = clientsOf(stack)
    // It listens, but does not take what it is given: after the claim timeout everything waits, 32 at each manager.
    const app = stack.attach(0)
    play(stack, clients, [app], 20)
    const conversations = openMany(stack, clients, 1)
    play(stack, clients, [], 100, 100)
    conversations.push(...openMany(stack, clients, 40 * stack.plan.managers, 30000))
    play(stack, clients, [], 10)
    // Under Late those wait that are established: a burst is admitted before it fills the queue.
    conversations.push(...openMany(stack, clients, 8 * stack.plan.managers, 31000))
    play(stack, clients, [], 50)
    expect(conversations.filter((x) => x.ended !== undefined)).toEqual([])
    const dropped = stack.servers.reduce((sum, x) => sum + (x.manager?.counters.dropped ?? 0), 0)
    expect(dropped).toBeGreaterThan(0)
    expect(conversations.filter((x) => !x.established)).toHaveLength(dropped)
    play(stack, clients, [app], 400, 10_000)
    expect(conversations.filter((x) => !x.heard.startsWith("hello"))).toEqual([])
  })
})

describe("the manager in another server", () => {
  const split = "TS2LS2+CM1"
  const manager = parseConfiguration(split).servers.findIndex((x) => x.manager !== undefined)

  test("answers late: the peer's next SYN is refused in time", () => {
    const stack = new TestStack(split)
    const clients = clientsOf(stack)
    const conversations = openMany(stack, clients, 4)
    stack.stopped.add(manager)
    play(stack, clients, [], 10, RPC_TIMEOUT / 5)
    const unanswered = stack.servers.map((x) => x.dispatcher.rpc.counters.timedOut)
    expect(unanswered[0]! + unanswered[1]!).toBe(4)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => undefined))
    stack.stopped.clear()
    play(stack, clients, [], 1)
    const late = stack.servers.map((x) => x.dispatcher.rpc.counters.late)
    expect(late[0]! + late[1]!).toBe(4)
    play(stack, clients, [], 200, 10_000)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => END_REFUSED))
  })

  test("has gone: nothing is answered, nothing waits, nothing piles up", () => {
    const stack = new TestStack(split)
    const clients = clientsOf(stack)
    openMany(stack, clients, 4)
    stack.stopped.add(manager)
    play(stack, clients, [], 2)
    expect(stack.servers[0]!.dispatcher.rpc.outstanding + stack.servers[1]!.dispatcher.rpc.outstanding).toBe(
      4,
    )
    for (const k of [0, 1]) stack.hosted[k]!.tell({ _tag: "Lost", server: manager })
    openMany(stack, clients, 4, 30000)
    play(stack, clients, [], 5)
    for (const k of [0, 1]) expect(stack.servers[k]!.dispatcher.rpc.outstanding).toBe(0)
    expect(
      stack.servers[0]!.dispatcher.rpc.counters.lost + stack.servers[1]!.dispatcher.rpc.counters.lost,
    ).toBe(8)
  })

  test("a SYN with data is refused with its data acknowledged", () => {
    const stack = new TestStack(split)
    sendSyn(stack, 20000, 100)
    stack.settle([])
    stack.settle([])
    const { rx } = stack.wires[0]!
    expect(rx.space()).toBe(1)
    const c = makeClassified({ ip: hostIp, mac: hostMac })
    classify(rx.region, rx.bufferOffset(rx.head), rx.slotLength(rx.head), c)
    expect([c.flags, c.ack]).toEqual([TCP_RST | TCP_ACK, 1000 + 1 + 100])
  })

  test("more SYNs than microthreads: what is too much is dropped and counted, and the rest is answered", () => {
    const stack = new TestStack(split, 4, 4096)
    stack.stopped.add(manager)
    const sent = THREADS + 50
    for (let k = 0; k < sent; k++) {
      // Ports that the flow director gives to transport 0.
      sendSyn(stack, 4 * k + 1024)
      if (k % 32 === 0) stack.settle([], 1)
    }
    stack.settle([], 1)
    const [server] = stack.servers
    expect(server!.dispatcher.rpc.outstanding).toBe(THREADS)
    expect(server!.counters().syns).toEqual({ asked: sent, refused: 0, unanswered: 50 })
    stack.stopped.clear()
    for (let k = 0; k < 40; k++) stack.settle([], 1)
    expect(server!.counters().syns).toEqual({ asked: sent, refused: THREADS, unanswered: 50 })
  })

  test("a server that ends tells its waiting threads", () => {
    const stack = new TestStack(split)
    const clients = clientsOf(stack)
    openMany(stack, clients, 4)
    stack.stopped.add(manager)
    play(stack, clients, [], 2)
    const { rpc } = stack.servers[0]!.dispatcher
    expect(rpc.threads.live).toBeGreaterThan(0)
    stack.hosted[0]!.stop()
    expect([rpc.outstanding, rpc.threads.live]).toEqual([0, 0])
  })
})
