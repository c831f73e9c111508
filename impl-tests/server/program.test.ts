import { Cause, Exit } from "effect"
import { afterEach, describe, expect, test, vi } from "vitest"
import { makePair } from "../../src/memory/pair.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { NicError } from "../../src/ports/ports.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"
import { ServerError } from "../../src/server/program.ts"
import { initQueues, queueEnds, queueLayout } from "../../src/server/queues.ts"
import { clientsOf, openMany, play } from "./drive.ts"
import { type HostedPorts, HostedServer } from "./hosting.ts"
import { stackIp, stackMac, TestStack, tcpConfig, testTopology } from "./stack.ts"

/** Server `index` alone, with its right ports but for `change`. */
const host = (configuration: string, index: number, change: Partial<HostedPorts> = {}): HostedServer => {
  const plan = parseConfiguration(configuration)
  const layout = queueLayout(plan, 16, 16)
  const region = allocateRegion(layout.bytes)
  initQueues(region, layout)
  const [nic] = makePair({ rxSlots: 16, txSlots: 16, bufSize: 2048 })
  const own = plan.servers[index]
  const nobody = { writers: [], readers: [], frameWriters: [], frameReaders: [] }
  return new HostedServer(
    { index, plan, topology: testTopology(plan, 1), tcp: tcpConfig(stackIp, stackMac) },
    {
      queues: own === undefined ? nobody : queueEnds(region, layout, index),
      nic: own?.link === undefined ? undefined : nic,
      now: () => 1000,
      draw: () => 0,
      recorder: { record: () => {} },
      ringServer: () => {},
      ringApplication: () => {},
      ...change,
    },
  )
}

describe("ports that contradict the plan", () => {
  const queues = (configuration: string, index: number) => {
    const plan = parseConfiguration(configuration)
    const layout = queueLayout(plan, 16, 16)
    const region = allocateRegion(layout.bytes)
    initQueues(region, layout)
    return queueEnds(region, layout, index)
  }
  const ends = queues("TS2LS2+CM1", 0)
  const own = [undefined, undefined, undefined]
  test.each<[string, number, Partial<HostedPorts>, string]>([
    ["TS1LS1CM1", 1, {}, "server 1: the plan has servers 0 to 0"],
    ["TS1LS1CM1", 0, { nic: undefined }, "server 0: Link Server 0 has no NIC"],
    [
      "TS1LS1+CM1",
      1,
      { nic: makePair({ rxSlots: 16, txSlots: 16, bufSize: 2048 })[0] },
      "there is a NIC, but no Link Server",
    ],
    ["TS2LS2+CM1", 0, { queues: { ...ends, writers: own } }, "the mailbox has no message queue to server 1"],
    [
      "TS2LS2+CM1",
      0,
      { queues: { ...ends, readers: own } },
      "the mailbox has no message queue from server 1",
    ],
    ["TS2LS2+CM1", 0, { queues: { ...ends, frameWriters: own } }, "has no frame queue to server 1"],
    ["TS2LS2+CM1", 0, { queues: { ...ends, frameReaders: own } }, "has no frame queue from server 1"],
    [
      "TS1LS1+CM1",
      0,
      { queues: { ...queues("TS1LS1+CM1", 0), frameWriters: ends.frameWriters } },
      "a needless frame queue to server 1",
    ],
  ])("%s, server %d: %#", (configuration, index, change, message) => {
    const start = () => host(configuration, index, change)
    expect(start).toThrow(ServerError)
    expect(start).toThrow(message)
  })
})

test("right ports: ready is the first word", () => {
  expect(host("TS2LS2+CM1", 0).answers).toEqual([{ _tag: "Ready" }])
})

test("the end sends what lies ready, as far as there is an interface", () => {
  const [nic] = makePair({ rxSlots: 16, txSlots: 16, bufSize: 2048 })
  let synced = 0
  let error: Error | undefined
  const txSync = (): void => {
    synced++
    if (error !== undefined) throw error
  }
  const closing = (x: Error | undefined): HostedServer => {
    error = x
    const hosted = host("TS1LS1CM1", 0, { nic: { ...nic, txSync } })
    hosted.server.link!.emit.unsent = 1
    return hosted
  }
  closing(undefined).stop()
  expect(synced).toBe(1)
  const gone = closing(new NicError({ message: "tap0 has gone", cause: undefined })).stop()
  expect(gone !== undefined && Exit.isFailure(gone) && Cause.hasInterruptsOnly(gone.cause)).toBe(true)
  const bug = closing(new TypeError("a bug")).stop()
  expect(bug !== undefined && Exit.isFailure(bug) && Cause.hasDies(bug.cause)).toBe(true)
})

