import { describe, expect, test } from "vitest"
import { grow, initialWindow } from "../../../src/net/tcp/congestion.ts"
import { FLAG_CWND_LIMITED, W_CWND, W_FLAGS, W_PRIOR_CWND, W_SSTHRESH } from "../../../src/net/tcp/layout.ts"
import { Script } from "./script.ts"

const MSS = 100

/** A peer with segments of 100 bytes, and more to send than any window lets go. */
function sending(sack = true): Script {
  const s = new Script({ sack }).open({ mss: MSS, sack })
  s.write(4000)
  return s
}

const window = (s: Script): number => s.word(W_CWND)
const threshold = (s: Script): number => s.word(W_SSTHRESH)
const ack = (s: Script, to: number, ...sack: (readonly [number, number])[]): string[] =>
  s.say({ flags: "A", seq: 1, ack: to, ...(sack.length === 0 ? {} : { sack }) })

describe("slow start", () => {
  test.each([
    [536, 5360],
    [1460, 14_600],
    [4000, 14_600],
    [8960, 17_920],
  ])("RFC 6928 2: with segments of %d bytes it begins at %d", (mss, bytes) => {
    expect(initialWindow(mss)).toBe(bytes)
  })

  test("RFC 3465 2.3: grows by what was acknowledged, at most two segments for each ACK", () => {
    const s = sending()
    expect(s.heard()).toHaveLength(10)
    expect(ack(s, 51)).toHaveLength(1)
    expect(window(s)).toBe(1050)
    expect(ack(s, 101)).toHaveLength(1)
    expect(window(s)).toBe(1100)
    expect(ack(s, 501)).toHaveLength(6)
    expect(window(s)).toBe(1300)
  })

  test("RFC 5681 3.1: a window that isn't used doesn't grow", () => {
    const s = new Script().open({ mss: MSS })
    s.write(300)
    expect(s.heard()).toHaveLength(3)
    expect(ack(s, 301)).toEqual([])
    expect(window(s)).toBe(1000)
  })

  test("RFC 5681 4.1: after an idle timeout it begins again", () => {
    const s = sending()
    s.heard()
    for (let at = 101; at <= 2001; at += 100) ack(s, at)
    expect(window(s)).toBe(3000)
    ack(s, 4001)
    s.pass(3_000_000)
    s.write(4000, 4000)
    expect(s.heard()).toHaveLength(10)
    expect(window(s)).toBe(1000)
  })
})

describe("RFC 9438 4.3: avoidance in its Reno-friendly form", () => {
  function avoiding(cwnd: number, prior: number): { readonly s: Script; grow(bytes: number): number } {
    const s = sending()
    const w = s.table.core.words
    w[W_CWND] = cwnd
    w[W_SSTHRESH] = cwnd
    w[W_PRIOR_CWND] = prior
    w[W_FLAGS] = w[W_FLAGS]! | FLAG_CWND_LIMITED
    return {
      s,
      grow: (bytes) => {
        grow(s.table.core, 0, bytes)
        return window(s)
      },
    }
  }

  test("below the window before the last decrease a segment takes 17/9 of a window", () => {
    const a = avoiding(900, 2000)
    expect(a.grow(1699)).toBe(900)
    expect(a.grow(1)).toBe(1000)
  })

  test("from there on it takes a window", () => {
    const a = avoiding(900, 900)
    expect(a.grow(899)).toBe(900)
    expect(a.grow(1)).toBe(1000)
    // What was left over counts towards the next, but never for two at once.
    expect(a.grow(1900)).toBe(1100)
    expect(a.grow(200)).toBe(1200)
  })
})

describe("loss", () => {
  /** The first of ten segments is lost; the others are reported one by one. */
  function lose(s: Script): string[] {
    s.heard()
    for (let to = 201; to < 401; to += 100) ack(s, 1, [101, to])
    return ack(s, 1, [101, 401])
  }

  test("RFC 9438 4.6: fast recovery goes on with 7/10 of what was in flight", () => {
    const s = sending()
    expect(lose(s)).toEqual(["A 1 ack 1 [100]"])
    expect([window(s), threshold(s)]).toEqual([700, 700])
    // What limited transmit had sent beyond the window didn't count: RFC 3042 2.
    expect(s.count("segmentsOut")).toBe(1 + 10 + 2 + 1)
    ack(s, 1201)
    expect([window(s), threshold(s)]).toEqual([700, 700])
    expect(s.count("recoveries")).toBe(1)
  })

  test("RFC 5681 3.1: never below two segments", () => {
    const s = new Script({ sack: true }).open({ mss: MSS, sack: true })
    s.write(200)
    s.heard()
    s.pass(1_100_000)
    expect(threshold(s)).toBe(200)
  })

  test("RFC 5681 3.1: a timeout leaves one segment; only the first in a row lowers the threshold", () => {
    const s = sending()
    s.heard()
    expect(s.pass(1_100_000)).toEqual(["A 1 ack 1 [100]"])
    expect([window(s), threshold(s)]).toEqual([100, 700])
    expect(s.pass(2_100_000)).toEqual(["A 1 ack 1 [100]"])
    expect([window(s), threshold(s)]).toEqual([100, 700])
  })

  test("RFC 3465 2.3: after a timeout an ACK counts for one segment, whatever it acknowledges", () => {
    const s = sending()
    s.heard()
    s.pass(1_100_000)
    ack(s, 301)
    expect(window(s)).toBe(200)
    ack(s, 501)
    expect(window(s)).toBe(300)
  })

  test("during recovery nothing grows", () => {
    const s = sending()
    lose(s)
    ack(s, 1, [101, 801])
    expect(window(s)).toBe(700)
  })
})

describe("reordering", () => {
  test("SACKed bytes count when they are acknowledged in order: none counts twice, and none before", () => {
    const s = sending()
    s.heard()
    ack(s, 1, [101, 201])
    expect(window(s)).toBe(1000)
    ack(s, 201)
    expect(window(s)).toBe(1100)
  })

  test("where the network is known to reorder they count at once", () => {
    const s = sending()
    s.heard()
    // A hole fills by itself: that is the sign.
    ack(s, 1, [101, 201])
    ack(s, 201)
    const before = window(s)
    ack(s, 201, [301, 401])
    expect(window(s)).toBe(before + 100)
    ack(s, 401)
    expect(window(s)).toBe(before + 200)
  })
  test("an ACK of what precedes a hole, with the first SACK of what follows, is no sign of it", () => {
    const s = sending()
    s.heard()
    ack(s, 101, [201, 301])
    ack(s, 101, [201, 401])
    // So three segments above the hole are enough to tell the loss, without a wait for stragglers.
    expect(ack(s, 101, [201, 501])).toEqual(["A 101 ack 1 [100]"])
  })
})
