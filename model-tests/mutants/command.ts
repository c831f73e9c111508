/** `pika mutants`: the mutation gates of the core and the specification. */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { coreGate, type GateResult, type Judged, specGate } from "./gate.ts"

const sides = ["core", "spec"] as const
type Side = (typeof sides)[number]

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const summary = (side: Side, result: GateResult): string =>
  `${side}: ${result.killed} of ${result.judged.length - result.assertions} mutants killed (${percent(result.share)}), ` +
  `${result.assertions} more only weaken assertions, ${result.unexplained.length} survive without a reason`

/** The page of docs/: what was judged, and every survivor with its reason. */
export const page = (results: ReadonlyArray<readonly [Side, GateResult]>): string => {
  const lines = [
    "# Mutation gates",
    "",
    "Written by `pika mutants --write`. A mutant is one small change of a syntax tree. What judges it is model checking and",
    "the comparison of state graphs alone; no other test runs. A survivor is listed with the reason why it changes nothing there.",
  ]
  lines.push(
    "",
    "| side | mutants | killed | weaken assertions only | share killed |",
    "| --- | --- | --- | --- | --- |",
  )
  for (const [side, x] of results) {
    lines.push(`| ${side} | ${x.judged.length} | ${x.killed} | ${x.assertions} | ${percent(x.share)} |`)
  }
  for (const [side, { judged }] of results) {
    const survivors = judged.filter((x: Judged) => x.killedBy === undefined && !x.mutant.assertion)
    lines.push("", `## Survivors: ${side}`, "", "| mutant | reason |", "| --- | --- |")
    for (const { mutant, reason } of survivors) {
      lines.push(`| \`${mutant.name.replaceAll("|", "\\|")}\` | ${reason ?? "none known"} |`)
    }
    lines.push("", `### By operator: ${side}`, "", "| operator | mutants | killed |", "| --- | --- | --- |")
    for (const operator of [...new Set(judged.map((x) => x.mutant.operator))].sort()) {
      const own = judged.filter((x) => x.mutant.operator === operator)
      lines.push(`| ${operator} | ${own.length} | ${own.filter((x) => x.killedBy !== undefined).length} |`)
    }
  }
  return `${lines.join("\n")}\n`
}

/** `pika mutants [core|spec] [--every N] [--write FILE]`: 0 both gates passed, 1 one did not, 2 usage. */
export const mutantsCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { every: { type: "string", default: "1" }, write: { type: "string" } },
  })
  const every = Number(values.every)
  if (!Number.isInteger(every) || every < 1) throw new Error("--every must be a whole number from 1")
  const unknown = positionals.find((x) => !sides.includes(x as Side))
  if (unknown !== undefined) throw new Error(`no side ${unknown}: core or spec`)
  const chosen = positionals.length === 0 ? sides : sides.filter((x) => positionals.includes(x))
  const results: Array<readonly [Side, GateResult]> = []
  for (const side of chosen) {
    const gate = side === "core" ? coreGate : specGate
    const result = await gate(every, (line) => process.stderr.write(`${side}: ${line}\n`))
    results.push([side, result])
    process.stdout.write(`${summary(side, result)}\n`)
  }
  if (values.write !== undefined) writeFileSync(values.write, page(results))
  return results.every(([, x]) => x.passed) ? 0 : 1
}
