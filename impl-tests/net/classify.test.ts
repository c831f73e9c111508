import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { allocateRegion } from "../../src/memory/region.ts"
import { fold, sumBytes } from "../../src/net/checksum.ts"
import * as c from "../../src/net/classify.ts"
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG } from "../../src/net/wire/tcp.ts"
import { fixChecksums, tcpFrame } from "./frames.ts"
import { arpFrame, echoFrame } from "./other-frames.ts"

const LOCAL = { ip: c.ipv4("10.0.0.2"), mac: [2, 0, 0, 0, 0, 2] }
const PEER = c.ipv4("10.0.0.1")
const base = { fromIp: PEER, toIp: LOCAL.ip, fromPort: 40_000, toPort: 80 }

function kindOf(frame: Uint8Array, out = c.makeClassified(LOCAL), offset = 64): string {
  const region = allocateRegion(offset + frame.length + 64)
  region.bytes.fill(0xee)
  region.bytes.set(frame, offset)
  return c.FRAME_CLASS_NAMES[c.classify(region, offset, frame.length, out)]!
}

/** The frame with a change, its checksums made right again. */
function changed(change: (view: DataView, frame: Uint8Array) => void, frame = tcpFrame(base)): Uint8Array {
  change(new DataView(frame.buffer), frame)
  return fixChecksums(frame)
}

test("every class has a name", () => {
  expect(c.FRAME_CLASS_NAMES).toHaveLength(c.FRAME_CLASSES)
  expect(new Set(c.FRAME_CLASS_NAMES).size).toBe(c.FRAME_CLASSES)
})

describe("what is taken", () => {
  test("a segment, and all that is said of it", () => {
    const out = c.makeClassified(LOCAL)
    const frame = tcpFrame({
      ...base,
      seq: 0x80000001 | 0,
      ack: 0xfffffff0 | 0,
      flags: TCP_ACK | TCP_PSH,
      window: 0xabcd,
      options: [1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0],
      payload: [1, 2, 3],
    })
    expect(kindOf(frame, out)).toBe("tcp")
    expect(out).toMatchObject({
      peerIp: PEER,
      peerPort: 40_000,
      localPort: 80,
      seq: 0x80000001 | 0,
      ack: 0xfffffff0 | 0,
      flags: TCP_ACK | TCP_PSH,
      window: 0xabcd,
      hasTimestamp: 1,
      tsVal: 256,
      tsEcr: 512,
      sackCount: 0,
      ipOffset: 78,
      tcpOffset: 98,
      payloadOffset: 130,
      payloadLength: 3,
      peerMacHigh: 0x0200,
      peerMacLow: 1,
    })
  })

  test("a SYN with its options in an unusual order", () => {
    const out = c.makeClassified(LOCAL)
    const options = [3, 3, 20, 1, 4, 2, 2, 4, 5, 180, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]
    expect(kindOf(tcpFrame({ ...base, flags: TCP_SYN, options }), out)).toBe("tcpSyn")
    expect(out).toMatchObject({ mss: 1460, wscale: 14, sackPermitted: 1, hasTimestamp: 1, tsVal: 7 })
  })

  test("nothing of a former SYN's options clings to the next one", () => {
    const out = c.makeClassified(LOCAL)
    kindOf(tcpFrame({ ...base, flags: TCP_SYN, options: [2, 4, 5, 180, 4, 2, 1, 1, 3, 3, 7, 0] }), out)
    kindOf(tcpFrame({ ...base, flags: TCP_SYN }), out)
    expect(out).toMatchObject({ mss: 0, wscale: -1, sackPermitted: 0, hasTimestamp: 0 })
  })

  test("SACK blocks", () => {
    const out = c.makeClassified(LOCAL)
    const options = [1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]
    expect(kindOf(tcpFrame({ ...base, options }), out)).toBe("tcp")
    expect(out).toMatchObject({ sackCount: 2, sackOffset: 64 + 54 + 4 })
  })

  test("Ethernet's padding isn't payload", () => {
    const out = c.makeClassified(LOCAL)
    const padded = new Uint8Array(60)
    padded.set(tcpFrame(base))
    expect(kindOf(padded, out)).toBe("tcp")
    expect(out.payloadLength).toBe(0)
  })

  test("IP options are skipped", () => {
    const plain = tcpFrame({ ...base, payload: [9] })
    const frame = new Uint8Array(plain.length + 4)
    frame.set(plain.subarray(0, 34))
    frame.set([1, 1, 1, 0], 34)
    frame.set(plain.subarray(34), 38)
    const view = new DataView(frame.buffer)
    view.setUint8(14, 0x46)
    view.setUint16(16, view.getUint16(16) + 4)
    expect(kindOf(fixChecksums(frame))).toBe("tcp")
    frame.set([7, 3, 4, 0], 34)
    expect(kindOf(fixChecksums(frame))).toBe("tcp")
    // Loose and strict source routes (RFC 7126 4.3, 4.4); lengths of 0 and 1, beyond the header, and cut off.
    for (const options of [
      [131, 3, 4, 0],
      [137, 3, 4, 0],
      [7, 0, 0, 0],
      [7, 1, 0, 0],
      [7, 5, 0, 0],
      [1, 1, 1, 7],
    ]) {
      frame.set(options, 34)
      expect(`${options} ${kindOf(fixChecksums(frame))}`).toBe(`${options} dropIpOptions`)
    }
    // The checksum is that of the whole header.
    frame.set([1, 1, 1, 0], 34)
    frame[37] = frame[37]! ^ 1
    expect(kindOf(frame)).toBe("dropIpChecksum")
  })

  test("ARP to us or to all, echo requests", () => {
    expect(kindOf(arpFrame({ op: 1, senderIp: PEER, targetIp: LOCAL.ip }))).toBe("arp")
    expect(kindOf(arpFrame({ op: 2, senderIp: PEER, targetIp: LOCAL.ip, toMac: LOCAL.mac }))).toBe("arp")
    expect(kindOf(echoFrame({ fromIp: PEER, toIp: LOCAL.ip, data: [1, 2, 3] }))).toBe("icmpEcho")
  })
})

