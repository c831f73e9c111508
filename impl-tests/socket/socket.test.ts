import { once } from "node:events"
import { describe, expect, test } from "vitest"
import { Stream } from "../../src/application/stream.ts"
import {
  OWES_ABORT,
  OWES_CLOSE,
  OWES_FINISH,
  OWES_RELEASE,
  OWES_WRITTEN,
} from "../../src/codec/data-message.ts"
import { allocateRegion } from "../../src/memory/region.ts"
import { PikaSocket, type SocketHost } from "../../src/socket/socket.ts"

const RING = 256

const make = (options: Partial<SocketHost> = {}) => {
  const region = allocateRegion(2 * RING)
  const memory = { region, rxOffset: 0, rxBytes: RING, txOffset: RING, txBytes: RING }
  const id = { server: 0, slot: 0, c: 1, n: 1 }
  const stream = new Stream({ owes: () => {}, released: () => {} }, memory, id, {
    ip: 0x0a010001,
    port: 4711,
  })
  const told: Array<string> = []
  const socket = new PikaSocket(stream, {
    local: { address: "10.1.0.2", family: "IPv4", port: 80 },
    allowHalfOpen: false,
    pauseOnConnect: false,
    flush: () => {},
    gone: () => told.push("gone"),
    ended: () => told.push("ended"),
    held: (x) => told.push(`held ${x.hasRef}`),
    ...options,
  })
  socket.start()
  return { region, stream, socket, told }
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
    stream.end(reason)
    const error = once(socket, "error")
    stream.changed()
    expect((await error)[0]).toMatchObject({ code })
    expect(socket.destroyed).toBe(true)
  })

  test("an end that was ours to make by force is an error too, never an end of the stream", async () => {
    const { stream, socket } = make()
    socket.resume()
    stream.end(3)
    const error = once(socket, "error")
    stream.changed()
    expect((await error)[0]).toMatchObject({ code: "ECONNABORTED", syscall: "read" })
  })

  test("destroyed it closes both directions: what was written is still sent; reset it aborts", () => {
    const closed = make()
    closed.socket.write("x")
    closed.socket.destroy()
    expect(closed.stream.owed & (OWES_CLOSE | OWES_ABORT | OWES_WRITTEN)).toBe(OWES_CLOSE | OWES_WRITTEN)
    const reset = make()
    reset.socket.resetAndDestroy()
    expect(reset.stream.owed & (OWES_CLOSE | OWES_ABORT)).toBe(OWES_ABORT)
  })

  test("what an ended connection left is read to its end, then its buffers are given back", async () => {
    const { region, stream, socket, told } = make({ pauseOnConnect: true, allowHalfOpen: true })
    region.bytes.set(Buffer.from("last"), 0)
    stream.readable = 4
    stream.peerFinished = true
    socket.end()
    stream.changed()
    stream.end(0)
    stream.changed()
    expect([stream.released, told]).toEqual([false, ["ended"]])
    const heard: Array<string> = []
    socket.on("data", (x) => heard.push(String(x))).resume()
    await once(socket, "close")
    expect([heard.join(""), stream.released, told]).toEqual(["last", true, ["ended", "gone"]])
  })

  test("destroyed before it has read them, it gives the buffers back unread", () => {
    const { stream, socket } = make({ pauseOnConnect: true })
    stream.readable = 4
    stream.end(0)
    stream.changed()
    expect(stream.released).toBe(false)
    socket.destroy()
    expect(stream.owed & OWES_RELEASE).toBe(OWES_RELEASE)
  })

  test("a listener that throws is reported, and nothing that arrived is lost by it", async () => {
    const { region, stream, socket } = make()
    const heard: Array<string> = []
    let fails = true
    socket.on("data", (x) => {
      heard.push(String(x))
      if (fails) throw new Error("of the listener")
    })
    const before = process.listeners("uncaughtException")
    process.removeAllListeners("uncaughtException")
    const uncaught = once(process, "uncaughtException")
    try {
      region.bytes.set(Buffer.from("ab"), 0)
      stream.readable = 1
      stream.changed()
      expect((await uncaught)[0]).toMatchObject({ message: "of the listener" })
    } finally {
      for (const x of before) process.on("uncaughtException", x)
    }
    fails = false
    stream.readable = 2
    stream.changed()
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard.join("")).toBe("ab")
  })

  test("a slow reader takes no more than the ring and its own buffer hold", async () => {
    const { stream, socket } = make()
    for (let k = 1; k <= 2000; k++) {
      // The peer fills what is free, as TCP lets it.
      stream.readable = (stream.consumed + RING) | 0
      stream.changed()
    }
    expect(socket.readableLength).toBeLessThanOrEqual(socket.readableHighWaterMark + RING)
    expect(stream.available).toBe(RING)
  })
})
