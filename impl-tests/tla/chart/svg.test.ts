import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { passagesOf } from "../../../src/tla/chart/chart.ts"
import { chartSvg } from "../../../src/tla/chart/svg.ts"
import { arbitraryChart } from "./arbitrary.ts"

/** Whether every element is closed where it was opened. */
const wellFormed = (svg: string): boolean => {
  const open: Array<string> = []
  for (const [, close, name, self] of svg.matchAll(/<(\/?)(\w+)(?:\s+[\w-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (close === "/" ? open.pop() !== name : self === "" && open.push(name!) < 0) return false
  }
  // Nothing looks like an element that was not one.
  const rest = svg.replaceAll(/<\/?\w+(?:\s+[\w-]+="[^"<]*")*\s*\/?>/g, "")
  return open.length === 0 && !/[<]|&(?!amp;|lt;|gt;|quot;)/.test(rest)
}

interface Point {
  readonly x: number
  readonly y: number
}

/** The arrows in the order of the messages, each by its points. */
const arrowsOf = (svg: string): ReadonlyArray<ReadonlyArray<Point>> =>
  [...svg.matchAll(/class="message[^"]*" d="M([^"]+)"/g)].map(([, points]) =>
    points!.split("L").map((point) => {
      const [x, y] = point.split(" ").map(Number)
      return { x: x!, y: y! }
    }),
  )

describe("a chart as SVG", () => {
  test("is well-formed whatever its words are, and tells its content", () => {
    fc.assert(
      fc.property(arbitraryChart, (chart) => {
        const svg = chartSvg(chart)
        expect(wellFormed(svg)).toBe(true)
        expect(svg).toMatch(
          /^<svg [^>]*role="img" aria-labelledby="title desc">\n<title id="title">.+<\/title>\n<desc/,
        )
        const desc = /<desc id="desc">([^<]*)<\/desc>/.exec(svg)![1]!
        for (const step of chart.steps) expect(desc).toContain(`${step.number}: ${chart.lanes[step.lane]} `)
        expect(svg).toContain("@media (prefers-color-scheme: dark)")
        // Nothing comes from elsewhere.
        expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(
          /https?:|href|url\(|@import|<script/,
        )
      }),
    )
  })

  test("no arrow goes back in time, and none overtakes another of its channel", () => {
    fc.assert(
      fc.property(arbitraryChart, (chart) => {
        const passages = passagesOf(chart)
        const arrows = arrowsOf(chartSvg(chart))
        expect(arrows.length).toBe(passages.length)
        arrows.forEach((points) => {
          for (let k = 1; k < points.length; k++)
            expect(points[k]!.y).toBeGreaterThanOrEqual(points[k - 1]!.y)
        })
        passages.forEach((p, j) => {
          passages.slice(0, j).forEach((q, k) => {
            const one = p.message.from === q.message.from && p.message.to === q.message.to
            if (!one || p.received === undefined || q.received === undefined) return
            if (p.message.direct === true || q.message.direct === true || p.sent < 0) return
            expect(arrows[j]![0]!.y).toBeGreaterThan(arrows[k]![0]!.y)
            expect(arrows[j]!.at(-1)!.y).toBeGreaterThan(arrows[k]!.at(-1)!.y)
          })
        })
      }),
    )
  })

  test("nothing is drawn beyond its borders", () => {
    fc.assert(
      fc.property(arbitraryChart, (chart) => {
        const svg = chartSvg(chart)
        const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number)
        for (const [, x, y, w, h] of svg.matchAll(
          /<rect [^>]*x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
        )) {
          expect(Number(x)).toBeGreaterThanOrEqual(0)
          expect(Number(x) + Number(w)).toBeLessThanOrEqual(width!)
          expect(Number(y) + Number(h)).toBeLessThanOrEqual(height!)
        }
        for (const points of arrowsOf(svg)) {
          for (const { x, y } of points) {
            expect(x).toBeGreaterThanOrEqual(0)
            expect(x).toBeLessThanOrEqual(width!)
            expect(y).toBeLessThanOrEqual(height!)
          }
        }
      }),
    )
  })
})
