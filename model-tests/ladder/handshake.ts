/** AcceptQueue, and Handshake, which implements it. */
import type { Constants, Expected, Model } from "../../src/tla/model.ts"
import { bad, fairly, full, model, noStep, type Size, sized, success } from "./base.ts"

const queue = model(
  "queue",
  "one shared accept queue: accepted once, nothing waits for ever",
  success(2025, 13),
  {
    module: "AcceptQueue",
    specification: "FairSpec",
    constants: { Applications: "{0, 1}", Connections: "{0, 1}" },
    invariants: ["TypeOK"],
    properties: ["AcceptedOnce", "Shuts", "Served"],
  },
)

const handshake = (name: string, shows: string, size: Size, limits: Constants, expected: Expected): Model =>
  model(`handshake-${name}`, shows, expected, {
    module: "MCHandshake",
    constants: {
      ...sized(size),
      MaxSyns: 1,
      MaxTimeouts: 1,
      MaxDeclines: 0,
      MaxStale: 0,
      MaxStops: 0,
      Split: false,
      ...limits,
    },
    invariants: ["TypeOK", "Agreed", "OneOwner", "OneAnswer", "NoLostWakeup", "QueueTypeOK"],
    properties: ["Queue"],
  })

const handed = handshake(
  "2-1-1-1",
  "a connection handed from one application to another",
  [2, 1, 1, 1],
  { MaxDeclines: 1, MaxStale: 1 },
  success(3614, 31),
)
const stopping = handshake(
  "1-1-1-1-stop",
  "an application that closes, dies and comes again",
  [1, 1, 1, 1],
  { MaxStale: 1, MaxStops: 2 },
  success(8769, 38),
)
const handshakeFair = fairly(
  handshake(
    "fair",
    "what must happen happens, though it stops",
    [1, 1, 1, 1],
    { MaxStops: 1 },
    success(737, 29),
  ),
  ["FairQueue", "Served", "Registered", "Answered"],
)

export const handshakes: ReadonlyArray<Model> = [
  queue,
  handed,
  stopping,
  handshakeFair,
  full(
    fairly(
      handshake(
        "fair-2-1-1-1",
        "… by either of two applications",
        [2, 1, 1, 1],
        { MaxStale: 1 },
        success(2680, 28),
      ),
      ["FairQueue", "Served", "Registered", "Answered"],
    ),
  ),
  full(
    handshake(
      "1-2-1-1",
      "a second manager hears later who listens",
      [1, 2, 1, 1],
      { MaxStops: 1, Split: true },
      success(5320, 30),
    ),
  ),
  full(
    handshake(
      "1-1-1-1-split",
      "… and an application that stops twice",
      [1, 1, 1, 1],
      { MaxStale: 1, MaxStops: 2, Split: true },
      success(19885, 38),
    ),
  ),
  full(
    handshake(
      "2-2-1-1",
      "two managers, two applications",
      [2, 2, 1, 1],
      { MaxStale: 1, Split: true },
      success(22929, 29),
    ),
  ),
  full(
    handshake(
      "1-1-1-2-stop",
      "two connections at once",
      [1, 1, 1, 2],
      { MaxSyns: 2, MaxTimeouts: 0, MaxDeclines: 1, MaxStops: 1 },
      success(23033, 32),
    ),
  ),
  full(
    handshake(
      "1-1-1-1-again",
      "two connections one after the other",
      [1, 1, 1, 1],
      { MaxSyns: 2, MaxStale: 1, MaxStops: 2 },
      success(88019, 53),
    ),
  ),
  bad(handed, "claim", "a claim names its connection only", ["Answers", "Queue"], noStep("AcceptQueue", 14)),
  full(bad(handed, "haste", "used before CLAIMED", ["UsedAtClaim", "Queue"], noStep("AcceptQueue", 9))),
  full(
    bad(handed, "removal", "removal without generation", ["Removes", "NoLostWakeup"], {
      _tag: "Invariant",
      name: "NoLostWakeup",
      length: 15,
    }),
  ),
  bad(handshakeFair, "deaf", "nobody registers again after TIMED-OUT", ["Unregisters", "FairQueue"], {
    _tag: "Temporal",
  }),
  bad(
    stopping,
    "late",
    "claimed: a claim comes to nothing when the listener closes",
    ["AcceptQueue!Takers", "Queue"],
    noStep("AcceptQueue", 11),
  ),
  full(
    bad(
      stopping,
      "reset",
      "claimed: nothing is reset once somebody has called listen()",
      ["AcceptQueue!MayRefuse", "Queue"],
      noStep("AcceptQueue", 12),
    ),
  ),
  bad(
    stopping,
    "creation",
    "claimed: a connection lives only from OPEN or ASSIGN on",
    ["Lives", "Queue"],
    noStep("AcceptQueue", 8),
  ),
  full(
    bad(handed, "vain", "ASSIGN creates what its transport does not know", ["InVain", "Agreed"], {
      _tag: "Invariant",
      name: "Agreed",
      length: 12,
    }),
  ),
]
