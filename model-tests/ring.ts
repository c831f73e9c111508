/** Models of spec/Ring.tla: the queue in shared memory, access by access, and designs of it that are known to be bad. */
import type { Constants, Model } from "../src/tla/model.ts"

const constants = (MaxMessages: number, MaxDeaths = 0): Constants => ({
  Capacity: 2,
  MaxMessages,
  MaxDeaths,
  Succeeds: MaxDeaths > 0,
})

const invariants = ["TypeOK", "Counted", "NeverTorn", "NoLostWakeup"]
/** Under fairness. */
const liveness = ["Delivered", "Sent"]

const holds = (
  name: string,
  shows: string,
  size: Constants,
  distinct: number,
  depth: number,
  part: Partial<Model> = {},
): Model => ({
  name: `ring-${name}`,
  shows,
  time: "quick",
  module: "Ring",
  specification: "Spec",
  constants: size,
  invariants,
  properties: ["IsChannel"],
  expected: { _tag: "Success", distinct, depth },
  ...part,
})

const fair: Partial<Model> = { specification: "FairSpec", invariants: [], properties: liveness }

const bad = (
  name: string,
  shows: string,
  size: Constants,
  replace: readonly [string, string],
  property: string,
  length = 0,
): Model => ({
  name: `bad-ring-${name}`,
  shows,
  time: "quick",
  module: "Ring",
  specification: liveness.includes(property) ? "FairSpec" : "Spec",
  constants: size,
  invariants: invariants.includes(property) ? [property] : [],
  properties: invariants.includes(property) ? [] : [property],
  replace,
  expected: liveness.includes(property)
    ? { _tag: "Temporal" }
    : {
        _tag: invariants.includes(property) ? "Invariant" : "ActionProperty",
        name: property === "IsChannel" ? "Channel" : property,
        length,
      },
})

export const ring: ReadonlyArray<Model> = [
  holds("3", "a bounded FIFO channel, and nobody sleeps through what is his", constants(3), 8494, 56),
  holds(
    "2-death",
    "… a writer that dies between any two accesses, and another that goes on",
    constants(2, 1),
    10852,
    46,
  ),
  holds("2-live", "what is to be sent is sent, and read", constants(2), 1767, 46, fair),
  holds("1-death-live", "… though the writer dies", constants(1, 1), 1972, 32, fair),
  holds("3-live", "… though there was no room for it", constants(3), 8494, 56, { ...fair, time: "full" }),
  bad(
    "second-look",
    "sets the flag and sleeps",
    constants(2),
    ["RAgain", "BadSecondLook"],
    "NoLostWakeup",
    11,
  ),
  bad("flag", "looks, then sets the flag", constants(2), ["RArm", "BadFlag"], "NoLostWakeup", 11),
  bad("drain", "empties its bell before it sleeps", constants(2), ["RAgain", "BadDrain"], "Delivered"),
  bad(
    "release",
    "gives the slot back before it reads",
    constants(3),
    ["ROne", "BadRelease"],
    "NeverTorn",
    17,
  ),
  bad("stamp", "the stamp is stored before the message", constants(2), ["WOne", "BadStamp"], "IsChannel", 3),
  bad("room", "asks for room and sleeps", constants(3), ["WAgain", "BadRoom"], "Sent"),
  bad(
    "burial",
    "nobody rings for a writer that died",
    constants(2, 1),
    ["Bury", "BadBurial"],
    "NoLostWakeup",
    10,
  ),
  bad(
    "successor",
    "a successor believes the count",
    constants(2, 1),
    ["SLast", "BadSuccessor"],
    "Counted",
    18,
  ),
]
