/** The laws of late binding: who is used up, who is lent, and how long a connection waits for a better one. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { ManagerEvent } from "../../src/core/event.ts"
import { assignAt, bestTime, grantSlack } from "../../src/core/late.ts"
import { initialManager, type Manager, stepManager } from "../../src/core/manager.ts"
import type { Offer } from "../../src/core/message.ts"
import { MOST_TIME } from "../../src/core/offer.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { NONE } from "../../src/core/topology.ts"
import { MEMORY } from "../../src/core/window.ts"
import { small } from "./walk.ts"

/** a0, a4 and a8 are m0's, of each other manager there are two. */
const topology = small("12/4/1/4", { backlog: 4, balance: { scheme: "Late" } })
const { tariff } = topology.balance
/** When the first connection was established, and when it is looked at. */
const SINCE = 5_000
const NOW = 6_000

const take = (state: Manager, event: ManagerEvent, now = SINCE, draw = 0): readonly [Manager, Outbox] => {
  const out = new Outbox()
  const next = stepManager(state, event, { now, draw }, topology, out)
  expect(out.outcome).not.toBe("Illegal")
  return [next, out]
}

const all = (state: Manager, events: ReadonlyArray<ManagerEvent>, now = SINCE): Manager =>
  events.reduce((x, event) => take(x, event, now)[0], state)

const accept = (a: number, g = 1): ManagerEvent => ({
  _tag: "ReceiveAcceptConnection",
  message: { _tag: "AcceptConnection", a, g },
})
const served = (a: number, time: number): ManagerEvent => ({
  _tag: "ReceiveServiceTime",
  t: 0,
  message: { _tag: "ServiceTime", a, time },
})
const lent = (from: number, serviceTime: number, a = from): ManagerEvent => ({
  _tag: "ReceiveOffer",
  from,
  message: { _tag: "Offer", a, g: 1, listener: true, serviceTime },
})
const question = (from: number, wants: number, listener = true): ManagerEvent => ({
  _tag: "ReceiveOffer",
  from,
  message: { _tag: "Offer", a: NONE, g: 0, listener, serviceTime: wants },
})
const comes = (c: number): ReadonlyArray<ManagerEvent> => [
  { _tag: "Syn", c },
  { _tag: "ReceiveConnectionEstablished", t: 0, message: { _tag: "ConnectionEstablished", c } },
]
const assign: ManagerEvent = { _tag: "AssignWaiting" }

/** Times of those who are here, and of those lent; 0: not measured. */
interface Here {
  readonly mine: ReadonlyArray<number>
  readonly theirs: ReadonlyArray<number>
}

const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 900_000 }))
const here = (least = 0): fc.Arbitrary<Here> =>
  fc
    .record({ mine: fc.array(time, { maxLength: 3 }), theirs: fc.array(time, { maxLength: 3 }) })
    .filter(({ mine, theirs }) => mine.length + theirs.length >= least)

const stateOf = ({ mine, theirs }: Here): Manager =>
  all(initialManager(0, topology), [
    ...mine.flatMap((x, k) => [accept(4 * k), ...(x === 0 ? [] : [served(4 * k, x)])]),
    ...theirs.map((x, k) => lent(k + 1, x)),
    // So that a SYN is let in.
    question(3, 0),
    ...(theirs.length === 3 ? [lent(3, theirs[2]!, 7)] : []),
  ])

/** `a`, whose it is, its time. */
const tokensOf = ({ mine, theirs }: Here) => [
  ...mine.map((x, k) => ({ a: 4 * k, own: true, time: x })),
  ...theirs.map((x, k) => ({ a: k === 2 ? 7 : k + 1, own: false, time: x })),
]

const bestOf = ({ mine, theirs }: Here): number => {
  const measured = [...mine, ...theirs].filter((x) => x > 0)
  return measured.length === 0 ? 0 : Math.min(...measured)
}

/** What one who takes `x` is kept back for, where the best takes `best`. */
const slackOf = (x: number, best: number): number => (x > tariff * best ? x - best : 0)

const listed = ({ acceptors, offers }: Manager): ReadonlyArray<number> =>
  [...acceptors, ...offers.toArray()].map((x) => x.a).filter((a) => a !== NONE)