test("an interface that disappears is a NicError; anything else that is thrown is a bug", () => {
  const [nic] = makePair({ rxSlots: 16, txSlots: 16, bufSize: 2048 })
  let error: Error | undefined
  const rxSync = (): number => {
    if (error !== undefined) throw error
    return 0
  }
  const failing = (x: Error): Exit.Exit<never, unknown> | undefined => {
    error = undefined
    const hosted = host("TS1LS1CM1", 0, { nic: { ...nic, rxSync, txSync: rxSync } })
    error = x
    hosted.ring()
    expect(() => hosted.turn()).toThrow(x.message)
    return hosted.stop()
  }
  const gone = failing(new NicError({ message: "tap0 has gone", cause: undefined }))
  expect(gone !== undefined && Exit.isFailure(gone) && Cause.hasFails(gone.cause)).toBe(true)
  const bug = failing(new TypeError("a bug"))
  expect(bug !== undefined && Exit.isFailure(bug) && Cause.hasDies(bug.cause)).toBe(true)
})

describe("one run of turns", () => {
  /** A NIC that always has frames, none of them any good. */
  const busy = () => {
    const [nic, other] = makePair({ rxSlots: 16, txSlots: 16, bufSize: 2048 })
    for (let i = 0; i < 4; i++) {
      other.tx.setSlotLength(other.tx.head, 60)
      other.tx.head = other.tx.next(other.tx.head)
    }
    other.txSync()
    let turns = 0
    const first = nic.rx.head
    return {
      turns: () => turns,
      nic: {
        ...nic,
        rxSync: () => {
          turns++
          nic.rx.head = first
          return nic.rxSync()
        },
      },
    }
  }

  test("ends when the clock says so", () => {
    const { nic, turns } = busy()
    let now = 0
    const hosted = host("TS1LS1CM1", 0, { nic, now: () => now++, longestRun: 100 })
    expect(hosted.resting).toBe(true)
    expect(turns()).toBeGreaterThan(5)
    expect(turns()).toBeLessThan(100)
  })

  test("ends though the clock stands still", () => {
    const { nic, turns } = busy()
    expect(host("TS1LS1CM1", 0, { nic, longestRun: 100 }).resting).toBe(true)
    expect(turns()).toBe(1024)
  })

  test("is followed by another while a microthread is ready", () => {
    const hosted = host("TS1LS1CM1", 0)
    const { threads } = hosted.server.dispatcher.rpc
    threads.run(threads.take()!, (x) => threads.yield(x, (y) => threads.yield(y, () => {})))
    hosted.ring()
    hosted.turn()
    expect([threads.live, hosted.resting]).toEqual([1, true])
    hosted.turn()
    expect([threads.live, hosted.resting]).toEqual([0, false])
  })

  test("asks for a bell only while the server waits", () => {
    const plan = parseConfiguration("TS2LS2CM2")
    const layout = queueLayout(plan, 16, 16)
    const region = allocateRegion(layout.bytes)
    initQueues(region, layout)
    const { nic } = busy()
    let idle = true
    const rxSync = () => (idle ? 0 : nic.rxSync())
    const hosted = host("TS2LS2CM2", 0, { queues: queueEnds(region, layout, 0), nic: { ...nic, rxSync } })
    const other = queueEnds(region, layout, 1).writers[0]!
    const tell = (): boolean => {
      other.words[other.reserve()] = 0
      other.submit()
      return other.flush()
    }
    expect(hosted.resting).toBe(false)
    idle = false
    hosted.ring()
    hosted.turn()
    expect([hosted.resting, tell()]).toEqual([true, false])
    idle = true
    hosted.turn()
    hosted.turn()
    expect([hosted.resting, tell()]).toEqual([false, true])
  })

  test("hears 64 words of the supervisor at the most", () => {
    const hosted = host("TS1LS1CM1", 0)
    for (let k = 0; k < 100; k++) hosted.tell({ _tag: "Counters" })
    hosted.turn()
    expect(hosted.answers).toHaveLength(1 + 64)
    hosted.ring()
    hosted.turn()
    expect(hosted.answers).toHaveLength(1 + 100)
  })
})

describe("two servers in a world of their own", () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const run = () => {
    const stack = new TestStack("TS2LS2CM2")
    const apps = [stack.attach(0), stack.attach(1)]
    const clients = clientsOf(stack)
    play(stack, clients, apps, 20)
    const conversations = openMany(stack, clients, 24)
    play(stack, clients, apps, 100)
    return { stack, logs: stack.logs(), heard: conversations.map((x) => x.heard) }
  }

  test("the same calls give the same run, step by step, and nothing is left to a timer", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate", "setInterval", "queueMicrotask"] })
    const a = run()
    const b = run()
    expect(vi.getTimerCount()).toBe(0)
    expect(a.heard.every((x) => x.startsWith("hello"))).toBe(true)
    expect(b.heard).toEqual(a.heard)
    expect(a.logs.length).toBeGreaterThan(3)
    expect(b.logs).toEqual(a.logs)
  })

  test("interruption ends each, at once", () => {
    const { stack } = run()
    for (const hosted of stack.hosted) {
      const exit = hosted.stop()
      expect(exit !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)).toBe(true)
      hosted.ring()
      expect(hosted.turn()).toBe(false)
    }
  })
})
