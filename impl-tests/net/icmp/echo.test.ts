import fc from "fast-check"
import { expect, test } from "vitest"
import { fold, sumBytes } from "../../../src/net/checksum.ts"
import { FRAME_ICMP_ECHO } from "../../../src/net/classify.ts"
import { replyEcho } from "../../../src/net/icmp/echo.ts"
import { echoFrame } from "../other-frames.ts"
import { classified, LOCAL, PEER, Wire } from "../rig.ts"

test("RFC 1122 3.2.2.6: the data, identifier and sequence number come back, with right checksums", () => {
  const data = fc.array(fc.nat(255), { maxLength: 1400 })
  fc.assert(
    fc.property(data, (bytes) => {
      const wire = new Wire()
      const { region, c } = classified(
        echoFrame({ fromIp: PEER.ip, toIp: LOCAL.ip, data: bytes }),
        FRAME_ICMP_ECHO,
      )
      expect(replyEcho(c, region, wire)).toBe(true)
      const [reply] = wire.take()
      const view = new DataView(reply!.buffer)
      expect(Array.from(reply!.subarray(0, 12))).toEqual([...PEER.mac, ...LOCAL.mac])
      expect([view.getInt32(26), view.getInt32(30)]).toEqual([LOCAL.ip, PEER.ip])
      expect(fold(sumBytes(view, 14, 20))).toBe(0xffff)
      expect(fold(sumBytes(view, 34, reply!.length - 34))).toBe(0xffff)
      expect(view.getUint16(34)).toBe(0)
      expect(Array.from(reply!.subarray(38))).toEqual([0xab, 0xcd, 0, 5, ...bytes])
    }),
  )
})

test("without a transmit slot nothing is sent, and that is said", () => {
  const wire = new Wire()
  wire.slots = 0
  const { region, c } = classified(echoFrame({ fromIp: PEER.ip, toIp: LOCAL.ip }), FRAME_ICMP_ECHO)
  expect(replyEcho(c, region, wire)).toBe(false)
  expect(wire.frames).toEqual([])
})

test("a larger request than a slot holds isn't answered", () => {
  const wire = new Wire()
  const huge = echoFrame({ fromIp: PEER.ip, toIp: LOCAL.ip, data: new Array(3000).fill(1) })
  const { region, c } = classified(huge, FRAME_ICMP_ECHO)
  expect(replyEcho(c, region, wire)).toBe(false)
})
