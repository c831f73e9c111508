/**
 * Designs known to be bad, each the specification with one definition replaced (spec/MCBad.tla), and the property that
 * finds it out. hazards.test.ts drives the core along the counterexamples; docs/hazards.md tells of each.
 */
import type { StackConstants } from "../src/model/stack/constants.ts"
import type { Expected, Model } from "../src/tla/model.ts"
import { size } from "./size.ts"

export interface Hazard {
  /** In docs/hazards.md. */
  readonly number: string
  readonly model: Model
  /** The action at which the shipped core leaves the counterexample; undefined: all that happens is allowed. */
  readonly parts: string | undefined
  /** What the core would do all the time, and the naive design never does. */
  readonly omits: string | undefined
  /** What `core/invariants.ts` says of the core with the naive design in it; undefined: it knows no such property. */
  readonly breaks: RegExp | undefined
}

export const liveness = [
  "Served",
  "Registered",
  "Answered",
  "Freed",
  "Flushed",
  "DeadLoses",
  "AttachedInTime",
]
/** Properties of steps, not of states. */
export const actions = ["OneWay", "SameConnection", "ReportedOnce"]

interface Design {
  readonly number: string
  readonly name: string
  readonly shows: string
  readonly constants: StackConstants
  /** [definition, replacement]. */
  readonly replace: readonly [string, string]
  readonly property: string
  /** States of the counterexample that one worker finds; of a liveness property TLC finds no shortest one. */
  readonly length?: number
  readonly parts?: string
  readonly omits?: string
  readonly breaks?: RegExp
}

const bad = ({ number, name, shows, constants, replace, property, length = 0, ...rest }: Design): Hazard => {
  const live = liveness.includes(property)
  const temporal = live || actions.includes(property)
  const expected: Expected = live
    ? { _tag: "Temporal" }
    : { _tag: temporal ? "ActionProperty" : "Invariant", name: property, length }
  return {
    number,
    model: {
      name: `bad-${name}`,
      shows,
      time: "quick",
      module: "MCBad",
      specification: live ? "FairSpec" : "MCSpec",
      constants,
      invariants: temporal ? [] : [property],
      properties: temporal ? [property] : [],
      replace,
      expected,
    },
    parts: rest.parts,
    omits: rest.omits,
    breaks: rest.breaks,
  }
}

const one = size(1, 1, 1, 1)
/** The id is used twice. */
const again = size(1, 1, 1, 1, { MaxSyns: 2 })
const stops = size(1, 1, 1, 1, { MaxStops: 1 })
/** A process ends, and another takes its slot. */
const successor = size(1, 1, 1, 1, { MaxStops: 2 })
const two = size(1, 1, 1, 2, { MaxSyns: 2, MaxTimeouts: 2 })
const abroad = size(1, 2, 1, 1)

