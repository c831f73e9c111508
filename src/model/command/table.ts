/** What `pika check` prints of each model. */
import { chartText } from "../../tla/chart/text.ts"
import { counterexampleChart } from "../chart/counterexample.ts"
import { writeCharts } from "../chart/write.ts"
import type { CheckResult } from "../check.ts"

const widths = [24, -36, 9, 6, 9, 8, 8]

/** Left-aligned where the width is below zero, the last cell as it is. */
const row = (cells: ReadonlyArray<string>): string => {
  const padded = cells.map((cell, k) => {
    const width = k === 0 ? -widths[0]! : (widths[k] ?? 0)
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width)
  })
  return `${padded.join(" ")}\n`
}

export const heading = row([
  "model",
  "result",
  "distinct",
  "depth",
  "TLC, s",
  "edges",
  "core, s",
  "as expected",
])

/** In a few words: how it ended. */
export const endText = ({ report }: Pick<CheckResult, "report">): string => {
  const { outcome, behaviour } = report
  if (outcome._tag === "Success") return "holds"
  const name = "name" in outcome ? ` ${outcome.name}` : ""
  const { length } = behaviour.states
  return `${outcome._tag}${name}${length === 0 ? "" : `, ${length} states`}`
}

export const resultRow = (result: CheckResult): string => {
  const { model, report, equality, seconds, problem } = result
  const counts = [String(report.distinct), String(report.depth), seconds.toFixed(1)]
  const core = equality === undefined ? ["", ""] : [String(equality.edges), equality.seconds.toFixed(1)]
  return row([model.name, endText(result), ...counts, ...core, problem ?? "yes"])
}

/** Draws the counterexample, if there is one: into `directory`, and for who asked for it or did not expect it. */
export const draw = (result: CheckResult, asked: boolean, directory: string | undefined): string => {
  const { model, report, problem } = result
  const chart = counterexampleChart(model, report)
  if (chart === undefined) return ""
  const drawn = asked || problem !== undefined ? `\n${chartText(chart)}\n` : ""
  return directory === undefined ? drawn : `${drawn}${writeCharts(chart, directory, model.name).join(" ")}\n`
}
