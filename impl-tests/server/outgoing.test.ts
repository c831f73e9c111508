import { expect, test } from "vitest"
import { decodeMessage } from "../../src/codec/message.ts"
import { initQueue, QueueReader, QueueWriter, queueBytes } from "../../src/memory/queue.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { Outgoing } from "../../src/server/outgoing.ts"

const CAPACITY = 4

const make = (most = 8) => {
  const region = allocateRegion(queueBytes(CAPACITY))
  initQueue(region, 0, CAPACITY)
  const outgoing = new Outgoing(new QueueWriter(region, 0, CAPACITY), most)
  const reader = new QueueReader(region, 0, CAPACITY)
  const send = (c: number) => outgoing.send({ _tag: "ConnectionClosed", c }, 80, 0, undefined, 0, 0)
  const receive = (): number => {
    const i = reader.peek()
    if (i < 0) return -1
    const message = decodeMessage(reader.words, i)
    reader.release()
    return message?._tag === "ConnectionClosed" ? message.c : -2
  }
  return { outgoing, reader, send, receive }
}

test("what finds no room waits, in order, and goes when the other side has made some", () => {
  const { outgoing, reader, send, receive } = make()
  for (let c = 0; c < 6; c++) send(c)
  expect(outgoing.waiting).toBe(2)
  // About to sleep: to be rung at the first free slot.
  expect(outgoing.armRoom()).toBe(true)
  expect(receive()).toBe(0)
  expect(reader.flushRoom()).toBe(true)
  outgoing.flush()
  expect(outgoing.waiting).toBe(1)
  expect([receive(), receive()]).toEqual([1, 2])
  // There is room by now: no reason to sleep.
  expect(outgoing.armRoom()).toBe(false)
  outgoing.flush()
  expect([receive(), receive(), receive(), receive()]).toEqual([3, 4, 5, -1])
  expect(outgoing.armRoom()).toBe(true)
})

test("a place is taken when all before it is, what waits included", () => {
  const { outgoing, send, receive } = make()
  for (let c = 0; c < 5; c++) send(c)
  const place = outgoing.position
  for (let c = 0; c < 4; c++) {
    expect(outgoing.isTaken(place)).toBe(false)
    receive()
  }
  expect(outgoing.isTaken(place)).toBe(false)
  outgoing.flush()
  receive()
  expect(outgoing.isTaken(place)).toBe(true)
  send(9)
  outgoing.lost = true
  expect(outgoing.isTaken(outgoing.position)).toBe(true)
})

test("more than the protocol can have under way is a bug, and says so", () => {
  const { send } = make(1)
  for (let c = 0; c < 5; c++) send(c)
  expect(() => send(5)).toThrow("more than 1 messages wait")
})

test("what may be dropped does not overtake what waits", () => {
  const { outgoing, send, receive } = make()
  for (let c = 0; c < 5; c++) send(c)
  for (let c = 0; c < 4; c++) receive()
  expect(outgoing.reserve()).toBe(-1)
  outgoing.flush()
  expect(outgoing.reserve()).toBeGreaterThan(0)
})

test("a server that has gone is sent nothing, what waits for it is dropped", () => {
  const { outgoing, send, receive } = make()
  for (let c = 0; c < 6; c++) send(c)
  for (let c = 0; c < 4; c++) receive()
  outgoing.lost = true
  send(6)
  outgoing.flush()
  expect([outgoing.waiting, receive()]).toEqual([0, -1])
  send(7)
  expect(receive()).toBe(-1)
})
