/**
 * How fast TLC judges a recording: one of a real run, made here, of short connections over TAP by ApacheBench, 64 of them
 * at a time. Every event is checked against the specification, with the properties after each.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { validateTrace } from "../../model/validate/validate.ts"
import { ensureBenchNeeds } from "../../setup/debian.mjs"
import { projectRoot } from "../../setup/files.mjs"
import { CannotMeasure } from "../errors.ts"
import type { Measure, MeasureContext, Samples } from "../row.ts"
import { median } from "../statistics.ts"
import { ab } from "./kernel.ts"
import { familyOf, memoryOf } from "./processes.ts"
import { CONFIGURATION, startStack } from "./stack.ts"

const PROCESSES = 3
/** Connections under way together. */
const LIVE = 64
/** Of about eleven events each: a million. */
const CONNECTIONS = 92_000
/** Between two looks at the memory, ms. */
const LOOK = 100
const MB = 1e6

/** A recording in `path`. */
const record = async (path: string, connections: number): Promise<void> => {
  const stack = await startStack(CONFIGURATION, PROCESSES, path)
  try {
    await ab(stack.client, `http://${stack.address}/`, connections, false, LIVE)
  } finally {
    await stack.stop()
  }
}

interface Judged {
  readonly seconds: number
  readonly events: number
  /** Of this process and all runs of TLC, most at one time, MB. */
  readonly rss: number
}

/** @param runs parts side by side */
const judge = async (path: string, runs: number): Promise<Judged> => {
  let rss = 0
  const look = () => {
    let sum = 0
    for (const pid of familyOf(process.pid)) {
      try {
        sum += memoryOf(pid).rss
      } catch {
        // It has ended.
      }
    }
    rss = Math.max(rss, sum / MB)
  }
  const timer = setInterval(look, LOOK)
  const began = performance.now()
  try {
    const result = await validateTrace(path, { runs })
    const seconds = (performance.now() - began) / 1000
    if (result._tag !== "Accepted") {
      throw new CannotMeasure(`the recording was ${result._tag}`, "see what pika validate says of such a run")
    }
    return { seconds, events: result.events, rss }
  } finally {
    clearInterval(timer)
  }
}

const measureRows = async (
  { quick, say }: MeasureContext,
  path: string,
): Promise<Readonly<Record<string, Samples>>> => {
  await record(path, quick ? 500 : CONNECTIONS)
  const speed: Array<readonly [number, number]> = []
  const memory: Array<readonly [number]> = []
  const seconds: Array<number> = []
  let events = 0
  for (let k = 0; k < 2; k++) {
    const ours = await judge(path, 2)
    const alone = await judge(path, 1)
    events = ours.events
    seconds.push((ours.seconds * 1e6) / events)
    speed.push([events / ours.seconds, events / alone.seconds])
    memory.push([ours.rss])
    say(`${events} events in ${ours.seconds.toFixed(1)} s, on one core in ${alone.seconds.toFixed(1)} s`)
  }
  const details = [
    { name: "events of the recording", value: events, unit: "" },
    { name: "a million would take", value: median(seconds), unit: "s" },
  ]
  return {
    validation: { turns: speed, dropped: 0, details },
    "validation-memory": { turns: memory, dropped: 0, details: [] },
  }
}

export const measureValidation: Measure = async (context) => {
  const missing = await ensureBenchNeeds(projectRoot, context.say, context.install)
  if (missing !== undefined) throw new CannotMeasure("ab is missing", missing)
  const folder = mkdtempSync(join(tmpdir(), "pika-bench-validation-"))
  try {
    return await Promise.race([measureRows(context, join(folder, "run.ndjson")), context.stopped])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
