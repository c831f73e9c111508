/** Whether a model exercises all that it names: every action is taken, every conclusion of every property is reached. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { type Conclusion, type Source, trapsOf } from "./antecedents.ts"
import type { Judge, JudgeFailed } from "./judge.ts"
import { configurationOf, type Model } from "./model.ts"
import { scratchDirectory } from "./scratch.ts"

/** What a model exercises, and what it leaves undone. */
export interface Coverage {
  readonly model: string
  /** Looked at; all of them when something was not found. */
  readonly states: number
  readonly actions: ReadonlySet<string>
  readonly conclusions: ReadonlyArray<Conclusion>
  readonly excused: ReadonlyArray<Excused>
  /** Actions that no state allows, conclusions that no state reaches, and excuses for what is there, in words. */
  readonly problems: ReadonlyArray<string>
}

/** What a model need not exercise. */
export interface Excuse {
  /** An action's name; or a property's, with what its conclusion is reached by. */
  readonly action?: string
  readonly conclusion?: readonly [property: string, reached: RegExp]
  readonly why: string
}

/** An excuse that was needed, with its reason. */
export interface Excused {
  readonly what: string
  readonly why: string
}

/** Where the model is, and how far it is looked at: states and seconds. */
export interface CoverageOptions {
  readonly directory: string
  /** The modules under the model, the model's own last. */
  readonly sources: ReadonlyArray<Source>
  readonly excuses: ReadonlyArray<Excuse>
  readonly mostStates: number
  readonly seconds: number
}

/** No module of anybody's bears this name. */
const MODULE = "CoverageOfModel"

/** @throws {JudgeFailed} the model can't be loaded */
export const coverageOf = (
  judge: Judge,
  model: Model,
  { directory, sources, excuses, mostStates, seconds }: CoverageOptions,
): Effect.Effect<Coverage, JudgeFailed> =>
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* scratchDirectory("coverage")
      const { conclusions, definitions } = trapsOf([...model.invariants, ...model.properties], sources)
      const besides = excuses.flatMap(({ action, conclusion, why }) => {
        if (action !== undefined) return [[action, why] as const]
        const [property, reached] = conclusion!
        return conclusions
          .filter((x) => x.property === property && reached.test(x.reached))
          .map((x) => [x.trap, why] as const)
      })
      const own = join(folder, "spec")
      mkdirSync(own)
      writeFileSync(
        join(own, `${MODULE}.tla`),
        `---- MODULE ${MODULE} ----\nEXTENDS ${model.module}\n${definitions}====\n`,
      )
      const names = (level: Conclusion["level"]) =>
        conclusions.filter((x) => x.level === level).map(({ trap }) => trap)
      const config = join(folder, "coverage.cfg")
      writeFileSync(
        config,
        configurationOf({
          ...model,
          invariants: names("state"),
          properties: names("step"),
        }),
      )
      const explored = yield* judge.explore({
        root: MODULE,
        config,
        directories: [own, directory],
        mostStates,
        seconds,
        untilAllBut: besides.map(([name]) => name),
      })
      const found = new Set([...explored.labels.keys()].map((label) => label.replace(/\(.*/s, "")))
      for (const name of explored.violated.keys()) found.add(name)
      const why = new Map(besides)
      const all = [
        ...[...explored.actions].map((name) => [name, `${name} is never taken`] as const),
        ...conclusions.map((x) => [x.trap, `${x.property} is never asked: ${x.reached}`] as const),
      ]
      const some = !explored.complete && explored.states > mostStates ? ` in ${mostStates} states` : ""
      const missing = all.filter(([name]) => !found.has(name))
      return {
        model: model.name,
        states: explored.states,
        actions: explored.actions,
        conclusions,
        excused: missing.flatMap(([name, what]) => (why.has(name) ? [{ what, why: why.get(name)! }] : [])),
        problems: [
          ...missing.flatMap(([name, what]) => (why.has(name) ? [] : [`${what}${some}`])),
          ...besides
            .filter(([name]) => found.has(name))
            .map(([name, reason]) => `${name} is excused (${reason}), but there`),
        ],
      }
    }),
  )
