/** Whether the manifest's models exercise all that they name. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { specDirectory } from "../src/model/spec.ts"
import { projectRoot } from "../src/setup/files.mjs"
import { type Coverage, coverageOf } from "../src/tla/coverage.ts"
import { type Judge, type JudgeFailed, makeJudge } from "../src/tla/judge.ts"
import { configurationOf, type Model } from "../src/tla/model.ts"
import type { TlcUnavailable } from "../src/tla/tlc.ts"
import { excusesOf } from "./excuses.ts"
import { extendedBy, sourcesOf } from "./mutants/spec-models.ts"
import { digestOf, Store } from "./mutants/store.ts"
import { sourceOf } from "./sources.ts"

/** All is found in the first some ten thousand states of the largest models. */
const MOST_STATES = 200_000
const SECONDS = 120

/** Models that TLC searches to their end: of the others it is a counterexample that counts. */
export const covered = (models: ReadonlyArray<Model>): ReadonlyArray<Model> =>
  models.filter(({ expected }) => expected._tag === "Success")

export const coverages = (
  models: ReadonlyArray<Model>,
): Effect.Effect<ReadonlyArray<Coverage>, JudgeFailed | TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const judge = yield* makeJudge
      const found: Array<Coverage> = []
      for (const model of models) found.push(yield* lookAt(judge, model))
      return found
    }),
  )

const lookAt = (judge: Judge, model: Model): Effect.Effect<Coverage, JudgeFailed> =>
  coverageOf(judge, model, {
    directory: specDirectory,
    sources: extendedBy(model.module).map(sourceOf),
    excuses: excusesOf(model),
    mostStates: MOST_STATES,
    seconds: SECONDS,
  })

/** What the gates' page says of a model. */
export interface Exercised {
  readonly model: string
  /** How many of each. */
  readonly actions: number
  readonly conclusions: number
  readonly excused: number
  /** Why what is excused is. */
  readonly because: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
}

const exercisedOf = ({ model, actions, conclusions, excused, problems }: Coverage): Exercised => ({
  model,
  actions: actions.size,
  conclusions: conclusions.length,
  excused: excused.length,
  because: [...new Set(excused.map((x) => x.why))],
  problems,
})

/** All that what is found of a model depends on. */
const keyOf = (model: Model): string => {
  const excuses = excusesOf(model).map(({ conclusion = [], ...x }) => [x, conclusion.map(String)])
  const looker = readFileSync(join(projectRoot, "src", "tla", "coverage.ts"), "utf8")
  return digestOf(
    configurationOf(model),
    JSON.stringify(excuses),
    looker,
    String(MOST_STATES),
    ...sourcesOf(model),
  )
}

/** The same, each model looked at once for each specification. */
export const exercised = (
  models: ReadonlyArray<Model>,
  store: Store<Exercised> = new Store("coverage"),
): Effect.Effect<ReadonlyArray<Exercised>, TlcUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const judge = yield* makeJudge
      const found: Array<Exercised> = []
      for (const model of models) {
        const look = () => Effect.runPromise(Effect.map(lookAt(judge, model), exercisedOf))
        found.push(yield* Effect.promise(() => store.get(keyOf(model), look)))
      }
      store.forgetOthers()
      return found
    }),
  )
