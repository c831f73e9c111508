import { expect, test } from "vitest"
import { experimentOf, experiments, tasksOf } from "../../src/experiment/catalogue/catalogue.ts"
import { Results } from "../../src/experiment/catalogue/experiment.ts"
import { unexplained } from "../../src/experiment/report/document.ts"
import { draw } from "../../src/experiment/report/draw.ts"
import { run } from "../../src/experiment/run.ts"

const quick = { seed: 1, quick: true }

test("every experiment is possible, full and quick, and has keys that a file can bear", () => {
  for (const one of experiments) {
    for (const choice of [quick, { seed: 0xffffffff, quick: false }]) {
      for (const [key, tasks] of tasksOf(one, choice)) {
        expect(key).toMatch(/^[a-z0-9-]+$/)
        expect(tasks).toHaveLength(choice.quick ? 1 : one.repetitions)
        // What goes to a worker and into a file comes back as it was.
        for (const { spec } of tasks) expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
      }
    }
  }
  expect(() => experimentOf("figure-99")).toThrow(
    /figure-99: there is no such experiment; there are imbalance/,
  )
})

test("the paper's claims about imbalance hold, or are explained, and the plots can be drawn", async () => {
  const imbalance = experimentOf("imbalance")
  const results = new Map([...tasksOf(imbalance, quick)].map(([key, [task]]) => [key, [run(task!.spec)]]))
  const { claims, plots, tables } = imbalance.find(new Results(results))
  expect(unexplained(claims)).toEqual([])
  expect(claims.filter(({ holds }) => holds).length).toBeGreaterThanOrEqual(claims.length - 1)
  expect(tables[0]!.rows).toHaveLength(11)
  for (const { spec } of plots) expect(await draw(spec, "light")).toMatch(/^<svg/)
  // A dozen seconds of one core, which a busy machine may stretch.
}, 240_000)
