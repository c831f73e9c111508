import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { CLOSED, Stream } from "../../src/application/stream.ts"
import {
  OWES_ABORT,
  OWES_CLOSE,
  OWES_CONSUMED,
  OWES_FINISH,
  OWES_RELEASE,
  OWES_WRITTEN,
} from "../../src/codec/data-message.ts"
import { allocateRegion } from "../../src/memory/region.ts"

const make = (bytes: number) => {
  const region = allocateRegion(2 * bytes)
  const owing: Array<Stream> = []
  const released: Array<Stream> = []
  const memory = { region, rxOffset: 0, rxBytes: bytes, txOffset: bytes, txBytes: bytes }
  const stream = new Stream(
    { owes: (x) => owing.push(x), released: (x) => released.push(x) },
    memory,
    { server: 0, slot: 0, c: 1, n: 1 },
    { ip: 0x0a000001, port: 4711 },
  )
  return { region, stream, owing, released }
}

describe("stream", () => {
  test("what is written lies in the ring, around its end and around 2³², and no more than there is room for", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.uint8Array({ maxLength: 200 })), (start, chunks) => {
        const { region, stream } = make(128)
        stream.written = start | 0
        stream.acked = start | 0
        for (const chunk of chunks) {
          const before = stream.written
          const taken = stream.write(chunk)
          expect(taken).toBe(Math.min(chunk.length, 128))
          for (let k = 0; k < taken; k++) expect(region.bytes[128 + ((before + k) & 127)]).toBe(chunk[k])
          stream.acked = stream.written
        }
      }),
    )
  })

  test("without room nothing is taken: backpressure", () => {
    const { stream } = make(128)
    expect(stream.write(new Uint8Array(200))).toBe(128)
    expect(stream.write(new Uint8Array(1))).toBe(0)
    stream.acked = 100
    expect(stream.write(new Uint8Array(200))).toBe(100)
  })

  test("reads what arrived, in order, once", () => {
    const { region, stream } = make(128)
    region.bytes.set([1, 2, 3, 4, 5], 0)
    expect(stream.read()).toBeUndefined()
    stream.readable = 5
    expect([...stream.read(2)!]).toEqual([1, 2])
    expect([...stream.read()!]).toEqual([3, 4, 5])
    expect(stream.read()).toBeUndefined()
  })

  test("a server that claims too much cannot make it read beyond the ring", () => {
    const { stream } = make(128)
    stream.readable = 1000
    expect(stream.read()!.length).toBe(128)
  })

  test("debts are noted once and merge", () => {
    const { stream, owing } = make(128)
    stream.write(new Uint8Array(3))
    stream.write(new Uint8Array(3))
    stream.readable = 1
    stream.read()
    stream.finish()
    expect(owing).toEqual([stream])
    expect(stream.owed).toBe(OWES_WRITTEN | OWES_CONSUMED | OWES_FINISH)
  })

  test("after its end it takes and owes nothing", () => {
    const { stream, owing } = make(128)
    stream.ended = 1
    expect(stream.write(new Uint8Array(3))).toBe(0)
    stream.abort()
    expect(owing).toEqual([])
    expect(stream.owed & OWES_ABORT).toBe(0)
  })

  test("buffers come back once: with the end after a told close, else when their release was told", () => {
    for (const giveUp of ["close", "abort"] as const) {
      const { stream, released } = make(128)
      stream[giveUp]()
      expect(stream.owed).toBe(giveUp === "close" ? OWES_CLOSE : OWES_ABORT)
      stream.told()
      expect(released).toEqual([])
      // Unread data does not keep them: nobody will read it.
      stream.readable = 5
      stream.end(CLOSED)
      expect([stream.owed, released]).toEqual([0, [stream]])
      stream.discard()
      expect(released).toHaveLength(1)
    }
    // The end crosses a close that was not told yet: the server waits for the release.
    const { stream, released } = make(128)
    stream.close()
    stream.end(CLOSED)
    expect([stream.owed, released]).toEqual([OWES_RELEASE, []])
    stream.told()
    expect([stream.owed, released]).toEqual([0, [stream]])
  })
})
