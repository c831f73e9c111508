import { describe, expect, test } from "vitest"
import { W_OOO_COUNT } from "../../../src/net/tcp/layout.ts"
import { Script } from "./script.ts"

const SECOND = 1_000_000

const finish = (s: Script): number => s.table.finish(s.tcb, s.now)
const close = (s: Script): number => s.table.close(s.tcb, s.now)

describe("RFC 9293 3.6: closing", () => {
  test("figure 12, ours first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT", () => {
    const s = new Script().open()
    expect(finish(s)).toBe(0)
    expect(s.heard()).toEqual(["FA 1 ack 1"])
    expect(s.state).toBe("FIN-WAIT-1")
    expect(s.say({ flags: "A", seq: 1, ack: 2 })).toEqual([])
    expect(s.state).toBe("FIN-WAIT-2")
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual(["A 2 ack 2"])
    expect(s.events()).toEqual(["peerFinished", "ended 0"])
    expect([s.table.connections, s.table.timeWaits]).toEqual([0, 1])
  })

  test("figure 12, theirs first: CLOSE-WAIT, LAST-ACK, CLOSED", () => {
    const s = new Script().open()
    expect(s.say({ flags: "FA", seq: 1, ack: 1 })).toEqual(["A 1 ack 2"])
    expect(s.state).toBe("CLOSE-WAIT")
    expect(s.events()).toEqual(["peerFinished"])
    finish(s)
    expect(s.heard()).toEqual(["FA 1 ack 2"])
    expect(s.state).toBe("LAST-ACK")
    expect(s.say({ flags: "A", seq: 2, ack: 2 })).toEqual([])
    expect(s.events()).toEqual(["ended 0"])
    expect([s.table.connections, s.table.timeWaits]).toEqual([0, 0])
  })

  test("figure 13: both at once go through CLOSING to TIME-WAIT", () => {
    const s = new Script().open()
    finish(s)
    s.heard()
    // Their FIN has not seen ours.
    expect(s.say({ flags: "FA", seq: 1, ack: 1 })).toEqual(["A 2 ack 2"])
    expect(s.state).toBe("CLOSING")
    expect(s.events()).toEqual(["peerFinished"])
    expect(s.say({ flags: "A", seq: 2, ack: 2 })).toEqual([])
    expect(s.events()).toEqual(["ended 0"])
    expect(s.table.timeWaits).toBe(1)
  })

  test("their FIN with the ACK of ours: straight to TIME-WAIT", () => {
    const s = new Script().open()
    finish(s)
    s.heard()
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual(["A 2 ack 2"])
    expect(s.events()).toEqual(["peerFinished", "ended 0"])
    expect(s.table.timeWaits).toBe(1)
  })

  test("FIN goes after all that was written, with the last of it, and is sent again until acknowledged", () => {
    const s = new Script().open()
    s.write("bye")
    expect(s.heard()).toEqual(['PA 1 ack 1 "bye"'])
    finish(s)
    expect(s.heard()).toEqual(["FA 4 ack 1"])
    s.say({ flags: "A", seq: 1, ack: 4 })
    expect(s.state).toBe("FIN-WAIT-1")
    expect(s.pass(1_100_000)).toEqual(["FA 4 ack 1"])
    const t = new Script().open({ mss: 100 })
    t.write(1100)
    t.table.finish(t.tcb, t.now)
    expect(t.heard().at(-1)).toBe("A 901 ack 1 [100]")
    expect(t.say({ flags: "A", seq: 1, ack: 1001 })).toEqual(["FPA 1001 ack 1 [100]"])
  })

  test("half-closed, the other direction goes on: in FIN-WAIT-2 and in CLOSE-WAIT", () => {
    const s = new Script().open()
    finish(s)
    s.say({ flags: "A", seq: 1, ack: 2 })
    expect(s.say({ flags: "PA", seq: 1, ack: 2, payload: "more" })).toEqual(["A 2 ack 5"])
    expect(s.events()).toEqual(["readable 4"])
    const t = new Script().open()
    t.say({ flags: "FA", seq: 1, ack: 1 })
    t.write("answer")
    expect(t.heard()).toEqual(['PA 1 ack 2 "answer"'])
    expect(t.say({ flags: "A", seq: 2, ack: 7 })).toEqual([])
    expect(t.events()).toEqual(["peerFinished", "acked 6"])
  })

  test("a FIN that overtakes data waits for it", () => {
    const s = new Script().open()
    expect(s.say({ flags: "FPA", seq: 4, ack: 1, payload: "def" })).toEqual(["A 1 ack 1"])
    expect(s.events()).toEqual([])
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "abc" })).toEqual(["A 1 ack 8"])
    expect(s.events()).toEqual(["readable 6", "peerFinished"])
    expect(s.state).toBe("CLOSE-WAIT")
  })

  test("a FIN again is acknowledged again and told once", () => {
    const s = new Script().open()
    s.say({ flags: "FA", seq: 1, ack: 1 })
    expect(s.say({ flags: "FA", seq: 1, ack: 1 })).toEqual(["A 1 ack 2"])
    expect(s.events()).toEqual(["peerFinished"])
  })

  test("text beyond a FIN, and a second FIN elsewhere, are lies: counted, and not taken", () => {
    const s = new Script().open()
    s.say({ flags: "FA", seq: 1, ack: 1 })
    s.say({ flags: "PA", seq: 2, ack: 1, payload: "late" })
    expect(s.events()).toEqual(["peerFinished"])
    expect(s.count("dataAfterFin")).toBe(1)
    const t = new Script().open()
    t.say({ flags: "FPA", seq: 11, ack: 1, payload: "x" })
    t.say({ flags: "FPA", seq: 5, ack: 1, payload: "x" })
    t.say({ flags: "PA", seq: 11, ack: 1, payload: "xyz" })
    expect(t.count("dataAfterFin")).toBe(1)
    const pieces = t.word(W_OOO_COUNT)
    expect(t.say({ flags: "PA", seq: 20, ack: 1, payload: "zz" })).toEqual(["A 1 ack 1"])
    expect(t.word(W_OOO_COUNT)).toBe(pieces)
    t.say({ flags: "PA", seq: 1, ack: 1, payload: "0123456789" })
    expect(t.events()).toEqual(["readable 11", "peerFinished"])
  })
})

