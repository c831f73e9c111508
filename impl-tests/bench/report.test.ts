import { Schema } from "effect"
import { describe, expect, test } from "vitest"
import { documentWith } from "../../src/bench/document.ts"
import { meets, ReportSchema, resultOf } from "../../src/bench/report.ts"
import { measures, rowNames } from "../../src/bench/rows.ts"
import { number, textOf } from "../../src/bench/text.ts"
import { exitCodeOf } from "../../src/cli/bench.ts"
import { reportOf, row } from "./example.ts"

const decode = Schema.decodeUnknownSync(ReportSchema)
const bare = { dropped: 0, details: [] }
const missed = reportOf({ rows: [resultOf(row, { ...bare, turns: [[999, 1]] })] })
const failed = reportOf({ failed: [{ name: "x", what: "no root", remedy: "be root" }] })

describe("a row's result", () => {
  test("has both sides' figures, the ratio by turn, and whether its median reaches the aim", () => {
    const [result] = reportOf().rows
    expect(result).toMatchObject({
      ours: { median: 150, min: 140, max: 170 },
      references: [{ name: "C", figure: { median: 100 }, ratio: { median: 1.5, min: 1.4, max: 1.7 } }],
      met: true,
      turns: 3,
      dropped: 2,
    })
    expect(resultOf(row, { ...bare, turns: [[170, 100]] }).met).toBe(false)
    const { aim: _, ...aimless } = row
    expect("met" in resultOf(aimless, { ...bare, turns: [[170, 100]] })).toBe(false)
  })

  test.each([
    ["no turn", []],
    ["a turn that lacks a side", [[1, 2], [1]]],
    ["a turn with a side too many", [[1, 2, 3]]],
    ["no number", [[1, Number.NaN]]],
    ["a division by nothing", [[1, Number.POSITIVE_INFINITY]]],
  ])("is none of %s", (_what, turns) => {
    expect(() => resultOf(row, { ...bare, turns })).toThrow(RangeError)
  })

  test("aims are bounds that a figure may touch", () => {
    const figure = (x: number) => ({ median: x, min: 0, max: 1e9 })
    expect(meets({ of: "ours", most: 5 }, figure(5), [])).toBe(true)
    expect(meets({ of: "ours", most: 5 }, figure(5.1), [])).toBe(false)
    expect(meets({ of: "ours", least: 5 }, figure(5), [])).toBe(true)
    expect(meets({ of: "ours", least: 5 }, figure(4.9), [])).toBe(false)
    const reference = { name: "x", figure: figure(1), ratio: figure(0.9) }
    expect(meets({ of: "ratio", least: 1 }, figure(100), [reference])).toBe(false)
  })
})

describe("a report", () => {
  test("is what its schema says, as JSON too", () => {
    expect(decode(JSON.parse(JSON.stringify(failed)))).toEqual(failed)
    expect(() => decode({ ...failed, rows: [{ ...failed.rows[0], ours: { median: 1 } }] })).toThrow()
    expect(() => decode({ ...failed, version: 2 })).toThrow()
  })

  test("decides the exit code: a row without a figure, then a missed aim if one asks", () => {
    expect([exitCodeOf(reportOf(), true), exitCodeOf(missed, false), exitCodeOf(missed, true)]).toEqual([
      0, 0, 1,
    ])
    expect([exitCodeOf(failed, false), exitCodeOf(failed, true)]).toEqual([2, 2])
  })

  test("as text says figure, spread, ratio, aim, verdict, what was left out and what failed", () => {
    const text = textOf(failed)
    expect(text).toContain("ours       150 (140–170) cycles   aim ≤ 1.60 × the first reference   met")
    expect(text).toContain("100 (100–100) cycles   C; ratio 1.50 (1.40–1.70)")
    expect(text).toContain("2 left out")
    expect(text).toContain("beside: 7.00 B")
    expect(text).toContain("597 cycles: a paper")
    expect(text).toContain("x: NO FIGURE: no root\n  → be root")
    expect(textOf(missed)).toContain("MISSED")
    expect(textOf(missed)).toContain("missed: row")
  })

  test.each([
    [0, "0"],
    [1.234, "1.23"],
    [0.0456, "0.0456"],
    [12.34, "12.3"],
    [1234.5, "1,235"],
    [-0.5, "-0.500"],
  ])("writes %d as %s", (value, text) => {
    expect(number(value)).toBe(text)
  })
})

describe("the document", () => {
  const later = reportOf({ date: "2027-01-01T00:00:00.000Z" })

  test("is made whole where there is none, cells escaped", () => {
    const text = documentWith(reportOf(), undefined)
    expect(text).toMatch(/^# Benchmarks\n/)
    expect(text).toContain("Run of 2026-11-24.")
    expect(text).toContain("some thing \\| of two")
    expect(text).toContain("**150 (140–170)** cycles")
  })

  test("keeps what is written by hand around it, however often it is written", () => {
    const made = documentWith(reportOf(), undefined)
    const mine = `${made.replace("# Benchmarks\n", "# Benchmarks\n\nBefore.\n")}\nAfter.\n`
    const again = documentWith(later, mine)
    expect(again).toMatch(/^# Benchmarks\n\nBefore\.\n/)
    expect(again).toMatch(/\nAfter\.\n$/)
    expect(again).toContain("Run of 2027-01-01.")
    expect(again).not.toContain("2026-11-24")
    expect(documentWith(later, again)).toBe(again)
  })

  test("is added to where the marks are missing, nothing of it lost", () => {
    expect(documentWith(later, "Only mine.\n")).toMatch(/^Only mine\.\n\n<!--/)
  })
})

describe("rows", () => {
  test("have names of their own, and references where their aim is a ratio", () => {
    expect(new Set(rowNames).size).toBe(rowNames.length)
    for (const one of measures.flatMap(({ rows }) => rows)) {
      if (one.aim?.of === "ratio") expect(one.references.length).toBeGreaterThan(0)
      expect((one.aim?.most ?? one.aim?.least) === undefined).toBe(one.aim === undefined)
    }
  })
})
