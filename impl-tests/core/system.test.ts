import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { EventTag } from "../../src/core/event.ts"
import { hasLocalListener } from "../../src/core/manager.ts"
import { Outbox, type Outcome } from "../../src/core/outbox.ts"
import { apply, detachConsumed, enabled, type System } from "../../src/core/system.ts"
import type { SchemeName, Topology } from "../../src/core/topology.ts"
import { moves, settle, small, walk } from "./walk.ts"

const schemes: ReadonlyArray<SchemeName> = ["Naive", "Unfiltered", "Filtered", "Tournament", "Late"]

const configurations: ReadonlyArray<readonly [string, number, number]> = [
  // applications/managers/transports/connections, walks, steps
  ["1/1/1/1", 150, 200],
  ["1/1/2/1", 150, 200],
  ["1/2/1/2", 100, 200],
  ["2/1/1/2", 100, 200],
  ["2/2/1/1", 100, 250],
  ["2/2/1/2", 100, 250],
  ["3/2/2/3", 60, 400],
]

/** Everything that a walk has met, so that a test can tell that it met what it is about. */
interface Met {
  readonly tags: Set<EventTag>
  readonly outcomes: Set<Outcome>
}

const roam = (topology: Topology, runs: number, length: number, met: Met, seed?: number): void =>
  fc.assert(
    fc.property(moves(length), (list) => {
      walk(topology, list, undefined, (_, step, out) => {
        met.tags.add(step.event._tag)
        met.outcomes.add(out.outcome)
      })
    }),
    { numRuns: runs, endOnFailure: true, ...(seed === undefined ? {} : { seed }) },
  )

describe("random interleavings keep every property", () => {
  const met: Met = { tags: new Set(), outcomes: new Set() }

  test.for(configurations)("%s", ([name, runs, length]) => {
    for (const scheme of schemes) {
      // Room for one announcement meets hazard 16 all the time, room for more hardly ever.
      for (const room of [1, 3]) {
        roam(small(name, { room, balance: { scheme } }), Math.ceil(runs / 8), length, met)
      }
    }
  })

  test("the walks met every event and every outcome", () => {
    roam(small("2/2/1/2", { room: 1, backlog: 1 }), 60, 400, met, 1)
    roam(small("2/2/1/2", { room: 1, backlog: 1, balance: { scheme: "Late" } }), 60, 400, met, 1)
    expect([...met.tags].sort()).toMatchInlineSnapshot(`
      [
        "Ask",
        "AssignWaiting",
        "Attach",
        "Claim",
        "ClaimTimeout",
        "CloseListener",
        "Die",
        "Established",
        "Gone",
        "ManagerReceiveDetach",
        "ReceiveAcceptConnection",
        "ReceiveAcceptorRemoved",
        "ReceiveAcceptorTimedOut",
        "ReceiveAcceptorUnused",
        "ReceiveAssign",
        "ReceiveAttach",
        "ReceiveAttached",
        "ReceiveAvailable",
        "ReceiveClaim",
        "ReceiveClaimed",
        "ReceiveConnectionClosed",
        "ReceiveConnectionEstablished",
        "ReceiveOffer",
        "ReceiveOpen",
        "ReceiveReset",
        "ReceiveServiceTime",
        "ReceiveTimedOut",
        "Register",
        "Release",
        "ResetWaiting",
        "ReturnOffer",
        "SendOffer",
        "Syn",
        "TransportReceiveDetach",
      ]
    `)
    expect([...met.outcomes].sort()).toMatchInlineSnapshot(`
      [
        "Announced",
        "Assigned",
        "Claimed",
        "Done",
        "Dropped",
        "GivenBack",
        "Ignored",
        "Known",
        "Queued",
        "Refused",
        "Served",
        "TimedOut",
      ]
    `)
  })
})

const settled = (name: string, scheme: SchemeName, live: boolean) =>
  fc.property(moves(200), fc.integer({ min: 1, max: 3 }), (list, room) => {
    let system = walk(small(name, { room, balance: { scheme } }), list)
    system = live ? withEverybodyUp(settle(system)) : withEverybodyDown(system)
    return atRest(settle(system), live)
  })

const step = (system: System, tags: ReadonlyArray<EventTag>): System | undefined => {
  const next = enabled(system).find((x) => tags.includes(x.event._tag))
  return next === undefined ? undefined : apply(system, next, { now: 500_000, draw: 1 }, new Outbox())
}

/** Who closed its listener ends; every slot has a process that listens. */
const withEverybodyUp = (start: System): System => {
  let system = start
  for (const { a, phase } of start.applications) {
    if (phase === "Closed") system = applyTo(system, a, "Die")
  }
  system = settle(system)
  for (const { a, phase } of system.applications) {
    expect(phase !== "Down" || detachConsumed(system, a)).toBe(true)
    if (phase === "Down") system = applyTo(system, a, "Attach")
  }
  return system
}

const withEverybodyDown = (start: System): System => {
  let system = start
  for (;;) {
    const next = step(system, ["Die"])
    if (next === undefined) return system
    system = next
  }
}

const applyTo = (system: System, a: number, tag: EventTag): System => {
  const next = enabled(system).find((x) => x.role === "application" && x.index === a && x.event._tag === tag)
  if (next === undefined) throw new Error(`a${a} can't ${tag}`)
  return apply(system, next, { now: 500_000, draw: 1 }, new Outbox())
}

const atRest = (system: System, live: boolean): void => {
  expect(system.channels.size).toBe(0)
  for (const app of system.applications) {
    expect(app.tokens).toEqual([])
    expect(app.claims).toEqual([])
    // Registered: whoever waits is listed (by NoLostWakeup it needs no more).
    if (live) expect([app.phase, app.registered]).toEqual(["Up", true])
  }
  for (const manager of system.managers) {
    // Served, or flushed when nobody listens.
    expect(manager.queue).toEqual([])
    expect(hasLocalListener(manager)).toBe(
      live && system.applications.some((x) => isHome(system, x.a, manager.m)),
    )
  }
  for (const { connections } of system.transports) {
    for (const { phase } of connections.toArray()) {
      expect(live ? ["Gone", "Claimed"] : ["Gone"]).toContain(phase)
    }
  }
}

const isHome = (system: System, a: number, m: number): boolean => a % system.topology.managers === m

describe("left alone", () => {
  test.for([
    ["1/1/1/1", 40],
    ["1/2/1/2", 40],
    ["2/2/1/2", 40],
    ["3/2/2/3", 25],
  ] as const)("everything that waits is served: %s", ([name, runs]) => {
    for (const scheme of schemes) {
      // Naive serves from local acceptors only (§5.3): each manager needs one of its own.
      if (scheme === "Naive" && name === "1/2/1/2") continue
      fc.assert(settled(name, scheme, true), { numRuns: runs, endOnFailure: true })
    }
  })

  test("everything is reset when nobody listens any more", () => {
    for (const scheme of schemes)
      fc.assert(settled("3/2/2/3", scheme, false), { numRuns: 25, endOnFailure: true })
  })
})
