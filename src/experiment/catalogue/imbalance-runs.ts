/** The runs of Figures 5–7, 9 and 10 (§5.3): web servers that are slow for a time, or throughout, under each scheme. */
import { type Policy, schemes } from "../scheme.ts"
import { ALWAYS, type Delay } from "../workload.ts"
import { base, type Job, keyOf } from "./experiment.ts"

export const second = 1e6
const delay = (application: number, from: number, to: number, held: number): Delay => ({
  application,
  from,
  to,
  extra: 0,
  factor: 1,
  held,
})

/**
 * Web servers 1 (yellow), 3 (green), 5 (purple, throughout) and 7 (magenta), at the times that the text gives; `green` and `purple`: the
 * amounts on which most depends, µs.
 */
const script = (green: number, purple: number): ReadonlyArray<Delay> => [
  delay(1, 0.5 * second, second, 150),
  delay(3, 1.5 * second, 4 * second, green),
  delay(5, -ALWAYS, ALWAYS, purple),
  delay(7, 3 * second, 4 * second, 120),
]

export const figure6a = script(3000, 4000)

/** §5.3, in the paper's order. */
export const paperSchemes = ["Tournament 2", "Filtered 2", "Unfiltered 2", "Unfiltered 100", "Naive"]
/** What the figures call Linux. */
export const LINUX = "locked-queue"
/** On plots, where there is no room to say more. */
export const shown = (name: string): string => (name === LINUX ? "Linux (a model)" : name)
/** "A moving average with a window size of 256 and sample interval of 1 ms" (§5.3). */
export const AVERAGE = "Tournament 2, average of 256"
const baselines: ReadonlyArray<Policy> = [
  LINUX,
  "shared-queue",
  "round-robin",
  "reuseport",
  "two-choices",
  "idle-queue",
  "least-connections",
]
export const names = [...paperSchemes, AVERAGE, ...baselines]
export const SLICE = base.slice

const spec = (name: string): Job["spec"] => {
  const workload = { ...base.workload, delays: figure6a }
  const scheme = schemes[name === AVERAGE ? "Tournament 2" : name]!
  if (name !== AVERAGE || scheme.kind !== "core") return { ...base, workload, scheme }
  const balance = { ...scheme.balance, window: "mean" as const }
  return { ...base, workload, sampling: 1000, scheme: { ...scheme, balance } }
}

/** Amounts under which Unfiltered 100 keeps most of what the slow ones have. */
export const GENTLE = { green: 2000, purple: 200 } as const
export const gentleSchemes = ["Tournament 2", "Unfiltered 100"]
export const gentle = (name: string): string => `gentle-${keyOf(name)}`

const gentleJob = (name: string): Job => ({
  key: gentle(name),
  spec: { ...spec(name), workload: { ...base.workload, delays: script(GENTLE.green, GENTLE.purple) } },
})

/** Numbers of managers at which one web server, number 0, is as slightly slower as web server 7 above. */
export const managers = [2, 4, 8, 16]
export const slightSchemes = ["Tournament 2", "Filtered 2"]
export const slight = (name: string, n: number): string => `slight-${keyOf(name)}-${n}`
/** Connections/s of each server, as above. */
const RATE = 3750

const slightJob = (name: string, n: number): Job => ({
  key: slight(name, n),
  spec: {
    ...base,
    scheme: schemes[name]!,
    configuration: `TS${n}LS${n}CM${n}`,
    applications: n,
    warmUp: 200_000,
    duration: second,
    slice: second,
    workload: {
      ...base.workload,
      arrivals: { kind: "poisson", rate: RATE * n },
      delays: [delay(0, -ALWAYS, ALWAYS, 120)],
    },
  },
})

export const jobs: ReadonlyArray<Job> = [
  ...names.map((name) => ({ key: keyOf(name), spec: spec(name) })),
  ...gentleSchemes.map(gentleJob),
  ...slightSchemes.flatMap((name) => managers.map((n) => slightJob(name, n))),
]
