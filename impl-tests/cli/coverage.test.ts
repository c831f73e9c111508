import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, test, vi } from "vitest"
import { coverageCommand, coverageOf, markedIn } from "../../src/cli/coverage.ts"
import { run } from "../../src/sim/run.ts"
import { drawScenario } from "../../src/sim/scenario.ts"
import { TraceWriter } from "../../src/trace/writer.ts"

const folder = mkdtempSync(join(tmpdir(), "pika-test-coverage-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => {
  vi.restoreAllMocks()
})
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe("pika coverage", () => {
  test.each([
    ["an unknown model", ["9-9-9-9"], /no model 9-9-9-9; there are: 1-1-1-1 /],
    ["no number", ["--runs", "many"], /whole numbers/],
    ["an unknown option", ["--fast"], /fast/],
    [
      "a document without a place for it",
      ["--write", file("a.md", "# A\n")],
      /has no line <!-- pika coverage -->/,
    ],
  ])("refuses %s", async (_what, args, why) => {
    const told: Array<string> = []
    vi.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0)
    expect(await coverageCommand(args)).toBe(2)
    expect(told.join("")).toMatch(why)
  })

  test("says why a file is no recording, before anything runs", async () => {
    const path = file("b.ndjson", "{}\n")
    const options = { models: [], runs: 0, seeds: 0, recordings: [path] }
    await expect(coverageOf(options)).rejects.toThrow(
      /b\.ndjson, line 1: line 1 is not the header of a trace/,
    )
  })

  test("counts the steps of a recording by action and outcome", async () => {
    const scenario = drawScenario({ seed: 1 })
    const { trace } = run(scenario)
    const path = join(folder, "c.ndjson")
    const writer = new TraceWriter(path, scenario.topology)
    for (const step of trace) writer.step(step)
    writer.end(0)
    writer.close()
    const { kinds } = await coverageOf({ models: [], runs: 0, seeds: 0, recordings: [path] })
    const served = trace.filter((x) => x.event._tag === "Gone" && x.outcome === "Served").length
    expect(served).toBeGreaterThan(0)
    expect(kinds.find((x) => x.kind === "Gone Served")?.steps.recordings).toBe(served)
  })

  test("finds its place in a document", () => {
    expect(markedIn("a\n<!-- pika coverage -->\nb\n<!-- end -->\nc\n")).toBe("b\n")
    expect(markedIn("<!-- end -->\n<!-- pika coverage -->\n")).toBeUndefined()
  })
})
