import { describe, expect, test } from "vitest"
import { END_REFUSED } from "../../src/net/tcp/types.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"
import { RPC_TIMEOUT } from "../../src/server/rpc.ts"
import { clientsOf, configurations, openMany, play } from "./drive.ts"
import { TestStack } from "./stack.ts"

describe.each(configurations)("%s: a SYN that nobody may have", (configuration) => {
  test("no listener: answered by RST (RFC 9293 3.10.7.1), wherever the manager is", () => {
    const stack = new TestStack(configuration)
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
    const stack = new TestStack(configuration)
    const clients = clientsOf(stack)
    const app = stack.attach(0)
    play(stack, clients, [app], 20)
    stack.kill(app)
    const conversations = openMany(stack, clients, 6)
    play(stack, clients, [], 20)
    expect(conversations.map((x) => x.ended)).toEqual(conversations.map(() => END_REFUSED))
  })

  test("a full backlog: silence, and the SYN that comes again is served", () => {
    const stack = new TestStack(configuration)
    const clients = clientsOf(stack)
    // It listens, but does not take what it is given: after the claim timeout everything waits, 32 at each manager.
    const app = stack.attach(0)
    play(stack, clients, [app], 20)
    const conversations = openMany(stack, clients, 1)
    play(stack, clients, [], 100, 100)
    conversations.push(...openMany(stack, clients, 40 * stack.plan.managers, 30000))
    play(stack, clients, [], 60)
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
