/** Models of the ladder: AcceptQueue ← Handshake ← Offers ← Stack, each step checked as a refinement. */
import type { Constants, Model } from "../src/tla/model.ts"

const queue = (Applications: string, Connections: string, distinct: number, depth: number): Model => ({
  name: `queue-${Applications.length === 3 ? 1 : 2}`,
  shows: "one shared accept queue: accepted once, nothing waits for ever",
  time: "quick",
  workers: 1,
  module: "AcceptQueue",
  specification: "FairSpec",
  constants: { Applications, Connections },
  invariants: ["TypeOK"],
  properties: ["AcceptedOnce", "Shuts", "Served"],
  expected: { _tag: "Success", distinct, depth },
})

/** applications/managers/transports/connections of Handshake, and what is changed of the limits. */
const sized = (
  [NApplications, NManagers, NTransports, NConnections]: readonly [number, number, number, number],
  part: Constants,
): Constants => ({
  NApplications,
  NManagers,
  NTransports,
  NConnections,
  MaxSyns: 1,
  MaxTimeouts: 1,
  MaxDeclines: 0,
  MaxStale: 0,
  MaxStops: 0,
  Split: false,
  ...part,
})

const handshake = (
  name: string,
  shows: string,
  constants: Constants,
  distinct: number,
  depth: number,
): Model => ({
  name: `handshake-${name}`,
  shows,
  time: "quick",
  workers: 1,
  module: "MCHandshake",
  specification: "MCSpec",
  constants,
  invariants: ["TypeOK", "OneOwner", "OneAnswer", "NoLostWakeup", "QueueTypeOK"],
  properties: ["Queue"],
  expected: { _tag: "Success", distinct, depth },
})

const fairHandshake = (
  name: string,
  shows: string,
  constants: Constants,
  distinct: number,
  depth: number,
): Model => ({
  ...handshake(name, shows, constants, distinct, depth),
  specification: "FairSpec",
  invariants: [],
  properties: ["FairQueue", "Served", "Registered", "Answered"],
})

/** A rule is replaced by a bad one: the refinement, or what else is named, must find it out. */
const bad = (
  model: Model,
  name: string,
  shows: string,
  replace: readonly [string, string],
  property: string,
  expected: Model["expected"],
): Model => ({
  ...model,
  name: `${model.module.slice(2).toLowerCase()}-bad-${name}`,
  shows,
  replace,
  expected,
  invariants: expected._tag === "Invariant" ? [property] : [],
  properties: expected._tag === "Invariant" ? [] : [property],
})

/** TLC names the module of a violated action property, not the property: the abstraction has no step for one of ours. */
const noStep = (module: string, length: number): Model["expected"] => ({
  _tag: "ActionProperty",
  name: module,
  length,
})

const full = (model: Model): Model => ({ ...model, time: "full" })

const small = handshake(
  "1-1-1-1",
  "one of each, no room once",
  sized([1, 1, 1, 1], { MaxDeclines: 1 }),
  74,
  23,
)
const two = handshake(
  "2-1-1-1",
  "a connection handed from one application to another",
  sized([2, 1, 1, 1], { MaxDeclines: 1, MaxStale: 1 }),
  2341,
  29,
)
const stop = handshake(
  "1-1-1-1-stop",
  "an application that closes, dies and comes again",
  sized([1, 1, 1, 1], { MaxStale: 1, MaxStops: 2 }),
  5770,
  37,
)

export const ladder: ReadonlyArray<Model> = [
  queue("{0}", "{0}", 42, 8),
  queue("{0, 1}", "{0, 1}", 2025, 13),
  small,
  two,
  stop,
  handshake(
    "1-2-1-1",
    "a second manager hears later who listens",
    sized([1, 2, 1, 1], { MaxStops: 1, Split: true }),
    7042,
    28,
  ),
  full(
    handshake(
      "1-1-1-1-split",
      "… and an application that stops twice",
      sized([1, 1, 1, 1], { MaxStale: 1, MaxStops: 2, Split: true }),
      25419,
      37,
    ),
  ),
  full(
    handshake(
      "2-2-1-1",
      "two managers, two applications",
      sized([2, 2, 1, 1], { MaxStale: 1, Split: true }),
      31481,
      27,
    ),
  ),
  full(
    handshake(
      "1-1-1-2-stop",
      "two connections at once",
      sized([1, 1, 1, 2], { MaxSyns: 2, MaxDeclines: 1, MaxStops: 1 }),
      64416,
      41,
    ),
  ),
  full(
    handshake(
      "1-1-1-1-stop-again",
      "the slot of the first connection is used again",
      sized([1, 1, 1, 1], { MaxSyns: 2, MaxDeclines: 1, MaxStale: 1, MaxStops: 2 }),
      118654,
      50,
    ),
  ),
  fairHandshake(
    "fair-1-1-1-1-stop",
    "what must happen happens, though it stops",
    sized([1, 1, 1, 1], { MaxStops: 1 }),
    535,
    27,
  ),
  fairHandshake("fair-2-1-1-1", "… by either of two", sized([2, 1, 1, 1], { MaxStale: 1 }), 1689, 26),

  bad(
    two,
    "claim",
    "a claim names its connection only",
    ["Answers", "BadAnswers"],
    "Queue",
    noStep("AcceptQueue", 13),
  ),
  bad(
    two,
    "haste",
    "used before CLAIMED",
    ["UsedAtClaim", "BadUsedAtClaim"],
    "Queue",
    noStep("AcceptQueue", 8),
  ),
  bad(small, "removal", "removal without generation", ["Removes", "BadRemoves"], "NoLostWakeup", {
    _tag: "Invariant",
    name: "NoLostWakeup",
    length: 14,
  }),
  bad(
    { ...small, specification: "FairSpec" },
    "deaf",
    "nobody registers again after TIMED-OUT",
    ["Unregisters", "BadUnregisters"],
    "FairQueue",
    { _tag: "Temporal" },
  ),
  bad(
    stop,
    "late",
    "claimed: a claim comes to nothing when the listener closes",
    ["Takers", "[AcceptQueue] BadTakers"],
    "Queue",
    noStep("AcceptQueue", 10),
  ),
  bad(
    stop,
    "reset",
    "claimed: nothing is reset once somebody has called listen()",
    ["MayRefuse", "[AcceptQueue] BadMayRefuse"],
    "Queue",
    noStep("AcceptQueue", 12),
  ),
]
