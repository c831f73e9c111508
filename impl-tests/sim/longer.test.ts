import { expect, test } from "vitest"
import { longer } from "../../src/sim/longer.ts"

test("a table of any kind of numbers is twice as long, keeps what it has, and is 0 beyond", () => {
  for (const Kind of [Float64Array, Int32Array, Uint32Array, Int16Array, Uint8Array]) {
    const more = longer(Kind.of(3, 1, 2))
    expect(more).toEqual(Kind.of(3, 1, 2, 0, 0, 0))
    expect(more).toBeInstanceOf(Kind)
  }
})
