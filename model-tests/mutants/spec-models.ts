/** The models that judge the mutants of a module. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { specDirectory } from "../../src/model/spec.ts"
import type { StackConstants } from "../../src/model/stack/constants.ts"
import type { Model } from "../../src/tla/model.ts"
import { models, safetyOf, size } from "../manifest.ts"

/** Cheapest first: most mutants die at once. The shipped core equals the specification on each, which the gate checks. */
export const corners: ReadonlyArray<readonly [string, StackConstants]> = [
  ["1-1-1-1", size(1, 1, 1, 1, { MaxSyns: 2 })],
  ["1-2-1-1", size(1, 2, 1, 1)],
  ["1-2-1-1-naive", size(1, 2, 1, 1, { Naive: true })],
  ["1-1-2-1", size(1, 1, 2, 1)],
  ["2-1-1-1", size(2, 1, 1, 1)],
  ["1-2-1-1-timeouts", size(1, 2, 1, 1, { MaxTimeouts: 3 })],
  ["1-2-1-1-offers", size(1, 2, 1, 1, { MaxOffers: 1 })],
  ["late-1-2-1-1", size(1, 2, 1, 1, { Late: true })],
  ["late-3-2-1-1-idle", size(3, 2, 1, 1, { MaxSyns: 0, MaxTimeouts: 0, Late: true })],
  ["1-1-2-1-stops", size(1, 1, 2, 1, { MaxStops: 2 })],
  ["3-2-1-1", size(3, 2, 1, 1, { MaxTimeouts: 0 })],
  ["1-1-1-2-backlog", size(1, 1, 1, 2, { MaxSyns: 2, Backlog: 1 })],
  ["1-1-1-2-room-1", size(1, 1, 1, 2, { MaxSyns: 2, Room: 1 })],
  ["late-1-1-1-2-backlog", size(1, 1, 1, 2, { MaxSyns: 2, Backlog: 1, MaxTimeouts: 0, Late: true })],
  ["late-1-1-1-1-stop", size(1, 1, 1, 1, { MaxStops: 2, Late: true })],
  ["1-1-1-1-stops", size(1, 1, 1, 1, { MaxStops: 4 })],
  ["1-1-1-1-stop", size(1, 1, 1, 1, { MaxSyns: 2, MaxStops: 2 })],
  ["2-1-1-1-stop", size(2, 1, 1, 1, { MaxStops: 1 })],
  ["2-2-1-1", size(2, 2, 1, 1)],
  ["1-2-1-1-stop", size(1, 2, 1, 1, { MaxStops: 2 })],
  ["1-1-1-2-stop", size(1, 1, 1, 2, { MaxSyns: 2, MaxStops: 1 })],
  ["3-2-1-1-timeout", size(3, 2, 1, 1)],
]

/** Corners at the end of which random behaviours of larger models show more in less time. */
const LARGE = 1

/** Corners that judge mutants of the specification. */
export const specCorners = corners.slice(0, -LARGE)

/** Corners of some thousand states: most mutants die there. */
export const QUICK = 10

/** Far too large to be searched: random behaviours of them are looked at. */
export const walked: ReadonlyArray<readonly [string, StackConstants]> = [
  ["walk-3-2-1-2", size(3, 2, 1, 2, { MaxSyns: 4, MaxTimeouts: 3, MaxOffers: 2, MaxStops: 1 })],
  ["walk-1-2-2-1", size(1, 2, 2, 1, { MaxSyns: 6, MaxTimeouts: 6, MaxOffers: 4 })],
  ["walk-1-2-1-2", size(1, 2, 1, 2, { MaxSyns: 9, MaxTimeouts: 9, MaxOffers: 6 })],
  ["walk-1-2-1-2-room-1", size(1, 2, 1, 2, { Room: 1, MaxSyns: 8, MaxTimeouts: 4, MaxOffers: 4 })],
  ["walk-2-1-1-2-stop", size(2, 1, 1, 2, { MaxSyns: 4, MaxTimeouts: 2, MaxStops: 3 })],
]

export const cornerModel = ([name, constants]: (typeof corners)[number]): Model => ({
  name,
  shows: "",
  time: "full",
  module: "MC",
  specification: "MCSpec",
  constants,
  invariants: safetyOf(constants),
  properties: ["OneWay"],
  expected: { _tag: "Success", distinct: 0, depth: 0 },
})

