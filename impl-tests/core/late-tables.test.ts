/** State × event under Late, where it differs from the other schemes (`tables.test.ts`). The snapshots are meant to be read. */
import { describe, expect, test } from "vitest"
import { initialApplication, stepApplication } from "../../src/core/application.ts"
import type { ApplicationEvent, ManagerEvent, TransportEvent } from "../../src/core/event.ts"
import { initialManager, type Manager, stepManager } from "../../src/core/manager.ts"
import type { Outbox } from "../../src/core/outbox.ts"
import { NONE } from "../../src/core/topology.ts"
import { initialTransport, stepTransport, type Transport } from "../../src/core/transport.ts"
import { after, type Cells, render } from "./cells.ts"
import { small } from "./walk.ts"

/** Home of a0 and a2 is m0, of a1 and a3 m1. Ids 0 and 1 are m0's, 2 and 3 m1's, all at t0. */
const topology = small("4/2/1/2", { room: 1, backlog: 1, balance: { scheme: "Late" } })
const env = { now: 500, draw: 0 }

const manager = (): Cells<Manager, ManagerEvent> => {
  const step = (s: Manager, e: ManagerEvent, out: Outbox) => stepManager(s, e, env, topology, out)
  const syn = (c: number): ManagerEvent => ({ _tag: "Syn", c })
  const established = (c: number): ManagerEvent => ({
    _tag: "ReceiveConnectionEstablished",
    t: 0,
    message: { _tag: "ConnectionEstablished", c },
  })
  const unused = (a: number, g: number): ManagerEvent => ({
    _tag: "ReceiveAcceptorUnused",
    t: 0,
    message: { _tag: "AcceptorUnused", a, g },
  })
  /** `time`: of a question how many wait there. */
  const offer = (a: number, g: number, time: number, listener = true, from = 1): ManagerEvent => ({
    _tag: "ReceiveOffer",
    from,
    message: { _tag: "Offer", a, g, listener, serviceTime: time },
  })
  const accept = (a: number, g: number): ManagerEvent => ({
    _tag: "ReceiveAcceptConnection",
    message: { _tag: "AcceptConnection", a, g },
  })
  const detach = (a: number): ManagerEvent => ({
    _tag: "ManagerReceiveDetach",
    message: { _tag: "Detach", a },
  })
  const timedOut = (c: number, a: number, g: number): ManagerEvent => ({
    _tag: "ReceiveAcceptorTimedOut",
    t: 0,
    message: { _tag: "AcceptorTimedOut", c, a, g },
  })
  const closed = (c: number): ManagerEvent => ({
    _tag: "ReceiveConnectionClosed",
    t: 0,
    message: { _tag: "ConnectionClosed", c },
  })
  const assign: ManagerEvent = { _tag: "AssignWaiting" }
  const lend: ManagerEvent = { _tag: "SendOffer", to: 1 }
  const nobody = initialManager(0, topology)
  const listed = after(nobody, step, accept(0, 1))
  const opening = after(listed, step, syn(0))
  const waiting = after(opening, step, established(0))
  const assigned = after(waiting, step, assign)
  const lentOut = after(listed, step, offer(NONE, 0, 2), lend)
  const lent = after(nobody, step, offer(1, 2, 70))
  const stolen = after(lent, step, syn(0), established(0), assign)
  return {
    step,
    states: {
      "Nobody listens": nobody,
      "a0 is listed": listed,
      "a0 is listed, two wait at m1": after(listed, step, offer(NONE, 0, 2)),
      "a0 is listed, 0 opens": opening,
      "a0 is listed, 0 waits, 1 opens": after(opening, step, syn(1), established(0)),
      "a0 is used up by 0": assigned,
      "a0 is lent to m1": lentOut,
      "a0 is lent to m1, and registered again under g2": after(lentOut, step, accept(0, 2)),
      "a0 is lent to m1, and listens no more": after(lentOut, step, detach(0)),
      "a1 of m1 is lent": lent,
      "a1 of m1 is lent, 0 waits": after(lent, step, syn(0), established(0)),
      "a1 of m1 is used up by 0": stolen,
      "a1 of m1 timed out on 0, which waits": after(stolen, step, timedOut(0, 1, 2)),
      "a1 listens at m1, 0 waits": after(nobody, step, offer(NONE, 0, 0), syn(0), established(0)),
    },
    events: [
      ...[0, 1, 2].map(syn),
      assign,
      { _tag: "ResetWaiting" },
      ...[0, 1, 2, -1].flatMap(
        (to): ReadonlyArray<ManagerEvent> => [
          { _tag: "SendOffer", to },
          { _tag: "Ask", to },
          { _tag: "ReturnOffer", to },
        ],
      ),
      // A question, that nobody listens there any more, one lent, another, a stale one, one of our own that comes back.
      offer(NONE, 0, 3),
      offer(NONE, 0, 0, false),
      offer(1, 2, 70),
      offer(3, 1, 90),
      offer(1, 1, 70),
      offer(0, 1, 0),
      // From nobody, of nobody, and of one that is neither's.
      offer(1, 2, 70, true, 0),
      offer(1, 2, 70, true, 2),
      offer(9, 1, 70),
      established(0),
      established(2),
      unused(0, 1),
      unused(0, 9),
      unused(1, 1),
      unused(9, 1),
      timedOut(0, 0, 1),
      timedOut(0, 1, 2),
      closed(0),
    ],
  }
}

