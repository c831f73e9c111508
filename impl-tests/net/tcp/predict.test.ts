import fc from "fast-check"
import { beforeAll, expect, test, vi } from "vitest"
import { W_IRS, W_RCV_NXT } from "../../../src/net/tcp/layout.ts"
import { predicted } from "../../../src/net/tcp/predict.ts"
import { type Said, Script } from "./script.ts"

/** Scripts on a stack that predicts nothing. */
let Plain: typeof Script

beforeAll(async () => {
  vi.resetModules()
  vi.doMock("../../../src/net/tcp/predict.ts", () => ({ predicted: () => false }))
  Plain = (await import("./script.ts")).Script
  vi.doUnmock("../../../src/net/tcp/predict.ts")
})

type Step =
  | { readonly what: "say"; readonly off: number; readonly said: Partial<Said> & { readonly old: number } }
  | { readonly what: "write" | "consume" | "pass"; readonly n: number }
  | { readonly what: "attach" | "close" }

const say = fc.record({
  what: fc.constant("say" as const),
  // Mostly the very next byte.
  off: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: -20, max: 60 })),
  said: fc.record({
    flags: fc.oneof({ weight: 8, arbitrary: fc.constant("PA") }, fc.constantFrom("A", "FA", "R", "SA")),
    payload: fc.oneof(fc.constant(6), fc.nat(300), fc.nat(900)),
    window: fc.oneof({ weight: 4, arbitrary: fc.constant(65_535) }, fc.nat(65_535)),
    /** How much older the timestamp is than the time. */
    old: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(300)),
  }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: say },
  fc.record({ what: fc.constantFrom("write" as const, "consume" as const), n: fc.nat(400) }),
  fc.record({ what: fc.constant("pass" as const), n: fc.nat(50_000) }),
  fc.record({ what: fc.constantFrom("attach" as const, "close" as const) }),
)

interface Run {
  readonly log: unknown[]
  readonly words: Int32Array
  readonly counts: Record<string, number>
}

/** Plays the steps; everything that can be seen afterwards. */
function play(
  Kind: typeof Script,
  steps: readonly Step[],
  config: object,
  stamps: boolean,
  attached: boolean,
): Run {
  const s = new Kind({ ...config, timestamps: stamps })
  s.attachOnEstablished = attached
  s.open({ mss: 500, sack: true, ...(stamps ? { stamp: 1000 } : {}) })
  const log: unknown[] = []
  let written = 0
  let consumed = 0
  const next = () => (s.word(W_RCV_NXT) - s.word(W_IRS)) | 0
  for (const x of steps) {
    if (x.what === "say") {
      const stamp = stamps ? { stamp: [1000 + s.now / 1000 - 1000 - x.said.old, 0] as const } : {}
      log.push(s.say({ flags: "PA", ...x.said, ...stamp, seq: next() + x.off, ack: 1 }))
    } else if (x.what === "write") {
      if (s.write(x.n, written) === 0) written += x.n
    } else if (x.what === "consume") {
      const to = Math.min(consumed + x.n, next() - 1)
      if (to > consumed && s.table.consumed(s.tcb, to, s.now) === 0) consumed = to
    } else if (x.what === "pass") log.push(s.pass(x.n))
    else log.push(x.what === "attach" ? s.attach() : s.table.close(s.tcb, s.now))
    log.push(s.heard(), s.events())
  }
  return { log, words: s.table.core.words.slice(), counts: s.table.counters() }
}

test.each([
  [false, { delayedAckUs: 0 }],
  [true, { delayedAckUs: 20_000, sack: true }],
] as const)("what is predicted is as what is worked out (timestamps: %s)", (stamps, config) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, attached) => {
      const expected = play(Plain, steps, config, stamps, attached)
      expect(play(Script, steps, config, stamps, attached)).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})

test("the next data of an established connection is predicted, and nothing of what differs from it", () => {
  const s = new Script({ sack: true }).open({ sack: true })
  const { core } = s.table
  const c = {
    seq: s.word(W_RCV_NXT),
    ack: (s.iss + 1) | 0,
    flags: 0x18,
    window: 65_535,
    payloadLength: 4,
    payloadOffset: 0,
    sackCount: 0,
    hasTimestamp: 0,
    tsVal: 0,
  }
  const predict = (change: object) => predicted(core, 0, s.wire.region, { ...c, ...change } as never, s.now)
  for (const change of [
    { seq: (c.seq + 1) | 0 },
    { ack: (c.ack + 1) | 0 },
    { flags: 0x11 },
    { flags: 0x14 },
    { flags: 0x12 },
    { window: 100 },
    { payloadLength: 0 },
    { payloadLength: 5000 },
    { sackCount: 1 },
  ]) {
    expect(`${JSON.stringify(change)} ${predict(change)}`).toBe(`${JSON.stringify(change)} false`)
  }
  expect(predict({})).toBe(true)
  expect(s.events()).toEqual(["readable 4"])
})
