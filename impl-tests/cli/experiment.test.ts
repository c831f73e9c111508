import { mkdtempSync, readFileSync, rmSync } from "node:fs"
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
    [["--write", "x.md", "--quick"], "--write: takes a whole run"],
    [["--job", "imbalance/psychic/1"], "--job: imbalance has no job psychic; there are tournament-2"],
    [["--job", "imbalance/naive/x"], "--job: must be a whole number"],
    [["--job", "nothing"], "nothing: there is no such experiment"],
  ])("%j is refused before anything runs", async (args, word) => {
    expect(await experimentCommand([...args, "--results", folder])).toBe(2)
    expect(complained).toContain(word)
    expect(complained).toContain("usage: pika experiment")
  })

  test("lists its jobs, each a command of its own; one is run, and not again", async () => {
    expect(await experimentCommand(["imbalance", "--jobs", "--quick", "--seed", "5"])).toBe(0)
    const line = "npx pika experiment --job imbalance/shared-queue/5 --quick"
    expect(said.split("\n")).toContain(line)
    const args = [...line.split(" ").slice(3), "--results", folder]
    expect(await experimentCommand(args)).toBe(0)
    expect(complained).toMatch(/^1 of 1: imbalance\/shared-queue\/5, /)
    const bytes = readFileSync(join(folder, "imbalance", "shared-queue-5.ndjson"), "utf8")
    complained = ""
    expect(await experimentCommand(args)).toBe(0)
    expect(complained).toBe("1 of 1 runs are there already\n")
    expect(readFileSync(join(folder, "imbalance", "shared-queue-5.ndjson"), "utf8")).toBe(bytes)
  })
})
