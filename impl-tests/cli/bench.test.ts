import { describe, expect, test } from "vitest"
import { BenchUsage } from "../../src/bench/errors.ts"
import { benchCommand, parseBench } from "../../src/cli/bench.ts"

describe("the command line of pika bench", () => {
  test("asks for all rows and nothing else when it is empty", () => {
    expect(parseBench([])).toMatchObject({
      rows: [],
      json: false,
      quick: false,
      check: false,
      write: undefined,
      install: true,
    })
  })

  test("names rows, cores and what is to become of the figures", () => {
    const args = ["--json", "--quick", "--check", "--no-install", "--cores", "1,0", "queue-one", "handshake"]
    expect(parseBench(args)).toEqual({
      rows: ["queue-one", "handshake"],
      json: true,
      quick: true,
      check: true,
      write: undefined,
      install: false,
      cores: [1, 0],
    })
    expect(parseBench(["--write", "x.md"]).write).toBe("x.md")
  })

  test.each([
    [["nonsense"], "no row nonsense"],
    [["--nonsense"], "--nonsense"],
    [["--cores", "1"], "--cores 1"],
    [["--cores", "a,b"], "two core numbers"],
    [["--write"], "write"],
    [["--write", "x.md", "queue-one"], "whole run"],
    [["--write", "x.md", "--quick"], "whole run"],
  ])("%j is refused, saying why, before anything is measured", async (args, why) => {
    expect(() => parseBench(args)).toThrow(BenchUsage)
    expect(() => parseBench(args)).toThrow(why)
    expect(await benchCommand(args)).toBe(2)
  })

  test("a document that can't be read is refused before the run", async () => {
    expect(await benchCommand(["--write", "/proc/self/mem/x"])).toBe(2)
  })
})
