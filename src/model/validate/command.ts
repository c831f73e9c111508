/** `pika validate`. */
import { parseArgs } from "node:util"
import { Effect } from "effect"
import type { Chart } from "../../tla/chart/chart.ts"
import { chartText } from "../../tla/chart/text.ts"
import { writeChart } from "../chart/write.ts"
import { followTrace } from "./follow.ts"
import { reportOf } from "./report.ts"
import { unlessUnavailable, validateTrace } from "./validate.ts"
import type { ValidateResult } from "./verdict.ts"

export const USAGE = "usage: pika validate [--follow] [--chart FILE] FILE\n"
/** As a shell reports an end by SIGINT. */
const INTERRUPTED = 130

/** The chart of a rejection: printed, and written into `file`, where one is named. */
const draw = (chart: Chart, file: string | undefined): void => {
  process.stdout.write(`\n${chartText(chart)}`)
  if (file === undefined) return
  try {
    writeChart(chart, file)
    process.stdout.write(`\ndrawn in ${file}\n`)
  } catch (error) {
    process.stderr.write(`pika validate: the chart can't be written: ${(error as Error).message}\n`)
  }
}

/** Exit code, once it was told. */
const tell = async (path: string, result: ValidateResult, chartFile: string | undefined): Promise<number> => {
  switch (result._tag) {
    case "Accepted": {
      const ports = `port${result.ports.length === 1 ? "" : "s"} ${result.ports.join(", ")}`
      process.stdout.write(
        `accepted: ${result.events} events (${ports}), every one a step of the specification\n`,
      )
      return 0
    }
    case "Rejected":
      process.stdout.write(await reportOf(path, result))
      if (result.diagnosis?.chart !== undefined) draw(result.diagnosis.chart, chartFile)
      return 1
    case "Unusable":
      process.stderr.write(`unusable: ${path}: ${result.why}\n`)
      return 2
    default:
      return result satisfies never
  }
}

/** Until the recording ends, or a signal. */
const follow = async (path: string, chartFile: string | undefined): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal)
  let agreed = 0
  const onAgreed = (events: number) => {
    agreed = events
    process.stdout.write(`so far: ${events} events, every one a step of the specification\n`)
  }
  try {
    const following = unlessUnavailable(followTrace(path, { onAgreed }))
    return await tell(path, await Effect.runPromise(following, { signal: stop.signal }), chartFile)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stdout.write(
      `stopped: ${agreed} events were steps of the specification; the recording has not ended\n`,
    )
    return INTERRUPTED
  } finally {
    process.removeListener("SIGINT", onSignal).removeListener("SIGTERM", onSignal)
  }
}

/**
 * `pika validate [--follow] [--chart FILE] FILE`: 0 accepted, 1 rejected, 2 unusable; 130 when a signal ended following.
 * The chart of a rejection is SVG where its file is named so, and otherwise text.
 */
export const validateCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  let parsed: {
    values: { follow?: boolean | undefined; chart?: string | undefined }
    positionals: Array<string>
  }
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { follow: { type: "boolean", default: false }, chart: { type: "string" } },
    })
  } catch (error) {
    process.stderr.write(`pika validate: ${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const [path, ...more] = parsed.positionals
  if (path === undefined || more.length > 0) {
    process.stderr.write(USAGE)
    return 2
  }
  const { follow: follows, chart } = parsed.values
  return follows === true ? follow(path, chart) : tell(path, await validateTrace(path), chart)
}