const earlyHazards: ReadonlyArray<Hazard> = [
  bad({
    number: "1",
    name: "removal",
    shows: "removal without generation",
    constants: one,
    replace: ["Removes", "RemovesAnyGeneration"],
    property: "NoLostWakeup",
    length: 17,
    parts: "ReceiveAcceptorTimedOut",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "1b",
    name: "removal-abroad",
    shows: "… by the other manager's word",
    constants: abroad,
    replace: ["ReceiveAcceptorRemoved", "RemovesWhenTold"],
    property: "NoLostWakeup",
    length: 19,
    parts: "ReceiveAcceptorRemoved",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "1c",
    name: "reregistration",
    shows: "registers again at every TIMED-OUT",
    constants: two,
    replace: ["Unregisters", "AnyTimeoutUnregisters"],
    property: "WithinRoom",
    length: 24,
    parts: "ReceiveTimedOut",
    breaks: /Room: 2 ACCEPT/,
  }),
  bad({
    number: "2",
    name: "claim",
    shows: "a claim without announcement number",
    constants: two,
    replace: ["Answers", "AnswersAnyAnnouncement"],
    property: "SameConnection",
    length: 17,
    parts: "ReceiveClaim",
    breaks: /SameConnection/,
  }),
  bad({
    number: "2b",
    name: "merge",
    shows: "two announcements of a connection are one",
    constants: two,
    replace: ["ReceiveAvailable", "MergesAnnouncements"],
    property: "NoLostWakeup",
    length: 28,
    parts: "ReceiveAvailable",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "3",
    name: "numbers",
    shows: "announcement numbers restart with each connection",
    constants: again,
    replace: ["NoConnection", "CountsFromOne"],
    property: "IdsUnique",
    length: 14,
    parts: "Gone",
    breaks: /IdsUnique/,
  }),
  bad({
    number: "4",
    name: "generations",
    shows: "generations restart with each process",
    constants: successor,
    replace: ["NoProcess", "ForgetsGeneration"],
    property: "KnownGeneration",
    length: 7,
    parts: "Die",
    breaks: /KnownGeneration/,
  }),
  bad({
    number: "4b",
    name: "successor",
    shows: "attaches before the farewell arrived",
    constants: successor,
    replace: ["Leaving", "NeverLeaving"],
    property: "Expected",
    length: 8,
    parts: "Attach",
    breaks: /Expected/,
  }),
  bad({
    number: "4c",
    name: "early",
    shows: "registers before every transport acknowledged",
    constants: one,
    replace: ["Register", "RegistersEarly"],
    property: "Registered",
    parts: "Register",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "5",
    name: "silence",
    shows: "no answer to a claim too late",
    constants: one,
    replace: ["RefusesClaim", "SilentOfTheGone"],
    property: "OneAnswer",
    length: 13,
    parts: "ReceiveClaim",
    breaks: /OneAnswer/,
  }),
  bad({
    number: "5b",
    name: "withdrawal",
    shows: "a reset withdraws all announcements",
    constants: one,
    replace: ["Gone", "WithdrawsAll"],
    property: "NoLostWakeup",
    length: 12,
    parts: "Gone",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "6",
    name: "closed",
    shows: "a closed listener ignores answers",
    constants: stops,
    replace: ["ReceiveClaimed", "IgnoresWhenClosed"],
    property: "Answered",
    parts: "ReceiveClaimed",
    breaks: /OneAnswer/,
  }),
  bad({
    number: "6b",
    name: "unseen",
    shows: "transports aren't told of a death",
    constants: stops,
    replace: ["Die", "DiesUnseen"],
    property: "OwnerKnows",
    length: 13,
    parts: "Die",
    breaks: /OwnerKnows/,
  }),
  bad({
    number: "6b",
    name: "outlived",
    shows: "… nor do its connections end",
    constants: stops,
    replace: ["Die", "DiesUnseen"],
    property: "DeadLoses",
    parts: "Die",
    breaks: /OwnerKnows/,
  }),
  bad({
    number: "7",
    name: "haste",
    shows: "a connection used before CLAIMED",
    constants: size(2, 1, 1, 1),
    replace: ["UsedAtClaim", "UsesAtClaim"],
    property: "OneOwner",
    length: 11,
    parts: "Claim",
    breaks: /OneOwner/,
  }),
  bad({
    number: "8",
    name: "duplicate",
    shows: "duplicate SYN taken for a new one",
    constants: again,
    replace: ["KnownFlow", "NeverKnown"],
    property: "NotLost",
    length: 8,
    parts: "Syn",
    breaks: /NotLost/,
  }),
  bad({
    number: "8",
    name: "duplicate-abroad",
    shows: "… by another manager",
    constants: size(1, 2, 1, 1, { MaxSyns: 2 }),
    replace: ["MCSyn", "TakesAnothers"],
    property: "Expected",
    length: 10,
    parts: "Syn",
    breaks: /IdsUnique/,
  }),
  bad({
    number: "9",
    name: "waiting",
    shows: "what waits isn't given to an offer",
    constants: abroad,
    replace: ["AssignWaiting", "GivesToLocals"],
    property: "Served",
    omits: "AssignWaiting",
  }),
  bad({
    number: "10",
    name: "untold",
    shows: "the home manager isn't told of a time-out elsewhere",
    constants: abroad,
    replace: ["GiveBackMessages", "TellsAssignerOnly"],
    property: "HomeKnows",
    length: 13,
    parts: "ClaimTimeout",
  }),
  bad({
    number: "11",
    name: "stale",
    shows: "a stale offer is taken again",
    constants: size(1, 2, 1, 1, { MaxOffers: 1 }),
    replace: ["Stale", "NeverStale"],
    property: "OncePerRegistration",
    length: 15,
    parts: "ReceiveOffer",
    breaks: /OncePerRegistration/,
  }),
  bad({
    number: "12",
    name: "creation",
    shows: "an assignment creates what is gone",
    constants: one,
    replace: ["CreatesUnknown", "CreatesAlways"],
    property: "NotLost",
    length: 20,
    parts: "ReceiveAssign",
    breaks: /NotLost/,
  }),
  bad({
    number: "13",
    name: "return",
    shows: "a returned connection dropped at a full backlog",
    constants: { ...two, Backlog: 1 },
    replace: ["KeepsReturned", "DropsReturned"],
    property: "NotLost",
    length: 16,
    parts: "ReceiveAcceptorTimedOut",
    breaks: /NotLost/,
  }),
  bad({
    number: "14",
    name: "unreset",
    shows: "nothing is reset when the last listener goes",
    constants: stops,
    replace: ["ResetWaiting", "KeepsWaiting"],
    property: "Flushed",
    omits: "ResetWaiting",
  }),
  bad({
    number: "15",
    name: "report",
    shows: "the service time is told to the assigning manager",
    constants: abroad,
    replace: ["Gone", "ReportsToAssigner"],
    property: "ReportedOnce",
    length: 15,
    parts: "Gone",
    breaks: /ReportedOnce/,
  }),
  bad({
    number: "16",
    name: "full-claimed",
    shows: "CLAIMED doesn't say what was given back",
    constants: { ...two, Room: 1 },
    replace: ["Claimed", "ClaimedAlone"],
    property: "NoLostWakeup",
    length: 16,
    parts: "ReceiveClaim",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "16",
    name: "full-timed-out",
    shows: "nor does TIMED-OUT",
    constants: { ...two, Room: 1 },
    replace: ["TimedOut", "TimedOutAlone"],
    property: "NoLostWakeup",
    length: 27,
    parts: "ReceiveClaim",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "17",
    name: "timer",
    shows: "the claim timer isn't stopped by the claim",
    constants: one,
    replace: ["ClaimTimeout", "TimerRunsOn"],
    property: "OneWay",
    length: 13,
    parts: "ClaimTimeout",
  }),
  bad({
    number: "18",
    name: "lapsed",
    shows: "an announcement that lapsed counts no more",
    constants: two,
    replace: ["ClaimTimeout", "LapsedIsBack"],
    property: "RoomKept",
    length: 10,
    parts: "ClaimTimeout",
    breaks: /Room/,
  }),
  bad({
    number: "19",
    name: "overrun",
    shows: "announces into a full ring",
    constants: { ...two, Room: 1 },
    replace: ["AnnounceOutcome", "NeverFull"],
    property: "TypeOK",
    length: 12,
    parts: "Established",
    breaks: /Room/,
  }),
  bad({
    number: "20",
    name: "farewell",
    shows: "a closed listener still counts as one",
    constants: stops,
    replace: ["ManagerReceiveDetach", "ForgetsAcceptorOnly"],
    property: "ListenerKnown",
    length: 8,
    parts: "ManagerReceiveDetach",
    breaks: /ListenerKnown/,
  }),
  bad({
    number: "21",
    name: "unconfirmed",
    shows: "a reset isn't confirmed",
    constants: stops,
    replace: ["ReceiveReset", "ResetsSilently"],
    property: "Freed",
    parts: "ReceiveReset",
    breaks: /NotLost/,
  }),
  bad({
    number: "22",
    name: "unacknowledged",
    shows: "an attachment isn't acknowledged",
    constants: one,
    replace: ["ReceiveAttach", "AttachesSilently"],
    property: "AttachedInTime",
    parts: "ReceiveAttach",
  }),
  bad({
    number: "23",
    name: "dropped-offer",
    shows: "an offer goes with any time-out of its acceptor",
    constants: abroad,
    replace: ["ReceiveAcceptorTimedOut", "DropsAnyOffer"],
    property: "Served",
    parts: "ReceiveAcceptorTimedOut",
  }),
]

