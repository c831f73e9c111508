import { describe, expect, test } from "vitest"
import { ESTABLISHED, SYN_RECEIVED, SYN_SENT } from "../../../src/net/tcp/types.ts"
import { TCP_SYN } from "../../../src/net/wire/tcp.ts"
import { tcpFrame } from "../frames.ts"
import { LOCAL, PEER } from "../rig.ts"
import { RING, Script } from "./script.ts"

const connectScript = (config = {}): Script => {
  const s = new Script(config)
  s.tcb = s.table.connect(0x0a000001, 40_000, 80, s.now)
  return s
}

describe("RFC 9293 3.5, figure 6: a passive open", () => {
  test("SYN, SYN-ACK, ACK", () => {
    const s = new Script()
    expect(s.say({ flags: "S", seq: 0 })).toEqual(["SA 0 ack 1"])
    expect(s.table.state(s.tcb)).toBe(SYN_RECEIVED)
    expect(s.table.halfOpen).toBe(1)
    expect(s.say({ flags: "A", seq: 1, ack: 1 })).toEqual([])
    expect(s.events()).toEqual(["established"])
    expect(s.table.state(s.tcb)).toBe(ESTABLISHED)
    expect(s.table.halfOpen).toBe(0)
  })

  test("data with the ACK is readable once, whoever attaches when", () => {
    const s = new Script()
    s.say({ flags: "S", seq: 0 })
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "hello" })).toEqual(["A 1 ack 6"])
    expect(s.events()).toEqual(["established", "readable 5"])
    expect(new TextDecoder().decode(s.region.bytes.subarray(0, 5))).toBe("hello")
  })

  test("unattached data waits in staging, FIN too, and moves over at the attach", () => {
    const s = new Script()
    s.attachOnEstablished = false
    s.say({ flags: "S", seq: 0 })
    s.say({ flags: "A", seq: 1, ack: 1 })
    expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "hello" })).toEqual(["A 1 ack 6"])
    expect(s.say({ flags: "PA", seq: 8, ack: 1, payload: "!" })).toEqual(["A 1 ack 6"])
    expect(s.events()).toEqual(["established"])
    const free = s.table.stagingFree
    expect(s.attach()).toBe(0)
    expect(s.table.stagingFree).toBe(free + 1)
    expect(s.events()).toEqual(["readable 5"])
    s.heard()
    expect(s.say({ flags: "FPA", seq: 6, ack: 1, payload: ", " })).toEqual(["A 1 ack 9"])
    expect(s.events()).toEqual(["readable 8"])
    expect(new TextDecoder().decode(s.region.bytes.subarray(0, 8))).toBe("hello, !")
  })

  test("a SYN again gets the same SYN-ACK again", () => {
    const s = new Script()
    s.say({ flags: "S", seq: 0 })
    const { iss } = s
    expect(s.say({ flags: "S", seq: 0 })).toEqual(["SA 0 ack 1"])
    expect(s.iss).toBe(iss)
    expect(s.table.connections).toBe(1)
  })

  test("a SYN-ACK that goes unanswered is sent again, at growing intervals, and in the end given up", () => {
    const s = new Script({ synAckRetries: 2 })
    s.say({ flags: "S", seq: 0 })
    expect(s.pass(999_000)).toEqual([])
    expect(s.pass(2_000)).toEqual(["SA 0 ack 1"])
    expect(s.pass(1_990_000)).toEqual([])
    expect(s.pass(20_000)).toEqual(["SA 0 ack 1"])
    expect(s.pass(5_000_000)).toEqual(["RA 1 ack 1"])
    expect(s.events()).toEqual(["ended 2"])
    expect(s.table.connections).toBe(0)
  })

  test("RFC 9293 3.10.7.4: a wrong ACK is answered by RST, and the connection goes on", () => {
    const s = new Script()
    s.say({ flags: "S", seq: 0 })
    expect(s.say({ flags: "A", seq: 1, ack: 7 })).toEqual(["R 7"])
    expect(s.say({ flags: "A", seq: 1, ack: 1 })).toEqual([])
    expect(s.events()).toEqual(["established"])
  })

  test("RST of the right number ends it; of another it doesn't", () => {
    const s = new Script()
    s.say({ flags: "S", seq: 0 })
    expect(s.say({ flags: "R", seq: 5000 })).toEqual([])
    expect(s.table.connections).toBe(1)
    s.say({ flags: "R", seq: 1 })
    expect(s.events()).toEqual(["ended 1"])
  })

  test("without a listener: RST that acknowledges the SYN; to a stray ACK, RST of its number; to a RST nothing", () => {
    const s = new Script()
    s.listening = false
    expect(s.say({ flags: "S", seq: 0 })).toEqual(["RA 0 ack 1"])
    expect(s.say({ flags: "A", seq: 3, ack: 9 })).toEqual(["R 9"])
    expect(s.say({ flags: "R", seq: 3 })).toEqual([])
    expect(s.table.counters().refused).toBe(2)
  })

  test("tables are bounded: a SYN too many isn't answered, and counted", () => {
    const s = new Script({ maxConnections: 2 })
    for (const port of [1, 2, 3]) {
      s.peerPort = port
      expect(s.say({ flags: "S", seq: 0 })).toHaveLength(port === 3 ? 0 : 1)
    }
    expect(s.table.counters().noConnection).toBe(1)
    const t = new Script({ stagingSlots: 1 })
    t.say({ flags: "S", seq: 0 })
    t.peerPort = 2
    expect(t.say({ flags: "S", seq: 0 })).toEqual([])
    expect(t.table.counters().noStaging).toBe(1)
  })

  test("without a transmit slot the SYN-ACK is owed", () => {
    const s = new Script()
    s.wire.slots = 0
    expect(s.say({ flags: "S", seq: 0 })).toEqual([])
    expect(s.table.flushPending(s.now)).toBe(false)
    s.wire.slots = 10
    expect(s.table.flushPending(s.now)).toBe(true)
    expect(s.heard()).toEqual(["SA 0 ack 1"])
  })

  test("RFC 6528: initial sequence numbers differ by flow, and by secret", () => {
    const isns = new Set<number>()
    for (const secret of [1, 2]) {
      for (const port of [1000, 1001, 1002]) {
        const s = new Script({ secret: new Uint8Array(16).fill(secret) })
        s.peerPort = port
        s.say({ flags: "S", seq: 0 })
        isns.add(s.iss)
      }
    }
    expect(isns.size).toBe(6)
  })

  test("options are answered only where the SYN has them: MSS, scale, timestamps, SACK", () => {
    const answer = (options: readonly number[]): number[] => {
      const s = new Script({ timestamps: true, sack: true })
      s.hear(tcpFrame({ fromIp: PEER.ip, toIp: LOCAL.ip, fromPort: 1, toPort: 80, flags: TCP_SYN, options }))
      return Array.from(s.wire.take()[0]!.subarray(54))
    }
    expect(answer([])).toEqual([2, 4, 5, 180])
    expect(answer([3, 3, 7, 1])).toEqual([2, 4, 5, 180, 1, 3, 3, 5])
    expect(answer([4, 2, 1, 1])).toEqual([2, 4, 5, 180, 1, 1, 4, 2])
    expect(answer([1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0]).slice(0, 8)).toEqual([2, 4, 5, 180, 1, 1, 8, 10])
    expect(answer([1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0]).slice(12)).toEqual([0, 0, 0, 9])
  })
})

