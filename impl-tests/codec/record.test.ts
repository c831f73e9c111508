import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  decodeRecord,
  type EventFields,
  encodeRecord,
  eventTags,
  hashOutputs,
  makeEvent,
  outcomes,
  RECORD_WORDS,
} from "../../src/codec/record.ts"
import type { EventTag } from "../../src/core/event.ts"
import type { Message } from "../../src/core/message.ts"
import { Outbox, type Role } from "../../src/core/outbox.ts"
import { message } from "./arbitrary.ts"

const word = fc.integer({ min: 0, max: 0x7fffffff })
const fields: fc.Arbitrary<EventFields> = fc.record({
  a: fc.integer({ min: -1, max: 64 }),
  c: word,
  n: word,
  g: word,
  last: word,
  peer: fc.integer({ min: 0, max: 15 }),
  flag: fc.boolean(),
})

/** Late's came later: a tag's number stays what recordings have it as. */
const FIRST_OF_LATE = 30

const roleOf = (tag: EventTag): Role => {
  const at = eventTags.indexOf(tag)
  if (at >= FIRST_OF_LATE) return "manager"
  return at < 10 ? "application" : at < 21 ? "manager" : "transport"
}

type Output = readonly [Role, number, Message]

const outboxOf = (outputs: ReadonlyArray<Output>): Outbox => {
  const out = new Outbox()
  for (const [role, to, x] of outputs) out.send(role, to, x)
  return out
}

/** Messages that one role sends to another, as the protocol has them. */
const sends: ReadonlyArray<readonly [Role, Role, ReadonlyArray<Message["_tag"]>]> = [
  ["application", "manager", ["AcceptConnection", "Detach"]],
  ["application", "transport", ["Attach", "ClaimConnection", "Detach"]],
  ["manager", "transport", ["Open", "Assign", "ResetConnection"]],
  ["manager", "manager", ["Offer"]],
  ["transport", "application", ["Attached", "ConnectionAvailable", "Claimed", "TimedOut"]],
  ["transport", "manager", ["AcceptorTimedOut", "AcceptorRemoved", "ConnectionClosed", "ServiceTime"]],
  [
    "transport",
    "manager",
    ["ConnectionEstablished", "AcceptorUnused", "ConnectionClosed", "AcceptorRemoved"],
  ],
]

type Way = (typeof sends)[number]

const outputOf = ([, to, tags]: Way): fc.Arbitrary<Output> =>
  fc.tuple(
    fc.constant(to),
    fc.integer({ min: 0, max: 63 }),
    message.filter((x) => tags.includes(x._tag)),
  )

describe("record", () => {
  test("what was encoded is decoded: every event, whatever lay in the words before", () => {
    const stamp = fc.record({
      index: fc.integer({ min: 0, max: 63 }),
      port: fc.integer({ min: 0, max: 65535 }),
      now: fc.maxSafeInteger().map(Math.abs),
      draw: fc.integer({ min: 0, max: 0xffffffff }),
      outcome: fc.constantFrom(...outcomes),
      a: fc.integer({ min: -1, max: 63 }),
      g: word,
      time: word,
    })
    const late = 0x7fffffff * 0x100000000
    for (const tag of eventTags) {
      fc.assert(
        fc.property(fields, stamp, fc.integer(), (f, s, rubbish) => {
          const words = new Int32Array(RECORD_WORDS + 2).fill(rubbish)
          const event = makeEvent(tag, f)
          const env = { now: s.now % late, draw: s.draw }
          const out = new Outbox()
          out.decide(s.outcome, s.a, s.g)
          out.time = s.time
          encodeRecord(words, 1, roleOf(tag), s.index, s.port, event, env, out)
          expect(decodeRecord(words, 1)).toEqual({
            process: { role: roleOf(tag), index: s.index },
            port: s.port,
            event,
            env,
            outcome: s.outcome,
            chosen: { a: s.a, g: s.g, time: s.time },
            hash: hashOutputs(out),
          })
          expect([words[0], words[RECORD_WORDS + 1]]).toEqual([rubbish, rubbish])
        }),
      )
    }
  })
})

test("tags have the numbers that recordings have them as", () => {
  const numbers: Partial<Record<EventTag, number>> = {
    Attach: 0,
    Syn: 10,
    ReceiveServiceTime: 20,
    ReceiveOpen: 21,
    TransportReceiveDetach: 29,
    Ask: 30,
    ReturnOffer: 31,
    ReceiveConnectionEstablished: 32,
    ReceiveAcceptorUnused: 33,
  }
  for (const [tag, number] of Object.entries(numbers)) expect(eventTags.indexOf(tag as EventTag)).toBe(number)
  expect(eventTags.length).toBe(34)
})

describe("hash of outputs", () => {
  test("is 0 of none, and tells apart any two lists of outputs that were ever drawn", () => {
    expect(hashOutputs(new Outbox())).toBe(0)
    for (const way of sends) {
      const list = fc.array(outputOf(way), { minLength: 1, maxLength: 4 })
      fc.assert(
        fc.property(list, list, (x, y) => {
          const same = JSON.stringify(x) === JSON.stringify(y)
          expect(hashOutputs(outboxOf(x)) === hashOutputs(outboxOf(y))).toBe(same)
        }),
      )
    }
  })

  test("changes with each field of a message, its destination and its order", () => {
    const output = fc.oneof(...sends.map(outputOf))
    fc.assert(
      fc.property(output, fc.integer({ min: 1, max: 1000 }), ([role, to, x], by) => {
        const before = hashOutputs(outboxOf([[role, to, x]]))
        for (const [name, value] of Object.entries(x)) {
          if (name === "_tag") continue
          const other = typeof value === "boolean" ? !value : ((value as number) + by) & 0x7fffffff
          const changed = { ...x, [name]: other } as Message
          expect(hashOutputs(outboxOf([[role, to, changed]])), name).not.toBe(before)
        }
        expect(hashOutputs(outboxOf([[role, to + by, x]]))).not.toBe(before)
      }),
    )
    const a: Output = ["application", 1, { _tag: "Claimed", c: 1, n: 2, g: 3, back: 0 }]
    const b: Output = ["manager", 1, { _tag: "ConnectionClosed", c: 1 }]
    expect(hashOutputs(outboxOf([a, b]))).not.toBe(hashOutputs(outboxOf([b, a])))
  })
})
