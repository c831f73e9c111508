import { describe, expect, test } from "vitest"
import { INTERVALS, RECORD_WORDS, W_OOO_COUNT } from "../../../src/net/tcp/layout.ts"
import { RING, Script } from "./script.ts"

const received = (s: Script, bytes: number): string =>
  new TextDecoder().decode(s.region.bytes.subarray(0, bytes))

describe("RFC 9293 3.10.7.4: text", () => {
  test("in order", () => {
    const s = new Script().open()
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "ab" })).toEqual(["A 1 ack 3"])
    expect(s.say({ flags: "PA", seq: 3, ack: 1, payload: "cd" })).toEqual(["A 1 ack 5"])
    expect(s.events()).toEqual(["readable 2", "readable 4"])
    expect(received(s, 4)).toBe("abcd")
  })

  test("out of order: acknowledged at once as it was (RFC 5681 4.2), told when the hole is filled", () => {
    const s = new Script().open()
    expect(s.say({ flags: "PA", seq: 3, ack: 1, payload: "cd" })).toEqual(["A 1 ack 1"])
    expect(s.events()).toEqual([])
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "ab" })).toEqual(["A 1 ack 5"])
    expect(s.events()).toEqual(["readable 4"])
    expect(received(s, 4)).toBe("abcd")
  })

  test("a segment that covers one piece and touches the next takes both in", () => {
    const s = new Script().open()
    s.say({ flags: "PA", seq: 3, ack: 1, payload: "c" })
    s.say({ flags: "PA", seq: 6, ack: 1, payload: "f" })
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "abcde" })).toEqual(["A 1 ack 7"])
    expect(s.events()).toEqual(["readable 6"])
    expect(received(s, 6)).toBe("abcdef")
  })

  test("overlaps: what has been received stays, only the new is taken", () => {
    const s = new Script().open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "ab" })
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "XYcd" })).toEqual(["A 1 ack 5"])
    expect(s.events()).toEqual(["readable 2", "readable 4"])
    expect(received(s, 4)).toBe("abcd")
    expect(s.count("duplicateData")).toBe(1)
  })

  test("all of it old: acknowledged again, counted", () => {
    const s = new Script().open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "ab" })
    s.events()
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "ab" })).toEqual(["A 1 ack 3"])
    expect(s.events()).toEqual([])
    expect([s.count("duplicateData"), s.count("outOfWindow")]).toEqual([1, 1])
  })

  test("beyond the window: not taken, acknowledged, counted; across its edge: what fits", () => {
    const s = new Script().open()
    expect(s.say({ flags: "PA", seq: 1 + RING, ack: 1, payload: "x" })).toEqual(["A 1 ack 1"])
    expect(s.count("outOfWindow")).toBe(1)
    s.say({ flags: "PA", seq: 1, ack: 1, payload: RING - 1 })
    expect(s.say({ flags: "PA", seq: RING, ack: 1, payload: "xy" })).toEqual([`A 1 ack ${RING + 1}`])
    expect(s.events()).toEqual([`readable ${RING - 1}`, `readable ${RING}`])
  })

  test("a FIN behind text that doesn't fit isn't taken either, counted", () => {
    const s = new Script().open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: RING - 1 })
    expect(s.say({ flags: "FPA", seq: RING, ack: 1, payload: "xy" })).toEqual([`A 1 ack ${RING + 1}`])
    expect([s.state, s.count("finBeyondWindow")]).toEqual(["ESTABLISHED", 1])
    s.table.consumed(s.tcb, RING, s.now)
    s.heard()
    expect(s.say({ flags: "FPA", seq: RING + 1, ack: 1, payload: "y" })).toEqual([`A 1 ack ${RING + 3}`])
    expect(s.state).toBe("CLOSE-WAIT")
  })

  test("a segment without ACK is dropped", () => {
    const s = new Script().open()
    // RST alone may come without; anything else is no TCP's, and the frame is dropped before.
    expect(s.say({ flags: "P", seq: 1, payload: "x" })).toEqual([])
    expect(s.count("segmentsIn")).toBe(1)
  })

  test("as many pieces as there are intervals; one more is counted and comes again", () => {
    const s = new Script().open()
    for (let i = 0; i < INTERVALS; i++) s.say({ flags: "A", seq: 3 + 2 * i, ack: 1, payload: "x" })
    expect(s.table.core.words[s.tcb * RECORD_WORDS + W_OOO_COUNT]).toBe(INTERVALS)
    expect(s.count("outOfOrderNoRoom")).toBe(0)
    s.say({ flags: "A", seq: 3 + 2 * INTERVALS, ack: 1, payload: "y" })
    expect(s.count("outOfOrderNoRoom")).toBe(1)
    s.say({ flags: "A", seq: 1, ack: 1, payload: 2 * INTERVALS + 1 })
    expect(s.events()).toEqual([`readable ${2 * INTERVALS + 1}`])
  })

  test("without a free block what comes out of order comes again, counted; a filled hole frees one", () => {
    const s = new Script({ rangeBlocks: 1 }).open()
    const first = s.tcb
    s.say({ flags: "A", seq: 3, ack: 1, payload: "c" })
    s.peerPort++
    s.open()
    expect(s.say({ flags: "A", seq: 3, ack: 1, payload: "c" })).toEqual(["A 1 ack 1"])
    expect([s.count("outOfOrderNoRoom"), s.table.inUse().rangeBlocks]).toEqual([1, 1])
    s.say({ flags: "A", seq: 1, ack: 1, payload: "ab" })
    expect(s.say({ flags: "A", seq: 3, ack: 1, payload: "c" })).toEqual(["A 1 ack 4"])
    s.table.abort(first, s.now)
    s.heard()
    expect(s.table.inUse().rangeBlocks).toBe(0)
    expect(s.say({ flags: "A", seq: 5, ack: 1, payload: "e" })).toEqual(["A 1 ack 4"])
    expect([s.count("outOfOrder"), s.table.inUse().rangeBlocks]).toEqual([2, 1])
    s.say({ flags: "A", seq: 4, ack: 1, payload: "d" })
    expect(s.table.inUse().rangeBlocks).toBe(0)
  })

  test("text on a SYN isn't taken: it comes again", () => {
    const s = new Script()
    expect(s.say({ flags: "S", seq: 0, payload: "early" })).toEqual(["SA 0 ack 1"])
  })
})

