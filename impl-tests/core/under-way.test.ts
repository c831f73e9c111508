/** What a manager has under way at whom, and what it makes of it (Shortest). */
import fc from "fast-check"
import { expect, test } from "vitest"
import type { ManagerEvent } from "../../src/core/event.ts"
import { initialManager, type Manager, stepManager } from "../../src/core/manager.ts"
import type { Offer } from "../../src/core/message.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { defaultBalance, NONE, type SchemeName, type Topology } from "../../src/core/topology.ts"
import { MEMORY } from "../../src/core/window.ts"
import { worthOf } from "../../src/core/worth.ts"

const topologyOf = (scheme: SchemeName): Topology => ({
  applications: 4,
  managers: 2,
  transports: 1,
  connections: 8,
  backlog: 8,
  room: 8,
  claimTimeout: 1000,
  balance: { ...defaultBalance, scheme },
})
const topology = topologyOf("Shortest")

const after = (
  state: Manager,
  events: ReadonlyArray<ManagerEvent>,
  { now = 0, draw = 0, of = topology } = {},
): Manager => events.reduce((x, event) => stepManager(x, event, { now, draw }, of, new Outbox()), state)

const chosen = (state: Manager, c: number, { now = 0, draw = 0 } = {}): number => {
  const out = new Outbox()
  stepManager(state, { _tag: "Syn", c }, { now, draw }, topology, out)
  return out.a
}

const registered = (a: number, g = 1): ManagerEvent => ({
  _tag: "ReceiveAcceptConnection",
  message: { _tag: "AcceptConnection", a, g },
})
const offered = (a: number, serviceTime: number): ManagerEvent => ({
  _tag: "ReceiveOffer",
  from: 1,
  message: { _tag: "Offer", a, g: 1, listener: true, serviceTime },
})
const syn = (c: number): ManagerEvent => ({ _tag: "Syn", c })
const closed = (c: number): ManagerEvent => ({
  _tag: "ReceiveConnectionClosed",
  t: 0,
  message: { _tag: "ConnectionClosed", c },
})
const timedOut = (c: number, a: number, g = 1): ManagerEvent => ({
  _tag: "ReceiveAcceptorTimedOut",
  t: 0,
  message: { _tag: "AcceptorTimedOut", c, a, g },
})
const served = (a: number, time: number): ManagerEvent => ({
  _tag: "ReceiveServiceTime",
  t: 0,
  message: { _tag: "ServiceTime", a, time },
})

const start = initialManager(0, topology)

test("each connection counts at one acceptor, from its assignment until it is given back or closed, whatever happens", () => {
  const event = fc.oneof(
    fc.integer({ min: 0, max: 7 }).map(syn),
    fc.integer({ min: 0, max: 7 }).map(closed),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 9 }))
      .map(([a, g]) => registered(a, g)),
    fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 3 })).map(([c, a]) => timedOut(c, a)),
    fc.constantFrom(offered(1, 10), offered(3, 0), offered(NONE, 0)),
    fc.constant<ManagerEvent>({ _tag: "AssignWaiting" }),
    fc.constant<ManagerEvent>({ _tag: "ManagerReceiveDetach", message: { _tag: "Detach", a: 0 } }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.integer()), { maxLength: 60 }), (steps) => {
      let state = start
      for (const [x, draw] of steps) {
        state = after(state, [x], { draw: draw >>> 0 })
        const { holders, counts } = state.underWay
        for (let c = 0; c < 8; c++) expect(holders.get(c) !== NONE).toBe(state.entries.get(c) === "Assigned")
        for (let a = 0; a < 4; a++)
          expect(counts.get(a)).toBe(holders.toArray().filter((x) => x === a).length)
      }
    }),
  )
})

test("the paper's schemes do not keep it", () => {
  const of = topologyOf("Tournament")
  const state = after(initialManager(0, of), [registered(0), syn(0)], { of })
  expect(state.entries.get(0)).toBe("Assigned")
  expect(state.underWay.counts.get(0)).toBe(0)
})

test("who has fewer gets the next one, measured or not", () => {
  for (const events of [[], [served(0, 100), served(2, 100)]]) {
    let state = after(start, [registered(0), registered(2), ...events])
    for (let c = 0; c < 8; c++) state = after(state, [syn(c)], { draw: c * 0x12345678 })
    expect(state.underWay.counts.get(0)).toBe(4)
    expect(state.underWay.counts.get(2)).toBe(4)
  }
})

test("times one more than are under way: here and, as far as it is ours, abroad", () => {
  const state = after(start, [registered(0), served(0, 100), offered(1, 40)])
  expect(chosen(state, 0)).toBe(1)
  // 100 here against 2 × 2 × 40 there, by the tariff of 2.
  const one = after(state, [syn(0)])
  expect(one.underWay.counts.get(1)).toBe(1)
  expect(chosen(one, 1)).toBe(0)
  const two = after(one, [syn(1)])
  expect(worthOf(two, 0, 0, topology)).toBe(200)
  expect(chosen(two, 2)).toBe(1)
  expect(worthOf(after(two, [closed(1)]), 0, 0, topology)).toBe(100)
})

test("an offer says the delay to expect", () => {
  const state = after(start, [registered(0), served(0, 100), syn(0), syn(1)])
  const out = new Outbox()
  stepManager(state, { _tag: "SendOffer", to: 1 }, { now: 0, draw: 0 }, topology, out)
  expect((out.messages[0] as Offer).serviceTime).toBe(300)
})

test("what nobody has measured for a second is sampled again, and its old times are forgotten", () => {
  const slow = after(start, [registered(0), registered(2), served(0, 1000), served(0, 1000), served(2, 100)])
  expect(chosen(slow, 0)).toBe(2)
  const recent = after(slow, [served(2, 100)], { now: MEMORY })
  expect(chosen(recent, 0, { now: MEMORY })).toBe(2)
  const later = MEMORY + 1
  expect(worthOf(recent, 0, later, topology)).toBe(100)
  const sampled = after(recent, [served(0, 200)], { now: later })
  expect(worthOf(sampled, 0, later, topology)).toBe(200)
})
