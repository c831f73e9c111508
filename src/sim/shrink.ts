/** A failing scenario made smaller: fewer faults, incidents and connections that still fail. */
import { run } from "./run.ts"
import { drawScenario, type ScenarioOptions } from "./scenario.ts"

export interface Shrunk {
  readonly options: ScenarioOptions
  readonly failure: string
  /** Runs that it took. */
  readonly runs: number
}

/** Runs at the most. */
const MOST_RUNS = 300
const MOST_EVENTS = 1_000_000

/** Any failure counts: the smallest scenario that shows something wrong is what helps. */
export const shrink = (options: ScenarioOptions, failure: string): Shrunk => {
  const scenario = drawScenario(options)
  let best: ScenarioOptions = { ...options, faults: scenario.faults, every: true }
  let why = failure
  let runs = 0
  const fails = (candidate: ScenarioOptions): boolean => {
    if (runs >= MOST_RUNS) return false
    runs++
    const result = run(drawScenario(candidate), { mostEvents: MOST_EVENTS })
    if (result.failure === undefined) return false
    best = candidate
    why = result.failure
    return true
  }
  for (const fault of scenario.faults) {
    const faults = best.faults!.filter((x) => x !== fault)
    fails({ ...best, faults })
  }
  const { plans, incidents } = drawScenario(best)
  fewer(
    incidents.map((_, k) => k),
    (list) => fails({ ...best, incidents: list }),
  )
  fewer(
    plans.map((x) => x.id),
    (list) => fails({ ...best, only: list }),
  )
  return { options: best, failure: why, runs }
}

/** Leaves out as much of the list as still fails: halves first, then ever smaller parts. */
const fewer = (all: ReadonlyArray<number>, fails: (list: ReadonlyArray<number>) => boolean): void => {
  let list = all
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < list.length; ) {
      const rest = [...list.slice(0, from), ...list.slice(from + size)]
      if (fails(rest)) list = rest
      else from += size
    }
  }
}
