import fc from "fast-check"
import { expect, test } from "vitest"
import {
  INTERVALS,
  RECORD_WORDS,
  W_CWND,
  W_IRS,
  W_ISS,
  W_OOO_AT,
  W_OOO_COUNT,
  W_RCV_EDGE,
  W_RCV_NXT,
  W_RTX_END,
  W_RTX_NEXT,
  W_SACK_AT,
  W_SACK_COUNT,
  W_SACKED,
  W_SND_NXT,
  W_SND_UNA,
  W_TX_END,
} from "../../../src/net/tcp/layout.ts"
import { distance } from "../../../src/net/tcp/sequence.ts"
import { Script } from "./script.ts"

/** Segments that no honest peer sends, with right checksums, near and far from the numbers that count. */
const edge = fc.oneof(
  fc.integer({ min: -50, max: 1500 }),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
)
const segment = fc.record({
  flags: fc.constantFrom("A", "PA", "FA", "FPA", "S", "SA", "R", "RA", "A", "PA"),
  seq: edge,
  ack: edge,
  payload: fc.oneof(fc.nat(20), fc.nat(1400)),
  window: fc.oneof(fc.constantFrom(0, 1, 65_535), fc.nat(65_535)),
  sack: fc.array(fc.tuple(edge, edge), { maxLength: 3 }),
})
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant("say" as const), said: segment }) },
  fc.record({ what: fc.constantFrom("write" as const, "pass" as const, "finish" as const), n: fc.nat(3000) }),
)

/** `count` pairs in the block that word `atWord` names: apart, in order, between `low` and `high`. */
function expectIntervals(s: Script, atWord: number, count: number, low: number, high: number): number {
  expect(count >= 0 && count <= INTERVALS).toBe(true)
  const { words } = s.table.core
  const at = s.word(atWord)
  expect(at === 0).toBe(count === 0)
  let last = low
  let sum = 0
  for (let i = 0; i < count; i++) {
    const [start, end] = [words[at + 2 * i]!, words[at + 2 * i + 1]!]
    expect(distance(start, last)).toBeGreaterThan(0)
    expect(distance(end, start)).toBeGreaterThan(0)
    last = end
    sum += distance(end, start)
  }
  expect(distance(high, last)).toBeGreaterThanOrEqual(0)
  return sum
}

function expectSound(s: Script): void {
  if (s.table.state(s.tcb) < 3 || s.table.state(s.tcb) === 9) return
  const [una, nxt, rcv] = [s.word(W_SND_UNA), s.word(W_SND_NXT), s.word(W_RCV_NXT)]
  expect(distance(nxt, una)).toBeGreaterThanOrEqual(0)
  // The FIN takes a number beyond the last byte.
  expect(distance(s.word(W_TX_END), una)).toBeGreaterThanOrEqual(-1)
  expect(distance(s.word(W_RTX_NEXT), una)).toBeGreaterThanOrEqual(0)
  expect(distance(s.word(W_RTX_END), s.word(W_RTX_NEXT))).toBeGreaterThanOrEqual(0)
  expect(distance(nxt, s.word(W_RTX_END))).toBeGreaterThanOrEqual(0)
  expect(distance(rcv, s.word(W_IRS))).toBeGreaterThan(0)
  // One more for the peer's FIN.
  expect(distance(s.word(W_RCV_EDGE), rcv)).toBeGreaterThanOrEqual(-1)
  expectIntervals(s, W_OOO_AT, s.word(W_OOO_COUNT), rcv, s.word(W_RCV_EDGE))
  // A liar may acknowledge up to what it has SACKed and no further (RFC 2018 8).
  expect(s.word(W_SACKED)).toBe(expectIntervals(s, W_SACK_AT, s.word(W_SACK_COUNT), (una - 1) | 0, nxt))
  expect(s.word(W_CWND)).toBeGreaterThan(0)
}

test("whatever a peer says, the connection's record stays sound, and nobody else hears of it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const s = new Script({ sack: true })
      s.peerPort = 9
      s.open({ sack: true })
      const other = s.tcb
      s.peerPort = 40_000
      s.open({ mss: 300, sack: true })
      let written = 0
      for (const x of steps) {
        if (x.what === "say")
          s.say({ ...x.said, ...(x.said.sack.length === 0 ? { sack: undefined } : {}) } as never)
        else if (x.what === "pass") s.pass(x.n * 100)
        else if (x.what === "finish") s.table.finish(s.tcb, s.now)
        else if (s.write(x.n, written) === 0) written += x.n
        expectSound(s)
      }
      s.heard()
      s.events()
      // The others' words: none is touched.
      expect(s.table.state(other)).toBe(3)
      s.peerPort = 9
      s.iss = s.table.core.words[other * RECORD_WORDS + W_ISS]!
      expect(s.say({ flags: "PA", seq: 1, ack: 1, payload: "hello" })).toEqual(["A 1 ack 6"])
      s.table.abort(other, s.now)
      s.table.abort(s.tcb, s.now)
      s.heard()
      s.pass(600_000_000)
      expect([s.table.connections, s.table.halfOpen, s.table.stagingFree]).toEqual([0, 0, 4])
    }),
    { numRuns: 400 },
  )
})
