import fc from "fast-check"
import { expect, test } from "vitest"
import { decodeSyn, emptySyn, encodeSyn } from "../../src/server/syn.ts"

test("a SYN rides on a message unchanged", () => {
  const int = fc.integer()
  const port = fc.integer({ min: 0, max: 65535 })
  fc.assert(
    fc.property(
      fc.record({
        peerIp: int,
        peerPort: port,
        localPort: port,
        seq: int,
        window: port,
        mss: port,
        wscale: fc.integer({ min: -1, max: 14 }),
        sackPermitted: fc.integer({ min: 0, max: 1 }),
        hasTimestamp: fc.integer({ min: 0, max: 1 }),
        tsVal: int,
        peerMacHigh: port,
        peerMacLow: int,
      }),
      (syn) => {
        const words = new Int32Array(10)
        encodeSyn(words, 1, syn)
        const out = emptySyn()
        decodeSyn(words, 1, out)
        expect(out).toEqual(syn)
      },
    ),
  )
})
