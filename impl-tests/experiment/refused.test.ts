import { expect, test } from "vitest"
import { defaultBalance } from "../../src/core/topology.ts"
import { ExperimentError } from "../../src/experiment/errors.ts"
import { checkRun, type RunSpec } from "../../src/experiment/run.ts"
import { ALWAYS, type Workload } from "../../src/experiment/workload.ts"
import { small, workload } from "./spec.ts"

const delay = { application: 1, from: -ALWAYS, to: ALWAYS, extra: 1, factor: 1, held: 1 }
const of = (change: Partial<Workload>): RunSpec =>
  small("Tournament 2", { workload: { ...workload, delays: [delay], ...change } })

/** Between them they have every field that a run can have. */
const whole: ReadonlyArray<RunSpec> = [
  of({}),
  of({ arrivals: { kind: "even", rate: 1000 }, service: { kind: "lognormal", mean: 1, sigma: 1 } }),
  of({ arrivals: { kind: "bursts", rate: 1000, size: 2 }, service: { kind: "exponential", mean: 1 } }),
  of({ arrivals: { kind: "closed", clients: 2 }, service: { kind: "pareto", alpha: 1, least: 1, most: 2 } }),
  of({ think: { kind: "two", fast: 1, slow: 2, share: 0.5 } }),
  of({ requests: { kind: "exponential", mean: 3 } }),
  small("shared-queue"),
  small("Naive", { offerInterval: 50, costs: { ...small().costs, farData: 1 } }),
  small("Tournament 2", { configuration: 4 }),
]

/** Paths of all leaves. */
const leaves = (x: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  typeof x === "object" && x !== null
    ? Object.entries(x).flatMap(([name, y]) => leaves(y, [...path, name]))
    : [path]

/** A copy with one leaf replaced. */
const altered = <A>(x: A, [name, ...path]: ReadonlyArray<string>, value: unknown): A => {
  if (name === undefined) return value as A
  const copy = (Array.isArray(x) ? [...x] : { ...x }) as Record<string, unknown>
  copy[name] = altered((x as Record<string, unknown>)[name], path, value)
  return copy as A
}

const written = (path: ReadonlyArray<string>): string =>
  path.map((name, k) => (/^\d+$/.test(name) ? `[${name}]` : k === 0 ? name : `.${name}`)).join("")

/** No number that a run can be made of, and no word. */
const impossible = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "", undefined, null]

/** Fields that may be left out. */
const optional = new Set(["offerInterval", "farData"])

test("whatever of a run is no finite number, or no word that there is, is refused by its name", () => {
  let tried = 0
  for (const spec of whole) {
    expect(() => checkRun(spec)).not.toThrow()
    for (const path of leaves(spec)) {
      for (const value of impossible) {
        if (value === undefined && optional.has(path.at(-1)!)) continue
        const where = written(path)
        tried++
        let error: unknown
        try {
          checkRun(altered(spec, path, value))
        } catch (caught) {
          error = caught
        }
        expect(error, `${where} = ${String(value)}`).toBeInstanceOf(ExperimentError)
        expect((error as ExperimentError).where).toBe(where)
        expect((error as ExperimentError).message).toContain(`${where}: `)
      }
    }
  }
  expect(tried).toBeGreaterThan(1000)
})

test.each([
  ["applications", { applications: 0 }],
  ["connections", { connections: 1.5 }],
  ["backlog", { backlog: 0 }],
  ["room", { room: 5000 }],
  ["buffers", { buffers: 0 }],
  ["warmUp", { warmUp: -1 }],
  ["duration", { duration: 0 }],
  ["drain", { drain: -1 }],
  ["slice", { slice: 0 }],
  ["sampling", { sampling: 0 }],
  ["seed", { seed: 2 ** 32 }],
  ["workload.requests", { workload: { ...workload, requests: 0 } }],
  ["workload.arrivals.clients", of({ arrivals: { kind: "closed", clients: 0 } })],
  ["workload.arrivals.size", of({ arrivals: { kind: "bursts", rate: 1, size: 0 } })],
  ["workload.delays[0].held", of({ delays: [{ ...delay, held: -1 }] })],
  [
    "scheme.balance.low",
    { scheme: { kind: "core" as const, balance: { ...defaultBalance, low: 1.1, high: 1 } } },
  ],
])("%s beyond its bounds", (where, change) => {
  expect(() => checkRun(small("Tournament 2", change))).toThrow(where)
})
