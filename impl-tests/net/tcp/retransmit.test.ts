import { describe, expect, test } from "vitest"
import { W_CWND, W_RTO, W_RTTVAR, W_SACKED, W_SRTT } from "../../../src/net/tcp/layout.ts"
import { Script } from "./script.ts"

const MSS = 100
const FIRST = "A 1 ack 1 [100]"

const ack = (s: Script, to: number, ...sack: (readonly [number, number])[]): string[] =>
  s.say({ flags: "A", seq: 1, ack: to, ...(sack.length === 0 ? {} : { sack }) })

/** Ten segments are under way, all that the window lets go. */
function sending(config: { sack?: boolean; dataRetries?: number } = {}): Script {
  const s = new Script(config).open({ mss: MSS, sack: config.sack ?? false })
  s.write(1000)
  s.heard()
  return s
}

describe("RFC 6298: the timer", () => {
  test("2.3: estimates from samples", () => {
    const s = new Script().open({ mss: MSS })
    s.write(50)
    s.heard()
    s.now += 300_000
    ack(s, 51)
    // The handshake took no time: SRTT 1 µs, RTTVAR half of it.
    expect(s.word(W_SRTT) / 8).toBeCloseTo(1 + (300_000 - 1) / 8, -1)
    expect(s.word(W_RTTVAR) / 4).toBeCloseTo(0.75 * 0.5 + 0.25 * 299_999, -1)
    expect(s.word(W_RTO)).toBe((s.word(W_SRTT) >> 3) + s.word(W_RTTVAR))
  })

  test("5.5: each timeout doubles it; 5.3, 5.7: new data acknowledged ends the row", () => {
    const s = sending()
    let wait = 200_000
    for (let i = 0; i < 4; i++) {
      expect(s.pass(wait - 2000)).toEqual([])
      expect(s.pass(4000)).toEqual([FIRST])
      wait *= 2
    }
    expect(s.count("timeouts")).toBe(4)
    ack(s, 1001)
    expect(s.pass(60_000_000)).toEqual([])
  })

  test("3: Karn's algorithm: what was sent twice gives no sample", () => {
    const s = sending()
    s.pass(201_000)
    const before = s.word(W_SRTT)
    s.now += 150_000
    ack(s, 101)
    expect(s.word(W_SRTT)).toBe(before)
  })

  test("5.2: it stops when all is acknowledged", () => {
    const s = sending()
    ack(s, 1001)
    expect(s.pass(60_000_000)).toEqual([])
    expect(s.count("timeouts")).toBe(0)
  })

  test("5.3: an ACK of new data starts it anew", () => {
    const s = sending()
    s.pass(150_000)
    ack(s, 101)
    expect(s.pass(150_000)).toEqual([])
    expect(s.pass(60_000)).toEqual(["A 101 ack 1 [100]"])
  })

  test("5.7: after a lost SYN it begins at three seconds", () => {
    const s = new Script()
    s.say({ flags: "S", seq: 0 })
    s.pass(1_100_000)
    s.say({ flags: "A", seq: 1, ack: 1 })
    expect(s.word(W_RTO)).toBe(3_000_000)
  })

  test("unanswered for long enough, the connection ends with a RST", () => {
    const s = sending({ dataRetries: 2 })
    for (let i = 0; i < 2; i++) expect(s.pass(1_000_000)).toEqual([FIRST])
    expect(s.pass(1_000_000)).toEqual(["RA 1001 ack 1"])
    expect(s.events()).toEqual(["ended 2"])
  })

  test("after a timeout everything is sent again, as the window allows", () => {
    const s = sending()
    s.pass(201_000)
    expect(ack(s, 101)).toEqual(["A 101 ack 1 [100]", "A 201 ack 1 [100]"])
    expect(ack(s, 301)).toHaveLength(3)
  })

  test("without a slot the retransmission is owed, and leaves first", () => {
    const s = sending()
    s.wire.slots = 0
    expect(s.pass(201_000)).toEqual([])
    expect([s.count("timeouts"), s.count("retransmits")]).toEqual([1, 0])
    s.wire.slots = 9
    expect(s.table.flushPending(s.now)).toBe(true)
    expect(s.heard()).toEqual([FIRST])
  })

  test("RFC 3522: a timestamp older than the retransmission shows that it was spurious, and all is as before", () => {
    const s = new Script({ timestamps: true }).open({ mss: MSS + 12, stamp: 5 })
    s.write(1000)
    const [value] = Script.stamps(s.wire.take()[0]!)!
    s.pass(201_000)
    expect(s.word(W_CWND)).toBe(MSS)
    s.say({ flags: "A", seq: 1, ack: 101, stamp: [6, value] })
    expect(s.word(W_CWND)).toBeGreaterThanOrEqual(10 * MSS)
    expect([s.count("spurious"), s.count("retransmits")]).toEqual([1, 1])
  })
})

