import { readdirSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { models } from "../../../model-tests/manifest.ts"
import { counterexampleChart } from "../../../src/model/chart/counterexample.ts"
import { checkModel } from "../../../src/model/check.ts"
import { projectRoot } from "../../../src/setup/files.mjs"
import type { Chart } from "../../../src/tla/chart/chart.ts"
import { chartSvg } from "../../../src/tla/chart/svg.ts"
import { chartText } from "../../../src/tla/chart/text.ts"

const chartOf = async (name: string): Promise<Chart> => {
  const model = models.find((x) => x.name === name)!
  const { report } = await Effect.runPromise(checkModel(model))
  return counterexampleChart(model, report)!
}

const charts = join(projectRoot, "docs", "charts")

describe("the counterexamples of known-bad models", () => {
  test.each(["bad-removal", "bad-silence"])("%s, as text and as SVG", async (name) => {
    const chart = await chartOf(name)
    await expect(chartText(chart)).toMatchFileSnapshot(join("__snapshots__", `${name}.txt`))
    await expect(chartSvg(chart)).toMatchFileSnapshot(join("__snapshots__", `${name}.svg`))
  })
})

describe("the counterexamples of the ladder", () => {
  test("stand in the lanes of whose steps they are, though models group them, and say nothing of what is derived", async () => {
    const text = chartText(await chartOf("offers-bad-removal"))
    await expect(text).toMatchFileSnapshot(join("__snapshots__", "offers-bad-removal.txt"))
    expect(text).not.toMatch(/lost|qListeners/)
  })
})

describe("the charts of docs/charts", () => {
  // npx pika check --chart docs/charts NAME makes them again.
  const names = readdirSync(charts).flatMap((x) => (x.endsWith(".svg") ? [x.slice(0, -".svg".length)] : []))

  test("are there", () => {
    expect(names).toEqual(expect.arrayContaining(["NeverClaimed", "bad-removal"]))
  })

  test.each(names)("%s is what TLC finds now", async (name) => {
    const chart = await chartOf(name)
    await expect(chartSvg(chart)).toMatchFileSnapshot(join(charts, `${name}.svg`))
    await expect(chartText(chart)).toMatchFileSnapshot(join(charts, `${name}.txt`))
  })
})
