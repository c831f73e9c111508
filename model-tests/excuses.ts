/**
 * What a model need not exercise, by the limits that keep it from it. All else must be taken and reached in every model
 * that names it.
 */
import type { Excuse } from "../src/tla/coverage.ts"
import type { Constants, Model } from "../src/tla/model.ts"

interface Rule {
  /** `design`: what the model puts in the place of a rule. */
  readonly when: (constants: Constants, design: string | undefined) => boolean
  readonly why: string
  readonly actions: ReadonlyArray<string>
  readonly conclusions?: ReadonlyArray<readonly [property: string, reached: RegExp]>
}

const is =
  (name: string, value: number | boolean) =>
  (constants: Constants): boolean =>
    constants[name] === value

/** One connection id in all. */
const isAlone = ({ NManagers, NTransports, NConnections }: Constants): boolean =>
  NManagers === 1 && NTransports === 1 && NConnections === 1

const stack: ReadonlyArray<Rule> = [
  {
    when: is("MaxStops", 0),
    why: "nothing stops: MaxStops = 0",
    actions: [
      "MCCloseListener",
      "MCDie",
      "MCManagerReceiveDetach",
      "MCTransportReceiveDetach",
      "MCResetWaiting",
      "MCReceiveReset",
    ],
    conclusions: [
      ["Flushed", /queue/],
      ["DeadLoses", /"Down"/],
      ["ListenerKnown", /app\[a\]\.phase # "Up"/],
      ["OwnerKnows", /Leaving\(a\)\)+$/],
      ["Expected", /\(\(Head\(appToTs\[a\]\[t\]\)\.type = "Detach"\)\)+$/],
    ],
  },
  {
    when: is("Late", false),
    why: "somebody is chosen at the SYN: Late = FALSE",
    actions: ["MCAsk", "MCReturnOffer", "MCReceiveAcceptorUnused", "MCReceiveConnectionEstablished"],
    conclusions: [
      ["NotLost", /Late/],
      ["Expected", /"ConnectionEstablished"\)+$/],
    ],
  },
  {
    when: is("Late", true),
    why: "whoever is assigned is listed no more, and a connection is there before: Late = TRUE",
    actions: [],
    conclusions: [
      ["HomeKnows", /tombstone/],
      ["Expected", /[^~]\(z\.fresh\)+$/],
    ],
  },
  {
    when: (x) => x.MaxTimeouts === 0 && x.MaxStops === 0,
    why: "no timer is too early, and nothing stops: MaxTimeouts = 0, MaxStops = 0",
    actions: ["MCClaimTimeout", "MCReceiveAcceptorTimedOut", "MCReceiveAcceptorRemoved"],
    conclusions: [["Expected", /\(z\.type = "AcceptorTimedOut"\)+$/]],
  },
  {
    when: is("NManagers", 1),
    why: "no other manager: NManagers = 1",
    actions: ["MCReceiveOffer", "MCSendOffer", "MCAsk", "MCReturnOffer", "MCReceiveAcceptorRemoved"],
    conclusions: [
      ["TypeOK", /m \\in Managers : \(\\E k \\in Managers/],
      ["OncePerRegistration", /offer/],
      ["HomeKnows", /tombstone/],
    ],
  },
  {
    when: (_, design) => design === "TellsAssignerOnly",
    why: "the design sends none",
    actions: ["MCReceiveAcceptorRemoved"],
  },
  {
    when: is("NApplications", 1),
    why: "no two applications: NApplications = 1",
    actions: [],
    conclusions: [["IdsUnique", /a # b/]],
  },
  {
    when: (x) => x.MaxSyns === 1 && x.Late === false,
    why: "who listens is listed until a connection comes back, and the only SYN finds one or the other: MaxSyns = 1",
    actions: ["MCReceiveOpen"],
    conclusions: [["Expected", /z\.type = "Open"/]],
  },
]

const handshake: ReadonlyArray<Rule> = [
  { when: is("MaxTimeouts", 0), why: "no timer is too early: MaxTimeouts = 0", actions: ["MCTimeout"] },
  { when: is("MaxDeclines", 0), why: "there is room: MaxDeclines = 0", actions: ["MCDecline"] },
  { when: is("MaxSyns", 1), why: "no SYN is before the only one: MaxSyns = 1", actions: ["MCSynBehind"] },
  { when: isAlone, why: "no connection is beside the only one", actions: ["MCSynBehind"] },
  {
    when: (x) => isAlone(x) && x.NApplications === 1 && x.MaxStops === 0,
    why: "there is room for the only announcement, and whoever is not told of giving back has another",
    actions: ["MCDecline"],
  },
  { when: is("MaxStale", 0), why: "nothing is stale: MaxStale = 0", actions: ["MCStale"] },
  {
    when: is("MaxStops", 0),
    why: "nothing stops: MaxStops = 0",
    actions: ["MCStop", "MCDeaf", "MCShut"],
  },
  {
    when: is("Split", false),
    why: "all parts hear at once who listens: Split = FALSE",
    actions: ["MCReady", "MCShut"],
  },
  {
    when: (constants) => constants.MaxStops === 0 && constants.Split === false,
    why: "a listener that is known stays: MaxStops = 0, Split = FALSE",
    actions: ["MCReset"],
  },
]

const scheme =
  (name: string) =>
  ({ Scheme }: Constants): boolean =>
    Scheme === JSON.stringify(name)

const offers: ReadonlyArray<Rule> = [
  { when: is("MaxStops", 0), why: "nothing stops: MaxStops = 0", actions: ["MCStop", "MCDeaf", "MCReset"] },
  { when: is("MaxMeasures", 0), why: "nothing is measured: MaxMeasures = 0", actions: ["MCMeasure"] },
  { when: is("MaxDeclines", 0), why: "there is room: MaxDeclines = 0", actions: ["MCDecline"] },
  {
    when: (x) => isAlone(x) && x.MaxStops === 0,
    why: "there is room for the only announcement, and whoever is not told of giving back has another",
    actions: ["MCDecline"],
  },
  {
    when: is("NManagers", 1),
    why: "no other manager: NManagers = 1",
    actions: ["MCSendOffer", "MCReceiveOffer"],
    conclusions: [
      ["OffersOK", /x\.a # None/],
      ["OncePerRegistration", /Home/],
    ],
  },
  {
    when: is("MaxTimeouts", 0),
    why: "no timer is too early: MaxTimeouts = 0",
    actions: ["MCTimeout"],
  },
  {
    when: (x) => x.MaxTimeouts === 0 && x.MaxSyns === 1 && x.MaxStops === 0,
    why: "the only SYN finds who listens, and does not come back: MaxSyns = 1, MaxTimeouts = 0",
    actions: ["MCAssign"],
  },
  {
    when: (x) => !scheme("Filtered")(x),
    why: "another scheme than Filtered",
    actions: [],
    conclusions: [["WorseOffersAreNotDrawn", /Filtered/]],
  },
  {
    when: scheme("Naive"),
    why: "a naive scheme steals nothing",
    actions: [],
    conclusions: [["Steals", /Naive/]],
  },
  {
    when: (x) => !scheme("Tournament")(x) || x.NManagers === 1 || x.MaxMeasures === 0,
    why: "no filter that opens: another scheme than Tournament, no other manager, or no service times",
    actions: [],
    conclusions: [
      ["OffersOK", /x\.admitted/],
      ["AdmittedOK", /admitted/],
      ["Hysteresis", /admitted/],
    ],
  },
  {
    when: scheme("Shortest"),
    why: "Shortest draws no offer that is the worst",
    actions: [],
    conclusions: [["Steals", /~\(Scheme = "Shortest"\)/]],
  },
  {
    when: (x) => !scheme("Shortest")(x),
    why: "another scheme than Shortest",
    actions: [],
    conclusions: [["Steals", /\(Scheme = "Shortest"\) \/\\/]],
  },
]

const ring: ReadonlyArray<Rule> = [
  {
    when: is("MaxDeaths", 0),
    why: "no writer dies: MaxDeaths = 0",
    actions: ["Die", "Bury", "SCount", "SLast", "SLook"],
  },
  {
    when: ({ MaxMessages, Capacity }) => Number(MaxMessages) <= Number(Capacity),
    why: "there is always room: MaxMessages <= Capacity",
    actions: ["WLook", "WArm", "WAgain", "WUnarm", "RSwap", "RRing"],
    conclusions: [["NoLostWakeup", /~Full/]],
  },
]

const rules: Readonly<Record<string, ReadonlyArray<Rule>>> = {
  MC: stack,
  MCBad: stack,
  MCHandshake: handshake,
  MCOffers: offers,
  MCDraws: offers,
  Ring: ring,
}

export const excusesOf = ({ module, constants, replace }: Model): ReadonlyArray<Excuse> =>
  (rules[module] ?? [])
    .filter(({ when }) => when(constants, replace?.[1]))
    .flatMap(({ why, actions, conclusions = [] }) => [
      ...actions.map((action) => ({ action, why })),
      ...conclusions.map((conclusion) => ({ conclusion, why })),
    ])
