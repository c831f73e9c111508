import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { FlowTable } from "../../../src/net/tcp/flow-table.ts"
import { bytesWithin, firstGap, gapEnd, insert, NO_ROOM, trimBelow } from "../../../src/net/tcp/intervals.ts"
import { INTERVALS, RECORD_BYTES, RECORD_WORDS } from "../../../src/net/tcp/layout.ts"
import * as sequence from "../../../src/net/tcp/sequence.ts"
import { FlowHash } from "../../../src/net/tcp/siphash.ts"
import { TimeWaitTable } from "../../../src/net/tcp/time-wait.ts"
import { initWheelFields, SLOT_US, Wheel } from "../../../src/net/tcp/wheel.ts"

const seq = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })

describe("sequence numbers", () => {
  test("order is by the shorter way round, wherever the numbers wrap", () => {
    fc.assert(
      fc.property(seq, fc.integer({ min: 1, max: 0x7fff_ffff }), (a, d) => {
        const b = (a + d) | 0
        expect(sequence.before(a, b)).toBe(true)
        expect(sequence.after(b, a)).toBe(true)
        expect(sequence.atMost(a, b) && !sequence.atMost(b, a)).toBe(true)
        expect(sequence.atLeast(b, a) && !sequence.atLeast(a, b)).toBe(true)
        expect(sequence.atMost(a, a) && sequence.atLeast(a, a)).toBe(true)
        expect(sequence.before(a, a) || sequence.after(a, a)).toBe(false)
        expect(sequence.distance(b, a)).toBe(d)
        expect([sequence.later(a, b), sequence.later(b, a)]).toEqual([b, b])
        expect([sequence.earlier(a, b), sequence.earlier(b, a)]).toEqual([a, a])
      }),
    )
  })
})

describe("interval lists", () => {
  const ranges = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 20 })), { maxLength: 60 })

  test("hold what a set of numbers would, sorted and apart, across the wrap", () => {
    fc.assert(
      fc.property(seq, ranges, fc.nat(250), (base, list, cut) => {
        const w = new Int32Array(1 + 2 * INTERVALS + 1).fill(-7)
        w[0] = 0
        const set = new Set<number>()
        for (const [start, length] of list) {
          const fresh = Array.from({ length }, (_, i) => start + i).filter((n) => !set.has(n))
          const added = insert(w, 1, 0, (base + start) | 0, (base + start + length) | 0)
          if (added === NO_ROOM) {
            expect(w[0]).toBe(INTERVALS)
            continue
          }
          expect(added).toBe(fresh.length)
          for (const n of fresh) set.add(n)
        }
        const check = (low: number) => {
          const members = new Set<number>()
          let last = Number.NEGATIVE_INFINITY
          for (let i = 0; i < w[0]!; i++) {
            const start = sequence.distance(w[1 + 2 * i]!, base)
            const end = sequence.distance(w[2 + 2 * i]!, base)
            expect(start).toBeGreaterThan(last)
            expect(end).toBeGreaterThan(start)
            for (let n = start; n < end; n++) members.add(n)
            last = end
          }
          expect([...members].sort((a, b) => a - b)).toEqual(
            [...set].filter((n) => n >= low).sort((a, b) => a - b),
          )
        }
        check(0)
        expect(w[1 + 2 * INTERVALS]).toBe(-7)
        const at = (n: number) => (base + n) | 0
        const within = [...set].filter((n) => n >= cut && n < cut + 30).length
        expect(bytesWithin(w, 1, w[0]!, at(cut), at(cut + 30))).toBe(within)
        let gap = cut
        while (set.has(gap)) gap++
        expect(firstGap(w, 1, w[0]!, at(cut))).toBe(at(gap))
        let end = gap
        while (end < gap + 50 && !set.has(end)) end++
        expect(gapEnd(w, 1, w[0]!, at(gap), at(gap + 50))).toBe(at(end))
        expect(trimBelow(w, 1, 0, at(cut))).toBe([...set].filter((n) => n < cut).length)
        check(cut)
      }),
    )
  })
})

