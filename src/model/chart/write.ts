/** Puts a chart into files. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Chart } from "../../tla/chart/chart.ts"
import { chartSvg } from "../../tla/chart/svg.ts"
import { chartText } from "../../tla/chart/text.ts"

/** The chart as text, or, where the file is named so, as SVG. @throws the file system's own errors */
export const writeChart = (chart: Chart, file: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, file.endsWith(".svg") ? chartSvg(chart) : chartText(chart))
}

/** Both, as NAME.svg and NAME.txt in the directory; it returns their paths. */
export const writeCharts = (chart: Chart, directory: string, name: string): ReadonlyArray<string> => {
  const files = ["svg", "txt"].map((kind) => join(directory, `${name}.${kind}`))
  for (const file of files) writeChart(chart, file)
  return files
}
