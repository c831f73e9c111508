/** Every row in its quick form: that it runs, and that its figures are complete and sane. How fast it is, no test says. */
import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"
import { beforeAll, describe, expect, test } from "vitest"
import { chooseCores } from "../../src/bench/machine.ts"
import { type Report, ReportSchema } from "../../src/bench/report.ts"
import { measures } from "../../src/bench/rows.ts"
import { measureProgram, runBench } from "../../src/bench/run.ts"
import { findCommand } from "../../src/setup/command.mjs"
import { privileged } from "../runtime/kernel.ts"

const rivals = findCommand("nginx") !== undefined && findCommand("ab") !== undefined

/** Measures whose stack needs an interface of its own. */
const onInterfaces = ["kernel", "memory", "validation"]

const decode = Schema.decodeUnknownSync(ReportSchema)

const leftovers = (): ReadonlyArray<string> =>
  readFileSync("/proc/net/dev", "utf8")
    .split("\n")
    .filter((line) => line.includes("bench"))

describe.each(measures.map((spec) => [spec.name, spec] as const))("measure %s", (name, spec) => {
  let report: Report
  const needsRivals = name === "kernel" || name === "validation"
  const can = privileged || !onInterfaces.includes(name)
  beforeAll(async () => {
    if (!can) return
    const options = { rows: [], quick: true, install: false, cores: chooseCores() }
    report = await Effect.runPromise(runBench(options, await measureProgram(), () => {}, [spec]))
  }, 150_000)

  test.skipIf(!can || (needsRivals && !rivals))("gives every row's figures", () => {
    expect(report.failed).toEqual([])
    expect(report.rows.map((row) => row.name)).toEqual(spec.rows.map((row) => row.name))
    for (const row of report.rows) {
      expect(row.turns, row.name).toBeGreaterThan(1)
      // Differences of two figures (a share, a growth, a wake-up beyond another) may be below nothing in so short a turn.
      if (!["recorder-share", "memory-connection-live", "wake-application"].includes(row.name)) {
        expect(row.ours.min, row.name).toBeGreaterThanOrEqual(0)
      }
      expect(row.ours.min, row.name).toBeLessThanOrEqual(row.ours.median)
      expect(row.ours.max, row.name).toBeGreaterThanOrEqual(row.ours.median)
      for (const { figure, ratio } of row.references) {
        expect(figure.min, row.name).toBeGreaterThan(0)
        expect(ratio.median, row.name).toBeGreaterThan(0)
        expect(ratio.median, row.name).toBeLessThan(1000)
      }
    }
    // What --json prints is what its schema says.
    expect(decode(JSON.parse(JSON.stringify(report)))).toEqual(report)
    expect(leftovers()).toEqual([])
  })

  if (!needsRivals || rivals) return
  test.skipIf(!privileged)("says what to install where it may not", () => {
    expect(report.rows).toEqual([])
    expect(report.failed.map((row) => row.name)).toEqual(spec.rows.map((row) => row.name))
    for (const { remedy } of report.failed) expect(remedy).toContain("apt-get install")
  })
})
