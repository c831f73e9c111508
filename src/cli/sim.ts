/** `pika sim`: whole stacks in virtual time, one for each seed, until one shows something wrong. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { stepsChart } from "../model/validate/steps-chart.ts"
import { parseConfiguration } from "../server/configuration.ts"
import { type Run, run } from "../sim/run.ts"
import { drawScenario, type FaultName, faultNames, type ScenarioOptions } from "../sim/scenario.ts"
import { shrink } from "../sim/shrink.ts"
import { chartText } from "../tla/chart/text.ts"
import { TraceWriter } from "../trace/writer.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Between two words on progress, ms. */
const PROGRESS = 2_000
const MOST_SEED = 0xffffffff

class UsageError extends Error {}

export const USAGE = `usage: pika sim [--seed N] [--seeds N] [--config TS2LS2CM2] [--faults loss,kill,…|all|none]
                [--connections N] [--only ID,…] [--incidents N,…] [--trace FILE] [--keep-going] [--no-shrink]
faults: ${faultNames.join(" ")}
`

interface Options {
  readonly scenario: Omit<ScenarioOptions, "seed">
  readonly seed: number
  readonly seeds: number
  readonly trace: string | undefined
  readonly keepGoing: boolean
  readonly shrink: boolean
}

const wholeNumber = (name: string, text: string, least: number, most: number): number => {
  const x = Number(text)
  if (text.trim() === "" || !Number.isInteger(x) || x < least || x > most) {
    throw new UsageError(`--${name} ${text}: must be a whole number from ${least} to ${most}`)
  }
  return x
}

const numbers = (name: string, text: string): ReadonlyArray<number> =>
  text === "none" ? [] : text.split(",").map((x) => wholeNumber(name, x, 0, MOST_SEED))

const faultsOf = (text: string): ReadonlyArray<FaultName> => {
  if (text === "none") return []
  if (text === "all") return faultNames
  return text.split(",").map((name) => {
    if (!(faultNames as ReadonlyArray<string>).includes(name)) {
      throw new UsageError(`--faults ${name}: no such fault; there are ${faultNames.join(", ")}`)
    }
    return name as FaultName
  })
}

