import { describe, expect, test } from "vitest"
import type { Stream } from "../../src/application/stream.ts"
import { clientsOf, openMany, play } from "../server/drive.ts"
import { type App, TestStack } from "../server/stack.ts"

/** Turns in which applications claim, and do nothing else. */
const turns = (stack: TestStack, clients: ReturnType<typeof clientsOf>, apps: ReadonlyArray<App>) => {
  for (let k = 0; k < 60; k++) {
    for (const client of clients) client.turn(stack.now)
    stack.settle(apps, 50)
  }
}

const text = (stream: Stream): string => new TextDecoder().decode(stream.read())

describe.each(["Tournament", "Late"] as const)("buffers of a connection that has ended, %s", (scheme) => {
  test("are not another's before what lay in them is read", () => {
    const stack = new TestStack("TS1LS1CM1", 4, 256, 64, scheme)
    const app = stack.attach(0)
    const clients = clientsOf(stack)
    play(stack, clients, [app], 5)
    // As many as there are buffers: all finish on both sides, unread.
    openMany(stack, clients, 16)
    turns(stack, clients, [app])
    expect(app.streams).toHaveLength(16)
    for (const stream of app.streams) stream.finish()
    turns(stack, clients, [app])
    expect(app.streams.map((x) => x.ended)).toEqual(app.streams.map(() => 0))
    expect(app.streams.map((x) => x.available)).toEqual(app.streams.map(() => 3))
    // One more gets no buffer until one is read.
    const [late] = openMany(stack, clients, 1, 30000)
    turns(stack, clients, [app])
    expect([late!.established, app.streams.length]).toEqual([true, 16])
    expect(app.streams.map(text)).toEqual(app.streams.map(() => "you"))
    play(stack, clients, [app], 200)
    expect(late!.heard).toBe("hello you from 0")
  })

  test("are given back unread by who does not want them, and after a reset", () => {
    const stack = new TestStack("TS1LS1CM1", 4, 256, 64, scheme)
    const app = stack.attach(0)
    const clients = clientsOf(stack)
    play(stack, clients, [app], 5)
    for (let round = 0; round < 5; round++) {
      openMany(stack, clients, 16, 20000 + 100 * round)
      turns(stack, clients, [app])
      const streams = app.streams.splice(0)
      expect(streams).toHaveLength(16)
      streams.forEach((x, k) => {
        if (k % 2 === 0) x.abort()
        else x.finish()
      })
      turns(stack, clients, [app])
      for (const x of streams) x.discard()
      app.attachment.flush()
    }
  })

  test("a release that names another's slot, or comes too early, is a violation and frees nothing", () => {
    const stack = new TestStack("TS1LS1CM1", 4, 256, 64, scheme)
    const app = stack.attach(0)
    const clients = clientsOf(stack)
    play(stack, clients, [app], 5)
    openMany(stack, clients, 2)
    turns(stack, clients, [app])
    const link = stack.servers[0]!.dispatcher.links.get(0)!
    const free = link.free.length
    const { slot, c, n } = app.streams[0]!
    for (const [s, cc, nn] of [
      [slot, c, n],
      [slot, c, n + 1],
      [-1, c, n],
      [999, c, n],
    ] as const)
      expect(link.release(s, cc, nn)).toBe(false)
    expect(link.free.length).toBe(free)
  })
})
