import { expect, test } from "vitest"
import { parseCachegrind, perRequest } from "../../src/bench/calibration/caches.ts"
import { CannotMeasure } from "../../src/bench/errors.ts"

const log = `==22896== brk segment overflow in thread #1: can't grow to 0x73f7000
==22896== I   refs:      3,000,027,477
==22896== I1  misses:       57,057,712
==22896== LLi misses:        3,902,489
==22896== I1  miss rate:          1.90%
==22896== D   refs:      1,282,717,214  (846,275,464 rd   + 436,441,750 wr)
==22896== D1  misses:       36,476,704  ( 28,760,614 rd   +   7,716,090 wr)
`

test("Cachegrind's words are read, and what it does not say is an error", () => {
  const counts = { instructions: 3_000_027_477, instructionMisses: 57_057_712, dataMisses: 36_476_704 }
  expect(parseCachegrind(log)).toEqual(counts)
  for (const label of ["I   refs", "I1  misses", "D1  misses"])
    expect(() => parseCachegrind(log.replace(label, "nothing"))).toThrow(CannotMeasure)
  expect(() => parseCachegrind("")).toThrow(/nothing of/)
})

test("a request costs what all servers did more in the long run than in the short one", () => {
  const of = (x: number) => ({ instructions: 100 * x, instructionMisses: 10 * x, dataMisses: x })
  expect(perRequest([of(50), of(7)], [of(150), of(27)], 10)).toEqual(of(12))
})
