/** Stack, which implements Offers. */
import type { StackConstants } from "../../src/model/stack/constants.ts"
import type { Expected, Model } from "../../src/tla/model.ts"
import { size } from "../size.ts"
import { bad, full, model, noStep, type Size, success } from "./base.ts"

const stack = (
  name: string,
  shows: string,
  world: Size,
  limits: Partial<StackConstants>,
  expected: Expected,
): Model =>
  model(`refinement-${name}`, shows, expected, {
    module: "MCRefinement",
    specification: "RefinementSpec",
    constants: size(...world, limits),
    invariants: ["RefusesRightly"],
    properties: ["ImplementsOffers", "ImplementsHandshake", "Queue"],
  })

/** … down to AcceptQueue, with its fairness. */
const fairly = (one: Model, name: string): Model => ({
  ...one,
  name,
  specification: "FairRefinementSpec",
  invariants: [],
  properties: ["FairQueue"],
})

const again = stack(
  "1-1-1-1",
  "one of each, an id used twice",
  [1, 1, 1, 1],
  { MaxSyns: 2 },
  success(977, 38),
)
const foreign = stack("1-2-1-1", "stolen by another manager's offer", [1, 2, 1, 1], {}, success(914, 34))
const stops = stack(
  "1-1-1-1-stop",
  "an application that stops",
  [1, 1, 1, 1],
  { MaxStops: 1 },
  success(918, 32),
)
const cramped = stack(
  "1-1-1-2-room-1",
  "no room for a second announcement",
  [1, 1, 1, 2],
  { MaxSyns: 2, Room: 1 },
  success(16087, 42),
)

export const stacks: ReadonlyArray<Model> = [
  again,
  foreign,
  stops,
  fairly(stops, "refinement-fair-stop"),
  full(fairly(foreign, "refinement-fair")),
  full(stack("2-1-1-1", "handed from one application to another", [2, 1, 1, 1], {}, success(1698, 32))),
  full(cramped),
  full(
    stack(
      "1-1-1-1-stop-2",
      "an application that closes, dies and comes again",
      [1, 1, 1, 1],
      { MaxSyns: 2, MaxStops: 2 },
      success(24062, 54),
    ),
  ),
  full(stack("2-2-1-1", "acceptors at home and abroad", [2, 2, 1, 1], {}, success(24849, 41))),
  full(
    stack(
      "1-1-2-1-stop",
      "two transports, an application that stops",
      [1, 1, 2, 1],
      { MaxSyns: 2, MaxStops: 1 },
      success(182247, 52),
    ),
  ),
  bad(again, "removal", "removal without generation", ["Removes", "ImplementsOffers"], noStep("Offers", 17)),
  bad(
    again,
    "handshake",
    "removal without generation, seen from two rungs above",
    ["Removes", "ImplementsHandshake"],
    noStep("Handshake", 17),
  ),
  bad(
    foreign,
    "refusal",
    "a manager that asks its own listeners alone refuses what another's would serve",
    ["AnyListener", "RefusesRightly"],
    { _tag: "Invariant", name: "RefusesRightly", length: 8 },
  ),
  bad(
    cramped,
    "back",
    "claimed: who gives back for want of room tells nobody",
    ["OffersBack", "ImplementsOffers"],
    noStep("Offers", 12),
  ),
  full(
    bad(
      { ...foreign, constants: { ...foreign.constants, MaxOffers: 1 } },
      "stale",
      "an offer that timed out is taken again",
      ["Stale", "ImplementsOffers"],
      noStep("Offers", 15),
    ),
  ),
  full(
    bad(
      { ...stops, constants: { ...stops.constants, MaxStops: 2 } },
      "death",
      "claimed: what is on its way to a process that has ended arrives",
      ["OffersTsToApp", "ImplementsOffers"],
      noStep("Offers", 10),
    ),
  ),
  full(
    bad(
      stack("2-1-1-1", "", [2, 1, 1, 1], {}, success(1, 1)),
      "claim",
      "a claim names its connection only",
      ["Answers", "Queue"],
      noStep("AcceptQueue", 21),
    ),
  ),
]
