import { beforeEach, describe, expect, test } from "vitest"
import type { ManagerEvent } from "../../src/core/event.ts"
import { initialManager, type Manager, stepManager } from "../../src/core/manager.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { defaultBalance, NONE } from "../../src/core/topology.ts"
import {
  ASK_MORE_AFTER,
  FIRST_ASKED,
  type LateEvent,
  LateOffers,
  MOST_PATIENCE,
} from "../../src/server/late-offers.ts"

/** Applications 0, 4, 8 … are at home here, at manager 0; c = 0, 1, 2 … are connections of ours. */
const topology = {
  applications: 64,
  managers: 4,
  transports: 1,
  connections: 64,
  backlog: 64,
  room: 8,
  claimTimeout: 5000,
  balance: { ...defaultBalance, scheme: "Late" as const },
}

let state: Manager
let late: LateOffers
let now: number
let taken: (to: number) => boolean
const out = new Outbox()

beforeEach(() => {
  state = initialManager(0, topology)
  late = new LateOffers(0, topology)
  now = 1_000_000
  taken = () => true
})

const step = (event: ManagerEvent): void => {
  out.clear()
  state = stepManager(state, event, { now, draw: 0 }, topology, out)
  if (out.outcome === "Illegal") throw new Error(`${JSON.stringify(event)} is illegal`)
}

const register = (a: number, g = 1) =>
  step({ _tag: "ReceiveAcceptConnection", message: { _tag: "AcceptConnection", a, g } })
const measure = (a: number, time: number) =>
  step({ _tag: "ReceiveServiceTime", t: 0, message: { _tag: "ServiceTime", a, time } })
const close = (a: number) => step({ _tag: "ManagerReceiveDetach", message: { _tag: "Detach", a } })

const wait = (...ids: ReadonlyArray<number>): void => {
  for (const c of ids) {
    step({ _tag: "Syn", c })
    step({ _tag: "ReceiveConnectionEstablished", t: 0, message: { _tag: "ConnectionEstablished", c } })
  }
}

const hear = (
  from: number,
  message: { a?: number; g?: number; serviceTime?: number; listener?: boolean },
): void => {
  const offer = { _tag: "Offer", a: NONE, g: 0, listener: true, serviceTime: 0, ...message } as const
  const before = state
  step({ _tag: "ReceiveOffer", from, message: offer })
  late.heard(from, offer.a, before, state, now)
}
const asks = (from: number, waiting: number) => hear(from, { serviceTime: waiting })

const take = (event: LateEvent): string => {
  late.told(event, state)
  step(event)
  const [message] = out.messages
  if (message?._tag !== "Offer") throw new Error("no offer")
  return `${event._tag} ${event.to}: ${message.a === NONE ? message.serviceTime : `a${message.a}`}`
}

/** All there is to be told at this time: no more than these, or it would never end. */
const MOST = 100
const tell = (): Array<string> => {
  const list: Array<string> = []
  for (let k = 0; k < MOST; k++) {
    const event = late.next(state, now, taken)
    if (event === undefined) return list
    list.push(take(event))
  }
  throw new Error("it never ends")
}

describe("who waits asks", () => {
  beforeEach(() => {
    // It listens, but is busy.
    register(0)
    step({ _tag: "ReceiveAcceptorRemoved", t: 0, message: { _tag: "AcceptorRemoved", a: 0, g: 1 } })
    tell()
  })

  test("each of the others, once", () => {
    wait(0)
    expect(tell()).toEqual(["Ask 1: 1", "Ask 2: 1", "Ask 3: 1"])
    expect(tell()).toEqual([])
  })

  test("again when it is another power of two, and when nothing waits any more", () => {
    taken = (to) => to === 1
    const heard: Array<string> = []
    for (let c = 0; c < 9; c++) {
      wait(c)
      heard.push(...tell())
    }
    expect(heard).toEqual(["Ask 1: 1", "Ask 1: 2", "Ask 1: 4", "Ask 1: 8"])
    for (let c = 0; c < 9; c++) {
      step({ _tag: "ReceiveConnectionClosed", t: 0, message: { _tag: "ConnectionClosed", c } })
      heard.push(...tell())
    }
    expect(heard.slice(4)).toEqual(["Ask 1: 7", "Ask 1: 3", "Ask 1: 1", "Ask 1: 0"])
  })

  test("not who has not taken what it was sent before; he hears of it afterwards", () => {
    taken = (to) => to !== 2
    wait(0)
    expect(tell()).toEqual(["Ask 1: 1", "Ask 3: 1"])
    wait(1)
    expect(tell()).toEqual(["Ask 1: 2", "Ask 3: 2"])
    taken = () => true
    expect(tell()).toEqual(["Ask 2: 2"])
  })

  test("nobody again whose acceptor has come: he knows that it is one less", () => {
    wait(0, 1)
    tell()
    hear(1, { a: 1, g: 1 })
    expect(late.assigns(state, now)).toBe(true)
    step({ _tag: "AssignWaiting" })
    // One waits still: 2 and 3 took it that two do.
    expect(tell()).toEqual(["Ask 2: 1", "Ask 3: 1"])
  })

  test("nobody again because he asks too, or gives back what he was lent", () => {
    wait(0, 1)
    tell()
    asks(1, 1)
    expect(tell()).toEqual([])
    hear(1, { a: 0, g: 1 })
    expect(tell()).toEqual([])
  })

  test("again whom an acceptor was sent, as he takes it that nothing waits", () => {
    wait(0, 1, 2, 3)
    tell()
    register(4)
    expect(take({ _tag: "SendOffer", to: 3 })).toBe("SendOffer 3: a4")
    expect(tell()).toEqual(["Ask 3: 4"])
  })

  test("again to whom an acceptor went back at once, since another came from there", () => {
    wait(0, 1, 2, 3, 4, 5)
    tell()
    hear(1, { a: 1, g: 1 })
    expect(tell()).toEqual([])
    hear(1, { a: 5, g: 1 })
    expect(out.messages).toMatchObject([{ _tag: "Offer", a: 1 }])
    expect(tell()).toEqual(["Ask 1: 6"])
  })
})

