import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { commandOf, simCommand } from "../../src/cli/sim.ts"
import { TransportServer } from "../../src/server/transport-server.ts"
import { replayFile } from "../../src/trace/replay.ts"

let said = ""
let complained = ""
let folder = ""
const before = process.env.TMPDIR

beforeEach(() => {
  said = ""
  complained = ""
  folder = mkdtempSync(join(tmpdir(), "pika-test-sim-"))
  process.env.TMPDIR = folder
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
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
})

describe("pika sim", () => {
  test("says what a seed was, and writes its trace, which replays", async () => {
    const trace = join(folder, "trace.ndjson")
    expect(await simCommand(["--seed", "7", "--trace", trace])).toBe(0)
    expect(said).toMatch(/^seed 7: TS\S+, faults \S+: \d+ connections, \d+ served to the end/)
    expect(said).toMatch(/, 0 failed\n$/)
    expect(await replayFile(trace)).toMatchObject({ _tag: "Same" })
  })

  test("takes configuration, faults and size", async () => {
    const args = ["--seed", "7", "--config", "TS2LS2CM2", "--faults", "loss,kill", "--connections", "9"]
    expect(await simCommand(args)).toBe(0)
    expect(said).toContain("seed 7: TS2LS2CM2, faults loss,kill: ")
  })

  test("a seed that fails: how, where its trace is, and the command that does it again", async () => {
    vi.spyOn(TransportServer.prototype, "detach").mockImplementation(() => {})
    expect(await simCommand(["--seeds", "40", "--faults", "kill,loss", "--connections", "6"])).toBe(1)
    const failure = /^seed (\d+) failed: (.*)$/m.exec(said)!
    const traces = readdirSync(folder)
    expect(traces).toEqual([`pika-sim-${failure[1]}.ndjson`])
    expect(said).toContain(`trace until then: ${join(folder, traces[0]!)}`)
    expect((await replayFile(join(folder, traces[0]!)))._tag).not.toBe("Unusable")
    const commands = [...said.matchAll(/again: npx pika sim (.*)$/gm)].map((x) => x[1]!.split(" "))
    const smaller = /smaller, after \d+ runs: (.*)$/m.exec(said)![1]!
    expect(commands).toHaveLength(2)
    for (const [k, expected] of [failure[2]!, smaller].entries()) {
      said = ""
      expect(await simCommand([...commands[k]!, "--no-shrink"])).toBe(1)
      expect(said).toContain(`failed: ${expected}\n`)
    }
  })

  test.each([
    [["--seed", "x"], "--seed x: must be a whole number"],
    [["--seeds", "0"], "--seeds 0: must be a whole number from 1"],
    [["--faults", "rain"], "--faults rain: no such fault; there are loss, duplicate"],
    [["--nonsense"], "nonsense"],
    [["--seeds", "2", "--trace", "x"], "--trace FILE is for one seed"],
  ])("%j is refused with a word on what would do", async (args, word) => {
    expect(await simCommand(args)).toBe(2)
    expect(complained).toContain(word)
    expect(complained).toContain("usage: pika sim")
  })

  test("a configuration that cannot be read is an error that names it", async () => {
    await expect(simCommand(["--config", "TS1"])).rejects.toThrow('configuration "TS1"')
  })

  test("the command says all that makes the run", () => {
    const options = {
      seed: 9,
      configuration: "TS1LS1CM1",
      faults: ["loss"] as const,
      every: true,
      connections: 3,
      only: [1, 2],
      incidents: [],
    }
    expect(commandOf(options)).toBe(
      "npx pika sim --seed 9 --config TS1LS1CM1 --faults loss --connections 3 --only 1,2 --incidents none",
    )
    expect(commandOf({ seed: 1 })).toBe("npx pika sim --seed 1")
  })
})