const parse = (args: ReadonlyArray<string>): Options => {
  let values: Record<string, string | boolean | undefined>
  try {
    values = parseArgs({
      args: [...args],
      options: {
        seed: { type: "string" },
        seeds: { type: "string" },
        config: { type: "string" },
        faults: { type: "string" },
        connections: { type: "string" },
        only: { type: "string" },
        incidents: { type: "string" },
        trace: { type: "string" },
        "keep-going": { type: "boolean" },
        "no-shrink": { type: "boolean" },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const { seed, seeds, config, faults, connections, only, incidents, trace } = values as Record<
    string,
    string | undefined
  >
  if (config !== undefined) parseConfiguration(config)
  const parsed: Options = {
    seed: seed === undefined ? 1 : wholeNumber("seed", seed, 0, MOST_SEED),
    seeds:
      seeds === undefined ? (seed === undefined ? 100 : 1) : wholeNumber("seeds", seeds, 1, 1_000_000_000),
    trace,
    keepGoing: values["keep-going"] === true,
    shrink: values["no-shrink"] !== true,
    scenario: {
      ...(config === undefined ? undefined : { configuration: config }),
      // Named faults all happen; "all" leaves the choice to the seed.
      ...(faults === undefined ? undefined : { faults: faultsOf(faults), every: faults !== "all" }),
      ...(connections === undefined
        ? undefined
        : { connections: wholeNumber("connections", connections, 0, 100_000) }),
      ...(only === undefined ? undefined : { only: numbers("only", only) }),
      ...(incidents === undefined ? undefined : { incidents: numbers("incidents", incidents) }),
    },
  }
  if (trace !== undefined && parsed.seeds > 1)
    throw new UsageError("--trace FILE is for one seed: give --seed N")
  return parsed
}

/** The command that does the same again. */
export const commandOf = (options: ScenarioOptions): string => {
  const list = (x: ReadonlyArray<unknown>): string => (x.length === 0 ? "none" : x.join(","))
  const { seed, configuration, faults, every, connections, only, incidents } = options
  const parts = [`npx pika sim --seed ${seed}`]
  if (configuration !== undefined) parts.push(`--config ${configuration}`)
  if (faults !== undefined) parts.push(`--faults ${every === true ? list(faults) : "all"}`)
  if (connections !== undefined) parts.push(`--connections ${connections}`)
  if (only !== undefined) parts.push(`--only ${list(only)}`)
  if (incidents !== undefined) parts.push(`--incidents ${list(incidents)}`)
  return parts.join(" ")
}

const writeTrace = (path: string, { trace, scenario }: Run): void => {
  const writer = new TraceWriter(path, scenario.topology)
  for (const step of trace) writer.step(step)
  writer.end(0)
}

const describe = ({ scenario, steps, frames, conversations, complete, ended }: Run): string =>
  `${scenario.configuration}, faults ${scenario.faults.join(",") || "none"}: ${conversations} connections, ` +
  `${complete} served to the end, ${steps} protocol steps, ${frames} frames, ${(ended / 1e6).toFixed(3)} s of virtual time`

/** What the last step of a port showed, and no look at the whole. */
const atStep = /^at \d+ µs: port \d+: /

const report = (failed: Run, options: ScenarioOptions, { trace, shrink: shrinks }: Options): void => {
  const path = trace ?? join(tmpdir(), `pika-sim-${options.seed}.ndjson`)
  say(`seed ${options.seed} failed: ${failed.failure}`)
  say(`  ${describe(failed)}`)
  writeTrace(path, failed)
  const found = atStep.test(failed.failure!)
  const chart = found ? stepsChart(failed.scenario.topology, failed.trace, [failed.failure!]) : undefined
  if (chart !== undefined) say(`\n${chartText(chart)}`)
  say(`  trace until then: ${path}`)
  say(`  again: ${commandOf(options)}`)
  if (!shrinks) return
  const smaller = shrink(options, failed.failure!)
  say(`  smaller, after ${smaller.runs} runs: ${smaller.failure}`)
  say(`  again: ${commandOf(smaller.options)}`)
}

const campaign = (options: Options): number => {
  const began = performance.now()
  const sum = { seeds: 0, steps: 0, conversations: 0, complete: 0, failed: 0 }
  let told = began
  for (let k = 0; k < options.seeds; k++) {
    const one: ScenarioOptions = { ...options.scenario, seed: (options.seed + k) % (MOST_SEED + 1) }
    const result = run(drawScenario(one))
    sum.seeds++
    sum.steps += result.steps
    sum.conversations += result.conversations
    sum.complete += result.complete
    if (result.failure !== undefined) {
      sum.failed++
      report(result, one, options)
      if (!options.keepGoing) break
    } else if (options.seeds === 1) {
      say(`seed ${one.seed}: ${describe(result)}`)
      if (options.trace !== undefined) {
        writeTrace(options.trace, result)
        say(`trace: ${options.trace}`)
      }
    }
    if (performance.now() - told > PROGRESS) {
      told = performance.now()
      say(`${sum.seeds} of ${options.seeds} seeds, ${sum.steps} protocol steps, ${sum.failed} failed`)
    }
  }
  const seconds = (performance.now() - began) / 1000
  say(
    `${sum.seeds} seeds in ${seconds.toFixed(1)} s: ${sum.conversations} connections, ${sum.complete} served to the end, ` +
      `${sum.steps} protocol steps (${Math.round(sum.steps / seconds)} per second), ${sum.failed} failed`,
  )
  return sum.failed === 0 ? 0 : 1
}

/** 0: nothing was wrong; 1: a seed failed; 2: unusable arguments. */
export const simCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  try {
    return campaign(parse(args))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`pika sim: ${error.message}\n${USAGE}`)
    return 2
  }
}