describe("the application is gone", () => {
  test("RFC 1122 4.2.2.13: data that still comes is answered by RST", () => {
    const s = new Script().open()
    expect(close(s)).toBe(0)
    s.say({ flags: "A", seq: 1, ack: 2 })
    expect(s.say({ flags: "PA", seq: 1, ack: 2, payload: "x" })).toEqual(["RA 2 ack 1"])
    expect(s.events()).toEqual(["ended 3"])
    expect(s.count("dataAfterClose")).toBe(1)
  })

  test("RFC 2525 2.17: unread data makes it a RST at once", () => {
    const s = new Script().open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "unread" })
    close(s)
    expect(s.heard()).toEqual(["RA 1 ack 7"])
    expect(s.events()).toEqual(["readable 6", "ended 3"])
  })

  test("what was read makes it a FIN", () => {
    const s = new Script().open()
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "read" })
    s.table.consumed(s.tcb, 4, s.now)
    close(s)
    expect(s.heard()).toEqual(["FA 1 ack 5"])
  })

  test("FIN-WAIT-2 without anybody behind it ends after a time", () => {
    const s = new Script({ finWait2Us: 5 * SECOND }).open()
    close(s)
    s.say({ flags: "A", seq: 1, ack: 2 })
    expect(s.pass(4.9 * SECOND)).toEqual([])
    expect(s.state).toBe("FIN-WAIT-2")
    s.pass(0.2 * SECOND)
    expect(s.events()).toEqual(["ended 0"])
  })

  test("FIN-WAIT-2 of one who still reads stays", () => {
    const s = new Script({ finWait2Us: 5 * SECOND }).open()
    finish(s)
    s.say({ flags: "A", seq: 1, ack: 2 })
    s.pass(60 * SECOND)
    expect(s.state).toBe("FIN-WAIT-2")
  })

  test("abort: RST, and without a slot it is owed", () => {
    const s = new Script().open()
    s.wire.slots = 0
    expect(s.table.abort(s.tcb, s.now)).toBe(0)
    expect([s.heard(), s.events()]).toEqual([[], []])
    expect(s.table.abort(s.tcb, s.now)).toBe(-3)
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "x" })).toEqual([])
    s.wire.slots = 9
    s.table.flushPending(s.now)
    expect(s.heard()).toEqual(["RA 1 ack 1"])
    expect(s.events()).toEqual(["ended 3"])
  })
})

