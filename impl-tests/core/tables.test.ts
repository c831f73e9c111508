/** Every state × every event of each machine, illegal cells included. The snapshots are meant to be read. */
import { describe, expect, test } from "vitest"
import { initialApplication, stepApplication } from "../../src/core/application.ts"
import type { ApplicationEvent, ManagerEvent, TransportEvent } from "../../src/core/event.ts"
import { initialManager, stepManager } from "../../src/core/manager.ts"
import type { Outbox } from "../../src/core/outbox.ts"
import { NONE } from "../../src/core/topology.ts"
import { initialTransport, stepTransport } from "../../src/core/transport.ts"
import { after, type Cells, render } from "./cells.ts"
import { small } from "./walk.ts"

/** Home of a0 is m0, of a1 m1. Ids 0 and 1 are m0's, 2 and 3 m1's, all at t0. */
const topology = small("2/2/1/2", { room: 1, backlog: 1 })
const env = { now: 500, draw: 0 }

const application = (): Cells<ReturnType<typeof initialApplication>, ApplicationEvent> => {
  const step = (s: ReturnType<typeof initialApplication>, e: ApplicationEvent, out: Outbox) =>
    stepApplication(s, e, topology, out)
  const available = { _tag: "ConnectionAvailable", c: 0, n: 1, g: 1 } as const
  const answer = { c: 0, n: 1, g: 1, back: 0 }
  const timedOut = (rest: object = {}): ApplicationEvent => ({
    _tag: "ReceiveTimedOut",
    t: 0,
    message: { _tag: "TimedOut", ...answer, ...rest },
  })
  const claimed = (rest: object = {}): ApplicationEvent => ({
    _tag: "ReceiveClaimed",
    t: 0,
    message: { _tag: "Claimed", ...answer, ...rest },
  })
  const down = initialApplication(0)
  const attaching = after(down, step, { _tag: "Attach", g: 0 })
  const up = after(attaching, step, { _tag: "ReceiveAttached", t: 0 })
  const registered = after(up, step, { _tag: "Register" })
  const offered = after(registered, step, { _tag: "ReceiveAvailable", t: 0, message: available })
  const claiming = after(offered, step, { _tag: "Claim" })
  const owner = after(claiming, step, claimed())
  const unregistered = after(claiming, step, timedOut())
  return {
    step,
    states: {
      Down: down,
      "Down, its last process had reached g1": after(registered, step, { _tag: "Die" }),
      Attaching: attaching,
      Up: up,
      Registered: registered,
      "Registered, with a token": offered,
      "Registered, a claim out": claiming,
      "Registered under g2, a claim of g1 out": {
        ...after(unregistered, step, { _tag: "Register" }),
        claims: claiming.claims,
      },
      "Unregistered by a time-out": unregistered,
      Owner: owner,
      "Closed, a claim out": after(claiming, step, { _tag: "CloseListener" }),
    },
    events: [
      { _tag: "Attach", g: 0 },
      { _tag: "Attach", g: 1 },
      { _tag: "ReceiveAttached", t: 0 },
      { _tag: "ReceiveAttached", t: 1 },
      { _tag: "Register" },
      { _tag: "ReceiveAvailable", t: 0, message: available },
      { _tag: "Claim" },
      claimed(),
      claimed({ back: 1 }),
      claimed({ n: 9 }),
      timedOut(),
      timedOut({ back: 2 }),
      timedOut({ n: 9 }),
      { _tag: "Release", c: 0, n: 1 },
      { _tag: "Release", c: 0, n: 9 },
      { _tag: "CloseListener" },
      { _tag: "Die" },
    ],
  }
}

