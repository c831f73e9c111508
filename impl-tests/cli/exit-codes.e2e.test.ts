import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { writeTrace } from "../../src/trace/merge.ts"
import { Driver, topologyOf } from "../trace/driver.ts"
import { type Line, linesOf, traceOf } from "../trace/text.ts"
import { pika, scratch, start } from "./pika.ts"

const { folder, remove } = scratch()
afterAll(remove)

const run = async (line: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const child = start(pika(...line), env)
  return { code: await child.exit, text: child.text() }
}

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A folder without java in it, and one whose java does `script`. */
const without = join(folder, "empty")
mkdirSync(without)
const javaThat = (name: string, script: string): string => {
  const directory = join(folder, name)
  mkdirSync(directory)
  const path = join(directory, "java")
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return `${directory}:${process.env.PATH}`
}

/** Exit codes are a contract: scripts and CI go by them. */
describe("exit codes of a recording's commands", () => {
  let good: string
  let bad: string
  let header: string
  let events: ReadonlyArray<Line>
  let unusable: ReadonlyArray<readonly [what: string, path: string, why: RegExp]>
  beforeAll(() => {
    const driver = new Driver(topologyOf(), 3).run(400)
    good = join(folder, "good.ndjson")
    writeTrace(good, { steps: driver.steps, topology: driver.topology, unsent: [] })
    const text = readFileSync(good, "utf8")
    ;({ header, events } = linesOf(text))
    const at = events.findIndex((x, k) => k > 100 && x.e === "ReceiveClaim")
    const altered = events.map((x, k) => (k === at ? { ...x, n: (x.n as number) + 1 } : x))
    bad = file("bad.ndjson", traceOf(header, altered))
    const version = (JSON.parse(header) as { version: number }).version
    const other = JSON.stringify({ ...JSON.parse(header), version: version + 1 })
    const lines = text.split("\n")
    unusable = [
      ["a file that is not there", join(folder, "none.ndjson"), /no such file|ENOENT/],
      ["a folder", without, /directory|EISDIR/i],
      ["an empty file", file("empty.ndjson", ""), /empty|header/],
      ["no recording", file("text.ndjson", "hello\n"), /header/],
      [
        "bytes",
        file(
          "bytes.ndjson",
          Uint8Array.from({ length: 5000 }, (_, k) => (k * 37) & 255),
        ),
        /./,
      ],
      ["another version", file("version.ndjson", text.replace(header, other)), /version/],
      ["a truncated one", file("short.ndjson", `${lines.slice(0, 200).join("\n")}\n`), /truncated|end/],
      ["one cut in a line", file("cut.ndjson", text.slice(0, Math.trunc(text.length / 2))), /./],
    ]
  })

  test("replay: 0 the same, 1 diverged and where, 2 unusable and why", async () => {
    expect(await run(["replay", good])).toMatchObject({
      code: 0,
      text: expect.stringContaining("same: 400 events"),
    })
    expect(await run(["replay", bad])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/diverged at event \d+ \(line \d+\)/),
    })
    for (const [what, path, why] of unusable) {
      const { code, text } = await run(["replay", path])
      expect([what, code, text]).toEqual([what, 2, expect.stringMatching(why)])
    }
    expect(await run(["replay"])).toMatchObject({
      code: 2,
      text: expect.stringContaining("usage: pika replay"),
    })
    expect((await run(["replay", good, good])).code).toBe(2)
  })

  test("replay --what-if: 0 told, 1 diverged and where, 2 unusable and why", async () => {
    const change = ["--what-if", "scheme=naive"]
    expect(await run(["replay", good, ...change])).toMatchObject({
      code: 0,
      text: expect.stringMatching(/recorded +control +what-if/),
    })
    expect(await run(["replay", bad, ...change])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/diverged at event \d+ \(line \d+\)/),
    })
    for (const [what, path, why] of unusable) {
      const { code, text } = await run(["replay", path, ...change])
      expect([what, code, text]).toEqual([what, 2, expect.stringMatching(why)])
    }
    expect(await run(["replay", good, "--what-if", "tariff=none"])).toMatchObject({
      code: 2,
      text: expect.stringMatching(/--what-if tariff: must be a finite number[\s\S]*usage: pika replay/),
    })
  })

  test("validate: 0 accepted, 1 rejected and where, 2 unusable and why", async () => {
    expect(await run(["validate", good])).toMatchObject({
      code: 0,
      text: expect.stringContaining("accepted: 400 events"),
    })
    expect(await run(["validate", bad])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/rejected at event \d+ \(line \d+\)/),
    })
    for (const [what, path, why] of unusable) {
      const { code, text } = await run(["validate", path])
      expect([what, code, text]).toEqual([what, 2, expect.stringMatching(why)])
    }
    expect(await run(["validate"])).toMatchObject({
      code: 2,
      text: expect.stringContaining("usage: pika validate"),
    })
  })

  test("validate without a JDK, or with one that fails, is 2: nothing was judged", async () => {
    expect(await run(["validate", good], { PATH: without })).toMatchObject({
      code: 2,
      text: expect.stringMatching(/java is not on the PATH: install a JDK/),
    })
    for (const [name, script] of [
      ["silent", "exit 0"],
      ["broken", "echo no such class >&2; exit 1"],
      ["killed", "kill -9 $$"],
    ] as const) {
      const { code } = await run(["validate", good], { PATH: javaThat(`validate-${name}`, script) })
      expect([name, code]).toEqual([name, 2])
    }
    const { code, text } = await run(["validate", good], { PIKA_TLC_JAR: join(folder, "none.jar") })
    expect([code, text]).toEqual([2, expect.stringMatching(/TLC|jar/)])
  })
})