describe("among many managers", () => {
  const many = { ...topology, managers: 12, applications: 12, connections: 192 }
  let asker: LateOffers

  const asked = (m: number): Array<number> => {
    const list: Array<number> = []
    for (;;) {
      const event = asker.next(state, now, () => true)
      if (event === undefined) return list.sort((x, y) => x - y)
      expect(event._tag).toBe("Ask")
      asker.told(event, { ...state, m })
      list.push(event.to)
    }
  }

  beforeEach(() => {
    state = initialManager(0, many)
    asker = new LateOffers(0, many)
  })
  const waiting = (n: number) => {
    state = { ...state, queue: Array.from({ length: n }, (_, c) => c) }
  }

  test("the next four are asked, and twice as many each time when that did not help", () => {
    waiting(1)
    expect(asked(0)).toEqual([1, 2, 3, 4])
    expect(asker.due).toBe(now + ASK_MORE_AFTER)
    now += ASK_MORE_AFTER - 1
    expect(asked(0)).toEqual([])
    now++
    expect(asked(0)).toEqual([5, 6, 7, 8])
    asker.due = Number.POSITIVE_INFINITY
    now += ASK_MORE_AFTER
    expect(asked(0)).toEqual([9, 10, 11])
    // There is nobody more.
    expect(asker.due).toBe(Number.POSITIVE_INFINITY)
  })

  test("the next time those after them, and who has asked nobody is quiet", () => {
    waiting(1)
    asked(0)
    waiting(0)
    expect(asked(0)).toEqual([1, 2, 3, 4])
    waiting(2)
    expect(asked(0)).toEqual([5, 6, 7, 8])
  })

  test("who has been asked hears what changes; nobody else does", () => {
    waiting(1)
    asked(0)
    waiting(2)
    expect(asked(0)).toEqual([1, 2, 3, 4])
  })

  test("others ask others first", () => {
    const first = Array.from({ length: 12 }, (_, m) => {
      state = initialManager(m, many)
      asker = new LateOffers(m, many)
      waiting(1)
      return asked(m)
    })
    for (const m of first.keys()) expect(first.filter((list) => list.includes(m)).length).toBe(FIRST_ASKED)
  })
})

describe("whether somebody listens", () => {
  test("is told to all when it changes, and not before", () => {
    expect(tell()).toEqual([])
    register(0)
    expect(tell()).toEqual(["Ask 1: 0", "Ask 2: 0", "Ask 3: 0"])
    register(4)
    expect(tell()).toEqual([])
    close(0)
    expect(tell()).toEqual([])
    close(4)
    expect(tell()).toEqual(["Ask 1: 0", "Ask 2: 0", "Ask 3: 0"])
    expect(tell()).toEqual([])
  })
})