const manager = (): Cells<ReturnType<typeof initialManager>, ManagerEvent> => {
  const step = (s: ReturnType<typeof initialManager>, e: ManagerEvent, out: Outbox) =>
    stepManager(s, e, env, topology, out)
  const syn = (c: number): ManagerEvent => ({ _tag: "Syn", c })
  const offer = (a: number, listener: boolean, from = 1): ManagerEvent => ({
    _tag: "ReceiveOffer",
    from,
    message: { _tag: "Offer", a, g: a === NONE ? 0 : 1, listener, serviceTime: 0 },
  })
  const accept = (a: number, g: number): ManagerEvent => ({
    _tag: "ReceiveAcceptConnection",
    message: { _tag: "AcceptConnection", a, g },
  })
  const detach = (a: number): ManagerEvent => ({
    _tag: "ManagerReceiveDetach",
    message: { _tag: "Detach", a },
  })
  const timedOut = (c: number, a: number): ManagerEvent => ({
    _tag: "ReceiveAcceptorTimedOut",
    t: 0,
    message: { _tag: "AcceptorTimedOut", c, a, g: 1 },
  })
  const removed = (a: number, g: number): ManagerEvent => ({
    _tag: "ReceiveAcceptorRemoved",
    t: 0,
    message: { _tag: "AcceptorRemoved", a, g },
  })
  const closed = (c: number): ManagerEvent => ({
    _tag: "ReceiveConnectionClosed",
    t: 0,
    message: { _tag: "ConnectionClosed", c },
  })
  const served = (a: number, time: number): ManagerEvent => ({
    _tag: "ReceiveServiceTime",
    t: 0,
    message: { _tag: "ServiceTime", a, time },
  })
  const nobody = initialManager(0, topology)
  const listed = after(nobody, step, accept(0, 1))
  const assigned = after(listed, step, syn(0))
  const busy = after(assigned, step, timedOut(0, 0))
  const offered = after(nobody, step, offer(1, true))
  const elsewhere = after(nobody, step, offer(NONE, true))
  const stolen = after(offered, step, syn(0))
  const left = after(busy, step, detach(0))
  return {
    step,
    states: {
      "Nobody listens": nobody,
      "a0 is listed": listed,
      "a0 is listed, 0 assigned": assigned,
      "a0 is busy, 0 came back and waits": busy,
      "a1 is offered": offered,
      "a1 listens at m1, nobody is offered": elsewhere,
      "a1 listens at m1, 0 waits": after(elsewhere, step, syn(0)),
      "0 assigned to a1 of m1": stolen,
      "a1 of m1 timed out on 0, which waits": after(stolen, step, timedOut(0, 1)),
      "a0 closed its listener, 0 waits": left,
      "0 is being reset": after(left, step, { _tag: "ResetWaiting" }),
    },
    events: [
      ...[0, 1, 2].map(syn),
      { _tag: "AssignWaiting" },
      { _tag: "ResetWaiting" },
      ...[0, 1, 2].map((to): ManagerEvent => ({ _tag: "SendOffer", to })),
      offer(1, true),
      offer(NONE, true),
      offer(NONE, false),
      offer(1, true, 0),
      offer(9, true),
      accept(0, 1),
      accept(0, 2),
      accept(1, 1),
      detach(0),
      detach(1),
      timedOut(0, 0),
      timedOut(0, 1),
      timedOut(0, 9),
      timedOut(2, 0),
      removed(0, 1),
      removed(0, 9),
      removed(1, 1),
      closed(0),
      closed(2),
      served(0, 70),
      served(0, 0),
      served(1, 70),
      // Of Late alone (`late-tables.test.ts`).
      { _tag: "Ask", to: 1 },
      { _tag: "ReturnOffer", to: 1 },
      { _tag: "ReceiveConnectionEstablished", t: 0, message: { _tag: "ConnectionEstablished", c: 0 } },
      { _tag: "ReceiveAcceptorUnused", t: 0, message: { _tag: "AcceptorUnused", a: 0, g: 1 } },
    ],
  }
}

