/** docs/benchmarks.md: the part that a run writes, between two marks; what is written by hand around it stays. */
import type { Report, RowResult } from "./report.ts"
import { aimText, machineLines, number, spread, verdict } from "./text.ts"

const BEGIN = "<!-- what follows is written by `npx pika bench --write`; edit outside -->"
const END = "<!-- end of what `npx pika bench --write` wrote -->"

const cell = (text: string): string => text.replaceAll("|", "\\|")

const tableRow = (row: RowResult): string => {
  const references = row.references.map(
    ({ name, figure, ratio }) => `${name}: ${spread(figure)}; ratio **${spread(ratio)}**`,
  )
  const cells = [
    `\`${row.name}\` ${row.what}`,
    `**${spread(row.ours)}** ${row.unit}`,
    references.join("<br>") || "–",
    aimText(row.aim, row.unit),
    verdict(row),
  ]
  return `| ${cells.map(cell).join(" | ")} |`
}

const besides = (row: RowResult): ReadonlyArray<string> => {
  const { details, anchors, turns, dropped } = row
  const stated = details.map(({ name, value, unit }) => `${name} ${number(value)} ${unit}`.trimEnd())
  const published = anchors.map(({ figure, source }) => `published: ${figure} (${source})`)
  const left =
    dropped > 0
      ? [`${turns} turns, ${dropped} more left out as the machine changed under them`]
      : [`${turns} turns`]
  return [`* \`${row.name}\`: ${[...left, ...stated, ...published].join("; ")}`]
}

/** The generated part. */
export const generatedPart = (report: Report): string =>
  [
    BEGIN,
    "",
    `Run of ${report.date.slice(0, 10)}.`,
    "",
    ...machineLines(report.machine, report.cores).map((line) => `* ${line}`),
    "",
    "| row | ours | compared with, in the same run | aim | |",
    "| --- | --- | --- | --- | --- |",
    ...report.rows.map(tableRow),
    ...report.failed.map(
      ({ name, what, remedy }) => `| \`${cell(name)}\` | no figure | ${cell(what)} | | ${cell(remedy)} |`,
    ),
    "",
    "Median (least–most) over turns. A ratio is ours divided by the reference, turn by turn.",
    "",
    ...report.rows.flatMap(besides),
    "",
    END,
  ].join("\n")

/** The whole document: `before` with its generated part exchanged, or a new one. */
export const documentWith = (report: Report, before: string | undefined): string => {
  const part = generatedPart(report)
  const begin = before?.indexOf(BEGIN) ?? -1
  const end = before?.indexOf(END) ?? -1
  if (before === undefined || begin < 0 || end < begin) {
    return before === undefined ? `# Benchmarks\n\n${part}\n` : `${before.trimEnd()}\n\n${part}\n`
  }
  return before.slice(0, begin) + part + before.slice(end + END.length)
}
