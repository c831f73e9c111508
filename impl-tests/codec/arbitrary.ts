import fc from "fast-check"
import type { Message } from "../../src/core/message.ts"

const id = fc.integer({ min: 0, max: 0x7fffffff })
const tagged = <T extends Message["_tag"]>(_tag: T) => ({ _tag: fc.constant(_tag) })

export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ ...tagged("AcceptConnection"), a: id, g: id }),
  fc.record({ ...tagged("Attach"), a: id }),
  fc.record(tagged("Attached")),
  fc.record({ ...tagged("Detach"), a: id }),
  fc.record({ ...tagged("Open"), c: id }),
  fc.record({ ...tagged("Assign"), c: id, a: id, g: id, fresh: fc.boolean() }),
  fc.record({ ...tagged("ConnectionAvailable"), c: id, n: id, g: id }),
  fc.record({ ...tagged("ClaimConnection"), a: id, c: id, n: id, g: id }),
  fc.record({ ...tagged("Claimed"), c: id, n: id, g: id, back: id }),
  fc.record({ ...tagged("TimedOut"), c: id, n: id, g: id, back: id }),
  fc.record({ ...tagged("AcceptorTimedOut"), c: id, a: id, g: id }),
  fc.record({ ...tagged("AcceptorRemoved"), a: id, g: id }),
  fc.record({
    ...tagged("Offer"),
    a: fc.integer({ min: -1, max: 64 }),
    g: id,
    listener: fc.boolean(),
    serviceTime: id,
  }),
  fc.record({ ...tagged("ResetConnection"), c: id }),
  fc.record({ ...tagged("ConnectionClosed"), c: id }),
  fc.record({ ...tagged("ServiceTime"), a: id, time: id }),
  fc.record({ ...tagged("ConnectionEstablished"), c: id }),
  fc.record({ ...tagged("AcceptorUnused"), a: id, g: id }),
)