describe("RFC 5681 3.2: fast retransmit, without SACK", () => {
  test("at the third duplicate ACK, once", () => {
    const s = sending()
    expect([ack(s, 1), ack(s, 1)]).toEqual([[], []])
    expect(ack(s, 1)).toEqual([FIRST])
    expect(ack(s, 1)).toEqual([])
    expect([s.count("recoveries"), s.count("timeouts")]).toEqual([1, 0])
  })

  test("data, a new window or a FIN make no duplicate", () => {
    const s = sending()
    for (let i = 0; i < 3; i++) s.say({ flags: "A", seq: 1, ack: 1, window: 60_000 + i })
    for (let i = 0; i < 3; i++) s.say({ flags: "PA", seq: 1 + i, ack: 1, payload: "x" })
    expect(s.count("recoveries")).toBe(0)
  })

  test("RFC 6582 3.2: a partial ACK uncovers the next hole, a full one ends recovery", () => {
    const s = sending()
    for (let i = 0; i < 3; i++) ack(s, 1)
    expect(ack(s, 301)).toEqual(["A 301 ack 1 [100]"])
    expect(ack(s, 1001)).toEqual([])
    expect(s.word(W_CWND)).toBe(700)
    expect(s.count("recoveries")).toBe(1)
    // The next loss is another one.
    s.write(500, 1000)
    s.heard()
    for (let i = 0; i < 3; i++) ack(s, 1001)
    expect(s.count("recoveries")).toBe(2)
  })

  test("RFC 3042: the first two duplicates let new segments go", () => {
    const s = new Script().open({ mss: MSS })
    s.write(1300)
    s.heard()
    expect(ack(s, 1)).toEqual(["A 1001 ack 1 [100]"])
    expect(ack(s, 1)).toEqual(["A 1101 ack 1 [100]"])
  })
})

describe("RFC 6675: recovery by SACK", () => {
  test("the holes are sent again, and nothing else", () => {
    const s = sending({ sack: true })
    expect(ack(s, 1, [201, 501], [601, 701])).toEqual([FIRST, "A 101 ack 1 [100]"])
    expect(ack(s, 1, [701, 1001], [201, 501])).toEqual(["A 501 ack 1 [100]"])
    expect(ack(s, 1001)).toEqual([])
    expect([s.count("retransmits"), s.count("recoveries")]).toEqual([3, 1])
  })

  test("a retransmission lost again is noticed when what was sent later arrives", () => {
    const s = new Script({ sack: true }).open({ mss: MSS, sack: true })
    s.write(2000)
    s.heard()
    expect(ack(s, 1, [101, 401])).toContain(FIRST)
    ack(s, 1, [101, 1001])
    const sent = s.count("segmentsOut")
    expect(sent).toBeGreaterThan(12)
    expect(ack(s, 1, [101, 1501])).toContain(FIRST)
  })

  test.each([
    ["beyond what was sent", [[601, 1101]]],
    ["ends before it begins", [[301, 201]]],
    ["empty", [[201, 201]]],
  ] as const)("a block that is %s is ignored, counted", (_, blocks) => {
    const s = sending({ sack: true })
    expect(ack(s, 1, ...blocks)).toEqual([])
    expect([s.count("sackIgnored"), s.word(W_SACKED)]).toEqual([1, 0])
  })

  test("RFC 2018 8: after a second timeout nothing that was SACKed is relied upon", () => {
    const s = sending({ sack: true })
    ack(s, 1, [101, 201])
    s.pass(250_000)
    expect(s.word(W_SACKED)).toBe(100)
    s.pass(1_000_000)
    expect(s.word(W_SACKED)).toBe(0)
  })
})

describe("RFC 2883, RFC 3708: duplicates reported", () => {
  test("of every retransmission: nothing had been lost, and all is as before", () => {
    const s = sending({ sack: true })
    s.pass(201_000)
    expect(s.word(W_CWND)).toBe(MSS)
    ack(s, 1001, [1, 101])
    expect([s.count("dsackIn"), s.count("spurious")]).toEqual([1, 1])
    expect(s.word(W_CWND)).toBeGreaterThanOrEqual(10 * MSS)
  })

  test("within the second block; a block alone above the ACK is no report", () => {
    const s = sending({ sack: true })
    ack(s, 1, [101, 151], [101, 301])
    expect([s.count("dsackIn"), s.word(W_SACKED)]).toEqual([1, 200])
    ack(s, 1, [301, 401])
    expect([s.count("dsackIn"), s.word(W_SACKED)]).toEqual([1, 300])
  })
})

describe("RFC 8985 6.2: where the network reorders, a hole has a while to fill", () => {
  test.each([true, false])("SACK: %s", (sack) => {
    const s = new Script({ sack }).open({ mss: MSS, sack })
    s.write(4000)
    s.heard()
    s.now += 40_000
    ack(s, 101)
    // A hole that fills by itself is the sign.
    if (sack) ack(s, 101, [201, 301])
    else ack(s, 101)
    ack(s, 301)
    s.heard()
    const hole = "A 301 ack 1 [100]"
    const answers = [401, 501, 601, 701].flatMap((from, i) =>
      sack ? ack(s, 301, [401, from + 100]) : i < 4 ? ack(s, 301) : [],
    )
    expect(answers).not.toContain(hole)
    expect(s.pass(20_000)).toContain(hole)
    expect(s.count("timeouts")).toBe(0)
  })
})
