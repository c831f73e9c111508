/**
 * Judges the mutants of the specification: each is loaded by TLC under one model after the other, its properties are
 * checked and its state graph is compared with that of the specification as it stands, which is the core's.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { specDirectory } from "../../src/model/spec.ts"
import { projectRoot } from "../../src/setup/files.mjs"
import { type Judge, type JudgeFailed, judgeFor, type Known } from "../../src/tla/judge.ts"
import { configurationOf, type Model } from "../../src/tla/model.ts"
import type { TlcUnavailable } from "../../src/tla/tlc.ts"
import { type SpecMutant, specMutants } from "./spec.ts"
import { extendedBy, judgesOf, partsOf, sourcesOf, walked } from "./spec-models.ts"
import { digestOf, Store } from "./store.ts"

/** How one was told apart: under which model, and by what. */
export interface Kill {
  readonly model: string
  /** `graph: …`, `property: NAME`, `error: …`; `invalid: …` for one that is no specification, or can't begin. */
  readonly how: string
}

/** No mutant takes longer under one model, s: the largest models take some ten. */
const SECONDS = 120
/** The beginning of a larger graph: any difference kills. */
const MOST_STATES = 100_000
/** Of the models of which random behaviours are looked at, and how long those are. */
const WALKED = 12_000
const STEPS = 60
const walks = new Set(walked.map(([name]) => name))
/** Of a mutant, to see what it breaks. */
const EXPLORED = 4000

const judgeSources = (): string => {
  const folder = join(projectRoot, "src", "tla", "java", "pika")
  const files = ["Judge", "Loaded", "Longs", "Mix", "Modules", "Reference"]
  return digestOf(...files.map((file) => readFileSync(join(folder, `${file}.java`), "utf8")))
}

export interface SpecGate {
  /** Every mutant of the modules, in the order of the source. */
  readonly mutants: ReadonlyArray<SpecMutant>
  /** undefined: it survives. */
  readonly judge: (mutant: SpecMutant) => Effect.Effect<Kill | undefined, JudgeFailed>
  /** Safety and action properties that it breaks under the models, within some times their states. */
  readonly breaks: (
    mutant: SpecMutant,
    kept: Store<ReadonlyArray<string>>,
  ) => Effect.Effect<ReadonlyArray<string>, JudgeFailed>
  readonly forgetOthers: () => void
}

/**
 * Loads the module's models, and knows how to judge its mutants.
 * @param models that judge @param store where verdicts are kept @param brief few mutants are judged
 */
export const makeSpecGate = (
  module: string,
  models: ReadonlyArray<Model> = judgesOf(module),
  store: Store<string | null> = new Store(`spec-${module}`),
  brief = false,
): Effect.Effect<SpecGate, TlcUnavailable | JudgeFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "pika-mutants-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
    )
    const judge: Judge = yield* judgeFor(brief)
    const ours = digestOf(judgeSources(), String([MOST_STATES, WALKED, STEPS, SECONDS]))
    const judges = models.map((model): Known & { readonly key: string } => {
      const config = join(folder, `${model.name}.cfg`)
      const text = configurationOf(model)
      writeFileSync(config, text)
      const key = digestOf(ours, model.name, text, ...sourcesOf(model))
      return { model: model.name, root: model.module, config, directory: specDirectory, key }
    })
    const used = new Set<string>()
    const roots = new Map(judges.map((x) => [x.root, x]))
    for (const x of roots.values()) for (const name of yield* judge.used(x)) used.add(name)
    const known = new Set<string>()
    let changed: string | undefined
    /** The mutant takes the place of its module, and of no other. */
    const change = (mutant: SpecMutant): void => {
      if (changed !== undefined) rmSync(changed)
      changed = join(folder, `${mutant.module}.tla`)
      writeFileSync(changed, mutant.source)
    }
    /** How the mutant differs under one model; null: nowhere. */
    const look = (mutant: SpecMutant, x: Known) =>
      Effect.gen(function* () {
        change(mutant)
        if (!known.has(x.model)) {
          yield* judge.know(x, walks.has(x.model) ? WALKED : MOST_STATES, walks.has(x.model) ? STEPS : 0)
          known.add(x.model)
        }
        const how = yield* judge.difference(x, mutant.definition, folder, SECONDS)
        return how === undefined || how === "undecided" ? null : how
      })
    const judged = async (mutant: SpecMutant): Promise<Kill | undefined> => {
      for (const x of judges) {
        const how = await store.get(digestOf(x.key, mutant.source), () => Effect.runPromise(look(mutant, x)))
        if (how !== null) return { model: x.model, how }
      }
      return undefined
    }
    const broken = (mutant: SpecMutant) =>
      Effect.gen(function* () {
        change(mutant)
        const names = new Set<string>()
        for (const { root, config, directory } of judges) {
          const explored = yield* judge
            .explore({
              root,
              config,
              directories: [folder, directory],
              mostStates: EXPLORED,
              seconds: SECONDS,
            })
            // What TLC can't evaluate breaks no property.
            .pipe(
              Effect.catchTag("JudgeFailed", (error) =>
                error.message.startsWith("the JVM") ? Effect.fail(error) : Effect.succeed(undefined),
              ),
            )
          for (const name of explored?.violated.keys() ?? []) names.add(name)
        }
        return [...names]
      })
    const all = digestOf(...judges.map((x) => x.key))
    const parts = partsOf(module)
    const beside = extendedBy(module).filter((x) => !parts.includes(x))
    return {
      mutants: specMutants(parts, beside, used),
      judge: (mutant) =>
        Effect.tryPromise({
          try: () => judged(mutant),
          catch: (error) => error as JudgeFailed,
        }),
      breaks: (mutant, kept) =>
        Effect.tryPromise({
          try: () => kept.get(digestOf(all, mutant.source), () => Effect.runPromise(broken(mutant))),
          catch: (error) => error as JudgeFailed,
        }),
      forgetOthers: () => store.forgetOthers(),
    }
  })
