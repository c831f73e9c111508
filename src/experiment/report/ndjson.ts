/** Everything as lines of JSON, for a reader's own tools (jq, DuckDB, pandas): a line of each run, then of each claim. */

import type { RunResult } from "../run.ts"
import { nameOf, type Task } from "../store.ts"
import { type Part, verdictOf } from "./document.ts"

export type Line =
  | {
      readonly kind: "run"
      readonly experiment: string
      readonly job: string
      readonly spec: Task["spec"]
      readonly result: RunResult
    }
  | {
      readonly kind: "claim"
      readonly experiment: string
      readonly claim: string
      readonly source: string
      /** Not the paper's claim: our aim. */
      readonly aim: boolean
      readonly paper: string
      readonly ours: string
      readonly ratio: number | null
      readonly holds: boolean
      readonly verdict: string
    }

/** Runs that have no result are left out. Times are in µs. */
export const ndjsonOf = (
  tasks: ReadonlyArray<Task>,
  resultOf: (task: Task) => RunResult | undefined,
  parts: ReadonlyArray<Part>,
): string => {
  const runs = tasks.flatMap((task): ReadonlyArray<Line> => {
    const result = resultOf(task)
    const { experiment, spec } = task
    return result === undefined ? [] : [{ kind: "run", experiment, job: nameOf(task), spec, result }]
  })
  const claims = parts.flatMap(({ experiment, findings }) =>
    findings.claims.map(
      (claim): Line => ({
        kind: "claim",
        experiment: experiment.name,
        claim: claim.text,
        source: claim.source,
        aim: claim.aim === true,
        paper: claim.paper,
        ours: claim.ours,
        ratio: claim.ratio ?? null,
        holds: claim.holds,
        verdict: verdictOf(claim).replaceAll("*", ""),
      }),
    ),
  )
  return [...runs, ...claims].map((line) => `${JSON.stringify(line)}\n`).join("")
}
