import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { replayCommand } from "../../src/cli/replay.ts"
import { writeTrace } from "../../src/trace/merge.ts"
import { recordRun, writeRecorded } from "../experiment/record.ts"
import { small } from "../experiment/spec.ts"
import { Driver, topologyOf } from "../trace/driver.ts"
import { interleaved, type Line, linesOf, signed, traceOf } from "../trace/text.ts"

let said = ""
let complained = ""
const folder = mkdtempSync(join(tmpdir(), "pika-test-replay-"))
const good = join(folder, "good.ndjson")
let text = ""
let header = ""
let events: ReadonlyArray<Line> = []

beforeAll(() => {
  writeRecorded(good, recordRun(small("Tournament 2", { warmUp: 0, duration: 50_000 })))
  text = readFileSync(good, "utf8")
  ;({ header, events } = linesOf(text))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeEach(() => {
  said = ""
  complained = ""
  vi.spyOn(process.stdout, "write").mockImplementation((x) => {
    said += x
    return true
  })
  vi.spyOn(process.stderr, "write").mockImplementation((x) => {
    complained += x
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

const file = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe("pika replay FILE --what-if", () => {
  test("tells recorded, control and what-if side by side, the control's error, and what changed", async () => {
    expect(await replayCommand([good, "--what-if", "scheme=naive,tariff=4"])).toBe(0)
    expect(said).toContain("port 80: scheme Tournament → Naive, tariff 2 → 4")
    expect(said).toMatch(/recorded +control +what-if +what-if by control/)
    for (const row of [
      /^application 3: share( +\d+\.\d %){3} +[+−]\d+\.\d points$/m,
      /^local share( +\d+\.\d %){2} +100\.0 % /m,
      /^waiting, 50th percentile( +\d+ µs){3} /m,
      /^service, 99th percentile( +\d+ µs){3} /m,
      /^claim timeouts( +\d+){3} /m,
      /^given back, to be assigned again /m,
      /^messages( +\d+){3} /m,
    ])
      expect(said).toMatch(row)
    expect(said).toMatch(/^(control: within|warning: the control is far)/m)
    expect(complained).toBe("")
  })

  test("--json: the same for machines, and the same bytes again", async () => {
    const args = [good, "--what-if", "scheme=naive", "--json", "--seed", "3"]
    expect(await replayCommand(args)).toBe(0)
    const bytes = said
    const { ports, ...rest } = JSON.parse(said)
    expect(rest).toEqual({ pika: "what-if", version: 1, file: good, events: events.length, seed: 3 })
    expect(ports).toHaveLength(1)
    expect(ports[0]).toMatchObject({
      port: 80,
      settings: { recorded: { scheme: "Tournament", "offer-interval": 50 }, whatIf: { scheme: "Naive" } },
      applications: { all: 4, came: 0, went: 0 },
      recorded: { endings: { unfinished: 0 } },
      whatIf: { locality: 1 },
    })
    for (const side of ["recorded", "control", "whatIf"])
      expect(ports[0][side].connections).toBe(ports[0].recorded.endings.served)
    said = ""
    await replayCommand(args)
    expect(said).toBe(bytes)
  })

  test("each listening port by itself", async () => {
    const { topology, steps } = recordRun(small("Naive", { warmUp: 0, duration: 20_000 }))
    const other = steps.map((x) => ({ ...x, port: 443 }))
    const path = join(folder, "two.ndjson")
    writeRecorded(path, { topology, steps: interleaved([steps, other]) })
    expect(await replayCommand([path, "--what-if", "scheme=tournament", "--json"])).toBe(0)
    const { ports } = JSON.parse(said)
    expect(ports.map((x: { port: number }) => x.port)).toEqual([80, 443])
    expect(ports[1].whatIf).toEqual(ports[0].whatIf)
  })
})

describe("refused, exit code 2", () => {
  test.each([
    [[], "arguments: one FILE must be named, found 0"],
    [["a", "b"], "arguments: one FILE must be named, found 2"],
    [["a", "--seed", "2"], "--seed: is for --what-if"],
    [["a", "--json"], "--json: is for --what-if"],
    [["a", "--what-if", "tariff=2", "--seed", "x"], "--seed: must be a whole number"],
    [["a", "--what-if", "tariff=2", "--seed", "-1"], "--seed"],
    [["a", "--nonsense"], "nonsense"],
  ])("%j", async (args, why) => {
    expect(await replayCommand(args)).toBe(2)
    expect(complained).toContain(why)
    expect(complained).toContain("usage: pika replay FILE")
  })

  test.each(["colour=blue", "tariff=NaN", "scheme=psychic", "low=3", ""])("--what-if %j", async (changes) => {
    expect(await replayCommand([good, "--what-if", changes])).toBe(2)
    expect(complained).toMatch(/^pika replay: --what-if/)
    expect(said).toBe("")
  })

  const unusable = (): ReadonlyArray<readonly [what: string, path: string, why: RegExp]> => {
    const lines = text.trimEnd().split("\n")
    const version = (JSON.parse(header) as { version: number }).version
    const other = JSON.stringify({ ...JSON.parse(header), version: version + 1 })
    const quiet = events.findIndex((x) => x.e === "Syn")
    return [
      ["not there", join(folder, "none.ndjson"), /cannot be read.*name a file/],
      ["empty", file("empty.ndjson", ""), /the file is empty; name a recording/],
      [
        "of another version",
        file("version.ndjson", text.replace(header, other)),
        /line 1: trace version 3.*use the version of PIKA/,
      ],
      [
        "truncated",
        file("short.ndjson", `${lines.slice(0, 200).join("\n")}\n`),
        /no end after 199 events.*end pika up by a signal/,
      ],
      [
        "with a hole",
        file("hole.ndjson", traceOf(header, events, { lost: 7, why: "overwritten" })),
        /the recording has a hole: 7 steps were lost.*record again/,
      ],
      [
        "with lines missing",
        file("missing.ndjson", signed([...lines.slice(0, 50), ...lines.slice(60)])),
        /line 51: position 60 is out of order/,
      ],
      [
        "altered",
        file("altered.ndjson", text.replace(/"now":\d+/, '"now":1')),
        /its digest is not that of its events/,
      ],
      [
        "of nothing",
        file("nothing.ndjson", traceOf(header, [])),
        /it has no connections; record a run with traffic/,
      ],
      [
        "without connections",
        file("quiet.ndjson", traceOf(header, events.slice(0, quiet))),
        /port 80: the recording has no connection that was served/,
      ],
    ]
  }

  test("a recording that is unusable, naming the place and the remedy", async () => {
    for (const [what, path, why] of unusable()) {
      complained = ""
      const code = await replayCommand([path, "--what-if", "tariff=4"])
      expect([what, code, said]).toEqual([what, 2, ""])
      expect([what, complained]).toEqual([what, expect.stringMatching(why)])
    }
  })
})

test("a recording that the core does not do again is no basis: 1, and where", async () => {
  const driver = new Driver(topologyOf(), 3).run(400)
  const path = join(folder, "driver.ndjson")
  writeTrace(path, { steps: driver.steps, topology: driver.topology, unsent: [] })
  const parts = linesOf(readFileSync(path, "utf8"))
  const at = parts.events.findIndex((x, k) => k > 100 && x.e === "ReceiveClaim")
  const altered = parts.events.map((x, k) => (k === at ? { ...x, n: (x.n as number) + 1 } : x))
  const bad = file("bad.ndjson", traceOf(parts.header, altered))
  expect(await replayCommand([bad, "--what-if", "tariff=4"])).toBe(1)
  expect(said).toMatch(new RegExp(`^diverged at event ${at + 1} \\(line ${at + 2}\\): ts`))
  expect(said).not.toContain("what-if")
})
