import { describe, expect, test } from "vitest"
import { Script } from "./script.ts"

/** RFC 5961: what a stranger who guesses numbers can't do. */
const CHALLENGE = "A 1 ack 1"

describe("RFC 5961 3.2: RST", () => {
  test("of exactly the next number ends the connection", () => {
    const s = new Script().open()
    expect(s.say({ flags: "R", seq: 1 })).toEqual([])
    expect(s.events()).toEqual(["ended 1"])
    expect([s.table.connections, s.count("resetsIn")]).toEqual([0, 1])
  })

  test("elsewhere in the window is challenged; the true peer then resets by the number that we acknowledge", () => {
    const s = new Script().open()
    expect(s.say({ flags: "R", seq: 2 })).toEqual([CHALLENGE])
    expect(s.table.connections).toBe(1)
    s.say({ flags: "R", seq: 1 })
    expect(s.events()).toEqual(["ended 1"])
  })

  test("outside of the window is dropped, counted", () => {
    const s = new Script().open()
    expect(s.say({ flags: "R", seq: 0 })).toEqual([])
    expect(s.say({ flags: "R", seq: 100_000 })).toEqual([])
    expect([s.table.connections, s.count("outOfWindow")]).toEqual([1, 2])
  })

  test("in SYN-RECEIVED as well", () => {
    const s = new Script()
    s.say({ flags: "S", seq: 0 })
    expect(s.say({ flags: "R", seq: 2 })).toEqual([CHALLENGE])
    expect(s.table.connections).toBe(1)
  })

  test.each(["FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "CLOSE-WAIT", "LAST-ACK"])("ends %s", (state) => {
    const s = new Script().open()
    const theirs = state === "CLOSING" || state === "CLOSE-WAIT" || state === "LAST-ACK"
    if (state !== "CLOSE-WAIT" && state !== "LAST-ACK") s.table.finish(s.tcb, s.now)
    if (theirs) s.say({ flags: "FA", seq: 1, ack: 1 })
    if (state === "LAST-ACK") s.table.finish(s.tcb, s.now)
    if (state === "FIN-WAIT-2") s.say({ flags: "A", seq: 1, ack: 2 })
    expect(s.state).toBe(state)
    s.say({ flags: "R", seq: theirs ? 2 : 1 })
    expect(s.events().at(-1)).toBe("ended 1")
    expect([s.table.connections, s.table.timeWaits]).toEqual([0, 0])
  })
})

describe("RFC 5961 4.2: SYN on a connection", () => {
  test("is challenged, wherever it lies", () => {
    for (const seq of [0, 1, 5, 100_000]) {
      const s = new Script().open()
      expect(s.say({ flags: "S", seq })).toEqual([CHALLENGE])
      expect(s.state).toBe("ESTABLISHED")
    }
  })

  test("SYN-ACK again is acknowledged: ours was lost", () => {
    const s = new Script()
    s.tcb = s.table.connect(0x0a000001, 40_000, 80, s.now)
    s.heard()
    s.say({ flags: "SA", seq: 0, ack: 1 })
    expect(s.say({ flags: "SA", seq: 0, ack: 1 })).toEqual([CHALLENGE])
  })
})

describe("RFC 5961 5.2: ACK", () => {
  test("of what wasn't sent is challenged, and its data not taken", () => {
    const s = new Script().open()
    expect(s.say({ flags: "PA", seq: 1, ack: 2, payload: "x" })).toEqual([CHALLENGE])
    expect([s.events(), s.count("badAck")]).toEqual([[], 1])
  })

  test("older than the largest window that the peer has offered, likewise", () => {
    const s = new Script().open()
    expect(s.say({ flags: "PA", seq: 1, ack: 1 - 65_536, payload: "x" })).toEqual([CHALLENGE])
    expect(s.events()).toEqual([])
    expect(s.say({ flags: "PA", seq: 1, ack: 1 - 65_535, payload: "x" })).toEqual(["A 1 ack 2"])
  })
})

test("RFC 5961 7: challenges are limited, each connection's by itself", () => {
  const s = new Script().open()
  expect(s.say({ flags: "R", seq: 2 })).toEqual([CHALLENGE])
  for (let i = 0; i < 10; i++) expect(s.say({ flags: "R", seq: 2 })).toEqual([])
  expect(s.count("challengeSuppressed")).toBe(10)
  s.peerPort = 2
  s.open()
  expect(s.say({ flags: "R", seq: 2 })).toEqual([CHALLENGE])
  s.now += 500_000
  expect(s.say({ flags: "R", seq: 2 })).toEqual([CHALLENGE])
})

test("bare ACKs from outside of the window are answered no oftener; data, which may be ours unacknowledged, always", () => {
  const s = new Script().open()
  expect(s.say({ flags: "A", seq: 50_000, ack: 1 })).toEqual([CHALLENGE])
  expect(s.say({ flags: "A", seq: 50_000, ack: 1 })).toEqual([])
  for (let i = 0; i < 3; i++) {
    expect(s.say({ flags: "A", seq: 50_000, ack: 1, payload: "x" })).toEqual([CHALLENGE])
  }
})

describe("RFC 7323: timestamps", () => {
  const open = () => new Script({ timestamps: true }).open({ stamp: 1000 })

  test("3.2: a segment without is dropped silently, counted; a RST without is taken", () => {
    const s = open()
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual([])
    expect(s.count("missingTimestamp")).toBe(1)
    s.say({ flags: "R", seq: 1 })
    expect(s.events()).toEqual(["ended 1"])
  })

  test("5.3: one of an older lap is dropped and acknowledged (PAWS)", () => {
    const s = open()
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x", stamp: [800, 0] })).toEqual(["A 1 ack 1"])
    expect([s.events(), s.count("pawsDrop")]).toEqual([[], 1])
    // A little older is what reordering brings.
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x", stamp: [950, 0] })).toEqual(["A 1 ack 2"])
  })

  test("5.3: what had been received is acknowledged as often as it comes", () => {
    const s = open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "x", stamp: [1000, 0] })
    for (let i = 0; i < 3; i++) {
      expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x", stamp: [800, 0] })).toEqual(["A 1 ack 2"])
    }
    expect(s.count("pawsDrop")).toBe(3)
  })

  test("5.5: after 24 days a timestamp says nothing", () => {
    const s = open()
    s.now += 25 * 86_400_000_000
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x", stamp: [1, 0] })).toEqual(["A 1 ack 2"])
  })

  test("4.3: what is echoed is the latest of those that moved the left edge", () => {
    const s = open()
    const echo = (seq: number, stamp: number): number | undefined => {
      s.hear(s.frame({ flags: "PA", seq, ack: 1, payload: "x", stamp: [stamp, 0] }))
      return Script.stamps(s.wire.take().at(-1)!)?.[1]
    }
    expect(echo(1, 1005)).toBe(1005)
    // Out of order: it is beyond the last ACK.
    expect(echo(3, 1010)).toBe(1005)
    expect(echo(2, 1015)).toBe(1015)
  })
})
