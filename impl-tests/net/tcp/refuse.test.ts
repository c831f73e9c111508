import fc from "fast-check"
import { expect, test } from "vitest"
import { FRAME_TCP_SYN } from "../../../src/net/classified.ts"
import { TCP_SYN } from "../../../src/net/wire/tcp.ts"
import { decodeSyn, emptySyn, encodeSyn } from "../../../src/server/syn.ts"
import { tcpFrame } from "../frames.ts"
import { classified, LOCAL, PEER } from "../rig.ts"
import { Script } from "./script.ts"

test("a SYN that was put aside is refused as if it were still there, its data included (RFC 9293 3.10.7.1)", () => {
  const port = fc.integer({ min: 1, max: 65535 })
  fc.assert(
    fc.property(fc.integer(), port, port, fc.nat(1400), (seq, fromPort, toPort, bytes) => {
      const payload = new Uint8Array(bytes)
      const frame = tcpFrame({
        fromIp: PEER.ip,
        toIp: LOCAL.ip,
        fromPort,
        toPort,
        seq,
        flags: TCP_SYN,
        payload,
      })
      const { c } = classified(frame, FRAME_TCP_SYN)
      const [now, later] = [new Script(), new Script()]
      now.table.refuse(c, 0)
      const words = new Int32Array(8)
      encodeSyn(words, 0, c)
      const syn = emptySyn()
      decodeSyn(words, 0, syn)
      later.table.refuseSyn(syn, bytes)
      const [answer] = now.wire.take()
      expect(later.wire.take()).toEqual([answer])
      // RST with ACK of all that the SYN counts for.
      const view = new DataView(answer!.buffer)
      expect(view.getUint8(47)).toBe(0x14)
      expect(view.getInt32(42)).toBe((seq + 1 + bytes) | 0)
      expect(later.table.counters().refused).toBe(1)
    }),
  )
})
