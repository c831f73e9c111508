/** The models whose edges `pika coverage` counts, and by how many runs; docs/testing.md has the result. */
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