describe("an active open", () => {
  test("RFC 9293 figure 6, from the other side", () => {
    const s = connectScript()
    expect(s.heard()).toEqual(["S 0"])
    expect(s.table.state(s.tcb)).toBe(SYN_SENT)
    expect(s.say({ flags: "SA", seq: 0, ack: 1 })).toEqual(["A 1 ack 1"])
    expect(s.events()).toEqual(["established"])
  })

  test("RFC 9293 figure 8: both at once", () => {
    const s = connectScript()
    s.heard()
    expect(s.say({ flags: "S", seq: 0 })).toEqual(["SA 0 ack 1"])
    expect(s.table.state(s.tcb)).toBe(SYN_RECEIVED)
    expect(s.say({ flags: "SA", seq: 0, ack: 1 })).toEqual(["A 1 ack 1"])
    expect(s.events()).toEqual(["established"])
    expect(s.table.state(s.tcb)).toBe(ESTABLISHED)
  })

  test("both at once: a SYN-ACK of another number is answered by RST, a RST refuses, and what lies outside doesn't establish", () => {
    const both = (): Script => {
      const s = connectScript()
      s.heard()
      s.say({ flags: "S", seq: 0 })
      return s
    }
    const s = both()
    expect(s.say({ flags: "SA", seq: 0, ack: 9 })).toEqual(["R 9"])
    expect(s.say({ flags: "A", seq: 50_000, ack: 1 })).toEqual(["A 1 ack 1"])
    expect(s.events()).toEqual([])
    expect(s.table.state(s.tcb)).toBe(SYN_RECEIVED)
    s.say({ flags: "R", seq: 1 })
    expect(s.events()).toEqual(["ended 4"])
  })

  test("an ACK of the SYN without a SYN says nothing", () => {
    const s = connectScript()
    s.heard()
    expect(s.say({ flags: "A", seq: 0, ack: 1 })).toEqual([])
    expect(s.table.state(s.tcb)).toBe(SYN_SENT)
  })

  test("waits for the neighbour's address, and no retransmission is spent on that", () => {
    let known = false
    const neighbours = { find: () => (known ? 0 : -1), macHigh: () => 0x0200, macLow: () => 1 }
    const s = connectScript({ neighbours, synRetries: 1 })
    expect(s.heard()).toEqual([])
    for (let i = 0; i < 3; i++) expect(s.pass(200_000)).toEqual([])
    known = true
    expect(s.pass(400_000)).toEqual(["S 0"])
    expect(s.table.counters()).toMatchObject({ neighbourUnknown: 4, timeouts: 0 })
    expect(s.pass(1_001_000)).toEqual(["S 0"])
  })

  test("a RST that acknowledges the SYN refuses it; any other is ignored", () => {
    const s = connectScript()
    s.heard()
    expect(s.say({ flags: "R", seq: 0 })).toEqual([])
    expect(s.say({ flags: "RA", seq: 0, ack: 5 })).toEqual([])
    expect(s.events()).toEqual([])
    s.say({ flags: "RA", seq: 0, ack: 1 })
    expect(s.events()).toEqual(["ended 4"])
  })

  test("RFC 9293 figure 9: an old SYN-ACK is answered by RST, and the open goes on", () => {
    const s = connectScript()
    s.heard()
    expect(s.say({ flags: "SA", seq: 900, ack: 77 })).toEqual(["R 77"])
    expect(s.say({ flags: "SA", seq: 0, ack: 1 })).toEqual(["A 1 ack 1"])
  })

  test("an unanswered SYN is sent again and in the end given up", () => {
    const s = connectScript({ synRetries: 1 })
    s.heard()
    expect(s.pass(1_001_000)).toEqual(["S 0"])
    expect(s.pass(2_010_000)).toEqual([])
    expect(s.events()).toEqual(["ended 2"])
  })

  test("what was written before the handshake was over leaves with its end", () => {
    const s = connectScript()
    s.heard()
    expect(s.attach()).toBe(0)
    expect(s.write("hi", 0)).toBe(0)
    expect(s.heard()).toEqual([])
    s.attachOnEstablished = false
    expect(s.say({ flags: "SA", seq: 0, ack: 1 })).toEqual(['PA 1 ack 1 "hi"'])
  })
})