const lent = size(1, 2, 1, 1, { Late: true })

/** Of late binding. */
const lateHazards: ReadonlyArray<Hazard> = [
  bad({
    number: "24",
    name: "late-unused",
    shows: "late binding: nobody is told that the connection was gone",
    constants: size(1, 1, 1, 1, { Late: true }),
    replace: ["UnusedMessages", "DropsUnused"],
    property: "Kept",
    length: 13,
    parts: "ReceiveAssign",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "25",
    name: "late-replaced",
    shows: "… who was lent is forgotten when another comes",
    constants: size(3, 2, 1, 1, { MaxSyns: 0, MaxTimeouts: 0, Late: true }),
    replace: ["ReceiveToken", "HoldsNewest"],
    property: "Kept",
    length: 15,
    parts: "ReceiveOffer",
    breaks: /NoLostWakeup/,
  }),
  bad({
    number: "26",
    name: "late-listed",
    shows: "… who is lent stays listed",
    constants: lent,
    replace: ["Take", "ListsStill"],
    property: "OneToken",
    length: 7,
    parts: "SendOffer",
    breaks: /OneToken/,
  }),
  bad({
    number: "27",
    name: "late-relisted",
    shows: "… what comes home is listed, whoever listens",
    constants: size(1, 1, 1, 1, { MaxStops: 1, Late: true }),
    replace: ["Relisted", "RelistsAny"],
    property: "ListenerKnown",
    length: 17,
    parts: "ReceiveAcceptorUnused",
    breaks: /ListenerKnown|KnownGeneration/,
  }),
]

