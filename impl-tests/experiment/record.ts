/** A run of the experiments, recorded as a live stack would be. */
import { hashOutputs, type StepRecord } from "../../src/codec/record.ts"
import type { Topology } from "../../src/core/topology.ts"
import { type RunResult, type RunSpec, run } from "../../src/experiment/run.ts"
import { parseConfiguration } from "../../src/server/configuration.ts"
import { TraceWriter } from "../../src/trace/writer.ts"

export interface Recorded {
  readonly topology: Topology
  readonly steps: ReadonlyArray<StepRecord>
  readonly result: RunResult
}

export const recordRun = (spec: RunSpec): Recorded => {
  if (spec.scheme.kind !== "core" || typeof spec.configuration !== "string")
    throw new Error("only the core's schemes are recorded")
  const steps: Array<StepRecord> = []
  const result = run(spec, {
    record: (role, index, port, event, env, out) => {
      const chosen = { a: out.a, g: out.g, time: out.time }
      const process = { role, index }
      steps.push({ process, port, event, env, outcome: out.outcome, chosen, hash: hashOutputs(out) })
    },
  })
  const { managers, transports } = parseConfiguration(spec.configuration)
  const { applications, connections, backlog, room, claimTimeout } = spec
  const balance = spec.scheme.balance
  const topology = {
    applications,
    managers,
    transports,
    connections,
    backlog,
    room,
    claimTimeout,
    balance,
  }
  return { topology, steps, result }
}

export const writeRecorded = (path: string, { topology, steps }: Omit<Recorded, "result">): void => {
  const writer = new TraceWriter(path, topology)
  for (const step of steps) writer.step(step)
  writer.end(0)
}
