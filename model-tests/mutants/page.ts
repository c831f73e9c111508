/** docs/mutation.md. */
import type { GateResult, Judged } from "./gate.ts"

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const cell = (text: string): string => text.replaceAll("|", "\\|")

/** What was judged, and every survivor with its reason. */
export const page = (results: ReadonlyArray<readonly [string, GateResult]>): string => {
  const lines = [
    "# Mutation gates",
    "",
    "Written by `pika mutants --write`. A mutant is one small change of a syntax tree. What judges it is model checking and",
    "the comparison of state graphs alone; no other test runs. A survivor is listed with the reason why it changes nothing there.",
    "",
    "| side | mutants | killed | weaken assertions only | share killed |",
    "| --- | --- | --- | --- | --- |",
  ]
  for (const [side, x] of results) {
    lines.push(`| ${side} | ${x.judged.length} | ${x.killed} | ${x.assertions} | ${percent(x.share)} |`)
  }
  for (const [side, { judged }] of results) {
    const survivors = judged.filter((x: Judged) => x.killedBy === undefined && !x.mutant.assertion)
    lines.push("", `## Survivors: ${side}`, "", "| mutant | reason |", "| --- | --- |")
    for (const { mutant, reason } of survivors) {
      lines.push(`| \`${cell(mutant.name)}\` | ${reason ?? "none known"} |`)
    }
    lines.push("", `### By operator: ${side}`, "", "| operator | mutants | killed |", "| --- | --- | --- |")
    for (const operator of [...new Set(judged.map((x) => x.mutant.operator))].sort()) {
      const own = judged.filter((x) => x.mutant.operator === operator)
      lines.push(`| ${operator} | ${own.length} | ${own.filter((x) => x.killedBy !== undefined).length} |`)
    }
  }
  return `${lines.join("\n")}\n`
}
