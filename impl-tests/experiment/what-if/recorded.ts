/** Recordings of the experiments' own runs, whose truth under other settings is known: it is run. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RunSpec } from "../../../src/experiment/run.ts"
import { type RecordedPort, readRecording } from "../../../src/experiment/what-if/recording.ts"
import type { Delay, Workload } from "../../../src/experiment/workload.ts"
import { ALWAYS } from "../../../src/experiment/workload.ts"
import { recordRun, writeRecorded } from "../record.ts"
import { small, workload } from "../spec.ts"

export const slow = (change: Partial<Delay>): ReadonlyArray<Delay> => [
  { application: 1, from: -ALWAYS, to: ALWAYS, extra: 0, factor: 1, held: 0, ...change },
]

export const exponential = { kind: "exponential", mean: 100 } as const

/** The one port of a recording in a file. */
export const portOf = async (path: string): Promise<RecordedPort> => {
  const recording = await readRecording(path)
  if (recording._tag !== "Recording") throw new Error(JSON.stringify(recording))
  return recording.ports[0]!
}

/** 0.4 s of four composite servers and four web servers, recorded and read again. */
export const recorded = async (
  scheme: string,
  change: Partial<Workload> = {},
  spec: Partial<RunSpec> = {},
): Promise<RecordedPort> => {
  const folder = mkdtempSync(join(tmpdir(), "pika-what-if-"))
  try {
    const path = join(folder, "run.ndjson")
    const whole = { ...workload, ...change }
    writeRecorded(path, recordRun(small(scheme, { warmUp: 0, duration: 400_000, workload: whole, ...spec })))
    return await portOf(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