describe("what is dropped, and by which name", () => {
  const short = (n: number) => tcpFrame(base).subarray(0, n)
  const syn = (...options: number[]) => tcpFrame({ ...base, flags: TCP_SYN, options })
  const question = { op: 1, senderIp: PEER, targetIp: LOCAL.ip }
  const arpWith = (at: number, value: number) => arpFrame(question).map((b, i) => (i === at ? value : b))
  const echo = (at: number, value: number) => {
    const frame = echoFrame({ fromIp: PEER, toIp: LOCAL.ip, data: [1, 2] })
    const view = new DataView(frame.buffer)
    frame[at] = value
    for (const [place, from, length] of [
      [24, 14, 20],
      [36, 34, view.getUint16(16) - 20],
    ] as const) {
      view.setUint16(place, 0)
      view.setUint16(place, ~fold(sumBytes(view, from, length)) & 0xffff)
    }
    return frame
  }
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["nothing", short(0), "dropShort"],
    ["an Ethernet header alone", short(14), "dropShort"],
    ["33 bytes", short(33), "dropShort"],
    ["a group address as sender", changed((_, f) => f.set([3], 6)), "dropSourceMac"],
    ["another host's MAC address", changed((_, f) => f.set([9], 5)), "dropOtherMac"],
    ["a segment to Ethernet's broadcast", changed((_, f) => f.fill(255, 0, 6)), "dropOtherMac"],
    ["a tag of a virtual LAN", changed((v) => v.setUint16(12, 0x8100)), "dropEthertype"],
    ["IPv6", changed((v) => v.setUint16(12, 0x86dd)), "dropEthertype"],
    ["version 5", changed((v) => v.setUint8(14, 0x55)), "dropIpVersion"],
    ["a header of 16 bytes", changed((v) => v.setUint8(14, 0x44)), "dropIpHeader"],
    ["a header beyond the frame", tcpFrame(base).map((b, i) => (i === 14 ? 0x4f : b)), "dropIpHeader"],
    ["a total length beyond the frame", tcpFrame(base).map((b, i) => (i === 16 ? 9 : b)), "dropIpLength"],
    ["a total length below its header", tcpFrame(base).map((b, i) => (i === 17 ? 19 : b)), "dropIpLength"],
    ["a wrong IP checksum", tcpFrame(base).map((b, i) => (i === 24 ? b ^ 1 : b)), "dropIpChecksum"],
    ["a first fragment", changed((v) => v.setUint16(20, 0x2000)), "dropFragment"],
    ["a later fragment, overlapping or not", changed((v) => v.setUint16(20, 1)), "dropFragment"],
    ["a fragment of an echo request", echo(20, 0x20), "dropFragment"],
    ["another host's address", changed((v) => v.setInt32(30, PEER + 9)), "dropOtherIp"],
    ["from 127.0.0.1", changed((v) => v.setInt32(26, 0x7f000001)), "dropMartian"],
    ["from 224.0.0.1", changed((v) => v.setInt32(26, 0xe0000001 | 0)), "dropMartian"],
    ["from 0.0.0.0", changed((v) => v.setInt32(26, 0)), "dropMartian"],
    ["from 239.1.2.3", changed((v) => v.setInt32(26, 0xef010203 | 0)), "dropMartian"],
    ["from 240.0.0.1", changed((v) => v.setInt32(26, 0xf0000001 | 0)), "dropMartian"],
    ["to 255.255.255.255", changed((v) => v.setInt32(30, -1)), "dropOtherIp"],
    ["to 224.0.0.1", changed((v) => v.setInt32(30, 0xe0000001 | 0)), "dropOtherIp"],
    ["from 255.255.255.255", changed((v) => v.setInt32(26, -1)), "dropMartian"],
    ["a SYN from ourselves: the land attack", changed((v) => v.setInt32(26, LOCAL.ip), syn()), "dropLand"],
    ["UDP", changed((v) => v.setUint8(23, 17)), "dropProtocol"],
    ["a TCP header of 16 bytes", changed((v) => v.setUint8(46, 0x40)), "dropTcpHeader"],
    ["a TCP header beyond the packet", changed((v) => v.setUint8(46, 0xf0)), "dropTcpHeader"],
    [
      "10 bytes of TCP",
      changed((v) => v.setUint16(16, 30), tcpFrame({ ...base, payload: [1] })),
      "dropTcpHeader",
    ],
    ["a wrong TCP checksum", tcpFrame(base).map((b, i) => (i === 50 ? b ^ 1 : b)), "dropTcpChecksum"],
    ["port 0", tcpFrame({ ...base, fromPort: 0 }), "dropTcpPort"],
    ["to port 0", tcpFrame({ ...base, toPort: 0 }), "dropTcpPort"],
    ["an option of length 0", tcpFrame({ ...base, options: [8, 0, 0, 0] }), "dropTcpOptions"],
    ["an option of length 1", tcpFrame({ ...base, options: [99, 1, 0, 0] }), "dropTcpOptions"],
    ["an option beyond the header", tcpFrame({ ...base, options: [1, 1, 8, 10] }), "dropTcpOptions"],
    ["an option cut off after its kind", tcpFrame({ ...base, options: [1, 1, 1, 2] }), "dropTcpOptions"],
    ["an MSS of 3 bytes", syn(2, 3, 5, 0), "dropTcpOptions"],
    ["an MSS of 5 bytes", syn(2, 5, 5, 0, 0, 1, 1, 1), "dropTcpOptions"],
    ["a window scale of 4 bytes", syn(3, 4, 7, 0), "dropTcpOptions"],
    ["a permission of SACK with a word to say", syn(4, 4, 0, 0), "dropTcpOptions"],
    ["timestamps of 9 bytes", syn(8, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1), "dropTcpOptions"],
    [
      "timestamps of 11 bytes",
      tcpFrame({ ...base, options: [8, 11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1] }),
      "dropTcpOptions",
    ],
    ["no SACK block at all", tcpFrame({ ...base, options: [5, 2, 1, 1] }), "dropTcpOptions"],
    ["half a SACK block", tcpFrame({ ...base, options: [5, 6, 0, 0, 0, 0, 1, 1] }), "dropTcpOptions"],
    ["a Christmas tree", tcpFrame({ ...base, flags: TCP_FIN | TCP_PSH | TCP_URG }), "dropTcpFlags"],
    ["no flags at all", tcpFrame({ ...base, flags: 0 }), "dropTcpFlags"],
    ["SYN and FIN", tcpFrame({ ...base, flags: TCP_SYN | TCP_FIN }), "dropTcpFlags"],
    ["ARP for something else", arpFrame({ ...question, op: 3 }), "dropArp"],
    ["ARP cut off", arpFrame(question).subarray(0, 41), "dropArp"],
    ["ARP over another hardware", arpWith(15, 6), "dropArp"],
    ["ARP for another protocol", arpWith(16, 0x86), "dropArp"],
    ["ARP with addresses of 8 bytes", arpWith(18, 8), "dropArp"],
    ["7 bytes of ICMP", echo(17, 27), "dropIcmpOther"],
    ["an echo request of another code", echo(35, 1), "dropIcmpOther"],
    ["a redirect", echo(34, 5), "dropIcmpOther"],
    ["a bad echo checksum", echoFrame({ fromIp: PEER, toIp: LOCAL.ip, bad: true }), "dropIcmpChecksum"],
    ["an echo reply", echoFrame({ fromIp: PEER, toIp: LOCAL.ip, type: 0 }), "dropIcmpOther"],
  ]
  test.each(cases)("%s", (_, frame, name) => {
    expect(kindOf(frame)).toBe(name)
  })

  test("a length beyond the region", () => {
    const region = allocateRegion(64)
    expect(c.classify(region, 32, 60, c.makeClassified(LOCAL))).toBe(c.DROP_LONG)
  })

  test("impossible flags; every other combination is taken", () => {
    for (let flags = 0; flags < 64; flags++) {
      const syn = (flags & TCP_SYN) !== 0
      const impossible = syn
        ? (flags & (TCP_FIN | TCP_RST)) !== 0
        : (flags & (TCP_ACK | TCP_RST)) === 0 || ((flags & TCP_FIN) !== 0 && (flags & TCP_ACK) === 0)
      const name = impossible ? "dropTcpFlags" : syn && (flags & TCP_ACK) === 0 ? "tcpSyn" : "tcp"
      expect(`${flags} ${kindOf(tcpFrame({ ...base, flags }))}`).toBe(`${flags} ${name}`)
    }
    expect(kindOf(tcpFrame({ ...base, flags: TCP_URG | TCP_ACK, urgent: 5 }))).toBe("tcp")
  })
})

