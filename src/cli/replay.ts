/** `pika replay`: the core again on a recording; with `--what-if` the recorded connections again under other settings. */
import { checkWhole, ExperimentError, refuse } from "../experiment/errors.ts"
import { readRecording } from "../experiment/what-if/recording.ts"
import { textOf } from "../experiment/what-if/report.ts"
import { whatIf } from "../experiment/what-if/what-if.ts"
import { replayFile } from "../trace/replay.ts"
import { parsed } from "./parsed.ts"

export const USAGE = `usage: pika replay FILE
       pika replay FILE --what-if NAME=VALUE,… [--seed N] [--json]
`

interface Options {
  readonly path: string
  readonly changes: string | undefined
  readonly seed: number
  readonly json: boolean
}

/** @throws {ExperimentError} naming the argument */
const parse = (args: ReadonlyArray<string>): Options => {
  const options = {
    "what-if": { type: "string" },
    seed: { type: "string" },
    json: { type: "boolean" },
  } as const
  const { values, positionals } = parsed(args, options)
  const changes = values["what-if"]
  if (positionals.length !== 1) refuse("arguments", `one FILE must be named, found ${positionals.length}`)
  if (changes === undefined && (values.seed !== undefined || values.json === true))
    refuse(values.json === true ? "--json" : "--seed", "is for --what-if")
  const seed = values.seed === undefined ? 1 : values.seed.trim() === "" ? Number.NaN : Number(values.seed)
  checkWhole("--seed", seed, 0, 0xffffffff)
  return { path: positionals[0]!, changes, seed, json: values.json === true }
}

const diverged = (at: number, why: string): number => {
  process.stdout.write(`diverged at event ${at} (line ${at + 1}): ${why}\n`)
  return 1
}

const unusable = (path: string, why: string): number => {
  process.stderr.write(`unusable: ${path}: ${why}\n`)
  return 2
}

const again = async (path: string): Promise<number> => {
  const result = await replayFile(path)
  switch (result._tag) {
    case "Same":
      process.stdout.write(
        `same: ${result.events} events re-executed (port${result.ports.length === 1 ? "" : "s"} ${result.ports.join(", ")}), every output as recorded\n`,
      )
      return 0
    case "Diverged":
      return diverged(result.at, result.why)
    case "Unusable":
      return unusable(path, result.why)
    default:
      return result satisfies never
  }
}

const otherwise = async (path: string, changes: string, { seed, json }: Options): Promise<number> => {
  const recording = await readRecording(path)
  if (recording._tag === "Diverged") return diverged(recording.at, recording.why)
  if (recording._tag === "Unusable") return unusable(path, recording.why)
  const { events, ports } = recording
  if (ports.length === 0) return unusable(path, "it has no connections; record a run with traffic")
  const results = ports.map((port) => whatIf(port, changes, seed))
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ pika: "what-if", version: 1, file: path, events, seed, ports: results })}\n`,
    )
    return 0
  }
  process.stdout.write(`what if: ${path}, ${events} events, seed ${seed}\n\n`)
  process.stdout.write(results.map(textOf).join("\n"))
  return 0
}

/** 0: the core did the same, or what would have been is told. 1: it diverged. 2: unusable recording or arguments. */
export const replayCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  try {
    const options = parse(args)
    const { path, changes } = options
    return changes === undefined ? await again(path) : await otherwise(path, changes, options)
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error
    process.stderr.write(`pika replay: ${error.message}\n${USAGE}`)
    return 2
  }
}
