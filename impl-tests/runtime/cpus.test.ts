import { describe, expect, test } from "vitest"
import { allowedCpus, PinError, pinning } from "../../src/runtime/cpus.ts"

describe("pinning", () => {
  test("server k on the k-th CPU, round and round", () => {
    expect(pinning("auto", 3, [0, 1])).toEqual([0, 1, 0])
    expect(pinning("2,0", 3, [0, 1, 2])).toEqual([2, 0, 2])
    expect(pinning("1-3", 4, [0, 1, 2, 3])).toEqual([1, 2, 3, 1])
  })

  test.each(["", "x", "0,", "1-", "0 1", "-1"])("%j is refused", (text) => {
    expect(() => pinning(text, 1, [0, 1])).toThrow(PinError)
  })

  test("a CPU that is not ours is refused by name", () => {
    expect(() => pinning("0,7", 2, [0, 1])).toThrow("CPU 7 is not among those allowed here: 0,1")
    // Backwards is nothing.
    expect(() => pinning("3-1", 2, [0, 1, 2, 3])).toThrow(PinError)
  })

  test("those of this process are known", () => {
    expect(allowedCpus().length).toBeGreaterThan(0)
  })
})
