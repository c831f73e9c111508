/** Every model: what it is for, and how it must end. `pika check` and the tests run all of them. */

import type { StackConstants } from "../src/model/stack/constants.ts"
import type { Model } from "../src/tla/model.ts"
import { actions, harmless, hazards, liveness } from "./hazards.ts"
import { ladder } from "./ladder.ts"
import { naive } from "./naive.ts"
import { ring } from "./ring.ts"
import { size } from "./size.ts"

export { size }

export const safety = [
  "TypeOK",
  "OneOwner",
  "OneAnswer",
  "NotLost",
  "NoLostWakeup",
  "OwnerKnows",
  "KnownGeneration",
  "RoomKept",
  "Expected",
  "IdsUnique",
  "ListenerKnown",
  "OncePerRegistration",
  "HomeKnows",
  "WithinRoom",
  "Enough",
]
/** Under Late a registration is a token, and may be elsewhere than at home. */
export const lateSafety = [...safety.filter((name) => name !== "NoLostWakeup"), "OneToken", "Kept"]
export const safetyOf = ({ Late }: Pick<StackConstants, "Late">): ReadonlyArray<string> =>
  Late ? lateSafety : safety

const safe = (
  name: string,
  shows: string,
  constants: StackConstants,
  distinct: number,
  depth: number,
  edges?: number,
): Model => ({
  name,
  shows,
  time: "quick",
  ...(edges === undefined ? {} : { edges }),
  module: "MC",
  specification: "MCSpec",
  constants,
  invariants: safetyOf(constants),
  properties: actions,
  expected: { _tag: "Success", distinct, depth },
})

/** Without symmetry, which liveness doesn't bear. What only an end can harm is for the model that has one. */
const live = (
  name: string,
  shows: string,
  constants: StackConstants,
  distinct: number,
  depth: number,
  properties: ReadonlyArray<string> = ["Served", "Registered", "Answered"],
): Model => ({
  ...safe(name, shows, constants, distinct, depth),
  specification: constants.Late ? "FairLateSpec" : "FairSpec",
  invariants: [],
  properties,
})

/** A state that must be reached, or the models show nothing. */
const trap = (name: string, shows: string, constants: StackConstants, length: number): Model => ({
  name,
  shows,
  time: "quick",
  module: "MC",
  specification: "MCSpec",
  constants,
  invariants: [name],
  properties: [],
  expected: { _tag: "Invariant", name, length },
})

/** Takes minutes: with `pika check --full` only. */
const full = (model: Model): Model => ({ ...model, time: "full" })

// The last number of a safe model is that of its edges: the core's own graph equals TLC's.
export const models: ReadonlyArray<Model> = [
  safe("1-1-1-1", "one of each, an id used twice", size(1, 1, 1, 1, { MaxSyns: 2 }), 977, 38, 2809),
  safe(
    "1-1-1-1-stop",
    "… that closes, dies and comes again",
    size(1, 1, 1, 1, { MaxSyns: 2, MaxStops: 2 }),
    24062,
    54,
    89560,
  ),
  safe("2-1-1-1", "a connection handed from one application to another", size(2, 1, 1, 1), 1698, 32, 5329),
  safe("1-2-1-1", "a connection stolen by another manager's offer", size(1, 2, 1, 1), 914, 34, 3079),
  safe(
    "1-1-1-2-room-1",
    "no room for a second announcement",
    size(1, 1, 1, 2, { MaxSyns: 2, Room: 1 }),
    16087,
    42,
    64489,
  ),
  safe("2-2-1-1", "acceptors at home and abroad", size(2, 2, 1, 1), 24849, 41, 103420),
  safe(
    "1-1-2-1-stop",
    "two transports, an application that stops",
    size(1, 1, 2, 1, { MaxSyns: 2, MaxStops: 1 }),
    182247,
    52,
    1049424,
  ),
  full(
    safe(
      "2-1-1-2",
      "two connections between two applications",
      size(2, 1, 1, 2, { MaxSyns: 2 }),
      244561,
      43,
      1165812,
    ),
  ),
  full(
    safe(
      "2-2-1-1-stop",
      "acceptors at home and abroad, one stops",
      size(2, 2, 1, 1, { MaxStops: 1 }),
      694650,
      52,
      3621598,
    ),
  ),
  full(
    safe(
      "1-1-1-2-stop",
      "two connections, two too early timers, two stops",
      size(1, 1, 1, 2, { MaxSyns: 2, MaxTimeouts: 2, MaxStops: 2 }),
      2168582,
      71,
      11592050,
    ),
  ),
  live(
    "live-1-1-1-1-stop",
    "served, registered, answered though it stops",
    size(1, 1, 1, 1, { MaxStops: 1 }),
    918,
    32,
    liveness,
  ),
  live("live-1-2-1-1", "… by another manager's acceptor", size(1, 2, 1, 1), 914, 34),
  live("live-2-1-1-1", "… by either of two", size(2, 1, 1, 1), 1698, 32),

  safe(
    "late-1-1-1-1-stop",
    "late binding: one of each, that closes, dies and comes again",
    size(1, 1, 1, 1, { MaxStops: 2, Late: true }),
    9894,
    49,
    36387,
  ),
  safe(
    "late-1-1-1-2-backlog",
    "… two established connections above a backlog of one",
    size(1, 1, 1, 2, { MaxSyns: 2, Backlog: 1, MaxTimeouts: 0, Late: true }),
    4309,
    36,
    18913,
  ),
  safe("late-1-2-1-1", "… an acceptor that is lent", size(1, 2, 1, 1, { Late: true }), 5207, 41, 22368),
  safe(
    "late-2-2-1-1",
    "… acceptors at home and lent",
    size(2, 2, 1, 1, { MaxTimeouts: 0, Late: true }),
    36923,
    38,
    176090,
  ),
  full(
    safe(
      "late-1-2-1-1-stop",
      "… an acceptor that is lent, and stops",
      size(1, 2, 1, 1, { MaxStops: 1, Late: true }),
      68490,
      51,
      340452,
    ),
  ),
  live(
    "live-late-1-1-1-1-stop",
    "… served, registered, answered though it stops",
    size(1, 1, 1, 1, { MaxStops: 1, Late: true }),
    3191,
    38,
    liveness,
  ),
  live("live-late-1-2-1-1", "… by an acceptor that is lent", size(1, 2, 1, 1, { Late: true }), 5207, 41),

  trap("NeverClaimed", "a connection is claimed", size(1, 1, 1, 1), 13),
  trap("NeverReturned", "a connection comes back", size(1, 1, 1, 1), 10),
  trap("NeverReset", "a connection is reset", size(1, 1, 1, 1, { MaxStops: 1 }), 13),
  trap("NeverForeign", "a connection is claimed from another manager", size(1, 2, 1, 1), 14),

  ...hazards.map(({ model }) => model),
  ...harmless,
  ...ladder,
  ...naive,
  ...ring,
]