describe("the flow table", () => {
  test("is a map, through any additions, replacements and removals", () => {
    const key = fc.tuple(fc.nat(5), fc.nat(6))
    const command = fc.tuple(fc.constantFrom("set", "remove", "find"), key, fc.nat(1000))
    fc.assert(
      fc.property(seq, seq, fc.array(command, { maxLength: 300 }), (key0, key1, commands) => {
        const table = new FlowTable(42, key0, key1)
        const model = new Map<string, number>()
        for (const [what, [ip, ports], value] of commands) {
          const name = `${ip} ${ports}`
          if (what === "set") {
            table.set(ip, ports, value)
            model.set(name, value)
          } else if (what === "remove") {
            table.remove(ip, ports)
            model.delete(name)
          } else expect(table.find(ip, ports)).toBe(model.get(name) ?? -1)
          expect(table.size).toBe(model.size)
          // A guess is never free of a flow that is there, and answers some flow's value.
          if (model.has(name)) expect(table.guess(ip, ports)).toBeGreaterThanOrEqual(0)
          else expect([-1, ...model.values()]).toContain(table.guess(ip, ports))
        }
        for (let ip = 0; ip < 6; ip++) {
          for (let ports = 0; ports < 7; ports++) {
            expect(table.find(ip, ports)).toBe(model.get(`${ip} ${ports}`) ?? -1)
          }
        }
      }),
    )
  })

  test("keeps every flow when it is as full as it may be", () => {
    const table = new FlowTable(1000, 1, 2)
    for (let i = 0; i < 1000; i++) table.set(i, i * 65_537, i)
    for (let i = 0; i < 1000; i++) expect(table.find(i, i * 65_537)).toBe(i)
    for (let i = 0; i < 1000; i += 2) table.remove(i, i * 65_537)
    for (let i = 0; i < 1000; i++) expect(table.find(i, i * 65_537)).toBe(i % 2 === 0 ? -1 : i)
  })
})

test("the largest value that a table can be asked to hold comes back", () => {
  const table = new FlowTable(16, 1, 2)
  for (const value of [0, (1 << 21) - 1, (1 << 22) - 2]) {
    table.set(7, 8, value)
    expect([table.find(7, 8), table.guess(7, 8)]).toEqual([value, value])
  }
})

describe("SipHash-2-4", () => {
  test("of twelve bytes is what the paper's algorithm gives: key 00..0f, message 00..0b", () => {
    const hash = new FlowHash(Uint8Array.from({ length: 16 }, (_, i) => i))
    hash.hash(0x03020100, 0x07060504, 0x0b0a0908)
    const bytes = [hash.low, hash.high].flatMap((x) => [x, x >> 8, x >> 16, x >> 24].map((b) => b & 0xff))
    expect(bytes).toEqual(referenceVector())
  })
})

/** SipHash-2-4 with BigInt, as the paper has it. */
function referenceVector(): number[] {
  const mask = (1n << 64n) - 1n
  const rotate = (x: bigint, n: bigint) => ((x << n) | (x >> (64n - n))) & mask
  const word = (from: number, n = 8) =>
    Array.from({ length: n }, (_, i) => BigInt(from + i) << BigInt(8 * i)).reduce((a, b) => a | b, 0n)
  const [k0, k1] = [word(0), word(8)]
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ]
  const round = () => {
    v0 = (v0 + v1) & mask
    v1 = rotate(v1, 13n) ^ v0
    v0 = rotate(v0, 32n)
    v2 = (v2 + v3) & mask
    v3 = rotate(v3, 16n) ^ v2
    v0 = (v0 + v3) & mask
    v3 = rotate(v3, 21n) ^ v0
    v2 = (v2 + v1) & mask
    v1 = rotate(v1, 17n) ^ v2
    v2 = rotate(v2, 32n)
  }
  for (const m of [word(0), word(8, 4) | (12n << 56n)]) {
    v3 ^= m
    round()
    round()
    v0 ^= m
  }
  v2 ^= 0xffn
  for (let i = 0; i < 4; i++) round()
  const h = v0 ^ v1 ^ v2 ^ v3
  return Array.from({ length: 8 }, (_, i) => Number((h >> BigInt(8 * i)) & 0xffn))
}