describe("RFC 9293 3.8.6.3: acknowledgements", () => {
  test("wait for a second full segment, or for the delay", () => {
    const s = new Script({ delayedAckUs: 20_000 }).open()
    expect(s.say({ flags: "A", seq: 1, ack: 1, payload: 536 })).toEqual([])
    expect(s.say({ flags: "A", seq: 537, ack: 1, payload: 536 })).toEqual(["A 1 ack 1073"])
    expect(s.say({ flags: "A", seq: 1073, ack: 1, payload: 1 })).toEqual([])
    expect(s.pass(19_000)).toEqual([])
    expect(s.pass(2_000)).toEqual(["A 1 ack 1074"])
    expect(s.pass(100_000)).toEqual([])
  })

  test("leave with data that is sent meanwhile", () => {
    const s = new Script({ delayedAckUs: 20_000 }).open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "ask" })
    s.write("answer")
    expect(s.heard()).toEqual(['PA 1 ack 4 "answer"'])
    expect(s.pass(100_000)).toEqual([])
  })

  test("without a slot they are owed", () => {
    const s = new Script().open()
    s.wire.slots = 0
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual([])
    s.wire.slots = 9
    expect(s.table.flushPending(s.now)).toBe(true)
    expect(s.heard()).toEqual(["A 1 ack 2"])
  })
})

