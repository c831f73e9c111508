/**
 * The mutation gates: every mutant of the core and of the specification is judged by model checking and graph equality
 * alone. One that survives shows a hole, unless it is named in `equivalent.ts` with the reason why it changes nothing.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { specDirectory } from "../../src/model/spec.ts"
import type { StackConstants } from "../../src/model/stack/constants.ts"
import { coreEquals, stackGraph } from "../../src/model/stack/equality.ts"
import { StackSystem } from "../../src/model/stack/system.ts"
import { compareGraphs } from "../../src/tla/graph/compare.ts"
import { explore, TooManyStates } from "../../src/tla/graph/explore.ts"
import type { StateGraph } from "../../src/tla/graph/graph.ts"
import { MOST_STATES, tlcGraph } from "../../src/tla/graph/tlc-graph.ts"
import { configurationOf, type Model } from "../../src/tla/model.ts"
import { safety, size } from "../manifest.ts"
import { type Core, coreMutants, Nursery } from "./core.ts"
import { reasonFor } from "./equivalent.ts"
import type { Mutant } from "./operators.ts"
import { specMutants } from "./spec.ts"

/** Share of the mutants that must be killed, those left out that only weaken an assertion no behaviour meets. */
export const GATE = 0.95

/** Cheapest first: most mutants die at once. The shipped core equals the specification on each (`corners` in the tests). */
export const corners: ReadonlyArray<readonly [string, StackConstants]> = [
  ["1-1-1-1", size(1, 1, 1, 1, { MaxSyns: 2 })],
  ["1-2-1-1", size(1, 2, 1, 1)],
  ["1-2-1-1-naive", size(1, 2, 1, 1, { Naive: true })],
  ["1-1-2-1", size(1, 1, 2, 1)],
  ["2-1-1-1", size(2, 1, 1, 1)],
  ["1-2-1-1-timeouts", size(1, 2, 1, 1, { MaxTimeouts: 3 })],
  ["1-2-1-1-offers", size(1, 2, 1, 1, { MaxOffers: 1 })],
  ["1-1-2-1-stops", size(1, 1, 2, 1, { MaxStops: 2 })],
  ["3-2-1-1", size(3, 2, 1, 1, { MaxTimeouts: 0 })],
  ["1-1-1-2-backlog", size(1, 1, 1, 2, { MaxSyns: 2, Backlog: 1 })],
  ["1-1-1-2-room-1", size(1, 1, 1, 2, { MaxSyns: 2, Room: 1 })],
  ["1-1-1-1-stops", size(1, 1, 1, 1, { MaxStops: 4 })],
  ["1-1-1-1-stop", size(1, 1, 1, 1, { MaxSyns: 2, MaxStops: 2 })],
  ["2-1-1-1-stop", size(2, 1, 1, 1, { MaxStops: 1 })],
  ["2-2-1-1", size(2, 2, 1, 1)],
  ["1-2-1-1-stop", size(1, 2, 1, 1, { MaxStops: 2 })],
  ["1-1-1-2-stop", size(1, 1, 1, 2, { MaxSyns: 2, MaxStops: 1 })],
  ["3-2-1-1-timeout", size(3, 2, 1, 1)],
]

/** TLC takes a minute for each of the largest: what only weakens an assertion of the specification is spared them. */
const SMALL = 50_000

export interface Judged {
  readonly mutant: Mutant
  /** What told it apart; undefined: it survived. */
  readonly killedBy: string | undefined
  /** Why a survivor changes nothing; undefined: nobody said. */
  readonly reason: string | undefined
}

export interface GateResult {
  readonly judged: ReadonlyArray<Judged>
  readonly killed: number
  /** Survivors that only weaken an assertion. */
  readonly assertions: number
  /** killed / (all − assertions). */
  readonly share: number
  /** Survivors without a reason. */
  readonly unexplained: ReadonlyArray<string>
  readonly passed: boolean
}

export const resultOf = (judged: ReadonlyArray<Judged>): GateResult => {
  const killed = judged.filter((x) => x.killedBy !== undefined).length
  const survivors = judged.filter((x) => x.killedBy === undefined)
  const assertions = survivors.filter((x) => x.mutant.assertion).length
  const share = killed / Math.max(1, judged.length - assertions)
  const unexplained = survivors.filter((x) => x.reason === undefined).map((x) => x.mutant.name)
  return { judged, killed, assertions, share, unexplained, passed: share >= GATE && unexplained.length === 0 }
}

