/** Which models a change concerns, and which of them first. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Model } from "../../tla/model.ts"
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

const moduleNames = /\b(?:EXTENDS\s+([\w\s,]+?)(?=\n\s*\n|\n\S|$)|INSTANCE\s+(\w+))/g

/** The modules that a module's text names. */
export const namedModules = (text: string): ReadonlyArray<string> =>
  [...text.replace(/\\\*.*$/gm, "").matchAll(moduleNames)].flatMap(([, extended, instance]) =>
    instance === undefined ? extended!.split(/[\s,]+/).filter((x) => x !== "") : [instance],
  )

/** The module and all that it extends or instantiates, of those in `directory`. */
export const modulesOf = (directory: string, root: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const follow = (name: string): void => {
    if (found.has(name)) return
    let text: string
    try {
      text = readFileSync(join(directory, `${name}.tla`), "utf8")
    } catch {
      // A standard module, or one that is missing: TLC will say so.
      return
    }
    found.add(name)
    for (const other of namedModules(text)) follow(other)
  }
  follow(root)
  // Saved, removed or never written: it concerns its models all the same.
  return found.add(root)
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
