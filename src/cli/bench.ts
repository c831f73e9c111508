/** `pika bench`: measures, prints a table or JSON, and writes the document of results. */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { documentWith } from "../bench/document.ts"
import { BenchUsage } from "../bench/errors.ts"
import { chooseCores, parseCpuList } from "../bench/machine.ts"
import type { Report } from "../bench/report.ts"
import { rowNames } from "../bench/rows.ts"
import { measureProgram, runBench } from "../bench/run.ts"
import { textOf } from "../bench/text.ts"
import { writeAtomically } from "../setup/files.mjs"
import { interruptible } from "./interruptible.ts"

export const usage = `usage: pika bench [--json] [--quick] [--check] [--write FILE] [--cores A,B] [--no-install] [ROW…]
  rows: ${rowNames.join(" ")}
`

export interface BenchArguments {
  readonly rows: ReadonlyArray<string>
  readonly json: boolean
  readonly quick: boolean
  /** Exit code 1 when an aim is missed. */
  readonly check: boolean
  readonly write: string | undefined
  /** Whether nginx and ab may be installed where they are missing and this is root on Debian. */
  readonly install: boolean
  readonly cores: readonly [number, number]
}

/** @throws {BenchUsage} naming what can't be followed */
export const parseBench = (args: ReadonlyArray<string>): BenchArguments => {
  const flag = { type: "boolean", default: false } as const
  const text = { type: "string" } as const
  const options = { json: flag, quick: flag, check: flag, write: text, cores: text, "no-install": flag }
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new BenchUsage({ message: (error as Error).message })
  }
  const { values, positionals } = parsed
  const unknown = positionals.filter((name) => !rowNames.includes(name))
  if (unknown.length > 0) throw new BenchUsage({ message: `no row ${unknown.join(", ")}` })
  if (values.write !== undefined && (positionals.length > 0 || values.quick)) {
    throw new BenchUsage({ message: "--write takes a whole run: no rows, no --quick" })
  }
  return {
    rows: positionals,
    json: values.json === true,
    quick: values.quick === true,
    check: values.check === true,
    write: values.write,
    install: values["no-install"] !== true,
    cores: values.cores === undefined ? chooseCores() : parseCores(values.cores),
  }
}

const parseCores = (text: string): readonly [number, number] => {
  const list = parseCpuList(text)
  const [first, second] = list ?? []
  if (first === undefined || second === undefined || list?.length !== 2)
    throw new BenchUsage({ message: `--cores ${text}: expected two core numbers, as 0,1` })
  return [first, second]
}

/** 2: a row gave no figure. 1: an aim was missed, and --check asks. 0: every row ran. */
export const exitCodeOf = (report: Report, check: boolean): number => {
  if (report.failed.length > 0) return 2
  return check && report.rows.some(({ met }) => met === false) ? 1 : 0
}

const existing = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Exit codes: see `exitCodeOf`; 2 also for bad arguments, 130 after SIGINT or SIGTERM, when everything made is gone. */
export const benchCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  let options: BenchArguments
  try {
    options = parseBench(args)
    // Before the minutes that a run takes, not after.
    if (options.write !== undefined) existing(options.write)
  } catch (error) {
    process.stderr.write(`pika bench: ${(error as Error).message}\n${usage}`)
    return 2
  }
  const program = await measureProgram()
  const exit = await interruptible(runBench(options, program, say))
  if (exit === "interrupted" || exit._tag === "Failure") return 130
  const report = exit.value
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : textOf(report))
  if (options.write !== undefined) {
    writeAtomically(options.write, documentWith(report, existing(options.write)))
    say(`written: ${options.write}`)
  }
  return exitCodeOf(report, options.check)
}
