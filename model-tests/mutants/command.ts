/** `pika mutants`: the mutation gates of the core and the specification. */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { cornersEqual } from "./corners.ts"
import { coreGate, type GateResult, type Slice, specGate } from "./gate.ts"
import { page } from "./page.ts"
import { mutatedModules } from "./spec-models.ts"

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const summary = (side: string, result: GateResult): string =>
  `${side}: ${result.killed} of ${result.judged.length - result.assertions} mutants killed (${percent(result.share)}), ` +
  `${result.assertions} more only weaken assertions, ${result.invalid} are none, ${result.unexplained.length} survive without a reason`

type Say = (line: string) => void

const cornersGate = async (say: Say): Promise<boolean> => {
  const apart = (await cornersEqual()).filter(({ problem }) => problem !== undefined)
  for (const { name, problem } of apart) say(`${name}: core and specification differ\n${problem}`)
  return apart.length === 0
}

export interface Gates {
  readonly passed: boolean
  /** By side: "core", or the module's name. */
  readonly results: ReadonlyArray<readonly [string, GateResult]>
}

/** Runs the gates of these sides, a line of progress to `progress`, of results to `say`. */
export const runGates = async (
  sides: ReadonlyArray<string>,
  slice: Slice,
  say: Say,
  progress: Say,
): Promise<Gates> => {
  const equal = await cornersGate(say)
  const results: Array<readonly [string, GateResult]> = []
  for (const side of sides) {
    const tell: Say = (line) => progress(`${side}: ${line}`)
    const result = side === "core" ? await coreGate(slice, tell) : await specGate(side, slice, tell)
    results.push([side, result])
    say(summary(side, result))
  }
  return { passed: equal && results.every(([, x]) => x.passed), results }
}

/** Every side: the core, and each module of the specification. */
export const allSides = (): ReadonlyArray<string> => ["core", ...mutatedModules()]

const whole = (name: string, text: string, least: number): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number from ${least}`)
}

/**
 * `pika mutants [core|spec|MODULE]… [--every N] [--from K] [--write FILE]`: 0 every gate passed, 1 one did not, 2 usage.
 * Without a side: all. What was judged before, and has not changed, is not judged again.
 */
export const mutantsCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      every: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      write: { type: "string" },
    },
  })
  const slice = { every: whole("every", values.every, 1), from: whole("from", values.from, 0) }
  if (slice.from >= slice.every) throw new Error("--from must be below --every")
  const known = allSides()
  const sides = positionals.flatMap((x) => (x === "spec" ? known.filter((y) => y !== "core") : [x]))
  const unknown = sides.find((x) => !known.includes(x))
  if (unknown !== undefined) throw new Error(`no side ${unknown}: spec, or one of ${known.join(", ")}`)
  const out: Say = (line) => process.stdout.write(`${line}\n`)
  const chosen = sides.length === 0 ? known : sides
  const { passed, results } = await runGates(chosen, slice, out, (x) => process.stderr.write(`${x}\n`))
  if (values.write !== undefined) writeFileSync(values.write, page(results))
  return passed ? 0 : 1
}
