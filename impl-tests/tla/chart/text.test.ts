import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { passagesOf } from "../../../src/tla/chart/chart.ts"
import { chartText, TEXT_WIDTH } from "../../../src/tla/chart/text.ts"
import { arbitraryChart } from "./arbitrary.ts"

/** Lanes' columns, by the row under their names. */
const rowsOf = (text: string): ReadonlyArray<string> => text.split("\n")
const count = (text: string, sign: string): number => text.split(sign).length - 1

describe("a chart of characters", () => {
  test("has every step once, in order, in its lane", () => {
    fc.assert(
      fc.property(arbitraryChart, (chart) => {
        const rows = rowsOf(chartText(chart))
        const dots = rows.filter((row) => /[●✗]/.test(row) && / \d+ {2}[a-z]{2,4}\d {2}/.test(row))
        expect(dots.map((row) => Number(/ (\d+) {2}[a-z]/.exec(row)![1]))).toEqual(
          chart.steps.map((x) => x.number),
        )
        const columns = dots.map((row) => row.search(/[●✗]/))
        // Whoever stands further to the left is drawn further to the left.
        for (const [j, x] of chart.steps.entries()) {
          for (const [k, y] of chart.steps.entries()) {
            expect(Math.sign(columns[j]! - columns[k]!)).toBe(Math.sign(x.lane - y.lane))
          }
        }
      }),
    )
  })

  test("draws an arrow for each message that arrives, a cross for each that is lost", () => {
    fc.assert(
      fc.property(arbitraryChart, (chart) => {
        const graph = chartText(chart)
        const passages = passagesOf(chart)
        const arrived = passages.filter((x) => x.received !== undefined).length
        expect(count(graph, "▶") + count(graph, "◀")).toBe(arrived)
        const lost = passages.filter((x) => x.dropped !== undefined).length
        // One in the lanes, one in the words.
        expect(count(graph, "✕")).toBe(2 * lost)
      }),
    )
  })

  test("is as wide as it may be, unless its lanes take more", () => {
    fc.assert(
      fc.property(arbitraryChart, (chart) => {
        const rows = rowsOf(chartText(chart))
        const graph = Math.max(...rows.map((row) => row.search(/ \d+ {2}[a-z]{2,4}\d {2}/)))
        for (const row of rows) expect(row.length).toBeLessThanOrEqual(Math.max(TEXT_WIDTH, graph + 50))
      }),
    )
  })

  test("lets a message wait beside its receiver until it is taken", () => {
    const text = chartText({
      title: "overtaken by a timer",
      lanes: ["app0", "ts0", "cm0"],
      steps: [
        { lane: 0, number: 1, label: "Claim", sends: [{ id: 1, from: 0, to: 2, label: "CLAIM" }] },
        { lane: 1, number: 2, label: "Timeout", sends: [{ id: 2, from: 1, to: 2, label: "BACK" }] },
        { lane: 2, number: 3, label: "ReceiveClaim", receives: 1, drops: [2], notes: ["x: 0 → 1"] },
        { lane: 2, number: 4, label: "Answer", sends: [{ id: 3, from: 2, to: 0, label: "NO" }], wrong: true },
      ],
      verdict: ["Answered does not hold"],
    })
    expect(text).toMatchInlineSnapshot(`
      "overtaken by a timer

      app0   ts0   cm0
        │     │     │
        ●     │     │      1  app0  Claim
        ├─────┼───╮ │               → cm0  CLAIM
        │     ●   ┊ │      2  ts0   Timeout
        │     ├─╮ ┊ │               → cm0  BACK
        │     │ ┊ ╰▶●      3  cm0   ReceiveClaim
        │     │ ┊   │               x: 0 → 1
        │     │ ✕   │               ✕ lost: BACK to cm0
        │     │     ✗      4  cm0   Answer
        │ ╭───┼─────┤               → app0  NO
        │ ┊   │     │               still under way: NO to app0

      ✗ Answered does not hold
      "
    `)
  })
})
