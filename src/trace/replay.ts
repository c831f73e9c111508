/** Re-executes the core over a recording and says where the two part. */
import type { StepRecord } from "../codec/record.ts"
import type { Topology } from "../core/topology.ts"
import { processName } from "./event.ts"
import { Instances, type Machines } from "./machines.ts"
import { ALTERED, type TraceProblem } from "./parser.ts"
import { readTrace } from "./read.ts"

export type ReplayResult =
  | {
      readonly _tag: "Same"
      readonly events: number
      readonly ports: ReadonlyArray<number>
      /** By `event:outcome`. */
      readonly outcomes: Readonly<Record<string, number>>
    }
  /** At the event of position `at` (line at + 1). */
  | { readonly _tag: "Diverged"; readonly at: number; readonly why: string }
  | ({ readonly _tag: "Unusable" } & TraceProblem)

/** What differs between the recorded step and the core's; undefined when nothing does. */
const difference = (step: StepRecord, machines: Machines): string | undefined => {
  const { out } = machines
  const name = step.event._tag
  if (out.outcome === "Illegal") return `${name}: no action of the protocol allows it in this state`
  if (out.outcome !== step.outcome)
    return `${name}: recorded outcome ${step.outcome}, the core's ${out.outcome}`
  if (out.a !== step.chosen.a || out.g !== step.chosen.g) {
    return `${name}: recorded acceptor ${step.chosen.a} (g ${step.chosen.g}), the core's ${out.a} (g ${out.g})`
  }
  if (out.time !== step.chosen.time)
    return `${name}: recorded time ${step.chosen.time} µs, the core's ${out.time}`
  const hash = machines.hash()
  if (hash !== step.hash) return `${name}: the messages sent differ (hash ${step.hash}, the core's ${hash})`
  return undefined
}

export class Replayer {
  events = 0
  readonly outcomes: Record<string, number> = {}
  readonly instances: Instances

  constructor(topology: Topology) {
    this.instances = new Instances(topology)
  }

  /** Undefined: same. A string: how it diverges. */
  step(step: StepRecord): string | undefined {
    const machines = this.instances.of(step.port)
    if (!machines.exists(step.process))
      return "no such process in this topology: is the header another configuration's?"
    const ready = machines.ready(step)
    if (ready !== true) return `${step.event._tag}: ${ready}`
    machines.apply(step)
    const why = difference(step, machines)
    if (why === undefined) {
      this.events++
      const key = `${step.event._tag}:${step.outcome}`
      this.outcomes[key] = (this.outcomes[key] ?? 0) + 1
    }
    return why
  }
}

/** Replays the NDJSON trace in `path`. Never throws for what the file holds. */
export const replayFile = async (path: string): Promise<ReplayResult> => {
  let replayer: Replayer | undefined
  let diverged: ReplayResult | undefined
  const read = await readTrace(path, {
    header: (topology) => {
      replayer = new Replayer(topology)
    },
    step: (step, i) => {
      const why = replayer!.step(step)
      if (why !== undefined) {
        diverged = { _tag: "Diverged", at: i, why: `${processName(step.process)} ${why}` }
      }
      return why === undefined
    },
  })
  if (diverged !== undefined) return diverged
  if ("reason" in read) return { _tag: "Unusable", ...read }
  if (read.altered) return { _tag: "Unusable", ...ALTERED }
  return { _tag: "Same", events: read.events, ports: read.ports, outcomes: replayer!.outcomes }
}
