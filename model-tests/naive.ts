/** Models of spec/NaiveAccept.tla: the naive accept, and what it costs in messages (§3.2). */
import type { Model } from "../src/tla/model.ts"

const constants = { NApplications: 2, NConnections: 3, Backlog: 2 }
const module = "NaiveAccept"
const specification = "Spec"

const fails = (property: string, shows: string, length: number, name = property): Model => ({
  name,
  shows,
  time: "quick",
  module,
  specification,
  constants,
  invariants: [property],
  properties: [],
  expected: { _tag: "Invariant", name: property, length },
})

const bad = (
  name: string,
  shows: string,
  replace: readonly [string, string],
  property: string,
  length: number,
): Model => {
  const ofSteps = property === "InOrder"
  return {
    ...fails(property, shows, length, `bad-${name}`),
    replace,
    invariants: ofSteps ? [] : [property],
    properties: ofSteps ? [property] : [],
    expected: { _tag: ofSteps ? "ActionProperty" : "Invariant", name: property, length },
  }
}

/** Traps bear the name of what must not always hold. */
export const naive: ReadonlyArray<Model> = [
  {
    name: "naive-2-3",
    shows: "three messages an accept(), five a hit, two a miss",
    time: "quick",
    module,
    specification,
    constants,
    invariants: ["TypeOK", "NeverBoth", "ThreeAnAccept", "FiveAHit", "TwoAMiss"],
    properties: ["InOrder"],
    expected: { _tag: "Success", distinct: 572, depth: 9 },
    edges: 5499,
  },
  bad("detour", "a message more for each connection", ["HandOver", "BadHandOver"], "ThreeAnAccept", 3),
  bad("detour-hit", "… also when select() came first", ["HandOver", "BadHandOver"], "FiveAHit", 4),
  bad("both", "select() asks two managers", ["Select", "BadSelect"], "TwoAMiss", 2),
  bad("last", "who comes last is served first", ["Arrive", "BadArrive"], "InOrder", 3),
  bad("queued", "what comes is queued, whoever waits", ["Arrive", "BadQueueing"], "NeverBoth", 3),
  fails("NeverHit", "select() says ready, and accept() gets it", 4),
  fails("NeverLost", "select() says ready, and another application is faster", 5),
]