describe("the timer wheel", () => {
  const RECORDS = 8
  function makeWheel() {
    const buffer = new ArrayBuffer(RECORDS * RECORD_BYTES)
    const words = new Int32Array(buffer)
    const times = new Float64Array(buffer)
    initWheelFields(words, times, RECORDS)
    return new Wheel(words, times)
  }

  test("fires every entry once, not early, within a slot of its deadline; the horizon asks again", () => {
    const action = fc.tuple(fc.nat(RECORDS - 1), fc.integer({ min: 0, max: 12_000_000 }), fc.nat(3_000_000))
    fc.assert(
      fc.property(fc.nat(5_000_000), fc.array(action, { maxLength: 60 }), (start, actions) => {
        const wheel = makeWheel()
        const deadline = new Map<number, number>()
        let now = start
        const run = () => {
          for (let b = wheel.expire(now); b >= 0; b = wheel.expire(now)) {
            const due = deadline.get(b)!
            // What lies beyond the horizon is looked at early, and goes back in.
            if (due > now) wheel.schedule(b, due)
            else deadline.delete(b)
          }
          for (const due of deadline.values()) expect(due + SLOT_US).toBeGreaterThan(now)
        }
        run()
        for (const [record, ahead, step] of actions) {
          const b = record * RECORD_WORDS
          wheel.remove(b)
          wheel.schedule(b, now + ahead)
          deadline.set(b, now + ahead)
          const next = wheel.next()
          expect(next).toBeLessThanOrEqual(Math.max(Math.min(...deadline.values()), now) + 2 * SLOT_US)
          now += step
          run()
        }
        now += 30_000_000
        for (let i = 0; i < 10; i++) run()
        expect(deadline.size).toBe(0)
        expect(wheel.next()).toBe(Number.POSITIVE_INFINITY)
      }),
    )
  })

  test("an earlier deadline moves an entry forward; a later one leaves it", () => {
    const wheel = makeWheel()
    wheel.expire(0)
    wheel.schedule(0, 50_000)
    wheel.schedule(0, 90_000)
    expect(wheel.next()).toBe(50_000)
    wheel.schedule(0, 20_000)
    expect(wheel.next()).toBe(20_000)
    expect(wheel.expire(19_999)).toBe(-1)
    expect(wheel.expire(20_000)).toBe(0)
    expect(wheel.expire(1_000_000)).toBe(-1)
  })
})

describe("the TIME-WAIT table", () => {
  test("recycles the oldest when full, restarts, expires in order, and forgets flows", () => {
    const flows = new FlowTable(16, 1, 2)
    const table = new TimeWaitTable(3, 100, 1000, flows)
    const entries = [0, 10, 20].map((t, i) => table.add(i, 7, t))
    expect(table.full).toBe(true)
    table.restart(entries[0]!, 30)
    table.add(3, 7, 40)
    expect(flows.find(1, 7)).toBe(-1)
    expect([0, 2, 3].map((ip) => flows.find(ip, 7) >= 100)).toEqual([true, true, true])
    expect(table.next()).toBe(1020)
    table.expire(1019, 10)
    expect(table.size).toBe(3)
    table.expire(1035, 1)
    expect(table.size).toBe(2)
    table.expire(1035, 10)
    expect([table.size, flows.find(3, 7) >= 0]).toEqual([1, true])
    table.expire(2000, 10)
    expect([table.size, flows.size, table.next()]).toEqual([0, 0, Number.POSITIVE_INFINITY])
  })
})

test("a connection's record is at most half a kilobyte, in whole pairs of cache lines", () => {
  expect(RECORD_BYTES).toBeLessThanOrEqual(512)
  expect(RECORD_BYTES % 128).toBe(0)
})
