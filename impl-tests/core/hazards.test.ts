/** Each naive design of protocol.md's hazards breaks a property: the properties can fail, and each rule is needed. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { System } from "../../src/core/system.ts"
import { homeOf } from "../../src/core/topology.ts"
import { type Hazard, hazards } from "./hazards.ts"
import { lateHazards } from "./late-hazards.ts"
import { moves, production, small, type Variant, Violation, walk } from "./walk.ts"

/** Hazard 10 is one of liveness; this is what it does to the state: listed under a generation that lapsed elsewhere. */
const unheard = (system: System): string | undefined => {
  const [manager] = system.managers.flatMap((m) =>
    m.acceptors.filter(
      ({ a, g }) =>
        system.managers.some((other) => other.m !== m.m && other.tombstones.get(a) >= g) &&
        !system.transports.some(({ t }) =>
          (system.channels.get(`t${t}>m${homeOf(system.topology, a)}`)?.messages ?? []).some(
            (x) => x._tag === "AcceptorRemoved" && x.a === a && x.g === g,
          ),
        ),
    ),
  )
  return manager === undefined ? undefined : `unheard: a${manager.a} g${manager.g}`
}

const firstViolation = (hazard: Hazard, variant: Variant, runs: number): string | undefined => {
  // Seeded: whether the naive design is caught must not depend on luck.
  for (const list of fc.sample(moves(250), { numRuns: runs, seed: 7 })) {
    try {
      const balance = { scheme: hazard.scheme ?? "Tournament" }
      const topology = small(hazard.configuration, { room: hazard.room ?? 2, backlog: 1, balance })
      walk(topology, list, variant, (system) => {
        const found = unheard(system)
        if (found !== undefined) throw new Violation(found)
      })
    } catch (error) {
      if (error instanceof Violation) return error.message.split(" after\n")[0]
      throw error
    }
  }
  return undefined
}

describe("hazards", () => {
  test.for([...hazards, ...lateHazards])("$name", (hazard) => {
    expect(firstViolation(hazard, hazard.variant, 1000)).toMatch(hazard.property)
    // The same walks with the rule in place break nothing.
    expect(firstViolation(hazard, production, 10)).toBeUndefined()
  })
})
