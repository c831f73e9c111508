import fc from "fast-check"
import { expect, test } from "vitest"
import { allocateRegion } from "../../src/memory/region.ts"
import { copyBytes, copySum, fold, sumBytes, sumRegion, swap16, wordSum } from "../../src/net/checksum.ts"

/** RFC 1071 4.1, word by word. */
function reference(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return sum
}

/** 0 and 0xffff are the same number in one's complement. */
const same = (a: number, b: number): boolean => a % 0xffff === b % 0xffff

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.integer({ min: 0, max: 2000 }).map((n) => new Uint8Array(n).fill(0xff)),
)

const viewOf = (b: Uint8Array, offset: number): DataView => {
  const whole = new Uint8Array(offset + b.length + 8).fill(0xa5)
  whole.set(b, offset)
  return new DataView(whole.buffer)
}

test("the sum of RFC 1071's example", () => {
  const example = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)
  expect(fold(sumBytes(viewOf(example, 0), 0, 8))).toBe(0xddf2)
})

test("a sum is that of 16-bit words, at any offset and length", () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 5 }), (b, offset) => {
      expect(same(fold(sumBytes(viewOf(b, offset), offset, b.length)), reference(b))).toBe(true)
    }),
  )
})

test("a sum by whole words is the same, wherever it begins and whatever lies around", () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 9 }), (b, offset) => {
      const region = allocateRegion(offset + b.length + 8)
      region.bytes.fill(0xa5)
      region.bytes.set(b, offset)
      const sum = sumRegion(region, offset, b.length)
      expect(same(sum, reference(b))).toBe(true)
      // What swap16 takes.
      expect(sum).toBeLessThanOrEqual(0xffff)
    }),
    { numRuns: 500 },
  )
})

test("the largest packet of the largest bytes doesn't overflow", () => {
  const most = new Uint8Array(65_535).fill(0xff)
  expect(same(fold(sumBytes(viewOf(most, 0), 0, most.length)), reference(most))).toBe(true)
  const region = allocateRegion(most.length)
  region.bytes.set(most)
  expect(same(fold(sumRegion(region, 0, most.length)), reference(most))).toBe(true)
})

test("sums of parts add up; a part at an odd place is swapped", () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (b, at) => {
      const cut = b.length === 0 ? 0 : at % (b.length + 1)
      const view = viewOf(b, 0)
      const first = sumBytes(view, 0, cut)
      const rest = sumBytes(view, cut, b.length - cut)
      expect(same(fold(first + ((cut & 1) === 0 ? rest : swap16(rest))), reference(b))).toBe(true)
    }),
  )
})

test("wordSum is the sum of four bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (b) => {
      expect(same(fold(wordSum(viewOf(b, 0).getInt32(0))), reference(b))).toBe(true)
    }),
  )
})

test("copies write exactly their bytes, and copySum answers their sum", () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), (b, from, to) => {
      const source = allocateRegion(from + b.length)
      source.bytes.set(b, from)
      for (const copy of [copySum, copyBytes] as const) {
        const target = allocateRegion(to + b.length + 8)
        target.bytes.fill(0xa5)
        const sum = copy(target, to, source, from, b.length)
        expect(target.bytes.subarray(to, to + b.length)).toEqual(b)
        expect(target.bytes.subarray(0, to).every((x) => x === 0xa5)).toBe(true)
        expect(target.bytes.subarray(to + b.length).every((x) => x === 0xa5)).toBe(true)
        if (sum !== undefined) expect(same(fold(sum), reference(b))).toBe(true)
      }
    }),
  )
})
