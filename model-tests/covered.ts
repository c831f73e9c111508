/** The models whose edges `pika coverage` counts, and by how many runs; docs/testing.md has the result. */
import type { DrivenModel } from "../src/model/paths/full.ts"
import type { Model } from "../src/tla/model.ts"
import { models, size } from "./manifest.ts"

const one = models.find((x) => x.name === "1-1-1-1")!
const named = (name: string): Model => models.find((x) => x.name === name)!

export const covered: {
  readonly models: ReadonlyArray<Model>
  readonly runs: number
  readonly seeds: number
} = {
  models: [
    one,
    named("2-1-1-1"),
    named("1-2-1-1"),
    { ...one, name: "1-1-1-1-end", constants: size(1, 1, 1, 1, { MaxStops: 2 }) },
  ],
  runs: 100,
  seeds: 20,
}

const large = (name: string, constants: Model["constants"]): Model => ({ ...one, name, constants })

/** What the core is driven along by `pika check --full`. */
export const drivenInFull: ReadonlyArray<DrivenModel> = [
  { model: named("2-2-1-1") },
  {
    model: large(
      "1-1-1-2-backlog-1-stop",
      size(1, 1, 1, 2, { MaxSyns: 2, Backlog: 1, MaxTimeouts: 0, MaxStops: 1 }),
    ),
  },
  {
    model: large("4-3-3-4", size(4, 3, 3, 4, { MaxSyns: 60, MaxTimeouts: 6, MaxOffers: 20, MaxStops: 8 })),
    simulation: { behaviours: 60, depth: 300, seed: 3 },
  },
  {
    model: large(
      "8-4-4-2",
      size(8, 4, 4, 2, { MaxSyns: 60, MaxTimeouts: 6, MaxOffers: 40, MaxStops: 8, Room: 1 }),
    ),
    simulation: { behaviours: 30, depth: 300, seed: 4 },
  },
]
