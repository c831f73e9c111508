/** The table that `pika bench` prints, and what it has in common with the document. */
import type { Machine } from "./machine.ts"
import type { Report, RowResult } from "./report.ts"
import type { Aim } from "./row.ts"
import type { Figure } from "./statistics.ts"

/** Three digits, or all of a large number's, with thousands apart. */
export const number = (value: number): string => {
  if (value === 0) return "0"
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Median, and the least and the most of all turns. */
export const spread = ({ median, min, max }: Figure): string =>
  `${number(median)} (${number(min)}–${number(max)})`

export const aimText = (aim: Aim | undefined, unit: string): string => {
  if (aim === undefined) return "–"
  const bound = aim.most === undefined ? `≥ ${number(aim.least ?? 0)}` : `≤ ${number(aim.most)}`
  return aim.of === "ratio" ? `${bound} × the first reference` : `${bound} ${unit}`
}

export const verdict = ({ met }: RowResult): string => (met === undefined ? "" : met ? "met" : "MISSED")

export const machineLines = (machine: Machine, cores: readonly [number, number]): ReadonlyArray<string> => [
  `${machine.cpu}, ${machine.cores} cores of ${machine.threadsPerCore} thread${machine.threadsPerCore === 1 ? "" : "s"}` +
    `${machine.virtual ? ", virtual (the hypervisor may move them)" : ""}, ${machine.memoryGiB} GiB of memory`,
  `${machine.kernel}, Node ${machine.node}; frequency governor ${machine.governor}; clock ${machine.clockSource}, ` +
    `TSC ${machine.constantTsc ? "constant" : "not constant"} at ${machine.tscGHz} GHz`,
  `load average ${machine.load.toFixed(2)} before the run; pinned to cores ${cores.join(" and ")}`,
]

const block = (row: RowResult): ReadonlyArray<string> => {
  const lines = [
    `${row.name}: ${row.what}`,
    `  ours       ${spread(row.ours)} ${row.unit}   aim ${aimText(row.aim, row.unit)}   ${verdict(row)}`.trimEnd(),
  ]
  for (const { name, figure, ratio } of row.references)
    lines.push(`  reference  ${spread(figure)} ${row.unit}   ${name}; ratio ${spread(ratio)}`)
  if (row.dropped > 0)
    lines.push(`  turns      ${row.turns}, ${row.dropped} left out as the machine changed under them`)
  for (const { name, value, unit } of row.details)
    lines.push(`  beside     ${name}: ${number(value)} ${unit}`.trimEnd())
  for (const { figure, source } of row.anchors) lines.push(`  published  ${figure}: ${source}`)
  return lines
}

/** All of a report for a reader. Median (least–most) over turns. */
export const textOf = (report: Report): string => {
  const lines = [...machineLines(report.machine, report.cores), ""]
  if (report.quick) lines.push("quick: few and short turns, which show that the rows run and no more", "")
  for (const row of report.rows) lines.push(...block(row), "")
  for (const { name, what, remedy } of report.failed)
    lines.push(`${name}: NO FIGURE: ${what}`, `  → ${remedy}`, "")
  const missed = report.rows.filter(({ met }) => met === false).map(({ name }) => name)
  lines.push(missed.length === 0 ? "no aim was missed" : `missed: ${missed.join(", ")}`)
  return `${lines.join("\n")}\n`
}
