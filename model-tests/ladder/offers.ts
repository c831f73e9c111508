/** Offers, which implements Handshake. */
import type { SchemeName } from "../../src/core/topology.ts"
import type { Constants, Expected, Model } from "../../src/tla/model.ts"
import { bad, fairly, full, model, noStep, type Size, sized, success } from "./base.ts"

/** A string stands in TLC's configuration as it is. */
const balance = (name: SchemeName, Times: string): Constants => ({
  Scheme: JSON.stringify(name),
  Times,
  Tariff: 2,
  High: 100,
  Low: 80,
})

/** The same under another scheme. */
export const scheme = (one: Model, name: SchemeName): Model => ({
  ...one,
  constants: { ...one.constants, Scheme: JSON.stringify(name) },
})

const offers = (
  name: string,
  shows: string,
  scheme: SchemeName,
  size: Size,
  limits: Constants,
  expected: Expected,
): Model =>
  model(`offers-${name}`, shows, expected, {
    module: "MCOffers",
    constants: {
      ...sized(size),
      ...balance(scheme, "{1, 3}"),
      MaxSyns: 1,
      MaxTimeouts: 1,
      MaxDeclines: 0,
      MaxMeasures: 0,
      MaxOffers: 0,
      MaxStops: 0,
      ...limits,
    },
    invariants: ["OffersOK", "OncePerRegistration", "Steals", "NoLostWakeup", "RefusesRightly"],
    properties: ["Implements", "Queue"],
  })

const stolen = offers(
  "1-2-1-1",
  "a connection stolen by another manager's offer",
  "Tournament",
  [1, 2, 1, 1],
  {},
  success(861, 32),
)
/** Nobody makes offers here. */
const naive: Model = {
  ...offers(
    "1-1-1-1-stop",
    "Naive, an application that stops",
    "Naive",
    [1, 1, 1, 1],
    { MaxStops: 2 },
    success(2354, 34),
  ),
  invariants: ["NoLostWakeup", "RefusesRightly"],
}

export const offersModels: ReadonlyArray<Model> = [
  stolen,
  naive,
  fairly({ ...stolen, name: "offers-fair" }, ["FairQueue"]),
  full(
    offers(
      "2-1-1-1",
      "two acceptors of one manager, measured",
      "Tournament",
      [2, 1, 1, 1],
      { MaxDeclines: 1, MaxMeasures: 1 },
      success(4732, 29),
    ),
  ),
  full(
    offers(
      "1-2-1-1-stop",
      "an acceptor abroad that stops",
      "Tournament",
      [1, 2, 1, 1],
      { MaxStops: 1 },
      success(8812, 36),
    ),
  ),
  full({
    ...offers(
      "2-2-1-1-filtered",
      "acceptors at home and abroad, filtered",
      "Filtered",
      [2, 2, 1, 1],
      { MaxTimeouts: 0, MaxMeasures: 2 },
      success(30313, 26),
    ),
    invariants: ["OffersOK", "OncePerRegistration", "WorseOffersAreNotDrawn"],
  }),
  full({
    ...offers(
      "2-2-1-1-shortest",
      "acceptors at home and abroad, the shortest delay",
      "Shortest",
      [2, 2, 1, 1],
      { MaxTimeouts: 0, MaxMeasures: 2 },
      success(22835, 26),
    ),
    invariants: ["OffersOK", "OncePerRegistration", "Steals", "NobodyWorse", "SomebodyGets"],
  }),
  full(
    offers(
      "2-2-1-1",
      "acceptors at home and abroad, measured",
      "Tournament",
      [2, 2, 1, 1],
      { MaxTimeouts: 0, MaxMeasures: 2 },
      success(30929, 26),
    ),
  ),
  {
    ...fairly(scheme(stolen, "Naive"), ["FairQueue"]),
    name: "offers-bad-naive",
    shows: "claimed: a Naive manager's connections are served while somebody listens",
    expected: { _tag: "Temporal" },
  },
  bad(naive, "removal", "removal without generation", ["Removes", "Implements"], noStep("Handshake", 13)),
  full(
    bad(
      { ...stolen, constants: { ...stolen.constants, MaxMeasures: 1, MaxOffers: 1 } },
      "stale",
      "an offer that timed out is taken again",
      ["Stale", "OncePerRegistration"],
      { _tag: "Invariant", name: "OncePerRegistration", length: 14 },
    ),
  ),
]

const draws = (size: Size, times: string, shows: string, distinct: number, depth: number): Model =>
  model(`draws-${size[0]}-${size[1]}`, shows, success(distinct, depth), {
    module: "MCDraws",
    specification: "DrawsSpec",
    constants: { ...sized(size), ...balance("Tournament", times) },
    invariants: ["OffersOK", "AdmittedOK", "Steals"],
    properties: ["Hysteresis"],
  })

// Over twice an offer of 5, a local 8 and 10 are just what the watermarks are.
const twoLocals = draws([3, 2, 1, 1], "{5, 8, 10, 12}", "two acceptors, one offer", 4493, 12)
const filtered: Model = {
  ...scheme(twoLocals, "Filtered"),
  name: "draws-filtered-3-2",
  invariants: ["OffersOK", "Steals", "WorseOffersAreNotDrawn"],
  properties: [],
  expected: success(3597, 5),
}
const shortest = (one: Model, name: string, distinct: number, depth: number): Model => ({
  ...scheme(one, "Shortest"),
  name,
  invariants: ["OffersOK", "AdmittedOK", "Steals", "NobodyWorse", "SomebodyGets"],
  properties: [],
  expected: success(distinct, depth),
})
const shortestLocals = shortest(twoLocals, "draws-shortest-3-2", 3149, 5)
const twoOffers = draws([3, 3, 1, 1], "{5, 9, 12}", "one acceptor, two offers", 10620, 17)
/** Sizes at which the core's draws are compared with the specification's candidates. */
export const drawing: ReadonlyArray<Model> = [twoLocals, twoOffers]

export const drawsModels: ReadonlyArray<Model> = [
  twoLocals,
  shortestLocals,
  full(shortest(twoOffers, "draws-shortest-3-3", 6555, 8)),
  bad(shortestLocals, "costless", "Shortest's offers have no tariff", ["Better", "NobodyWorse"], {
    _tag: "Invariant",
    name: "NobodyWorse",
    length: 3,
  }),
  full(filtered),
  full(twoOffers),
  bad(twoLocals, "watermark", "one watermark: no hysteresis", ["NotBelow", "Hysteresis"], {
    _tag: "ActionProperty",
    name: "Hysteresis",
    length: 7,
  }),
  bad(filtered, "filter", "offers pass whatever they are", ["Passes", "WorseOffersAreNotDrawn"], {
    _tag: "Invariant",
    name: "WorseOffersAreNotDrawn",
    length: 3,
  }),
  full(
    bad(filtered, "tariff", "the tariff is forgotten", ["Compare", "WorseOffersAreNotDrawn"], {
      _tag: "Invariant",
      name: "WorseOffersAreNotDrawn",
      length: 3,
    }),
  ),
]