describe("nothing is read beyond a frame that ends where its region does", () => {
  const atTheEnd = (frame: Uint8Array): string => {
    const region = allocateRegion(128)
    region.bytes.set(frame, 128 - frame.length)
    const kind = c.classify(region, 128 - frame.length, frame.length, c.makeClassified(LOCAL))
    return c.FRAME_CLASS_NAMES[kind]!
  }

  test.each([
    ["10 bytes of TCP", changed((v) => v.setUint16(16, 30)).subarray(0, 44), "dropTcpHeader"],
    ["the kind of a TCP option", tcpFrame({ ...base, options: [1, 1, 1, 2] }), "dropTcpOptions"],
    [
      "an ARP packet without its end",
      arpFrame({ op: 1, senderIp: 1, targetIp: 2 }).subarray(0, 40),
      "dropArp",
    ],
  ])("%s", (_, frame, name) => {
    expect(atTheEnd(frame)).toBe(name)
  })

  test("the kind of an IP option", () => {
    const frame = new Uint8Array(38)
    frame.set(tcpFrame(base).subarray(0, 34))
    frame.set([0x46, 0, 0, 24], 14)
    frame.set([1, 1, 1, 7], 34)
    const view = new DataView(frame.buffer)
    view.setUint16(24, 0)
    view.setUint16(24, ~fold(sumBytes(view, 14, 24)) & 0xffff)
    expect(atTheEnd(frame)).toBe("dropIpOptions")
  })
})

