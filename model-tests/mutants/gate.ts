/**
 * The mutation gates: every mutant of the core and of the specification is judged by model checking and graph equality
 * alone, and what these leave alive by trace validation. One that survives shows a hole, unless it is named in
 * `equivalent.ts` with the reason why it changes nothing.
 */
import { Effect } from "effect"
import type { StackConstants } from "../../src/model/stack/constants.ts"
import { coreEquals } from "../../src/model/stack/equality.ts"
import { StackSystem } from "../../src/model/stack/system.ts"
import { explore, TooManyStates } from "../../src/tla/graph/explore.ts"
import type { StateGraph } from "../../src/tla/graph/graph.ts"
import { MOST_STATES } from "../../src/tla/graph/tlc-graph.ts"
import { type Core, coreMutants, Nursery } from "./core.ts"
import { coreSources } from "./corners.ts"
import { reasonFor } from "./equivalent.ts"
import type { Mutant } from "./operators.ts"
import { isTraced, makeRecordedJudge, recordedKill, recordedSources } from "./recorded.ts"
import type { SpecMutant } from "./spec.ts"
import { type Kill, makeSpecGate } from "./spec-gate.ts"
import { corners, QUICK, sourcesOf } from "./spec-models.ts"
import { digestOf, Store } from "./store.ts"

/** Share of the mutants that must be killed, those left out that only weaken an assertion no behaviour meets. */
export const GATE = 0.95

export interface Judged {
  readonly mutant: Mutant
  /** What told it apart; undefined: it survived. */
  readonly killedBy: string | undefined
  /** Why a survivor changes nothing; undefined: nobody said. */
  readonly reason: string | undefined
}

export interface GateResult {
  readonly judged: ReadonlyArray<Judged>
  /** Every mutant, invalid ones included. */
  readonly all: ReadonlyArray<Mutant>
  readonly killed: number
  /** Mutants that are no specification, or can't begin: they say nothing, and are not counted. */
  readonly invalid: number
  /** Time that judging took, what was judged before left out, s. */
  readonly seconds: number
  /** Survivors that only weaken an assertion. */
  readonly assertions: number
  /** killed / (all − assertions). */
  readonly share: number
  /** Survivors without a reason. */
  readonly unexplained: ReadonlyArray<string>
  readonly passed: boolean
}

export const resultOf = (
  judged: ReadonlyArray<Judged>,
  all: ReadonlyArray<Mutant> = judged.map((x) => x.mutant),
  seconds = 0,
): GateResult => {
  const killed = judged.filter((x) => x.killedBy !== undefined).length
  const survivors = judged.filter((x) => x.killedBy === undefined)
  const assertions = survivors.filter((x) => x.mutant.assertion).length
  const share = killed / Math.max(1, judged.length - assertions)
  const unexplained = survivors.filter((x) => x.reason === undefined).map((x) => x.mutant.name)
  return {
    judged,
    killed,
    all,
    seconds,
    invalid: all.length - judged.length,
    assertions,
    share,
    unexplained,
    passed: share >= GATE && unexplained.length === 0,
  }
}

type Say = (line: string) => void

/** Each so many-th, from one on. */
export interface Slice {
  readonly every: number
  readonly from: number
}

const INVALID = /^[^ ]+: invalid: /

const judge = async <M extends Mutant>(
  mutants: ReadonlyArray<M>,
  kill: (mutant: M) => Promise<string | undefined>,
  say: Say,
): Promise<GateResult> => {
  const judged: Array<Judged> = []
  const start = performance.now()
  for (const mutant of mutants) {
    const killedBy = await kill(mutant)
    if (killedBy !== undefined && INVALID.test(killedBy)) continue
    const reason = killedBy === undefined ? reasonFor(mutant) : undefined
    judged.push({ mutant, killedBy, reason })
    if (killedBy === undefined) say(`survives: ${mutant.name}${reason === undefined ? "" : ` (${reason})`}`)
    if (judged.length % 50 === 0) say(`${judged.length} of ${mutants.length}`)
  }
  return resultOf(judged, mutants, (performance.now() - start) / 1000)
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
export const killCore = (
  core: Core,
  graph: ReturnType<typeof graphsOfCore>,
  chosen = corners,
): string | undefined => {
  for (const [name, constants] of chosen) {
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

/** By trace validation, of those that nothing else told apart. */
const recorded = (how: string | undefined): string | null => (how === undefined ? null : `recorded: ${how}`)

/** Mutants of the core. Those judged before are not judged again. */
export const coreGate = async ({ every, from }: Slice, say: Say): Promise<GateResult> => {
  const nursery = new Nursery()
  const graph = graphsOfCore()
  const stores = [new Store<string | null>("core"), new Store<string | null>("core-recorded")] as const
  const all = digestOf(coreSources(), ...sourcesOf({ module: "MC" }), JSON.stringify(corners))
  const traces = digestOf(coreSources(), recordedSources())
  try {
    const mutants = coreMutants().filter((_, k) => k % every === from)
    const kill = async ({ file, source, assertion }: (typeof mutants)[number]) => {
      const core = () => nursery.core(file, source)
      // A weaker assertion is about what no model comes to, and no recording holds: a stronger one is told at once.
      const chosen = assertion ? corners.slice(0, QUICK) : corners
      const look = async () => killCore(await core(), graph, chosen) ?? null
      const found = await stores[0].get(digestOf(all, ...(assertion ? ["quick"] : []), file, source), look)
      if (found !== null || assertion) return found ?? undefined
      const record = async () => recorded(await recordedKill(await core()))
      return (await stores[1].get(digestOf(traces, file, source), record)) ?? undefined
    }
    const result = await judge(mutants, kill, say)
    if (every === 1) for (const store of stores) store.forgetOthers()
    return result
  } finally {
    nursery.close()
  }
}

/** `from`, `every`: judges each so many-th mutant from one on. Those judged before are not judged again. */
export const specGate = (module: string, { every, from }: Slice, say: Say): Promise<GateResult> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const gate = yield* makeSpecGate(module)
        const mutants = gate.mutants.filter((_, k) => k % every === from)
        const store = new Store<string | null>(`spec-${module}-recorded`)
        const traces = digestOf(coreSources(), recordedSources())
        const judgeRecorded = makeRecordedJudge()
        const kill = async (x: SpecMutant) => {
          const found = toldBy(await Effect.runPromise(gate.judge(x)))
          if (found !== undefined || !isTraced(x)) return found
          const record = async () => recorded(await judgeRecorded(x))
          return (await store.get(digestOf(traces, x.module, x.source), record)) ?? undefined
        }
        const result = yield* Effect.promise(() => judge(mutants, kill, say))
        if (every === 1) {
          gate.forgetOthers()
          store.forgetOthers()
        }
        return result
      }),
    ),
  )

const toldBy = (kill: Kill | undefined): string | undefined =>
  kill === undefined ? undefined : `${kill.model}: ${kill.how}`
