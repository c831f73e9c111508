import { once } from "node:events"
import { describe, expect, test } from "vitest"
import { OWES_ABORT, OWES_FINISH, OWES_WRITTEN, Stream } from "../../src/application/stream.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { PikaSocket } from "../../src/socket/socket.ts"

const RING = 256

const make = () => {
  const region = allocateRegion(2 * RING)
  const memory = { region, rxOffset: 0, rxBytes: RING, txOffset: RING, txBytes: RING }
  const id = { server: 0, slot: 0, c: 1, n: 1 }
  const stream = new Stream({ owes: () => {} }, memory, id, { ip: 0x0a010001, port: 4711 })
  const socket = new PikaSocket(stream, 80, () => {})
  return { region, stream, socket }
}

describe("a socket", () => {
  test("says who its peer is", () => {
    const { socket } = make()
    expect([socket.remoteAddress, socket.remotePort, socket.localPort]).toEqual(["10.1.0.1", 4711, 80])
  })

  test("reads what arrives, and ends when the peer has finished", async () => {
    const { region, stream, socket } = make()
    const heard: Array<string> = []
    socket.on("data", (x) => heard.push(String(x)))
    region.bytes.set(Buffer.from("hello"), 0)
    stream.readable = 5
    stream.changed()
    stream.peerFinished = true
    // Not half-open: its own end follows.
    const ends = Promise.all([once(socket, "end"), once(socket, "finish")])
    stream.changed()
    await ends
    expect(heard.join("")).toBe("hello")
    expect(stream.owed & OWES_FINISH).toBe(OWES_FINISH)
  })

  test("a write beyond the ring's room waits for the peer's acknowledgement", async () => {
    const { region, stream, socket } = make()
    let done = false
    socket.write(Buffer.alloc(RING + 10, 7), () => {
      done = true
    })
    expect([stream.written, done]).toEqual([RING, false])
    stream.acked = 100
    stream.changed()
    await new Promise((resolve) => setImmediate(resolve))
    expect([stream.written, done]).toEqual([RING + 10, true])
    expect(stream.owed & OWES_WRITTEN).toBe(OWES_WRITTEN)
    expect(region.bytes[RING + 9]).toBe(7)
  })

  test.each([
    [1, "ECONNRESET"],
    [2, "ETIMEDOUT"],
  ])("a connection that ends for reason %i is an error: %s", async (reason, code) => {
    const { stream, socket } = make()
    socket.resume()
    stream.ended = reason
    const error = once(socket, "error")
    stream.changed()
    expect((await error)[0]).toMatchObject({ code })
    expect(socket.destroyed).toBe(true)
  })

  test("destroyed with something unsaid it aborts", () => {
    const { stream, socket } = make()
    socket.destroy()
    expect(stream.owed & OWES_ABORT).toBe(OWES_ABORT)
  })
})
