import { describe, expect, test } from "vitest"
import { parseArguments, UsageError } from "../../../src/model/command/arguments.ts"
import { progressLine } from "../../../src/model/command/terminal.ts"

describe("the arguments of pika check", () => {
  test("limits are those that were named", () => {
    expect(parseArguments(["--states", "5", "--heap", "64", "1-1-1-1"])).toMatchObject({
      limits: { states: 5 },
      heap: 64,
      models: ["1-1-1-1"],
    })
    expect(parseArguments([]).limits).toEqual({})
    expect(parseArguments(["--distributed", "--workers", "0", "x"]).workers).toBe(0)
  })

  test.each([
    [["--states", "0"], /--states 0: must be a whole number/],
    [["--disk", "1e9"], /--disk 1e9/],
    [["--seconds=-1"], /--seconds -1/],
    [["--nonsense"], /nonsense/],
    [["--config", "a.cfg"], /--config is the configuration of --spec/],
    [["--spec", "A.tla", "1-1-1-1"], /goes without models/],
    [["--spec", "A.tla", "--full"], /goes without models/],
    [["--resume", "--watch"], /--resume goes without/],
    [["--watch", "--chart", "x"], /--watch goes without/],
    [["--distributed"], /takes models by name/],
    [["--distributed", "--full", "1-1-1-1"], /takes models by name/],
    [["--worker", "host", "1-1-1-1"], /takes no models/],
    [["--worker", "host", "--workers", "0"], /--workers 0: must be a whole number from 1/],
  ])("%j", (args, message) => {
    expect(() => parseArguments(args)).toThrow(UsageError)
    expect(() => parseArguments(args)).toThrow(message)
  })
})

describe("how far a long run is", () => {
  const progress = {
    seconds: 61.4,
    depth: 30,
    generated: 3_620_000,
    distinct: 694_650,
    queued: 1204,
    generatedPerMinute: 1,
    distinctPerMinute: 2_400_000,
  }
  const terminal = (isTTY: boolean, columns = 200) => {
    const written: Array<string> = []
    return { isTTY, columns, written, write: (text: string) => written.push(text) }
  }

  test("is one line on a terminal, taken away again", () => {
    const there = terminal(true)
    const line = progressLine(there)
    line.show("2-2-1-1-stop", progress)
    line.clear()
    line.clear()
    expect(there.written).toEqual([
      "\r\u001b[K2-2-1-1-stop: 694,650 states (3.62M generated, 1,204 queued), depth 30, 2.40M/min, 61 s",
      "\r\u001b[K",
    ])
  })

  test("no longer than the terminal is wide", () => {
    const there = terminal(true, 40)
    progressLine(there).show("2-2-1-1-stop", progress)
    expect(there.written[0]!.replace("\r\u001b[K", "")).toHaveLength(39)
  })

  test("is not said where nobody looks, nor of a short run", () => {
    const file = terminal(false)
    progressLine(file).show("x", progress)
    const there = terminal(true)
    progressLine(there).show("x", { ...progress, seconds: 1.9 })
    expect([...file.written, ...there.written]).toEqual([])
  })
})
