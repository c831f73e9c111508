import { expect, test } from "vitest"
import { cacheSizes, measuredCaches } from "../../src/experiment/catalogue/caches.ts"
import { unexplained } from "../../src/experiment/report/document.ts"
import { draw } from "../../src/experiment/report/draw.ts"

const recorded = (instructionMisses: (kib: number) => number, splitData: number) => ({
  date: "2026-11-24T13:00:00.000Z",
  machine: ["some CPU"],
  requests: 4000,
  rows: ["TS1LS1CM1", "TS1LS1+CM1"].flatMap((configuration, k) =>
    cacheSizes.map((kib) => ({
      configuration,
      kib,
      instructions: 1000,
      instructionMisses: instructionMisses(kib),
      dataMisses: (k === 0 ? 1 : splitData) * 100,
    })),
  ),
})

test("whether instructions fit and whether a split saves data misses is told from the figures, both ways", async () => {
  const good = measuredCaches(recorded((kib) => (kib < 64 ? 1000 : 10), 1.1))
  expect(good.claims.map(({ holds }) => holds)).toEqual([true, true])
  expect(good.claims[0]!.ours).toBe("64 KiB")
  const bad = measuredCaches(recorded((kib) => 1000 / kib, 0.5))
  expect(bad.claims.map(({ holds }) => holds)).toEqual([false, false])
  // The first has its reason; nobody has said why the second should not hold.
  expect(unexplained(bad.claims)).toEqual([bad.claims[1]])
  expect(good.tables[0]!.rows).toHaveLength(cacheSizes.length)
  expect(good.what).toContain("Table 1")
  for (const { spec } of good.plots) expect(await draw(spec, "light")).toMatch(/^<svg/)
})
