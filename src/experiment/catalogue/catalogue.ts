/** Every experiment, and which tasks one or all of them come to. */
import { refuse } from "../errors.ts"
import { checkRun } from "../run.ts"
import type { Store, Task } from "../store.ts"
import { balancers } from "./balancers.ts"
import { better } from "./better.ts"
import { configurations } from "./configurations.ts"
import { type Experiment, type Findings, Results } from "./experiment.ts"
import { imbalance } from "./imbalance.ts"
import { scaling } from "./scaling.ts"
import { sensitivity } from "./sensitivity.ts"

export const experiments: ReadonlyArray<Experiment> = [
  imbalance,
  scaling,
  configurations,
  balancers,
  better,
  sensitivity,
]

export interface Choice {
  readonly seed: number
  readonly quick: boolean
}

/** @throws {ExperimentError} naming those there are */
export const experimentOf = (name: string): Experiment =>
  experiments.find((x) => x.name === name) ??
  refuse(name, `there is no such experiment; there are ${experiments.map((x) => x.name).join(", ")}`)

/** By job: the tasks of its repetitions, with the seeds from `seed` on. @throws {ExperimentError} for an impossible one */
export const tasksOf = (
  experiment: Experiment,
  { seed, quick }: Choice,
): ReadonlyMap<string, ReadonlyArray<Task>> => {
  const repetitions = quick ? 1 : experiment.repetitions
  const all = new Map<string, ReadonlyArray<Task>>()
  for (const job of experiment.jobs) {
    const { key, spec } = quick ? (experiment.quick?.(job) ?? job) : job
    if (all.has(key)) refuse(`${experiment.name}/${key}`, "there are two jobs of this key")
    const tasks = Array.from({ length: repetitions }, (_, k) => ({
      experiment: experiment.name,
      key,
      spec: { ...spec, seed: (seed + k) >>> 0 },
    }))
    checkRun(tasks[0]!.spec)
    all.set(key, tasks)
  }
  return all
}

/** What the stored results show. @throws {ExperimentError} where one is missing */
export const findingsOf = (experiment: Experiment, choice: Choice, store: Store): Findings => {
  const all = tasksOf(experiment, choice)
  const results = new Map(
    [...all].map(([key, tasks]) => [
      key,
      tasks.map((task) => store.read(task) ?? refuse(`${experiment.name}/${key}`, "has no result yet")),
    ]),
  )
  return experiment.find(new Results(results, new Map([...all].map(([key, [task]]) => [key, task!.spec]))))
}
