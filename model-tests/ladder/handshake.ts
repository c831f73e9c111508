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
    invariants: ["TypeOK", "OneOwner", "OneAnswer", "NoLostWakeup", "QueueTypeOK"],
    properties: ["Queue"],
  })

const handed = handshake(
  "2-1-1-1",
  "a connection handed from one application to another",
  [2, 1, 1, 1],
  { MaxDeclines: 1, MaxStale: 1 },
  success(2341, 29),
)
const stopping = handshake(
  "1-1-1-1-stop",
  "an application that closes, dies and comes again",
  [1, 1, 1, 1],
  { MaxStale: 1, MaxStops: 2 },
  success(5770, 37),
)
const handshakeFair = fairly(
  handshake(
    "fair",
    "what must happen happens, though it stops",
    [1, 1, 1, 1],
    { MaxStops: 1 },
    success(535, 27),
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
        success(1689, 26),
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
      success(7042, 28),
    ),
  ),
  full(
    handshake(
      "1-1-1-1-split",
      "… and an application that stops twice",
      [1, 1, 1, 1],
      { MaxStale: 1, MaxStops: 2, Split: true },
      success(25419, 37),
    ),
  ),
  full(
    handshake(
      "2-2-1-1",
      "two managers, two applications",
      [2, 2, 1, 1],
      { MaxStale: 1, Split: true },
      success(31481, 27),
    ),
  ),
  full(
    handshake(
      "1-1-1-2-stop",
      "two connections at once",
      [1, 1, 1, 2],
      { MaxSyns: 2, MaxDeclines: 1, MaxStops: 1 },
      success(64416, 41),
    ),
  ),
  full(
    handshake(
      "1-1-1-1-again",
      "two connections one after the other",
      [1, 1, 1, 1],
      { MaxSyns: 2, MaxDeclines: 1, MaxStale: 1, MaxStops: 2 },
      success(118654, 50),
    ),
  ),
  bad(handed, "claim", "a claim names its connection only", ["Answers", "Queue"], noStep("AcceptQueue", 13)),
  full(bad(handed, "haste", "used before CLAIMED", ["UsedAtClaim", "Queue"], noStep("AcceptQueue", 8))),
  full(
    bad(handed, "removal", "removal without generation", ["Removes", "NoLostWakeup"], {
      _tag: "Invariant",
      name: "NoLostWakeup",
      length: 14,
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
    noStep("AcceptQueue", 10),
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
]