const transport = (): Cells<Transport, TransportEvent> => {
  const step = (s: Transport, e: TransportEvent, out: Outbox) => stepTransport(s, e, env, topology, out)
  const open = (c: number): TransportEvent => ({ _tag: "ReceiveOpen", message: { _tag: "Open", c } })
  const assign = (c: number, a: number): TransportEvent => ({
    _tag: "ReceiveAssign",
    message: { _tag: "Assign", c, a, g: 1, fresh: false },
  })
  const attach = (a: number): TransportEvent => ({ _tag: "ReceiveAttach", message: { _tag: "Attach", a } })
  const established = (c: number): TransportEvent => ({ _tag: "Established", c })
  const alive = after(initialTransport(0, topology), step, attach(0))
  const opening = after(alive, step, open(0))
  const waiting = after(opening, step, established(0))
  return {
    step,
    states: {
      "a0 is attached": alive,
      "0 opening": opening,
      "0 waiting": waiting,
      "0 announced to a0": after(waiting, step, assign(0, 0)),
      "0 announced to a0, 2 waiting": after(waiting, step, assign(0, 0), open(2), established(2)),
    },
    events: [established(0), established(2), assign(0, 0), assign(0, 1), assign(2, 0), assign(2, 1)],
  }
}

type App = ReturnType<typeof initialApplication>

const application = (): Cells<App, ApplicationEvent> => {
  const step = (s: App, e: ApplicationEvent, out: Outbox) => stepApplication(s, e, topology, out)
  const available = (g: number): ApplicationEvent => ({
    _tag: "ReceiveAvailable",
    t: 0,
    message: { _tag: "ConnectionAvailable", c: 0, n: 1, g },
  })
  const attaching = after(initialApplication(0), step, { _tag: "Attach", g: 1 })
  const up = after(attaching, step, { _tag: "ReceiveAttached", t: 0 })
  const registered = after(up, step, { _tag: "Register" })
  const told = after(registered, step, available(2))
  return {
    step,
    states: {
      Attaching: attaching,
      "Registered under g2": registered,
      "Used g2 up": told,
      "Registered under g3, with the token of g2": after(told, step, { _tag: "Register" }),
    },
    events: [available(1), available(2), available(3), { _tag: "Register" }],
  }
}

describe("state × event under Late", () => {
  test.for([
    ["manager", () => render(manager())],
    ["transport", () => render(transport())],
    ["application", () => render(application())],
  ] as const)("%s", async ([name, text]) => {
    await expect(text()).toMatchFileSnapshot(`__snapshots__/late-${name}.txt`)
  })
})