type Say = (line: string) => void

const judge = async (
  mutants: ReadonlyArray<Mutant>,
  kill: (mutant: Mutant) => Promise<string | undefined>,
  say: Say,
): Promise<GateResult> => {
  const judged: Array<Judged> = []
  for (const mutant of mutants) {
    const killedBy = await kill(mutant)
    const reason = killedBy === undefined ? reasonFor(mutant) : undefined
    judged.push({ mutant, killedBy, reason })
    if (killedBy === undefined) say(`survives: ${mutant.name}${reason === undefined ? "" : ` (${reason})`}`)
    if (judged.length % 50 === 0) say(`${judged.length} of ${mutants.length}`)
  }
  return resultOf(judged)
}

const graphsOfCore = () => {
  const known = new Map<string, StateGraph>()
  return (name: string, constants: StackConstants): StateGraph => {
    const graph = known.get(name) ?? explore(new StackSystem(constants), MOST_STATES)
    known.set(name, graph)
    return graph
  }
}

/** How a core's graph differs from the shipped core's, which is the specification's; undefined: nowhere. */
export const killCore = (core: Core, graph: ReturnType<typeof graphsOfCore>): string | undefined => {
  for (const [name, constants] of corners) {
    const shipped = graph(name, constants)
    try {
      const { problem } = coreEquals(shipped, constants, core, 3 * shipped.states + 100)
      if (problem !== undefined) return `${name}: the graphs differ`
    } catch (error) {
      const how = error instanceof TooManyStates ? "too many states" : `throws ${(error as Error).message}`
      return `${name}: ${how.slice(0, 80)}`
    }
  }
  return undefined
}

/** `every`: judges only each so many-th mutant. */
export const coreGate = async (every: number, say: Say): Promise<GateResult> => {
  const nursery = new Nursery()
  const graph = graphsOfCore()
  try {
    const mutants = coreMutants().filter((_, k) => k % every === 0)
    const files = new Map(mutants.map((x) => [x.name, x.file]))
    return await judge(
      mutants,
      async (x) => killCore(await nursery.core(files.get(x.name)!, x.source), graph),
      say,
    )
  } finally {
    nursery.close()
  }
}

/** The mutated specification is run by TLC, its invariants checked and its graph compared with the core's. */
const killSpec = async (
  mutant: Mutant,
  directory: string,
  graph: ReturnType<typeof graphsOfCore>,
): Promise<string | undefined> => {
  writeFileSync(join(directory, "Stack.tla"), mutant.source)
  for (const [name, constants] of corners) {
    const core = graph(name, constants)
    if (core.states > SMALL && mutant.assertion) continue
    const model: Model = {
      name,
      shows: "",
      time: "full",
      module: "MC",
      specification: "MCSpec",
      constants,
      invariants: safety,
      properties: [],
      expected: { _tag: "Success", distinct: 0, depth: 0 },
    }
    const config = join(directory, "MC.cfg")
    writeFileSync(config, configurationOf(model))
    const run = {
      module: join(directory, "MC.tla"),
      config,
      workers: 1,
      heap: 1024,
      brief: core.states < 5000,
      mostStates: 3 * core.states + 100,
    }
    const { report, graph: tlc } = await Effect.runPromise(tlcGraph(run, stackGraph))
    const { outcome } = report
    if (outcome._tag !== "Success") return `${name}: ${"name" in outcome ? outcome.name : outcome._tag}`
    if (tlc === undefined || compareGraphs(tlc, core) !== undefined) return `${name}: the graphs differ`
  }
  return undefined
}

export const specGate = async (every: number, say: Say): Promise<GateResult> => {
  const directory = mkdtempSync(join(tmpdir(), "pika-mutants-"))
  try {
    cpSync(specDirectory, directory, { recursive: true })
    const graph = graphsOfCore()
    const mutants = specMutants().filter((_, k) => k % every === 0)
    return await judge(mutants, (x) => killSpec(x, directory, graph), say)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
