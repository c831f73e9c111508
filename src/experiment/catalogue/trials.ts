/** What the real stack and the simulation are both put to. */
import type { SchemeName } from "../../core/topology.ts"
import type { Trial } from "../calibration.ts"
import { ALWAYS, type Workload } from "../workload.ts"
import { keyOf } from "./experiment.ts"

const workload = (rate: number, mean: number, delays: Workload["delays"] = []): Workload => ({
  arrivals: { kind: "poisson", rate },
  flows: "even",
  service: { kind: "lognormal", mean, sigma: 0.5 },
  delays,
  requests: 1,
  think: { kind: "fixed", mean: 0 },
  claims: "eager",
})

/** The second web server takes three times as long. */
const slow: Workload["delays"] = [{ application: 1, from: -ALWAYS, to: ALWAYS, extra: 0, factor: 3, held: 0 }]

const trial = (
  configuration: string,
  applications: number,
  scheme: SchemeName,
  load: Workload,
  mark = "",
): Trial => ({
  key: keyOf(`${configuration} ${applications} ${scheme}${mark}`),
  configuration,
  applications,
  scheme,
  workload: load,
  seed: 1,
  warmUp: 1_500_000,
  duration: 8_000_000,
})

const pair = (configuration: string, applications: number, load: Workload, mark = ""): ReadonlyArray<Trial> =>
  (["Tournament", "Naive"] as const).map((scheme) => trial(configuration, applications, scheme, load, mark))

/** Requests of 2 ms, each web server half busy. With one web server no scheme has a choice. */
export const trials: ReadonlyArray<Trial> = [
  trial("TS1LS1CM1", 1, "Tournament", workload(250, 2000)),
  ...pair("TS1LS1CM1", 2, workload(500, 2000)),
  ...pair("TS1LS1+CM1", 2, workload(500, 2000)),
  ...pair("TS2LS2CM2", 2, workload(500, 2000)),
  ...pair("TS2LS2CM2", 2, workload(250, 2000, slow), " slow"),
]

/** Where it ends: shorter and shorter requests, until the two cores are what is short. Mean, µs, and connections/s. */
export const shorter: ReadonlyArray<Trial> = (
  [
    [500, 1000],
    [100, 2500],
    [20, 5000],
  ] as const
).map(([mean, rate]) => ({
  ...trial("TS1LS1CM1", 1, "Tournament", workload(rate, mean), ` ${mean} us`),
  warmUp: 1_000_000,
  duration: 3_000_000,
}))

/** Shorter by far: shows that it runs. */
export const quickTrial = (one: Trial): Trial => ({ ...one, warmUp: 200_000, duration: 800_000 })
