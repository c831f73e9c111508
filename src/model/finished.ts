/** What a class of models has come to until now, so that one that was killed need not run again what it had finished. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { Data, Effect, type Scope } from "effect"
import { digest, filesUnder, projectRoot, readIfThere, writeAtomically } from "../setup/files.mjs"
import { specificationDigest, tlcIdentity } from "../tla/checkpoint.ts"
import { configurationOf, type Model } from "../tla/model.ts"
import { specDirectory } from "./spec.ts"

/** Another class runs in the same directory. */
export class ClassBusy extends Data.TaggedError("ClassBusy")<{
  readonly message: string
  readonly remedy: string
}> {}

export interface FinishedModels {
  /** What was printed of the model when it ended as expected; undefined: it has to run. */
  row(model: Model): string | undefined
  add(model: Model, row: string): void
  /** Where the model's checkpoints are. */
  checkpoints(model: Model): string
}

const RESULTS = "finished.json"
const LOCK = "lock"

type Results = Record<string, { readonly key: string; readonly row: string }>

/** Everything that a model's result hangs on. */
const keyOf = (model: Model, specs: string): string => {
  const code =
    model.edges === undefined
      ? []
      : ["core", "model", "tla"]
          .flatMap((room) => filesUnder(join(projectRoot, "src", room), ""))
          .sort()
          .flatMap((file) => [relative(projectRoot, file), readFileSync(file)])
  return digest([
    JSON.stringify(model),
    configurationOf(model),
    specificationDigest(join(specs, `${model.module}.tla`)),
    tlcIdentity(),
    ...code,
  ])
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

const lock = (directory: string): ClassBusy | undefined => {
  const file = join(directory, LOCK)
  const holder = Number(readIfThere(file) ?? 0)
  if (holder > 0 && holder !== process.pid && alive(holder)) {
    return new ClassBusy({
      message: `process ${holder} checks models in ${directory}`,
      remedy: "wait until it has ended, or end it",
    })
  }
  writeFileSync(file, String(process.pid))
  return undefined
}

const resultsIn = (directory: string): Results => {
  try {
    return JSON.parse(readIfThere(join(directory, RESULTS)) ?? "{}") as Results
  } catch {
    // Nobody wrote half of it: a disk that was full.
    return {}
  }
}

/**
 * @param resume take what is there; otherwise it is removed
 * @param specs directory of the modules
 */
export const finishedModels = (
  directory: string,
  resume: boolean,
  specs = specDirectory,
): Effect.Effect<FinishedModels, ClassBusy, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      mkdirSync(directory, { recursive: true })
      const busy = lock(directory)
      if (busy !== undefined) return busy
      const results = resume ? resultsIn(directory) : {}
      if (!resume) rmSync(join(directory, RESULTS), { force: true })
      return Effect.succeed<FinishedModels>({
        row: (model) => {
          const known = results[model.name]
          return known?.key === keyOf(model, specs) ? known.row : undefined
        },
        add: (model, row) => {
          results[model.name] = { key: keyOf(model, specs), row }
          writeAtomically(join(directory, RESULTS), `${JSON.stringify(results, null, 2)}\n`)
        },
        checkpoints: (model) => join(directory, model.name),
      })
    }),
    () => Effect.sync(() => rmSync(join(directory, LOCK), { force: true })),
  )
