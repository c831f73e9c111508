import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { number, percentilePlot, time } from "../../src/experiment/catalogue/curves.ts"
import type { Claim, Experiment } from "../../src/experiment/catalogue/experiment.ts"
import { percentiles } from "../../src/experiment/measures.ts"
import { artefacts } from "../../src/experiment/report/artefacts.ts"
import { documentOf, unexplained, verdictOf } from "../../src/experiment/report/document.ts"
import { draw } from "../../src/experiment/report/draw.ts"
import { measuredUnder } from "../../src/experiment/report/measured.ts"
import { ndjsonOf } from "../../src/experiment/report/ndjson.ts"
import { glancePlot, verdictRows } from "../../src/experiment/report/summary.ts"
import { run } from "../../src/experiment/run.ts"
import { small } from "./spec.ts"

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
  const about = { seed: 7, quick: false, plots: "evaluation" }
  const text = documentOf([{ experiment, findings }], [], about)
  expect(text).toContain("**1 of 2 claims reproduced**")
  expect(text).toContain("**0 of 0 aims met**")
  expect(text).toContain("| A (Figure 1) | 1 | 2 | 2 | reproduced |")
  expect(text).toContain("| B\\|C (Figure 1) | 1 | 2 | 2 | not reproduced |")
  expect(text).toContain("* B|C: it can't")
  expect(text).toContain("| b\\|c |")
  expect(text).toContain('srcset="evaluation/p-dark.svg"')
  expect(text).toContain("`hopFar`")
  expect(text).not.toContain("--quick`: each run once")
  expect(documentOf([{ experiment, findings }], [], about)).toBe(text)
  expect(documentOf([{ experiment, findings }], [], { ...about, quick: true })).toContain(
    "--quick`: each run once",
  )
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

const experimentNamed = (name: string): Experiment => ({
  name,
  title: name,
  what: "What.",
  repetitions: 1,
  jobs: [],
  find: () => ({ claims: [], tables: [], plots: [] }),
})

test("each table and figure of the paper's evaluation has its line, and its claims", () => {
  expect(artefacts.map(({ name }) => name).sort()).toEqual(
    [
      ...[1, 2, 3, 4, 5].map((k) => `Table ${k}`),
      ...[4, 5, 6, 7, 8, 9, 10, 11, 12].map((k) => `Figure ${k}`),
    ].sort(),
  )
  const of = (source: string, holds = true, aim?: true): Claim => ({
    ...claim,
    source,
    holds,
    ...(aim === undefined ? {} : { aim }),
  })
  const claims = [of("Figure 4a"), of("Figure 12", false), of("§5.3, Figure 10"), of("Table 1", true, true)]
  const tables = [{ title: "Costs of messages (Table 2's columns)", head: [], rows: [] }]
  const rows = verdictRows([
    { claims, tables: [], plots: [] },
    { claims: [], tables, plots: [] },
  ])
  const verdict = (name: string) => rows.find(([x]) => x === name)![2]
  expect(verdict("Figure 4")).toBe("reproduced (1)")
  expect(verdict("Figure 10")).toBe("reproduced (1)")
  expect(verdict("Figure 12")).toBe("0 of 1 reproduced; **not:** A")
  expect(verdict("Table 1")).toBe("not measured")
  expect(verdict("Table 2")).toBe("shown beside the paper's, below")
  expect(verdict("Table 4")).toBe("not measured")
})

test("all at a glance, best first; none where nobody has anything to show", async () => {
  expect(glancePlot([{ claims: [], tables: [], plots: [] }])).toBeUndefined()
  const rows = [
    { name: "worse", times: [100, 3000, 4000] as const },
    { name: "better", times: [200, 2000, 5000] as const },
  ]
  const plot = glancePlot([{ claims: [], tables: [], plots: [], glance: { title: "T", rows } }])!
  const svg = await draw(plot.spec, "light")
  expect(svg.indexOf(">better<")).toBeGreaterThan(0)
  expect(svg.indexOf(">better<")).toBeLessThan(svg.indexOf(">worse<"))
  expect(svg).toContain(">1 ms<")
})

describe("what was measured", () => {
  const folder = mkdtempSync(join(tmpdir(), "pika-test-measured-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = (text: string) => writeFileSync(join(folder, "a.json"), text)

  test("is a part of the page like all others", () => {
    expect(measuredUnder(join(folder, "none"))).toEqual([])
    file(JSON.stringify({ title: "Real", what: "On a machine.", claims: [claim], tables: [], plots: [] }))
    const text = documentOf([], measuredUnder(folder), { seed: 1, quick: false, plots: "evaluation" })
    expect(text).toContain("## Real\n\nOn a machine.")
    expect(text).toContain("**1 of 1 claims reproduced**")
  })

  test.each([
    ["{", "a.json: is no JSON"],
    ["{}", "a.json: title: must be a text"],
    ['{"title":"a","what":"b","claims":[],"tables":[]}', "a.json: plots: must be a list"],
  ])("%s is refused", (text, why) => {
    file(text)
    expect(() => measuredUnder(folder)).toThrow(why)
  })
})

test("NDJSON has a line of each run that is there, then of each claim", () => {
  const tasks = [1, 2].map((seed) => ({ experiment: "x", key: "k", spec: small("Naive", { seed }) }))
  const result = run(tasks[0]!.spec)
  const text = ndjsonOf(tasks, (task) => (task.spec.seed === 1 ? result : undefined), [
    { experiment: experimentNamed("x"), findings: { claims: [claim], tables: [], plots: [] } },
  ])
  expect(text.endsWith("\n")).toBe(true)
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(lines).toEqual([
    { kind: "run", experiment: "x", job: "x/k/1", spec: tasks[0]!.spec, result },
    expect.objectContaining({
      kind: "claim",
      experiment: "x",
      claim: "A",
      holds: true,
      verdict: "reproduced",
    }),
  ])
})
