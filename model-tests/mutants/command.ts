/** `pika mutants`: the mutation gates of the core and the specification. */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { covered, exercised } from "../coverage.ts"
import { models } from "../manifest.ts"
import { cornersEqual } from "./corners.ts"
import { coreGate, type GateResult, type Slice, specGate } from "./gate.ts"
import { type Findings, page } from "./page.ts"
import { corners, gatedModules, mutatedModules, specCorners } from "./spec-models.ts"
import { type Broken, brokenProperties, unbroken } from "./witnesses.ts"

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const summary = (side: string, result: GateResult): string =>
  `${side}: ${result.killed} of ${result.judged.length - result.assertions} mutants killed (${percent(result.share)}), ` +
  `${result.assertions} more only weaken assertions, ${result.invalid} are none, ${result.unexplained.length} survive without a reason`

type Say = (line: string) => void

export interface Gates {
  readonly passed: boolean
  readonly findings: Findings
}

/** How many mutants are looked at for the properties that they break: each so many-th. */
const BREAKING = 6

/**
 * Runs the gates of these sides, with `vacuity` also whether models exercise all that they name and whether every property
 * can be broken. A line of progress to `progress`, of results and problems to `say`.
 */
export const runGates = async (
  sides: ReadonlyArray<string>,
  slice: Slice,
  vacuity: boolean,
  say: Say,
  progress: Say,
): Promise<Gates> => {
  const problems: Array<string> = []
  const equal = await cornersEqual(
    sides.includes("core") ? corners : sides.includes("Stack") ? specCorners : [],
  )
  for (const { name, problem } of equal) {
    if (problem !== undefined) problems.push(`${name}: core and specification differ\n${problem}`)
  }
  const results: Array<readonly [string, GateResult]> = []
  for (const side of sides) {
    const tell: Say = (line) => progress(`${side}: ${line}`)
    const result = side === "core" ? await coreGate(slice, tell) : await specGate(side, slice, tell)
    results.push([side, result])
    say(summary(side, result))
    if (!result.passed) problems.push(`${side}: the gate is not passed`)
  }
  const found = vacuity ? await Effect.runPromise(exercised(covered(models))) : []
  for (const x of found) for (const problem of x.problems) problems.push(`${x.model}: ${problem}`)
  const broken: Array<Broken> = []
  for (const side of vacuity ? sides.filter((x) => x !== "core") : []) {
    const own = await brokenProperties(side, BREAKING)
    broken.push(own)
    for (const property of unbroken(own)) problems.push(`${side}: nothing breaks ${property}`)
  }
  for (const problem of problems) say(problem)
  return { passed: problems.length === 0, findings: { results, corners: equal, coverages: found, broken } }
}

/** The sides of the full class. */
export const gatedSides: ReadonlyArray<string> = ["core", ...gatedModules]

/** All gates, as `pika check --full` runs them. What was judged before is not judged again. */
export const fullGates = (say: Say): Promise<Gates> =>
  runGates(gatedSides, { every: 1, from: 0 }, true, say, () => {})

const whole = (name: string, text: string, least: number): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} must be a whole number from ${least}`)
}

export const usage = (): string =>
  `usage: pika mutants [SIDE…] [--every N] [--from K] [--write FILE.md]
sides: core, spec (${gatedModules.join(" ")}), or one of ${mutatedModules().join(" ")}; without one core and spec
--every N --from K: of the mutants each N-th only, from the K-th (0 …) on
`

const parse = (args: ReadonlyArray<string>) => {
  const options = {
    every: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    write: { type: "string" },
  } as const
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
  const slice = { every: whole("every", values.every, 1), from: whole("from", values.from, 0) }
  if (slice.from >= slice.every) throw new Error("--from must be below --every")
  const known = ["core", ...mutatedModules()]
  const named = positionals.flatMap((x) => (x === "spec" ? gatedModules : [x]))
  const unknown = named.find((x) => !known.includes(x))
  if (unknown !== undefined) throw new Error(`no side ${unknown}`)
  const all = named.length === 0
  return {
    slice,
    sides: all ? gatedSides : named,
    vacuity: all || values.write !== undefined,
    write: values.write,
  }
}

/**
 * `pika mutants [core|spec|MODULE]… [--every N] [--from K] [--write FILE]`: 0 every gate passed, 1 one did not, 2 usage.
 * Without a side: those of the full class, and
 * whether the models exercise what they name. What was judged before, and has not changed, is not judged again.
 */
export const mutantsCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    process.stderr.write(`pika mutants: ${(error as Error).message}\n${usage()}`)
    return 2
  }
  const { sides, slice, vacuity, write } = parsed
  const say =
    (to: NodeJS.WriteStream): Say =>
    (line) =>
      void to.write(`${line}\n`)
  const { passed, findings } = await runGates(sides, slice, vacuity, say(process.stdout), say(process.stderr))
  if (write !== undefined) writeFileSync(write, page(findings))
  return passed ? 0 : 1
}
