/** How a run takes what its measures' processes do: each is one of a few lines here. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import type { MeasureSpec } from "../../src/bench/row.ts"
import { runBench } from "../../src/bench/run.ts"
import { scratch } from "../setup/scratch.ts"
import { row } from "./example.ts"

const spec = (seconds: number): MeasureSpec => ({
  name: "one",
  rows: [row, { ...row, name: "other" }],
  seconds,
  load: () => Promise.reject(new Error("runs in a process of its own")),
})

const run = async (script: string, { rows = [] as ReadonlyArray<string>, seconds = 30 } = {}) => {
  const program = join(scratch({}), "measure.mjs")
  writeFileSync(program, script)
  const said: Array<string> = []
  const options = { rows, quick: false, install: false, cores: [0, 1] as const }
  const bench = runBench(options, program, (line) => said.push(line), [spec(seconds)])
  return { report: await Effect.runPromise(bench), said }
}

const good = { turns: [[150, 100]], dropped: 0, details: [] }
const answer = (samples: unknown) => `
  process.send({ say: "at work on " + JSON.parse(process.env.PIKA_MEASURE).rows })
  process.send({ samples: ${JSON.stringify(samples)} }, () => process.exit(0))
`

describe("a run", () => {
  test("has the figures of every row, and says what it does", async () => {
    const { report, said } = await run(answer({ row: good, other: good }))
    expect(report.rows.map((x) => [x.name, x.ours.median])).toEqual([
      ["row", 150],
      ["other", 150],
    ])
    expect(report.failed).toEqual([])
    expect(said).toEqual(["one: row, other", "  at work on row,other"])
    expect(report.date).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test("measures only what is asked for", async () => {
    const { report, said } = await run(answer({ row: good, other: good }), { rows: ["other"] })
    expect(report.rows.map((x) => x.name)).toEqual(["other"])
    expect(said).toContain("  at work on other")
    expect((await run(answer({}), { rows: ["neither"] })).said).toEqual([])
  })

  test.each([
    ["says why it can't", `process.send({ failed: { what: "no root", remedy: "be root" } })`, "no root"],
    ["gives figures of no shape", answer({ row: { turns: "many" }, other: good }), "can't be read"],
    ["ends without a word", "process.exit(3)", "exit 3"],
    ["is killed", `process.kill(process.pid, "SIGKILL")`, "SIGKILL"],
  ])("reports each row that has no figure when the measure %s", async (_how, script, why) => {
    const { report } = await run(script)
    expect(report.rows).toEqual([])
    expect(report.failed.map((x) => x.name)).toEqual(["row", "other"])
    for (const x of report.failed) {
      expect(x.what).toContain(why)
      expect(x.remedy).not.toBe("")
    }
  })

  test("keeps the good rows of a measure that fails in one", async () => {
    const { report } = await run(answer({ row: good, other: { ...good, turns: [[1]] } }))
    expect(report.rows.map((x) => x.name)).toEqual(["row"])
    expect(report.failed.map((x) => x.name)).toEqual(["other"])
    const lacking = await run(answer({ row: good }))
    expect(lacking.report.failed[0]).toMatchObject({ name: "other" })
  })

  test("ends a measure that takes too long, and waits until it has undone what it made", async () => {
    const { report, said } = await run(
      `process.on("SIGTERM", () => process.send({ say: "undone" }, () => process.exit(0)))
       process.send({ say: "at work" })
       setInterval(() => {}, 1000)`,
      { seconds: 1 },
    )
    expect(report.failed[0]?.what).toContain("not done after 1 s")
    expect(said).toContain("  undone")
  })
})