describe("SACK", () => {
  test("RFC 2018 4: the latest piece first, as many as fit", () => {
    const s = new Script({ sack: true }).open({ sack: true })
    expect(s.say({ flags: "A", seq: 3, ack: 1, payload: "c" })).toEqual(["A 1 ack 1 sack 3-4"])
    expect(s.say({ flags: "A", seq: 7, ack: 1, payload: "g" })).toEqual(["A 1 ack 1 sack 7-8,3-4"])
    expect(s.say({ flags: "A", seq: 5, ack: 1, payload: "e" })).toEqual(["A 1 ack 1 sack 5-6,3-4,7-8"])
    expect(s.say({ flags: "A", seq: 4, ack: 1, payload: "d" })).toEqual(["A 1 ack 1 sack 3-6,7-8"])
    for (const seq of [20, 30, 40]) s.say({ flags: "A", seq, ack: 1, payload: "z" })
    // Four blocks fill the options.
    expect(s.say({ flags: "A", seq: 50, ack: 1, payload: "z" })).toEqual([
      "A 1 ack 1 sack 50-51,40-41,30-31,20-21",
    ])
    expect(s.say({ flags: "A", seq: 1, ack: 1, payload: "ab" })[0]).toMatch(/^A 1 ack 6 sack /)
  })

  test("RFC 2883 4: what came twice is reported first, once", () => {
    const s = new Script({ sack: true }).open({ sack: true })
    s.say({ flags: "A", seq: 1, ack: 1, payload: "abc" })
    expect(s.say({ flags: "A", seq: 1, ack: 1, payload: "abc" })).toEqual(["A 1 ack 4 sack 1-4"])
    expect(s.say({ flags: "A", seq: 6, ack: 1, payload: "f" })).toEqual(["A 1 ack 4 sack 6-7"])
    expect(s.say({ flags: "A", seq: 6, ack: 1, payload: "f" })).toEqual(["A 1 ack 4 sack 6-7,6-7"])
  })

  test("isn't sent to a peer that didn't permit it", () => {
    const s = new Script({ sack: true }).open()
    expect(s.say({ flags: "A", seq: 3, ack: 1, payload: "c" })).toEqual(["A 1 ack 1"])
  })
})

describe("flow control, as the receiver", () => {
  test("RFC 7323 2: the window is scaled from the handshake on, when both say so", () => {
    const s = new Script({ maxReceiveBytes: 1 << 20 })
    s.showWindows = true
    // The window of a SYN never is: a staging slot of 1,024 bytes.
    expect(s.say({ flags: "S", seq: 0, options: [1, 3, 3, 7] })).toEqual(["SA 0 ack 1 win 1024"])
    s.say({ flags: "A", seq: 1, ack: 1 })
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual([`A 1 ack 2 win ${(RING - 1) >> 5}`])
    const t = new Script({ maxReceiveBytes: 1 << 20 })
    t.showWindows = true
    t.open()
    expect(t.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual([`A 1 ack 2 win ${RING - 1}`])
  })

  test("closes as the ring fills and opens when it is read, by steps worth a segment", () => {
    const s = new Script()
    s.showWindows = true
    s.open()
    expect(s.say({ flags: "A", seq: 1, ack: 1, payload: RING })).toEqual([`A 1 ack ${RING + 1} win 0`])
    // RFC 9293 3.8.6.2.2: no silly window.
    expect(s.table.consumed(s.tcb, 1, s.now)).toBe(0)
    expect(s.heard()).toEqual([])
    s.table.consumed(s.tcb, RING, s.now)
    expect(s.heard()).toEqual([`A 1 ack ${RING + 1} win ${RING}`])
  })

  test("a probe of a closed window is answered, and not taken", () => {
    const s = new Script().open()
    s.say({ flags: "A", seq: 1, ack: 1, payload: RING })
    s.events()
    expect(s.say({ flags: "A", seq: 1 + RING, ack: 1, payload: "p" })).toEqual([`A 1 ack ${RING + 1}`])
    expect(s.say({ flags: "A", seq: RING, ack: 1 })).toEqual([`A 1 ack ${RING + 1}`])
    expect(s.events()).toEqual([])
  })

  test("what was promised is never taken back", () => {
    const s = new Script()
    s.showWindows = true
    s.attachOnEstablished = false
    s.open()
    let edge = 0
    for (let seq = 1; seq < 1025; seq += 100) {
      const [answer] = s.say({ flags: "A", seq, ack: 1, payload: Math.min(100, 1025 - seq) })
      const [, ack, window] = /ack (\d+) win (\d+)/.exec(answer!)!
      expect(Number(ack) + Number(window)).toBeGreaterThanOrEqual(edge)
      edge = Number(ack) + Number(window)
    }
    expect(edge).toBe(1025)
  })
})
