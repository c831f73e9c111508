/** A process that runs what it is sent, one after the other, until whoever started it is gone. */
import { ExperimentError } from "./errors.ts"
import { type RunResult, type RunSpec, run } from "./run.ts"

export type FromWorker = { readonly result: RunResult } | { readonly failed: string }

const answer = (spec: RunSpec): FromWorker => {
  try {
    return { result: run(spec) }
  } catch (error) {
    if (!(error instanceof ExperimentError)) process.stderr.write(`${(error as Error).stack}\n`)
    return { failed: (error as Error).message }
  }
}

process.on("message", (spec: RunSpec) => process.send!(answer(spec)))
process.on("disconnect", () => process.exit(0))
// Ctrl-C goes to the whole group; whoever started us says when to end.
process.on("SIGINT", () => {})