describe("frames of any bytes", () => {
  const template = fc.constantFrom(
    tcpFrame({ ...base, payload: [1, 2, 3, 4, 5] }),
    tcpFrame({ ...base, flags: TCP_SYN, options: [2, 4, 5, 180, 3, 3, 7, 1, 4, 2, 1, 1] }),
    tcpFrame({ ...base, options: [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9] }),
    arpFrame({ op: 1, senderIp: PEER, targetIp: LOCAL.ip }),
    echoFrame({ fromIp: PEER, toIp: LOCAL.ip, data: [7, 7] }),
  )
  const mutated = fc
    .tuple(template, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }), fc.nat(90), fc.boolean())
    .map(([frame, edits, cut, right]) => {
      const copy = frame.slice(0, Math.max(0, cut > 80 ? frame.length : frame.length - (cut % 8)))
      for (const [at, value] of edits) if (at < copy.length) copy[at] = value
      // Half of them get past the checksums, to what lies behind.
      if (right && copy.length >= 54 && 14 + ((copy[14]! & 15) << 2) <= copy.length) tryFix(copy)
      return copy
    })
  const tryFix = (frame: Uint8Array) => {
    try {
      fixChecksums(frame)
    } catch {
      // A length that points beyond the frame: left as it is.
    }
  }

  test("are given a class; nothing is read outside of the frame, and what is said lies within it", () => {
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 120 })), (frame) => {
        const out = c.makeClassified(LOCAL)
        // What surrounds the frame must not matter.
        const kinds = [0x00, 0xff].map((around) => {
          const region = allocateRegion(frame.length + 128)
          region.bytes.fill(around)
          region.bytes.set(frame, 64)
          return c.classify(region, 64, frame.length, out)
        })
        expect(kinds[0]).toBe(kinds[1])
        const kind = kinds[0]!
        expect(kind >= 0 && kind < c.FRAME_CLASSES).toBe(true)
        if (kind === c.FRAME_TCP || kind === c.FRAME_TCP_SYN) {
          expect(out.payloadLength).toBeGreaterThanOrEqual(0)
          expect(out.payloadOffset).toBeGreaterThanOrEqual(64 + 54)
          expect(out.payloadOffset + out.payloadLength).toBeLessThanOrEqual(64 + frame.length)
          if (out.sackCount > 0)
            expect(out.sackOffset + 8 * out.sackCount).toBeLessThanOrEqual(out.payloadOffset)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

test("an address that isn't one is refused by name", () => {
  for (const bad of ["", "10.0.0", "10.0.0.256", "10.0.0.1.2", "a.b.c.d", "1.2.3.-4", "1.2.3.4.5"]) {
    expect(() => c.ipv4(bad)).toThrow(`"${bad}" is not an IPv4 address`)
  }
  expect(c.ipv4("192.168.1.2")).toBe(0xc0a80102 | 0)
})
