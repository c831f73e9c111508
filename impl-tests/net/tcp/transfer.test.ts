import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { W_ISS } from "../../../src/net/tcp/layout.ts"
import type { TcpConfig } from "../../../src/net/tcp/types.ts"
import { connectPeers, type Peer, type PeerOptions } from "../peer.ts"
import { type Faults, type Host, PERFECT, World } from "../world.ts"

const faults: fc.Arbitrary<Faults> = fc.record({
  loss: fc.constantFrom(0, 0.01, 0.05, 0.1),
  duplicate: fc.constantFrom(0, 0.01, 0.1),
  corrupt: fc.constantFrom(0, 0.02, 0.05),
  delay: fc.constantFrom(
    [50, 50] as const,
    [50, 500] as const,
    [50, 10_000] as const,
    [5000, 10_000] as const,
  ),
  rate: fc.constantFrom(0, 10, 100, 1000),
})

const tcp: fc.Arbitrary<Partial<TcpConfig>> = fc.record({
  timestamps: fc.boolean(),
  sack: fc.boolean(),
  nagle: fc.boolean(),
  delayedAckUs: fc.constantFrom(0, 20_000, 200_000),
  stagingBytes: fc.constantFrom(512, 1024),
  rangeBlocks: fc.constantFrom(1, 64),
  // Longer than any wait between two retransmissions of a FIN, or a late one would find no TIME-WAIT and be refused.
  timeWaitUs: fc.constant(600_000_000),
  mtu: fc.constantFrom(576, 1500),
})

/** Transmit slots: none scarce, or so few that output is owed all the time. */
const slots = fc.oneof(
  fc.constant({}),
  fc.record({ slots: fc.integer({ min: 1, max: 8 }), drainUs: fc.integer({ min: 1, max: 500 }) }),
)

const peer = (salt: number, ending: PeerOptions["ending"]): fc.Arbitrary<PeerOptions> =>
  fc.record({
    total: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 120_000 })),
    salt: fc.constant(salt),
    peerSalt: fc.constant(3 - salt),
    ringBytes: fc.constantFrom(1024, 4096, 65_536),
    chunk: fc.integer({ min: 100, max: 20_000 }),
    pause: fc.constantFrom(0, 0, 500, 20_000),
    ending: fc.constant(ending),
    attachAfter: fc.constantFrom(0, 0, 100, 50_000),
  })

/** Nothing of the connection is left: record, staging slot, lists of ranges, owed output, flow. */
function expectNothingLeft(host: Host): void {
  const { table } = host
  expect(table.connections).toBe(0)
  expect(table.halfOpen).toBe(0)
  expect(table.timeWaits).toBe(0)
  expect(table.stagingFree).toBe(64)
  expect(table.inUse().rangeBlocks).toBe(0)
  expect(table.core.flows.size).toBe(0)
  expect(table.core.owedFirst).toBe(-1)
  expect(table.nextTimer()).toBe(Number.POSITIVE_INFINITY)
}

function expectDelivered(from: Peer, to: Peer): void {
  expect(from.wrong).toBeUndefined()
  expect(to.read).toBe(from.options.total)
  expect(from.ended).toBe(0)
}

describe("a stream arrives whole, in order and once", () => {
  for (const [first, second] of [
    ["finish", "finish"],
    ["close", "finish"],
    ["finishAfterPeer", "finish"],
  ] as const) {
    test(`over any wire; ${first} against ${second}`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1 }),
          peer(1, first),
          peer(2, second),
          tcp,
          tcp,
          faults,
          faults,
          slots,
          slots,
          (seed, a, b, tcpA, tcpB, faultsA, faultsB, slotsA, slotsB) => {
            const world = new World(seed)
            const hostA = { tcp: tcpA, faults: faultsA, ...slotsA }
            const hostB = { tcp: tcpB, faults: faultsB, ...slotsB }
            const [x, y] = connectPeers(world, a, b, hostA, hostB)
            world.run()
            expectDelivered(x, y)
            expectDelivered(y, x)
            expectNothingLeft(x.host)
            expectNothingLeft(y.host)
          },
        ),
        { numRuns: 150 },
      )
    })
  }

  test("an old duplicate of the SYN that comes after the end opens half, and gives up", () => {
    const world = new World(2147483636)
    const nothing = {
      total: 0,
      ringBytes: 1024,
      chunk: 100,
      pause: 0,
      attachAfter: 0,
      ending: "finish" as const,
    }
    const plain = {
      timestamps: false,
      sack: false,
      nagle: false,
      delayedAckUs: 0,
      stagingBytes: 512,
      mtu: 576,
    }
    const options = { ...plain, timeWaitUs: 600_000_000 }
    const [x, y] = connectPeers(
      world,
      { ...nothing, salt: 1, peerSalt: 2 },
      { ...nothing, salt: 2, peerSalt: 1 },
      { tcp: options, faults: { loss: 0.05, duplicate: 0.1, corrupt: 0, delay: [50, 10_000], rate: 0 } },
      { tcp: options, faults: PERFECT },
    )
    world.run()
    expectDelivered(x, y)
    expectDelivered(y, x)
    expect([x.stray, y.stray]).toEqual([0, 1])
    expectNothingLeft(x.host)
    expectNothingLeft(y.host)
  })

  test("from any initial sequence numbers: they wrap", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.integer({ min: 0, max: 40_000 }), (seed, below) => {
        const world = new World(seed)
        const options = { total: 60_000, ringBytes: 16_384, chunk: 20_000, pause: 0, attachAfter: 0 }
        const a = { ...options, salt: 1, peerSalt: 2, ending: "finish" as const }
        const b = { ...options, salt: 2, peerSalt: 1, ending: "finish" as const }
        const [early] = connectPeers(world, a, b)
        // The clock of RFC 6528 ticks every 4 µs: it is set so that the numbers wrap during the transfer.
        const iss = early.host.table.core.words[W_ISS]!
        const later = new World(seed)
        later.now = world.now + ((-below - iss) >>> 0) * 4
        const [p, q] = connectPeers(later, a, b)
        expect(p.host.table.core.words[W_ISS]! | 0).toBe(-below | 0)
        later.run()
        expectDelivered(p, q)
        expectDelivered(q, p)
      }),
      { numRuns: 30 },
    )
  })
})

test("the same seed gives the same run, frame by frame", () => {
  const run = (): string => {
    const world = new World(77)
    const frames: string[] = []
    world.capture = (from, frame) => frames.push(`${world.now} ${from.name} ${frame.join()}`)
    const options = { total: 50_000, ringBytes: 8192, chunk: 5000, pause: 300, attachAfter: 0 }
    const rough = { ...PERFECT, loss: 0.05, duplicate: 0.05, delay: [50, 5000] as const }
    connectPeers(
      world,
      { ...options, salt: 1, peerSalt: 2, ending: "finish" },
      { ...options, salt: 2, peerSalt: 1, ending: "finish" },
      { faults: rough },
      { faults: rough },
    )
    world.run()
    return frames.join("\n")
  }
  expect(run()).toBe(run())
})