describe("who has somebody idle lends", () => {
  const idle = (...list: ReadonlyArray<number>) => {
    for (const a of list) register(a)
    tell()
  }

  test("to who has asked, as many as wait there, and to nobody else", () => {
    idle(0, 4, 8)
    asks(2, 2)
    expect(tell()).toEqual(["SendOffer 2: a0", "SendOffer 2: a4"])
    expect(state.acceptors).toEqual([{ a: 8, g: 1 }])
    asks(2, 1)
    asks(2, 0)
    expect(tell()).toEqual([])
  })

  test("in turn", () => {
    idle(0)
    for (const m of [1, 2, 3]) asks(m, 9)
    const lent = [...tell()]
    for (let g = 2; g < 7; g++) {
      register(0, g)
      lent.push(...tell())
    }
    expect(lent).toEqual([1, 2, 3, 1, 2, 3].map((m) => `SendOffer ${m}: a0`))
  })

  test("whoever has been told something else meanwhile", () => {
    idle(0)
    for (const m of [1, 2]) asks(m, 9)
    expect(tell()).toEqual(["SendOffer 1: a0"])
    hear(3, { a: 3, g: 1 })
    expect(tell()).toEqual(["ReturnOffer 3: a3"])
    register(0, 2)
    expect(tell()).toEqual(["SendOffer 2: a0"])
  })

  test("to the next when one has not taken what it was sent before", () => {
    idle(0)
    for (const m of [1, 2, 3]) asks(m, 1)
    taken = (to) => to === 3
    expect(tell()).toEqual(["SendOffer 3: a0"])
  })

  test("nobody while a connection waits here", () => {
    idle(0)
    asks(1, 1)
    wait(0)
    expect(tell().filter((x) => x.startsWith("SendOffer"))).toEqual([])
  })

  test("nobody while nobody idles, however long they wait there", () => {
    idle(0)
    step({ _tag: "ReceiveAcceptorRemoved", t: 0, message: { _tag: "AcceptorRemoved", a: 0, g: 1 } })
    asks(1, 1)
    expect(tell()).toEqual([])
    now += 2 * MOST_PATIENCE
    expect([tell(), late.due]).toEqual([[], Number.POSITIVE_INFINITY])
  })

  test("but to a queue that is more than twice as long and two more, the longest first", () => {
    idle(0)
    wait(0, 1)
    expect(late.longer(state)).toBe(NONE)
    asks(1, 6)
    expect(late.longer(state)).toBe(NONE)
    asks(1, 7)
    expect(late.longer(state)).toBe(1)
    asks(3, 8)
    asks(2, 8)
    expect(late.longer(state)).toBe(2)
    // Nobody is idle here, or nothing waits: there is no choice to be made.
    step({ _tag: "ReceiveAcceptorRemoved", t: 0, message: { _tag: "AcceptorRemoved", a: 0, g: 1 } })
    expect(late.longer(state)).toBe(NONE)
    const nothing = { ...state, queue: [], acceptors: [{ a: 0, g: 1 }] }
    expect(late.longer(nothing)).toBe(NONE)
  })

  test("who was lent an acceptor gives it back when nothing waits, also before it lends its own", () => {
    idle(0)
    asks(1, 1)
    hear(1, { a: 1, g: 1 })
    asks(1, 1)
    expect(tell()).toEqual(["ReturnOffer 1: a1", "SendOffer 1: a0"])
    expect(state.offers.get(1).a).toBe(NONE)
  })

  test("and keeps what it was lent while something waits", () => {
    register(0)
    step({ _tag: "ReceiveAcceptorRemoved", t: 0, message: { _tag: "AcceptorRemoved", a: 0, g: 1 } })
    wait(0)
    hear(1, { a: 1, g: 1 })
    expect(tell()).not.toContain("ReturnOffer 1: a1")
  })
})

describe("a slow acceptor", () => {
  const SLOW = 9000
  const FAST = 1000

  beforeEach(() => {
    // 0 is fast and busy, 4 slow and idle.
    register(0)
    measure(0, FAST)
    step({ _tag: "ReceiveAcceptorRemoved", t: 0, message: { _tag: "AcceptorRemoved", a: 0, g: 1 } })
    register(4)
    measure(4, SLOW)
    tell()
  })

  test("gets a connection when that has waited for what it loses there, which is when it is looked at again", () => {
    wait(0)
    expect([late.assigns(state, now), late.due]).toEqual([false, now + SLOW - FAST])
    expect(late.assigns(state, now + SLOW - FAST - 1)).toBe(false)
    expect(late.assigns(state, now + SLOW - FAST)).toBe(true)
  })

  test("is lent to who has asked as long ago, which is when it is looked at again", () => {
    const asked = now
    asks(1, 1)
    expect([tell(), late.due]).toEqual([[], asked + SLOW - FAST])
    // That more wait there makes it no later.
    now += 100
    asks(1, 2)
    expect(tell()).toEqual([])
    now = asked + SLOW - FAST - 1
    expect(tell()).toEqual([])
    now++
    expect(tell()).toEqual(["SendOffer 1: a4"])
  })

  test("asked anew, it waits anew", () => {
    asks(1, 1)
    now += SLOW
    asks(1, 0)
    expect(tell()).toEqual([])
    asks(1, 1)
    expect(tell()).toEqual([])
    expect(late.due).toBe(now + SLOW - FAST)
    now += SLOW - FAST
    expect(tell()).toEqual(["SendOffer 1: a4"])
  })

  test("gets one at the latest when what is known of the others would be forgotten", () => {
    measure(4, 60_000_000)
    measure(4, 60_000_000)
    asks(1, 1)
    expect(tell()).toEqual([])
    expect(late.due).toBe(now + MOST_PATIENCE)
    late.due = Number.POSITIVE_INFINITY
    wait(0)
    expect([late.assigns(state, now), late.due]).toEqual([false, now + MOST_PATIENCE])
    expect(late.assigns(state, now + MOST_PATIENCE)).toBe(true)
  })

  test("is as good as any where it is the fastest that is known", () => {
    close(0)
    asks(1, 1)
    expect(tell()).toEqual(["SendOffer 1: a4"])
  })
})
