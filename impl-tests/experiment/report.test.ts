import { expect, test } from "vitest"
import { number, percentilePlot, time } from "../../src/experiment/catalogue/curves.ts"
import type { Claim, Experiment } from "../../src/experiment/catalogue/experiment.ts"
import { percentiles } from "../../src/experiment/measures.ts"
import { documentOf, unexplained, verdictOf } from "../../src/experiment/report/document.ts"
import { draw } from "../../src/experiment/report/draw.ts"

const claim: Claim = { text: "A", source: "Figure 1", paper: "1", ours: "2", ratio: 2, holds: true }

test("a claim that does not hold is explained, or an error", () => {
  const known = { ...claim, holds: false, otherwise: "because" }
  const broken = { ...claim, holds: false, note: "a note is no explanation" }
  expect([claim, known, broken].map(verdictOf)).toEqual([
    "reproduced",
    "not reproduced",
    "**NOT REPRODUCED**",
  ])
  expect(verdictOf({ ...claim, aim: true })).toBe("met")
  expect(verdictOf({ ...known, aim: true })).toBe("not met")
  expect(unexplained([claim, known, broken])).toEqual([broken])
})

test("a document tells verdicts, remarks, tables and plots, and escapes what a table can't hold", () => {
  const experiment: Experiment = {
    name: "x",
    title: "An experiment",
    what: "What is run.",
    repetitions: 2,
    jobs: [],
    find: () => ({ claims: [], tables: [], plots: [] }),
  }
  const findings = {
    claims: [claim, { ...claim, text: "B|C", holds: false, otherwise: "it can't" }],
    tables: [{ title: "T", head: ["a"], rows: [["b|c"]] }],
    plots: [{ name: "p", caption: "A plot", spec: percentilePlot([], "y") }],
  }
  const text = documentOf([{ experiment, findings }], 7)
  expect(text).toContain("**1 of 2 claims reproduced**; 0 of 0 aims")
  expect(text).toContain("| A (Figure 1) | 1 | 2 | 2 | reproduced |")
  expect(text).toContain("| B\\|C (Figure 1) | 1 | 2 | 2 | not reproduced |")
  expect(text).toContain("* B|C: it can't")
  expect(text).toContain("| b\\|c |")
  expect(text).toContain('srcset="evaluation/p-dark.svg"')
  expect(text).toContain("`hopFar`")
  expect(documentOf([{ experiment, findings }], 7)).toBe(text)
})

test("a plot is the same bytes each time, and another on dark", async () => {
  const spec = percentilePlot([{ name: "one", times: percentiles.map((p) => 10 + p) }], "µs")
  const light = await draw(spec, "light")
  expect(light).toMatch(/^<svg[\s\S]*<\/svg>$/)
  expect(light).toContain("99.9")
  expect(await draw(spec, "light")).toBe(light)
  expect(await draw(spec, "dark")).not.toBe(light)
})

test("figures have three digits", () => {
  expect([0, 0.12345, 1.2345, 12.345, 1234.5, 12_345, Number.NaN].map(number)).toEqual([
    "0",
    "0.123",
    "1.23",
    "12.3",
    "1,230",
    "12,300",
    "–",
  ])
  expect([5, 1500, 25_000, 2_500_000].map(time)).toEqual(["5 µs", "1,500 µs", "25 ms", "2.5 s"])
})