const transport = (): Cells<ReturnType<typeof initialTransport>, TransportEvent> => {
  const step = (s: ReturnType<typeof initialTransport>, e: TransportEvent, out: Outbox) =>
    stepTransport(s, e, env, topology, out)
  const open = (c: number): TransportEvent => ({ _tag: "ReceiveOpen", message: { _tag: "Open", c } })
  const assign = (c: number, a: number, fresh: boolean): TransportEvent => ({
    _tag: "ReceiveAssign",
    message: { _tag: "Assign", c, a, g: 1, fresh },
  })
  const reset = (c: number): TransportEvent => ({
    _tag: "ReceiveReset",
    message: { _tag: "ResetConnection", c },
  })
  const claim = (a: number, c: number, n: number): TransportEvent => ({
    _tag: "ReceiveClaim",
    message: { _tag: "ClaimConnection", a, c, n, g: 1 },
  })
  const attach = (a: number): TransportEvent => ({ _tag: "ReceiveAttach", message: { _tag: "Attach", a } })
  const detach = (a: number): TransportEvent => ({
    _tag: "TransportReceiveDetach",
    message: { _tag: "Detach", a },
  })
  const established = (c: number): TransportEvent => ({ _tag: "Established", c })
  const timeout = (c: number): TransportEvent => ({ _tag: "ClaimTimeout", c })
  const gone = (c: number): TransportEvent => ({ _tag: "Gone", c })
  const empty = initialTransport(0, topology)
  const alive = after(empty, step, attach(0), attach(1))
  const opening = after(alive, step, assign(0, 0, true))
  const announced = after(opening, step, established(0))
  return {
    step,
    states: {
      "Nobody is attached": empty,
      "Both are attached": alive,
      "0 opening, nobody's": after(alive, step, open(0)),
      "0 opening, for a0": opening,
      "0 waiting": after(alive, step, open(0), established(0)),
      "0 announced to a0": announced,
      "0 announced to a0, which died": after(announced, step, detach(0)),
      "0 timed out at a0": after(announced, step, timeout(0)),
      "0 announced to a0, gone": after(announced, step, gone(0)),
      "0 claimed by a0": after(announced, step, claim(0, 0, 1)),
      "0 timed out at a0, which is full": after(announced, step, timeout(0), assign(0, 0, false)),
      "0 claimed by a1 of m1": after(alive, step, assign(0, 1, true), established(0), claim(1, 0, 1)),
    },
    events: [
      open(0),
      open(9),
      assign(0, 0, true),
      assign(0, 0, false),
      assign(0, 1, false),
      assign(0, 9, true),
      assign(9, 0, true),
      reset(0),
      reset(9),
      established(0),
      established(9),
      timeout(0),
      claim(0, 0, 1),
      claim(0, 0, 9),
      claim(0, 9, 1),
      claim(1, 0, 1),
      claim(9, 0, 1),
      gone(0),
      attach(0),
      attach(9),
      detach(0),
      detach(9),
    ],
  }
}

/** Each event that the type has stands in the table. */
const named = (cells: { readonly events: ReadonlyArray<{ readonly _tag: string }> }): ReadonlyArray<string> =>
  [...new Set(cells.events.map((x) => x._tag))].sort()

describe("state × event", () => {
  test("application", async () => {
    const tags: Record<ApplicationEvent["_tag"], true> = {
      Attach: true,
      ReceiveAttached: true,
      Register: true,
      ReceiveAvailable: true,
      Claim: true,
      ReceiveClaimed: true,
      ReceiveTimedOut: true,
      Release: true,
      CloseListener: true,
      Die: true,
    }
    expect(named(application())).toEqual(Object.keys(tags).sort())
    await expect(render(application())).toMatchFileSnapshot("__snapshots__/application.txt")
  })

  test("manager", async () => {
    const tags: Record<ManagerEvent["_tag"], true> = {
      Syn: true,
      AssignWaiting: true,
      ResetWaiting: true,
      SendOffer: true,
      ReceiveOffer: true,
      ReceiveAcceptConnection: true,
      ManagerReceiveDetach: true,
      ReceiveAcceptorTimedOut: true,
      ReceiveAcceptorRemoved: true,
      ReceiveConnectionClosed: true,
      ReceiveServiceTime: true,
      Ask: true,
      ReturnOffer: true,
      ReceiveConnectionEstablished: true,
      ReceiveAcceptorUnused: true,
    }
    expect(named(manager())).toEqual(Object.keys(tags).sort())
    await expect(render(manager())).toMatchFileSnapshot("__snapshots__/manager.txt")
  })

  test("transport", async () => {
    const tags: Record<TransportEvent["_tag"], true> = {
      ReceiveOpen: true,
      ReceiveAssign: true,
      ReceiveReset: true,
      Established: true,
      ClaimTimeout: true,
      ReceiveClaim: true,
      Gone: true,
      ReceiveAttach: true,
      TransportReceiveDetach: true,
    }
    expect(named(transport())).toEqual(Object.keys(tags).sort())
    await expect(render(transport())).toMatchFileSnapshot("__snapshots__/transport.txt")
  })
})