describe("who is used up", () => {
  test("the best, what is lent counting tariff times; among equals each as often", () => {
    fc.assert(
      fc.property(here(1), (x) => {
        const state = all(stateOf(x), comes(0))
        const best = bestOf(x) || 1
        const costs = tokensOf(x).map((y) => ({ a: y.a, cost: (y.own ? 1 : tariff) * (y.time || best) }))
        const least = Math.min(...costs.map((y) => y.cost))
        const equals = costs.filter((y) => y.cost === least).map((y) => y.a)
        const drawn = equals.map((_, draw) => take(state, assign, NOW, draw)[1].a)
        expect(drawn.sort((p, q) => p - q)).toEqual(equals.sort((p, q) => p - q))
      }),
    )
  })

  test("one's own, unless one lent is better by more than the tariff", () => {
    const chosen = (mine: number, theirs: number) =>
      take(all(stateOf({ mine: [mine], theirs: [theirs] }), comes(0)), assign, NOW)[1].a
    expect([chosen(100, 100), chosen(199, 100), chosen(201, 100)]).toEqual([0, 0, 1])
    // Not measured: as the best that is.
    expect([chosen(0, 100), chosen(100, 0), chosen(0, 0)]).toEqual([0, 0, 0])
  })

  test("it and nobody else is here no more, and the first in line is its", () => {
    fc.assert(
      fc.property(here(1), fc.nat(), (x, draw) => {
        const state = all(stateOf(x), [...comes(2), ...comes(0)])
        const [next, out] = take(state, assign, NOW, draw)
        expect(out.messages[0]).toEqual({ _tag: "Assign", c: 2, a: out.a, g: 1, fresh: false })
        expect(listed(next)).toEqual(listed(state).filter((a) => a !== out.a))
        expect(next.queue).toEqual([0])
      }),
    )
  })
})

describe("when the first in line is assigned", () => {
  test("at once but to who is slower than the best by more than the tariff: then when the best would be as late", () => {
    fc.assert(
      fc.property(here(), (x) => {
        const waits = stateOf(x)
        expect(assignAt(waits, NOW, topology)).toBe(Number.POSITIVE_INFINITY)
        const slacks = tokensOf(x).map((y) => slackOf(y.time, bestOf(x)))
        expect(assignAt(all(waits, comes(0)), NOW, topology)).toBe(SINCE + Math.min(...slacks))
      }),
    )
  })

  test("one as slow as the tariff allows isn't kept back", () => {
    const left = (slow: number) =>
      all(stateOf({ mine: [100, slow], theirs: [] }), [...comes(1), assign, ...comes(0)])
    expect(assignAt(left(tariff * 100), NOW, topology)).toBe(SINCE)
    expect(assignAt(left(tariff * 100 + 1), NOW, topology)).toBe(SINCE + tariff * 100 + 1 - 100)
  })

  test("of several the first is looked at, since when it waits", () => {
    // The fast one is used up and still known, the slow one is left.
    let state = all(stateOf({ mine: [100, 1_000], theirs: [] }), [...comes(1), assign])
    state = all(state, comes(0), SINCE + 300)
    state = all(state, comes(2), SINCE + 400)
    expect(assignAt(state, NOW, topology)).toBe(SINCE + 300 + 900)
    // One that came back waits from then on, before the others.
    const back: ManagerEvent = {
      _tag: "ReceiveAcceptorTimedOut",
      t: 0,
      message: { _tag: "AcceptorTimedOut", c: 1, a: 0, g: 1 },
    }
    expect(assignAt(all(state, [back], SINCE + 700), NOW, topology)).toBe(SINCE + 700 + 900)
  })
})

describe("the best time known", () => {
  test("is the least of those who listen here and were lent, used up or not", () => {
    fc.assert(
      fc.property(here(1), (x) => {
        const state = all(stateOf(x), comes(0))
        expect(bestTime(state, NOW, topology)).toBe(bestOf(x))
        expect(bestTime(take(state, assign, NOW)[0], NOW, topology)).toBe(bestOf(x))
      }),
    )
  })

  test("goes with the last who listens there", () => {
    const both = all(stateOf({ mine: [100, 1_000], theirs: [50] }), [...comes(0), assign])
    expect(bestTime(both, NOW, topology)).toBe(50)
    const alone = all(both, [question(1, 0, false)])
    expect(bestTime(alone, NOW, topology)).toBe(100)
    const detach: ManagerEvent = { _tag: "ManagerReceiveDetach", message: { _tag: "Detach", a: 0 } }
    expect(bestTime(all(alone, [detach]), NOW, topology)).toBe(1_000)
  })

  test("is forgotten after a while, and who isn't measured counts as the best", () => {
    const state = all(stateOf({ mine: [100, 1_000], theirs: [] }), [...comes(1), assign, ...comes(0)])
    const slow = SINCE + 900
    expect(assignAt(state, SINCE + MEMORY, topology)).toBe(slow)
    // Both are: the one that is left is sampled again, at once.
    expect(bestTime(state, SINCE + MEMORY + 1, topology)).toBe(0)
    expect(assignAt(state, SINCE + MEMORY + 1, topology)).toBe(SINCE)
    // Its new time counts alone.
    const again = all(state, [served(4, 300)], SINCE + MEMORY + 1)
    expect(bestTime(again, SINCE + MEMORY + 1, topology)).toBe(300)
  })
})