const textOf = (module: string): string => readFileSync(join(specDirectory, `${module}.tla`), "utf8")

const ours = (): ReadonlySet<string> =>
  new Set(readdirSync(specDirectory).flatMap((file) => (file.endsWith(".tla") ? [file.slice(0, -4)] : [])))

const under = (root: string, instances: boolean): ReadonlySet<string> => {
  const known = ours()
  const found = new Set<string>()
  const visit = (module: string): void => {
    if (!known.has(module) || found.has(module)) return
    const text = textOf(module)
    for (const [, list = ""] of text.matchAll(/^EXTENDS ((?:\w+,\s*)*\w+)/gm)) {
      for (const name of list.split(/[\s,]+/)) visit(name)
    }
    found.add(module)
    if (instances) for (const [, name = ""] of text.matchAll(/\bINSTANCE (\w+)/g)) visit(name)
  }
  visit(root)
  return found
}

/** The module and those that it extends, its instances too: those that are ours. */
export const modulesUnder = (root: string): ReadonlySet<string> => under(root, true)

/** The module last, after those that it extends: what its names mean. */
export const extendedBy = (root: string): ReadonlyArray<string> => [...under(root, false)]

/**
 * All that a model's check depends on, but for what it says itself: the modules under it, and of the many designs of
 * MCBad the one that it is about.
 */
export const sourcesOf = ({ module, replace }: Pick<Model, "module" | "replace">): ReadonlyArray<string> => {
  const modules = [...modulesUnder(module)].sort()
  if (module !== "MCBad" || replace === undefined) return modules.map(textOf)
  const text = textOf("MCBad")
  const at = text.search(new RegExp(`^${replace[1]}\\b`, "m"))
  const design = at < 0 ? text : text.slice(at).split(/\n(?=[A-Z\\\\=])/)[0]!
  return [...modules.filter((x) => x !== "MCBad").map(textOf), design]
}

/** A model's complete graph is kept in memory: the manifest's largest have their own hour. */
const MOST_STATES = 60_000

/** Bad designs under which rules of Stack matter that a good one never needs. */
const designs = new Set(["NeverLeaving", "SilentOfTheGone", "NeverKnown", "CreatesAlways", "DropsReturned"])

/**
 * The models under which a mutant of the module is looked at, the cheapest first. Those of known-bad designs are among
 * them: some rules matter only where another is bad.
 */
export const judgesOf = (module: string): ReadonlyArray<Model> => {
  const own = models.filter((x) => x.module !== "Trace" && modulesUnder(x.module).has(module))
  // A bad design violates its property anyway: what counts is its graph.
  const bad = own
    .filter((x) => x.replace !== undefined && (x.module !== "MCBad" || designs.has(x.replace[1])))
    .map((x) => ({ ...x, invariants: [], properties: [] }))
  if (module === "Stack") {
    const all = specCorners.map(cornerModel)
    const rules = bad.filter((x) => x.module === "MCBad")
    const ordered = [...all.slice(0, QUICK), ...walked.map(cornerModel), ...all.slice(QUICK, -1), ...rules]
    return [...ordered, ...all.slice(-1)]
  }
  const good = own.filter(({ expected }) => expected._tag === "Success" && expected.distinct <= MOST_STATES)
  const distinct = ({ expected }: Model) => (expected._tag === "Success" ? expected.distinct : 0)
  return [...good.sort((x, y) => distinct(x) - distinct(y)), ...bad]
}

/** The parts in which a module is written, itself among them: StackManager and StackProperties are parts of Stack. */
export const partsOf = (module: string): ReadonlyArray<string> =>
  [...ours()].filter((x) => x.startsWith(module)).sort()

/** The modules whose mutants are judged: every base module that the manifest has a model of, its parts with it. */
export const mutatedModules = (): ReadonlyArray<string> => {
  const roots = new Set(models.map((x) => x.module))
  const under = new Set([...roots].flatMap((root) => [...modulesUnder(root)]))
  const bases = [...under].filter((x) => !roots.has(x) || !/^MC/.test(x))
  return bases.filter((x) => !bases.some((y) => y !== x && partsOf(y).includes(x))).sort()
}

/** Those whose survivors all have their reasons: their gates are part of the full class. */
export const gatedModules: ReadonlyArray<string> = ["Stack"]