describe("exit codes of pika check", () => {
  const SMALL = "1-1-1-1"

  test("0: the model ended as its manifest says", async () => {
    const { code, text } = await run(["check", SMALL])
    expect([code, text]).toEqual([0, expect.stringMatching(new RegExp(`${SMALL} .*yes`))])
  })

  test("1: it did not: a known-bad design is not found out", async () => {
    const code = (n: number, text: string) =>
      `@!@!@STARTMSG ${n}:0 @!@!@\\n${text}\\n@!@!@ENDMSG ${n} @!@!@\\n`
    const said = [
      code(2193, "Model checking completed. No error has been found."),
      code(2199, "3 states generated, 2 distinct states found, 0 states left on queue."),
      code(2194, "The depth of the complete state graph search is 2."),
    ].join("")
    const { code: exit, text } = await run(["check", "bad-removal"], {
      PATH: javaThat("finds-nothing", `printf '${said}'`),
    })
    expect([exit, text]).toEqual([
      1,
      expect.stringMatching(/bad-removal .*expected Invariant, found Success/),
    ])
  })

  test("2: an unknown model, and no Java to run TLC with", async () => {
    expect(await run(["check", "nonsense"])).toMatchObject({
      code: 2,
      text: expect.stringMatching(/no model nonsense[\s\S]*usage: pika check/),
    })
    expect(await run(["check", SMALL], { PATH: without })).toMatchObject({
      code: 2,
      text: expect.stringMatching(/java is not on the PATH\s+install a JDK/),
    })
  })
})

test("who reads may stop early: the command goes on to its own exit code", async () => {
  const line = pika("sim", "--seeds", "200").map((word) => `'${word}'`)
  const child = start(["bash", "-c", `set -o pipefail; (${line.join(" ")}; echo "exit $?" >&2) | head -c 1`])
  await child.exit
  expect(child.text()).toMatch(/exit 0/)
})

test("an unknown command, and none, is 2 with the usage", async () => {
  for (const line of [[], ["nonsense"]]) {
    const { code, text } = await run(line)
    expect([code, text]).toEqual([2, expect.stringContaining("usage: pika")])
  }
})

test("--help is 0 with the usage, of each command too", async () => {
  const { code, text } = await run(["--help"])
  expect([code, text]).toEqual([0, expect.stringMatching(/^usage: pika COMMAND/)])
  const names = [...text.matchAll(/^ {2}(\w+) +/gm)].map(([, name]) => name!)
  expect(names).toContain("mutants")
  const told = await Promise.all(names.map((name) => run([name, "--json", "--help"])))
  for (const [k, name] of names.entries()) {
    expect([name, told[k]!.code, told[k]!.text]).toEqual([
      name,
      0,
      expect.stringMatching(new RegExp(`^usage: .*pika ${name}\\b`)),
    ])
  }
})

test.each([
  [["up", "--config", "nonsense"], /configuration "nonsense".*write for example TS2LS2CM2/],
  [["up", "--config", "TS99LS1CM1"], /must be .*1 to 16, found 99/],
  [["serve", "--port", "70000"], /--port must be from 1 to 65535/],
  [["serve", "--processes", "0"], /--processes must be from 1 to 64/],
  [["serve"], /no stack runs at/],
  [["mutants", "--every", "0"], /--every must be a whole number from 1\s+usage: pika mutants/],
  [["mutants", "nonsense"], /no side nonsense\s+usage: pika mutants/],
])("pika %s is 2, saying what can be", async (line, why) => {
  const { code, text } = await run(line, { PIKA_SOCKET: join(folder, "nobody") })
  expect([code, text]).toEqual([2, expect.stringMatching(why)])
})

test("a missing addon is said, with what builds it", async () => {
  const env = { PIKA_ADDON: join(folder, "none.node") }
  const { code, text } = await run(["up", "--socket", join(folder, "s")], env)
  expect([code, text]).toEqual([
    2,
    expect.stringMatching(/the native addon is not there [\s\S]*npm start or npx pika doctor/),
  ])
})
