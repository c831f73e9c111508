/**
 * What breaks each property: known-bad designs of the manifest, and mutants. A property that nothing breaks may hold of
 * everything, and shows nothing.
 */
import { Effect } from "effect"
import type { Model } from "../../src/tla/model.ts"
import { models } from "../manifest.ts"
import { makeSpecGate } from "./spec-gate.ts"
import { judgesOf, modulesUnder } from "./spec-models.ts"
import { Store } from "./store.ts"

export interface Witnesses {
  readonly property: string
  /** Models of bad designs that end with its violation. */
  readonly designs: ReadonlyArray<string>
  /** How many of the mutants looked at break it. */
  readonly mutants: number
}

export interface Broken {
  readonly module: string
  /** Mutants looked at, under the smallest models. */
  readonly mutants: number
  /** Of them, those that break some property. */
  readonly breaking: number
  readonly properties: ReadonlyArray<Witnesses>
}

/** Of one temporal property TLC says only that it is violated; of an action property, in which module. */
const brokenBy = ({ expected, invariants, properties }: Model): string | undefined => {
  switch (expected._tag) {
    case "Success":
      return undefined
    case "Invariant":
      return expected.name
    default:
      return [...invariants, ...properties][0]
  }
}

/** Limits of the models, which say nothing of the protocol. */
export const limits = new Set(["Enough"])

const propertiesOf = (module: string): ReadonlyArray<string> => {
  const own = models.filter((x) => modulesUnder(x.module).has(module) && x.expected._tag === "Success")
  return [...new Set(own.flatMap((x) => [...x.invariants, ...x.properties]))].filter((x) => !limits.has(x))
}

/** Smallest models under which mutants are explored for the properties that they break. */
const SMALLEST = 2

/** @param every looks at each so many-th mutant */
export const brokenProperties = (module: string, every: number): Promise<Broken> => {
  const small = judgesOf(module).slice(0, SMALLEST)
  const store = new Store<ReadonlyArray<string>>(`properties-${module}`)
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const gate = yield* makeSpecGate(module, small)
        const counts = new Map<string, number>()
        let breaking = 0
        const looked = gate.mutants.filter((_, k) => k % every === 0)
        for (const mutant of looked) {
          const names = yield* gate.breaks(mutant, store)
          if (names.length > 0) breaking++
          for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
        }
        const properties = propertiesOf(module).map((property) => ({
          property,
          designs: models
            .filter((x) => brokenBy(x) === property && x.replace !== undefined)
            .map((x) => x.name),
          mutants: counts.get(property) ?? 0,
        }))
        return { module, mutants: looked.length, breaking, properties }
      }),
    ),
  )
}

/** Properties that nothing breaks. */
export const unbroken = ({ properties }: Broken): ReadonlyArray<string> =>
  properties.filter(({ designs, mutants }) => designs.length === 0 && mutants === 0).map((x) => x.property)