export const hazards: ReadonlyArray<Hazard> = [...earlyHazards, ...lateHazards]

/** Designs that one might think bad, and that are not: every property of theirs holds. */
export const harmless: ReadonlyArray<Model> = [
  {
    name: "harmless-withdrawal",
    shows: "a reset withdraws the announcement whose timer runs",
    time: "quick",
    module: "MCBad",
    specification: "FairSpec",
    constants: one,
    invariants: ["NoLostWakeup", "RoomKept", "OneAnswer"],
    properties: liveness,
    replace: ["Gone", "WithdrawsArmed"],
    expected: { _tag: "Success", distinct: 99, depth: 27 },
  },
  {
    name: "harmless-untold",
    shows: "a home manager that isn't told serves all the same: its application is told when it claims",
    time: "quick",
    module: "MCBad",
    specification: "FairSpec",
    constants: abroad,
    invariants: [],
    properties: ["Served"],
    replace: ["GiveBackMessages", "TellsAssignerOnly"],
    expected: { _tag: "Success", distinct: 763, depth: 33 },
  },
  {
    name: "harmless-untold-2",
    shows: "… nor does another application at the other manager suffer",
    time: "full",
    module: "MCBad",
    specification: "FairSpec",
    constants: size(2, 2, 1, 1),
    invariants: [],
    properties: ["Served"],
    replace: ["GiveBackMessages", "TellsAssignerOnly"],
    expected: { _tag: "Success", distinct: 17609, depth: 40 },
  },
]
