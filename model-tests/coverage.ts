/** Whether the manifest's models exercise all that they name. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { specDirectory } from "../src/model/spec.ts"
import type { Source } from "../src/tla/antecedents.ts"
import { type Coverage, coverageOf } from "../src/tla/coverage.ts"
import { type JudgeFailed, makeJudge } from "../src/tla/judge.ts"
import type { Model } from "../src/tla/model.ts"
import type { TlcUnavailable } from "../src/tla/tlc.ts"
import { treeOf } from "../src/tla/tree.ts"
import { excusesOf } from "./excuses.ts"
import { extendedBy } from "./mutants/spec-models.ts"

/** All is found in the first some ten thousand states of the largest models. */
const MOST_STATES = 200_000
const SECONDS = 120

const known = new Map<string, Source>()

const sourceOf = (module: string): Source => {
  const source = known.get(module) ?? {
    module,
    text: readFileSync(join(specDirectory, `${module}.tla`), "utf8"),
    roots: treeOf(specDirectory, module),
  }
  known.set(module, source)
  return source
}

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
      for (const model of models) {
        const options = {
          directory: specDirectory,
          sources: extendedBy(model.module).map(sourceOf),
          excuses: excusesOf(model),
          mostStates: MOST_STATES,
          seconds: SECONDS,
        }
        found.push(yield* coverageOf(judge, model, options))
      }
      return found
    }),
  )
