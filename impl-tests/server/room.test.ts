/** What finds no room in a queue goes when there is some: at a bell, not when something else happens to wake the server. */
import { expect, test } from "vitest"
import { DataType } from "../../src/codec/data-message.ts"
import { appLinkOffsets } from "../../src/memory/app-link.ts"
import { QueueWriter } from "../../src/memory/queue.ts"
import type { Client } from "./client.ts"
import { clientsOf, openMany, play } from "./drive.ts"
import { type App, TestStack } from "./stack.ts"

/** Nobody answers. */
const turn = (stack: TestStack, clients: ReadonlyArray<Client>, apps: ReadonlyArray<App>, us = 50): void => {
  for (const client of clients) client.turn(stack.now)
  stack.settle(apps, us)
}

test("messages for another server", () => {
  const stack = new TestStack("TS1LS1+CM1", 4, 2)
  const apps = [stack.attach(0), stack.attach(1)]
  const clients = clientsOf(stack)
  play(stack, clients, apps, 20)
  const [transport, manager] = stack.servers
  const served = () => apps.reduce((sum, app) => sum + app.streams.length, 0)
  for (let k = 0; k < 8; k++) {
    openMany(stack, clients, 1, 20000 + k)
    for (let j = 0; j < 40 && served() <= k; j++) turn(stack, clients, apps)
  }
  expect(served()).toBe(8)
  // The manager stands still while all of them end.
  stack.stopped.add(1)
  play(stack, clients, apps, 100)
  expect(transport!.transport?.tcp.connections).toBe(0)
  expect(transport!.waiting).toBeGreaterThan(2)
  stack.stopped.delete(1)
  // Without time: nothing but a bell wakes a server.
  for (let k = 0; k < 20; k++) stack.settle(apps, 0)
  expect(transport!.waiting).toBe(0)
  expect(manager!.manager?.flows(80)).toBe(0)
})

test("news for an application, and room in its own ring", () => {
  const stack = new TestStack("TS1LS1CM1")
  const app = stack.attach(0)
  const clients = clientsOf(stack)
  play(stack, clients, [app], 20)
  openMany(stack, clients, 1)
  for (let k = 0; k < 40 && app.streams.length === 0; k++) turn(stack, clients, [app])
  expect(app.streams).toHaveLength(1)
  // It stands still, its ring full of words that mean nothing.
  const link = stack.servers[0]!.dispatcher.links.get(0)!
  while (link.writer.reserve() >= 0) {
    link.writer.words[link.writer.reserve()] = DataType.Status
    link.writer.words[link.writer.reserve() + 1] = 99
    link.writer.submit()
  }
  // A quarter of the ring: room enough to be told of.
  app.streams[0]!.write(new Uint8Array(link.config.txBytes >> 2))
  app.attachment.flush()
  for (let k = 0; k < 20; k++) turn(stack, clients, [], 5_000)
  expect(link.dirty).toHaveLength(1)
  for (let k = 0; k < 5; k++) stack.settle([app], 0)
  expect(link.dirty).toEqual([])
  expect(app.streams[0]!.acked).toBe(link.config.txBytes >> 2)
  // The other way round.
  const { toServer } = appLinkOffsets(link.config)
  const writer = new QueueWriter(link.region, toServer, link.config.queueCapacity)
  while (writer.reserve() >= 0) {
    writer.words[writer.reserve()] = 0
    writer.submit()
  }
  expect(writer.armRoom()).toBe(true)
  stack.rung.length = 0
  stack.hosted[0]!.ring()
  stack.settle([], 0)
  expect(stack.rung).toContain(0)
})

test("frames for another server: tried again soon, since nobody rings for their room", () => {
  const stack = new TestStack("TS1+LS1+CM1", 4, 256, 2)
  const app = stack.attach(0)
  const clients = clientsOf(stack)
  play(stack, clients, [app], 20)
  openMany(stack, clients, 1)
  for (let k = 0; k < 40 && app.streams.length === 0; k++) turn(stack, clients, [app])
  turn(stack, clients, [app])
  const { rx } = stack.wires[0]!
  const before = rx.space()
  app.streams[0]!.write(new Uint8Array(5 * 1400))
  app.attachment.flush()
  // The client, whose acknowledgements would wake the transport, stands still.
  for (let k = 0; k < 4; k++) stack.settle([app], 200)
  expect(rx.space() - before).toBeGreaterThanOrEqual(5)
})
