import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { experimentCommand } from "../../src/cli/experiment.ts"

let said = ""
let complained = ""
let folder = ""

beforeEach(() => {
  said = ""
  complained = ""
  folder = mkdtempSync(join(tmpdir(), "pika-test-experiment-"))
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += text
    return true
  })
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    complained += text
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

describe("pika experiment", () => {
  test.each([
    [["figure-99"], "figure-99: there is no such experiment; there are imbalance"],
    [["--seed", "x"], "--seed: must be a whole number"],
    [["--seed", "-1"], "--seed"],
    [["--workers", "0"], "--workers: must be a whole number from 1"],
    [["--nonsense"], "nonsense"],
    [["--write", "x.md", "imbalance"], "--write: takes a whole evaluation"],
    [["--write", "x.html"], "--write: must be a file .md, found x.html"],
    [["--seed", "NaN"], "--seed: must be a whole number"],
    [["--seed", "Infinity"], "--seed: must be a whole number"],
    [["--seed", "1e99"], "--seed: must be a whole number"],
    [["--workers", "2.5"], "--workers: must be a whole number"],
    [["--job", "imbalance/psychic/1"], "--job: imbalance has no job psychic; there are tournament-2"],
    [["--job", "imbalance/naive/x"], "--job: must be a whole number"],
    [["--job", "nothing"], "nothing: there is no such experiment"],
  ])("%j is refused before anything runs", async (args, word) => {
    expect(await experimentCommand([...args, "--results", folder])).toBe(2)
    expect(complained).toContain(word)
    expect(complained).toContain("usage: pika experiment")
  })

  test("where results can't be kept is said before anything runs", async () => {
    const file = join(folder, "file")
    writeFileSync(file, "")
    for (const results of [file, join(file, "below")]) {
      expect(await experimentCommand(["imbalance", "--quick", "--results", results])).toBe(2)
      expect(complained).toContain("--results: must be a folder that can be written to")
    }
  })

  test("tells each job where results are, for a shell", async () => {
    const results = join(folder, "a b'c")
    expect(await experimentCommand(["imbalance", "--jobs", "--results", results])).toBe(0)
    const [line = ""] = said.split("\n")
    expect(execFileSync("sh", ["-c", `printf '%s|' ${line}`], { encoding: "utf8" })).toBe(
      `npx|pika|experiment|--job|imbalance/tournament-2/1|--results|${results}|`,
    )
  })

  test("lists its jobs, each a command of its own; one is run, and not again", async () => {
    expect(await experimentCommand(["imbalance", "--jobs", "--quick", "--seed", "5"])).toBe(0)
    const line = "npx pika experiment --job imbalance/shared-queue/5 --quick"
    expect(said).not.toContain("--results")
    expect(said.split("\n")).toContain(line)
    const args = [...line.split(" ").slice(3), "--results", folder]
    expect(await experimentCommand(args)).toBe(0)
    expect(complained).toMatch(/^1 of 1 runs in .*; last imbalance\/shared-queue\/5, /)
    const bytes = readFileSync(join(folder, "imbalance", "shared-queue-5.ndjson"), "utf8")
    complained = ""
    expect(await experimentCommand(args)).toBe(0)
    expect(complained).toBe("1 of 1 runs are there already\n")
    expect(readFileSync(join(folder, "imbalance", "shared-queue-5.ndjson"), "utf8")).toBe(bytes)
  })

  test("what claims nothing tells its tables: each setting of an operator, the live stack's value first", async () => {
    expect(await experimentCommand(["sensitivity", "--quick", "--results", folder])).toBe(0)
    const tables = said.split(/\n\n(?=`)/).slice(1)
    const first = Object.fromEntries(
      tables.map((table) => {
        const [title, , head, , row] = table.split("\n")
        expect(title).toMatch(/the first is a live stack's own/)
        expect(row!.split("|")).toHaveLength(head!.split("|").length)
        return [/`(.*)`/.exec(title!)![1], row!.split("|")[1]!.trim()]
      }),
    )
    expect(first).toEqual({
      "claim-timeout": "20,000",
      tariff: "2",
      "high / low": "1 / 0.8",
      window: "median",
      "offer-interval": "50",
      backlog: "1,024",
    })
  })
})
