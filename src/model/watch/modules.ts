/** Which models a change concerns, and which of them first. */
import type { Model } from "../../tla/model.ts"
import { modulesOf } from "../../tla/modules.ts"
import { codes } from "../check.ts"

/** What was saved. */
export interface Change {
  /** Modules of the specification. */
  readonly modules: ReadonlySet<string>
  /** The core: what is compared with the specification. */
  readonly core: boolean
  /** The manifest, or what else every model depends on. */
  readonly all: boolean
}

/** Roughly how long TLC takes: a search by its states, a counterexample by its length. */
const cost = ({ expected }: Model): number => {
  switch (expected._tag) {
    case "Success":
      return expected.distinct
    case "Temporal":
      return 2000
    default:
      return 50 * expected.length
  }
}

/** The models that a change concerns, the smallest first. */
export const concerned = (
  models: ReadonlyArray<Model>,
  change: Change,
  directory: string,
): ReadonlyArray<Model> =>
  models
    .filter((model) => {
      if (change.all) return true
      if (change.core && model.edges !== undefined && codes[model.module] !== undefined) return true
      const own = modulesOf(directory, model.module)
      return [...change.modules].some((name) => own.has(name))
    })
    .toSorted((x, y) => cost(x) - cost(y))
