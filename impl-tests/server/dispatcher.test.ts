import { beforeEach, expect, test } from "vitest"
import { MessageType } from "../../src/codec/message.ts"
import type { Message } from "../../src/core/message.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { BURST, LOCAL_BURST, MessageDispatcher } from "../../src/server/dispatcher.ts"
import { fillMessage } from "../../src/server/outgoing.ts"

const CAPACITY = 256
const ports = { clock: { now: () => 0 }, entropy: { draw: () => 0 }, recorder: { record: () => {} } }

/** Server 1 of three; the ends of 0 and 2 that write to it. */
let dispatcher: MessageDispatcher
let writers: ReadonlyArray<QueueWriter | undefined>

beforeEach(() => {
  const queues = [0, 1, 2].map((server) => {
    if (server === 1) return undefined
    const region = allocateRegion(queueBytes(CAPACITY))
    initQueue(region, 0, CAPACITY)
    return { writer: new QueueWriter(region, 0, CAPACITY), reader: new QueueReader(region, 0, CAPACITY) }
  })
  writers = queues.map((x) => x?.writer)
  const readers = queues.map((x) => x?.reader)
  dispatcher = new MessageDispatcher(1, { transports: [1], managers: [1] }, [], readers, ports)
})

const send = (server: number, message: Message, sender = 0, rider?: Int32Array): void => {
  const writer = writers[server]!
  fillMessage(writer.words, writer.reserve(), message, 80, sender, rider, 0, rider?.length ?? 0)
  writer.submit()
}

test("each type of message runs what is registered for it, with its port, sender and rider", () => {
  const seen: Array<string> = []
  dispatcher.register("transport", ["Open"], (message, port, sender, rider, at) =>
    seen.push(`${message._tag} ${port} ${sender} ${rider![at]} ${rider![at + 7]}`),
  )
  dispatcher.register("manager", ["Offer"], (message) => seen.push(message._tag))
  dispatcher.on(99, (words, i, server) => seen.push(`99 from ${server}: ${words[i + 1]}`))
  send(0, { _tag: "Open", c: 3 }, 5, Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  send(0, { _tag: "Offer", a: 1, g: 1, listener: true, serviceTime: 4 })
  const { words } = writers[2]!
  const i = writers[2]!.reserve()
  words[i] = 99
  words[i + 1] = 7
  writers[2]!.submit()
  expect(dispatcher.receive()).toBe(3)
  expect(seen).toEqual(["Open 80 5 1 8", "Offer", "99 from 2: 7"])
  expect(dispatcher.unexpected).toBe(0)
})

test("a type for which nothing is registered is counted, and the next message is read", () => {
  let opened = 0
  dispatcher.register("transport", ["Open"], () => opened++)
  for (const type of [0, 63, 255, MessageType.Claimed]) {
    writers[0]!.words[writers[0]!.reserve()] = type
    writers[0]!.submit()
  }
  send(0, { _tag: "Open", c: 0 })
  dispatcher.receive()
  expect([dispatcher.unexpected, opened]).toEqual([4, 1])
})

test("two for one type is a bug, and says so", () => {
  dispatcher.register("transport", ["Open"], () => {})
  expect(() => dispatcher.register("manager", ["Open"], () => {})).toThrow("registered twice")
})

test("a burst of every source: none keeps another waiting", () => {
  const from: Array<number> = []
  dispatcher.register("transport", ["Open"], (_, __, sender) => from.push(sender))
  for (let k = 0; k < BURST + 10; k++) send(0, { _tag: "Open", c: k }, 0)
  for (let k = 0; k < 5; k++) send(2, { _tag: "Open", c: k }, 2)
  expect(dispatcher.receive()).toBe(BURST + 5)
  expect(from.filter((x) => x === 2)).toHaveLength(5)
  expect(dispatcher.receive()).toBe(10)
})

test("components of one server hear each other in order; a chain without end does not hold the turn up", () => {
  const out = new Outbox()
  const seen: Array<number> = []
  const put = (c: number) => {
    out.clear()
    out.send("transport", 0, { _tag: "Open", c })
    dispatcher.dispatch(out, 80, 0)
  }
  dispatcher.register("transport", ["Open"], (message) => {
    if (message._tag !== "Open") return
    seen.push(message.c)
    put(message.c + 2)
  })
  put(0)
  put(1)
  expect(dispatcher.runLocal()).toBe(LOCAL_BURST)
  expect(seen).toEqual(Array.from({ length: LOCAL_BURST }, (_, k) => k))
  expect(dispatcher.localWaiting).toBe(2)
})

test("a rider outlives the queue slot that it came in", () => {
  const out = new Outbox()
  const rider = Int32Array.of(0, 1, 2, 3)
  let got: ReadonlyArray<number> = []
  dispatcher.register("transport", ["Open"], (_, __, ___, words, at) => {
    got = Array.from(words!.subarray(at, at + 2))
  })
  out.send("transport", 0, { _tag: "Open", c: 0 })
  dispatcher.dispatch(out, 80, 0, rider, 2, 2)
  rider.fill(9)
  dispatcher.runLocal()
  expect(got).toEqual([2, 3])
})