describe("who is lent", () => {
  const lend: ManagerEvent = { _tag: "SendOffer", to: 1 }

  test("the best here, those who aren't measured first; among equals each as often; no longer here", () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 3 }), fc.nat({ max: 3 }), (mine, wants) => {
        const state = all(stateOf({ mine, theirs: [] }), [question(1, wants)])
        const least = Math.min(...mine)
        const equals = mine.flatMap((x, k) => (x === least ? [4 * k] : []))
        const drawn = equals.map((_, draw) => {
          const [next, out] = take(state, lend, NOW, draw)
          const offer = out.messages[0] as Offer
          expect(offer).toEqual({ _tag: "Offer", a: out.a, g: 1, listener: true, serviceTime: least })
          expect(out.time).toBe(least)
          expect(listed(next)).toEqual(listed(state).filter((a) => a !== offer.a))
          // Taken to want one less, and never less than none.
          expect(next.offers.get(1).wants).toBe(Math.max(0, wants - 1))
          return offer.a
        })
        expect(drawn.sort((p, q) => p - q)).toEqual(equals)
      }),
    )
  })

  test("a time that no message can say is said as the most that one can", () => {
    const [, out] = take(all(initialManager(0, topology), [accept(0), served(0, 2 * MOST_TIME)]), lend)
    expect(out.time).toBe(MOST_TIME)
  })

  test("the best here is kept back as long as a connection waits that it gets", () => {
    fc.assert(
      fc.property(here(), (x) => {
        const least = x.mine.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...x.mine)
        const slack = grantSlack(stateOf(x), NOW, topology)
        expect(slack).toBe(slackOf(least, bestOf(x)))
      }),
    )
  })
})

test("only its own home manager lends somebody", () => {
  const out = new Outbox()
  const state = stateOf({ mine: [], theirs: [] })
  expect(stepManager(state, lent(1, 70, 2), { now: NOW, draw: 0 }, topology, out)).toBe(state)
  expect(out.outcome).toBe("Illegal")
  expect(listed(all(state, [lent(2, 70, 2)]))).toEqual([2])
})

test("who is lent under a registration that timed out here is so no more, and what its manager wants stays", () => {
  const used = all(stateOf({ mine: [], theirs: [70] }), [...comes(0), assign])
  const timedOut: ManagerEvent = {
    _tag: "ReceiveAcceptorTimedOut",
    t: 0,
    message: { _tag: "AcceptorTimedOut", c: 0, a: 1, g: 1 },
  }
  const after = all(used, [lent(1, 70), question(1, 3), timedOut])
  expect(after.offers.get(1)).toMatchObject({ a: NONE, g: 0, listener: true, wants: 3 })
})

test("nobody who is here is lost or doubled, whatever comes", () => {
  const event = fc.oneof(
    fc
      .record({ from: fc.integer({ min: 1, max: 3 }), x: fc.nat({ max: 3 }) })
      .map((f) => question(f.from, f.x)),
    fc
      .record({ from: fc.integer({ min: 1, max: 3 }), k: fc.nat({ max: 2 }), x: time })
      .map((f) => lent(f.from, f.x, f.from + 4 * f.k)),
    fc.integer({ min: 1, max: 3 }).map((to): ManagerEvent => ({ _tag: "ReturnOffer", to })),
    fc.integer({ min: 1, max: 3 }).map((to): ManagerEvent => ({ _tag: "SendOffer", to })),
    fc.integer({ min: 1, max: 3 }).map((to): ManagerEvent => ({ _tag: "Ask", to })),
    fc.constant(assign),
  )
  fc.assert(
    fc.property(here(), fc.array(event, { maxLength: 20 }), (x, events) => {
      let state = all(
        stateOf(x),
        stateOf(x)
          .offers.toArray()
          .some((y) => y.listener)
          ? comes(0)
          : [],
      )
      for (const e of events) {
        const before = listed(state)
        const comesIn = e._tag === "ReceiveOffer" && e.message.a !== NONE ? [e.message.a] : []
        // One of which there is one already can't come.
        if (comesIn.some((a) => before.includes(a))) continue
        const out = new Outbox()
        state = stepManager(state, e, { now: NOW, draw: 0 }, topology, out)
        if (out.outcome === "Illegal") continue
        const goesOut = out.messages
          .slice(0, out.length)
          .flatMap((y) => ((y._tag === "Offer" && y.a !== NONE) || y._tag === "Assign" ? [y.a] : []))
        const sorted = (list: ReadonlyArray<number>) => [...list].sort((p, q) => p - q)
        expect(sorted([...listed(state), ...goesOut])).toEqual(sorted([...before, ...comesIn]))
      }
    }),
  )
})
