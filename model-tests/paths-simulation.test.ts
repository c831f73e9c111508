import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { hazards } from "../impl-tests/core/hazards.ts"
import { machines } from "../src/core/system.ts"
import { behavioursOf } from "../src/model/graph-of.ts"
import { drivePaths } from "../src/model/paths/drive.ts"
import { kindOf, parseLabel } from "../src/model/paths/label.ts"
import type { Behaviours } from "../src/tla/graph/simulate.ts"
import { models, size } from "./manifest.ts"

/** Nobody explores it: four applications, three managers, three transports, 36 connection ids. */
const constants = size(4, 3, 3, 4, {
  MaxSyns: 40,
  MaxTimeouts: 4,
  MaxOffers: 20,
  MaxStops: 6,
})
const simulation = { behaviours: 60, depth: 250, seed: 9 }

describe("the core keeps to the specification along behaviours that TLC draws", () => {
  let drawn: Behaviours

  test("of a stack too large to be explored", async () => {
    // Without invariants: `pika check --full` checks them on longer behaviours.
    const model = { ...models[0]!, name: "4-3-3-4", constants, invariants: [] }
    drawn = await Effect.runPromise(behavioursOf(model, simulation))
    const { problem, paths, steps } = drivePaths(drawn.graph, drawn.paths, constants)
    expect(problem).toBeUndefined()
    expect([paths, steps]).toEqual([simulation.behaviours, simulation.behaviours * simulation.depth])
  })

  test("in which everything happens", () => {
    const { graph, paths } = drawn
    const taken = new Set(paths.flatMap(({ edges }) => Array.from(edges, (e) => graph.labels[e]!)))
    const kinds = new Set(Array.from(taken, (label) => kindOf(parseLabel(graph.labelNames[label]!))))
    expect([...kinds].sort()).toMatchInlineSnapshot(`
      [
        "AssignWaiting",
        "Attach",
        "Claim",
        "ClaimTimeout",
        "CloseListener",
        "Die",
        "Established Announced",
        "Established Done",
        "Established GivenBack",
        "Gone Done",
        "Gone Served",
        "ManagerReceiveDetach",
        "ReceiveAcceptConnection",
        "ReceiveAcceptorRemoved",
        "ReceiveAcceptorTimedOut",
        "ReceiveAssign Announced",
        "ReceiveAssign Done",
        "ReceiveAssign GivenBack",
        "ReceiveAssign Ignored",
        "ReceiveAttach",
        "ReceiveAttached",
        "ReceiveAvailable",
        "ReceiveClaim Claimed",
        "ReceiveClaim TimedOut",
        "ReceiveClaimed",
        "ReceiveConnectionClosed",
        "ReceiveOffer",
        "ReceiveOpen",
        "ReceiveReset Done",
        "ReceiveReset Ignored",
        "ReceiveServiceTime",
        "ReceiveTimedOut",
        "Register",
        "Release",
        "ResetWaiting",
        "SendOffer",
        "Syn Assigned",
        "Syn Dropped",
        "Syn Known",
        "Syn Queued",
        "Syn Refused",
        "TransportReceiveDetach",
      ]
    `)
  })

  const naive = hazards.filter((x) => x.variant.machines !== machines)
  test.each(naive.map((x) => [x.name, x.variant.machines] as const))(
    "%s is told by them",
    (_name, variant) => {
      expect(drivePaths(drawn.graph, drawn.paths, constants, variant).problem).toMatch(/^After \d+ steps/)
    },
  )
})