describe("TIME-WAIT", () => {
  function waiting(offer = {}, config = {}): Script {
    const s = new Script({ timeWaitUs: 10 * SECOND, ...config }).open(offer)
    finish(s)
    const stamp = "stamp" in offer ? { stamp: [200, 0] as const } : {}
    s.say({ flags: "FA", seq: 1, ack: 2, ...stamp })
    s.events()
    return s
  }

  test("lasts as long as configured, then the flow is unknown", () => {
    const s = waiting()
    s.pass(9.9 * SECOND)
    expect(s.table.timeWaits).toBe(1)
    s.pass(0.2 * SECOND)
    expect(s.table.timeWaits).toBe(0)
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual(["R 2"])
  })

  test("RFC 9293 3.10.7.4: the FIN again is acknowledged again, and the wait begins anew", () => {
    const s = waiting()
    s.pass(9 * SECOND)
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual(["A 2 ack 2"])
    s.pass(9 * SECOND)
    expect(s.table.timeWaits).toBe(1)
  })

  test("RFC 7323 3.2: with the timestamp that was agreed", () => {
    const s = waiting({ stamp: 100 }, { timestamps: true })
    s.wire.take()
    s.wire.region.bytes.fill(0xee)
    s.hear(s.frame({ flags: "FA", seq: 1, ack: 2, stamp: [201, 0] }))
    expect(Script.stamps(s.wire.take()[0]!)?.[1]).toBe(200)
  })

  test("without a slot the last ACK isn't sent, and that is counted: the peer asks again", () => {
    const s = waiting()
    s.wire.slots = 0
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual([])
    expect(s.count("replyNoSlot")).toBe(1)
    s.wire.slots = 1
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual(["A 2 ack 2"])
  })

  test("RFC 1337: a RST doesn't end it; an ACK isn't answered", () => {
    const s = waiting()
    expect(s.say({ flags: "R", seq: 2 })).toEqual([])
    expect(s.say({ flags: "A", seq: 2, ack: 2 })).toEqual([])
    expect([s.table.timeWaits, s.count("timeWaitResetIgnored")]).toEqual([1, 1])
  })

  test("RFC 9293 3.6.1: a SYN beyond the old numbers opens it anew, with numbers beyond ours; an old SYN is acknowledged", () => {
    const s = waiting()
    expect(s.say({ flags: "S", seq: 0 })).toEqual(["A 2 ack 2"])
    const old = s.iss
    expect(s.say({ flags: "S", seq: 100_000 })).toEqual(["SA 0 ack 100001"])
    expect((s.iss - old) | 0).toBeGreaterThan(2)
    expect([s.table.timeWaits, s.count("timeWaitReused")]).toEqual([0, 1])
  })

  test("RFC 6191: where timestamps were agreed they decide", () => {
    const s = waiting({ stamp: 100 }, { timestamps: true })
    expect(s.say({ flags: "S", seq: 100_000, stamp: [199, 0] })).toEqual(["A 2 ack 2"])
    expect(s.say({ flags: "S", seq: 0, stamp: [201, 0] })).toEqual(["SA 0 ack 1"])
  })

  test("the table is bounded: the oldest makes place, counted", () => {
    const s = new Script({ maxTimeWait: 1, timeWaitUs: 10 * SECOND })
    for (const port of [1, 2]) {
      s.peerPort = port
      s.open()
      finish(s)
      s.say({ flags: "FA", seq: 1, ack: 2 })
    }
    expect([s.table.timeWaits, s.count("timeWaitRecycled")]).toEqual([1, 1])
    s.peerPort = 1
    expect(s.say({ flags: "FA", seq: 1, ack: 2 })).toEqual(["R 2"])
  })
})
