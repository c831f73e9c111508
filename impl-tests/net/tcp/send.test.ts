import { describe, expect, test } from "vitest"
import { Script } from "./script.ts"

const MSS = 100
const ack = (s: Script, to: number, window = 65_535): string[] =>
  s.say({ flags: "A", seq: 1, ack: to, window })

describe("RFC 9293 3.7.1: segments", () => {
  test("are as large as the peer takes; PSH goes with the last byte written", () => {
    const s = new Script().open({ mss: MSS })
    s.write(250)
    expect(s.heard()).toEqual(["A 1 ack 1 [100]", "A 101 ack 1 [100]", "PA 201 ack 1 [50]"])
    expect(ack(s, 251)).toEqual([])
    expect(s.events()).toEqual(["acked 250"])
  })

  test("MUST-15: 536 when it names none; tiny ones aren't believed; RFC 6691: our options come off", () => {
    const plain = new Script().open()
    plain.write(600)
    expect(plain.heard()).toEqual(["A 1 ack 1 [536]", "PA 537 ack 1 [64]"])
    const tiny = new Script().open({ mss: 1 })
    tiny.write(89)
    expect(tiny.heard()).toEqual(["A 1 ack 1 [88]", 'PA 89 ack 1 "."'])
    const stamped = new Script({ timestamps: true }).open({ mss: MSS, stamp: 5 })
    stamped.write(150)
    expect(stamped.heard()).toEqual(["A 1 ack 1 [88]", "PA 89 ack 1 [62]"])
  })

  test("never larger than our own interface takes", () => {
    const s = new Script({ mtu: 576 }).open({ mss: 9000 })
    s.write(600)
    expect(s.heard()).toEqual(["A 1 ack 1 [536]", "PA 537 ack 1 [64]"])
  })

  test("without transmit slots the rest is owed, and leaves in order", () => {
    const s = new Script().open({ mss: MSS })
    s.wire.slots = 2
    s.write(500)
    expect(s.heard()).toEqual(["A 1 ack 1 [100]", "A 101 ack 1 [100]"])
    s.wire.slots = 2
    expect(s.table.flushPending(s.now)).toBe(false)
    expect(s.heard()).toEqual(["A 201 ack 1 [100]", "A 301 ack 1 [100]"])
    s.wire.slots = 9
    expect(s.table.flushPending(s.now)).toBe(true)
    expect(s.heard()).toEqual(["PA 401 ack 1 [100]"])
    expect(s.count("outputOwed")).toBe(2)
  })

  test("RFC 9293 3.7.4: Nagle's algorithm holds a second small segment back, and can be switched off", () => {
    const s = new Script({ nagle: true }).open({ mss: MSS })
    s.write("a", 0)
    expect(s.heard()).toEqual(['PA 1 ack 1 "a"'])
    s.write("b", 1)
    s.write("c", 2)
    expect(s.heard()).toEqual([])
    expect(ack(s, 2)).toEqual(['PA 2 ack 1 "bc"'])
    s.table.setNagle(s.tcb, false)
    s.write("d", 3)
    expect(s.heard()).toEqual(['PA 4 ack 1 "d"'])
  })
})

describe("flow control, as the sender", () => {
  test("nothing goes beyond the peer's window, which is scaled when both say so", () => {
    const s = new Script().open({ mss: MSS, scale: 3 })
    ack(s, 1, 25)
    s.write(1000)
    expect(s.heard()).toEqual(["A 1 ack 1 [100]", "A 101 ack 1 [100]"])
    expect(ack(s, 101, 25)).toEqual(["A 201 ack 1 [100]"])
    const unscaled = new Script().open({ mss: MSS })
    ack(unscaled, 1, 250)
    unscaled.write(1000)
    expect(unscaled.heard()).toHaveLength(2)
  })

  test("RFC 7323 2.3: a shift above 14 counts as 14", () => {
    const s = new Script().open({ mss: MSS, scale: 255 })
    ack(s, 1, 1)
    s.write(2000)
    expect(s.heard()).toHaveLength(10)
  })

  test("an older segment doesn't change the window", () => {
    const s = new Script().open({ mss: MSS })
    s.say({ flags: "PA", seq: 1, ack: 1, payload: "new", window: 200 })
    s.say({ flags: "A", seq: 1, ack: 1, window: 50_000 })
    s.write(1000)
    expect(s.heard()).toHaveLength(2)
  })

  test("RFC 9293 3.8.6.2.1: a silly window is waited out, then used", () => {
    const s = new Script().open({ mss: MSS })
    ack(s, 1, 50)
    s.write(250)
    expect(s.heard()).toEqual([])
    expect(s.pass(201_000)).toEqual(["A 1 ack 1 [50]"])
  })
})

test("half of the largest window ever offered isn't silly", () => {
  const s = new Script()
  s.window = 150
  s.open({ mss: MSS })
  ack(s, 1, 75)
  s.write(250)
  expect(s.heard()).toEqual(["A 1 ack 1 [75]"])
})

describe("RFC 9293 3.8.6.1: a closed window", () => {
  function closed(config = {}): Script {
    const s = new Script(config).open({ mss: MSS })
    ack(s, 1, 0)
    s.write(250)
    expect(s.heard()).toEqual([])
    return s
  }

  test("is probed with the next byte, at growing intervals", () => {
    const s = closed()
    let wait = 200_000
    for (let i = 0; i < 4; i++) {
      expect(s.pass(wait - 2000)).toEqual([])
      expect(s.pass(4000)).toEqual(['A 1 ack 1 "."'])
      if (i > 0) wait *= 2
      ack(s, 1, 0)
    }
    expect([s.count("probes"), s.count("timeouts")]).toEqual([4, 0])
  })

  test("MUST-37: for ever, as long as the peer answers", () => {
    const s = closed({ dataRetries: 2 })
    for (let i = 0; i < 20; i++) {
      expect(s.pass(61_000_000)).toEqual(['A 1 ack 1 "."'])
      ack(s, 1, 0)
    }
    expect(s.state).toBe("ESTABLISHED")
  })

  test("not for ever when it doesn't", () => {
    const s = closed({ dataRetries: 2 })
    for (let i = 0; i < 2; i++) expect(s.pass(10_000_000)).toHaveLength(1)
    expect(s.pass(10_000_000)).toEqual(["RA 2 ack 1"])
    expect(s.events()).toEqual(["ended 2"])
  })

  test("without a slot the probe is owed", () => {
    const s = closed()
    s.wire.slots = 0
    expect(s.pass(201_000)).toEqual([])
    expect([s.count("probes"), s.count("outputOwed")]).toEqual([0, 1])
    s.wire.slots = 9
    expect(s.pass(600_000)).toEqual(['A 1 ack 1 "."'])
  })

  test("opens: everything leaves at once, the probe's byte included", () => {
    const s = closed()
    s.pass(201_000)
    expect(ack(s, 1, 1000)).toEqual([
      'A 1 ack 1 "."',
      "A 2 ack 1 [100]",
      "A 102 ack 1 [100]",
      "PA 202 ack 1 [49]",
    ])
  })

  test("a probe that was taken counts as sent", () => {
    const s = closed()
    s.pass(201_000)
    expect(ack(s, 2, 1000)).toEqual(["A 2 ack 1 [100]", "A 102 ack 1 [100]", "PA 202 ack 1 [49]"])
    expect(s.events()).toEqual(["acked 1"])
  })
})