describe("calls that an application's words come in by", () => {
  test("an id that isn't live, rings that can't be, positions that can't be: codes, and nothing changes", () => {
    const s = new Script().open()
    for (const id of [-1, 1, 4, 1e9, 0.5, Number.NaN]) {
      expect(s.table.written(id, 1, s.now)).toBe(-1)
      expect(s.table.consumed(id, 1, s.now)).toBe(-1)
      expect(s.table.finish(id, s.now)).toBe(-1)
      expect(s.table.close(id, s.now)).toBe(-1)
      expect(s.table.abort(id, s.now)).toBe(-1)
      expect(s.table.attach(id, s.region, 0, RING, RING, RING)).toBe(-1)
    }
    expect(s.attach()).toBe(-3)
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "abc" })
    for (const position of [-1, 4, RING + 1, 2 ** 31, Number.NaN]) {
      const expected = Number.isNaN(position) ? 0 : -2
      expect(`${position} ${s.table.consumed(s.tcb, position, s.now)}`).toBe(`${position} ${expected}`)
    }
    for (const position of [-1, RING + 1, 2 ** 31]) {
      expect(s.table.written(s.tcb, position, s.now)).toBe(-2)
    }
    expect(s.heard()).toEqual([])
    expect(s.table.counters().badCall).toBeGreaterThan(0)
    expect(s.table.finish(s.tcb, s.now)).toBe(0)
    expect(s.table.finish(s.tcb, s.now)).toBe(-3)
    expect(s.table.written(s.tcb, 1, s.now)).toBe(-3)
    expect(s.table.writtenLast(s.tcb, 1, s.now)).toBe(-3)
  })

  test("the last bytes take the FIN along; none, or some that can't be, as `finish` and `written` have it", () => {
    const s = new Script().open()
    s.region.bytes.set([104, 105], RING)
    expect(s.table.writtenLast(s.tcb, RING + 1, s.now)).toBe(-2)
    expect(s.heard()).toEqual([])
    expect(s.table.writtenLast(s.tcb, 2, s.now)).toBe(0)
    expect(s.heard()).toEqual(['FPA 1 ack 1 "hi"'])
    expect(s.table.writtenLast(1, 2, s.now)).toBe(-1)
    const silent = new Script().open()
    expect(silent.table.writtenLast(silent.tcb, 0, silent.now)).toBe(0)
    expect(silent.heard()).toEqual(["FA 1 ack 1"])
  })

  test.each([
    [-4, 4096],
    [0, 4095],
    [0, 128],
    [4096 * 2 - 8, 4096],
    [0, 512],
    [0.5, 4096],
    [0, 2 ** 31],
  ])("a ring at %d of %d bytes", (offset, bytes) => {
    const s = new Script()
    s.attachOnEstablished = false
    s.open()
    expect(s.table.attach(s.tcb, s.region, offset, bytes, 0, RING)).toBe(-4)
    expect(s.table.isAttached(s.tcb)).toBe(false)
    expect(s.attach()).toBe(0)
  })

  test.each([
    [{ maxConnections: 0 }, "maxConnections"],
    [{ stagingBytes: 1000 }, "stagingBytes"],
    [{ mtu: 100 }, "mtu"],
    [{ secret: new Uint8Array(8) }, "secret"],
    [{ minRtoUs: 0 }, "minRtoUs"],
  ])("a configuration with %o is refused by name", (config, name) => {
    expect(() => new Script(config)).toThrow(name)
  })
})
