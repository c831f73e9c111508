import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decodeMessage, encodeMessage, LAST_CORE_TYPE, portOf, typeOf } from "../../src/codec/message.ts"
import { message } from "./arbitrary.ts"

describe("message", () => {
  test("what was encoded is decoded, whatever lay in the words before", () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 0, max: 65535 }), fc.integer(), (value, port, rubbish) => {
        const words = new Int32Array(16).fill(rubbish)
        encodeMessage(words, 1, value, port)
        expect(decodeMessage(words, 1)).toEqual(value)
        expect(portOf(words, 1)).toBe(port)
        expect(typeOf(words, 1)).toBeLessThanOrEqual(LAST_CORE_TYPE)
        // Nothing but the six words is touched: the rider is the server's.
        expect(words[0]).toBe(rubbish | 0)
        expect([...words.subarray(7)]).toEqual(new Array(9).fill(rubbish | 0))
      }),
    )
  })

  test("an unknown type is no message", () => {
    const words = new Int32Array(15)
    for (const type of [0, 19, 31, 32, 255]) {
      words[0] = type
      expect(decodeMessage(words, 0)).toBeUndefined()
    }
  })
})
