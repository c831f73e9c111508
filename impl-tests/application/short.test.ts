import { describe, expect, test } from "vitest"
import { CLOSED } from "../../src/application/stream.ts"
import { QUEUE_WRITTEN } from "../../src/memory/layout.ts"
import { clientsOf, openMany, play } from "../server/drive.ts"
import { TestStack } from "../server/stack.ts"

const start = () => {
  const stack = new TestStack("TS1LS1CM1")
  const app = stack.attach(0)
  const clients = clientsOf(stack)
  play(stack, clients, [app], 5)
  const link = stack.servers[0]!.dispatcher.links.get(0)!
  const count = (queue: number) => link.region.words[(queue + QUEUE_WRITTEN) >> 2]!
  const turns = (n: number) => {
    for (let k = 0; k < n; k++) {
      for (const client of clients) client.turn(stack.now)
      stack.settle([app], 50)
    }
  }
  return { stack, app, clients, link, count, turns }
}

describe("a short connection", () => {
  test("takes three messages to its application and two from it, and three frames to its peer", () => {
    const { stack, app, clients, link, count, turns } = start()
    const before = [count(link.offsets.toApplication), count(link.offsets.toServer)]
    const { sent } = stack.servers[0]!.link!.counters
    const [conversation] = openMany(stack, clients, 1)
    // As a Linux client, which asks before anybody has claimed the connection.
    for (const client of clients) client.turn(stack.now)
    stack.servers[0]!.turn()
    for (const client of clients) client.turn(stack.now)
    stack.servers[0]!.turn()
    stack.settle([app])
    const [stream] = app.streams
    expect(new TextDecoder().decode(stream!.read())).toBe("you")
    stream!.write(Buffer.from("hello"))
    stream!.finish()
    stream!.close()
    app.attachment.flush()
    turns(20)
    expect([conversation!.heard, conversation!.ended, stream!.ended]).toEqual(["hello", CLOSED, CLOSED])
    // CONNECTION-AVAILABLE, CLAIMED with the request, Ended; CLAIM-CONNECTION, Update.
    const after = [count(link.offsets.toApplication), count(link.offsets.toServer)]
    expect(after.map((x, k) => x - before[k]!)).toEqual([3, 2])
    // SYN-ACK, the answer with FIN, the last ACK.
    expect(stack.servers[0]!.link!.counters.sent - sent).toBe(3)
    expect([link.free.length, link.violations]).toEqual([16, 0])
  })

  test("given up, frees its buffers with its end, whichever comes first", () => {
    const { stack, app, clients, link, turns } = start()
    for (const crossing of [false, true]) {
      openMany(stack, clients, 8, crossing ? 30000 : 20000)
      turns(20)
      const streams = app.streams.splice(0)
      expect(streams).toHaveLength(8)
      if (crossing) {
        // The peer resets; the application gives up before it hears of that.
        for (const client of clients)
          for (const tcb of client.conversations.keys()) client.tcp.abort(tcb, stack.now)
        for (const client of clients) client.turn(stack.now)
        stack.servers[0]!.turn()
      }
      for (const x of streams) x.close()
      app.attachment.flush()
      turns(20)
      expect(streams.every((x) => x.released)).toBe(true)
      expect([link.free.length, link.violations]).toEqual([16, 0])
    }
  })

  test("that a client closes at once tells its application so, also when that came before the claim", () => {
    const { stack, app, clients, turns } = start()
    openMany(stack, clients, 1)
    for (let k = 0; k < 4; k++) {
      for (const client of clients) client.turn(stack.now)
      stack.servers[0]!.turn()
    }
    for (const client of clients)
      for (const tcb of client.conversations.keys()) client.tcp.finish(tcb, stack.now)
    for (let k = 0; k < 4; k++) {
      for (const client of clients) client.turn(stack.now)
      stack.servers[0]!.turn()
    }
    stack.settle([app])
    const [stream] = app.streams
    expect([stream!.available, stream!.peerFinished]).toEqual([3, true])
    turns(5)
  })
})

describe("news of room", () => {
  test("comes when it is worth a message, and always reaches a writer that waits", () => {
    const { app, stack, clients, link, count, turns } = start()
    const [conversation] = openMany(stack, clients, 1)
    turns(10)
    const [stream] = app.streams
    const before = count(link.offsets.toApplication)
    // A little is acknowledged without a word.
    stream!.write(new Uint8Array(10))
    app.attachment.flush()
    turns(10)
    expect(count(link.offsets.toApplication)).toBe(before)
    // More than the ring holds, by whatever is let in.
    let left = 100_000
    for (let k = 0; k < 400 && left > 0; k++) {
      left -= stream!.write(new Uint8Array(Math.min(left, 5000)))
      app.attachment.flush()
      turns(3)
    }
    expect(left).toBe(0)
    expect(conversation!.ended).toBeUndefined()
  })
})
