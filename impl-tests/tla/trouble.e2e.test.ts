import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { findCommand } from "../../src/setup/command.mjs"
import type { TlcReport } from "../../src/tla/messages.ts"
import { isTrouble, type TlcTrouble } from "../../src/tla/outcome.ts"
import type { TlcUnavailable } from "../../src/tla/tlc.ts"
import { ending, Specs, together, unbounded } from "./specs.ts"

const specs = new Specs()
const init = "Init == x = 0\n"
const head = "---- MODULE Spec ----\nVARIABLE x\n"

/** Has Java write files of at most `blocks` KiB: stands before the real one on the PATH. */
const underLimit = (blocks: number): string => {
  const directory = join(specs.directory, "bin")
  mkdirSync(directory)
  const script = join(directory, "java")
  writeFileSync(script, `#!/bin/sh\nulimit -f ${2 * blocks}\nexec ${findCommand("java")} "$@"\n`)
  chmodSync(script, 0o755)
  return directory
}

interface Case {
  readonly run: Effect.Effect<TlcReport, TlcUnavailable>
  readonly expected: Partial<TlcTrouble>
  readonly message: RegExp
  /** File, line and column, as `Spec.tla:4:9`. */
  readonly at: RegExp | undefined
  readonly remedy: RegExp
}

const cases: Readonly<Record<string, Case>> = {
  "a syntax error": {
    run: specs.run(`${init}Next == x' = x + \nOther == 3`),
    expected: { _tag: "Parse" },
    message: /Encountered "Beginning of definition" at line 5/,
    at: /^\/.*\/Spec\.tla:5:14$/,
    remedy: /not complete/,
  },
  "an unknown operator": {
    run: specs.run(`${init}Next == x' = Foo(x)`),
    expected: { _tag: "Parse" },
    message: /^Unknown operator: `Foo'\.$/,
    at: /^\/.*\/Spec\.tla:5:14$/,
    remedy: /define Foo/,
  },
  "an unknown operator in a module that it extends": {
    run: (() => {
      const files = specs.write(
        `${head}EXTENDS Base\nNext == x' = F(x)\n====\n`.replace(head, "---- MODULE Spec ----\n"),
        "",
      )
      writeFileSync(
        files.module.replace("Spec.tla", "Base.tla"),
        "---- MODULE Base ----\nVARIABLE x\nF(y) == Foo(y)\n====\n",
      )
      return specs.of(files)
    })(),
    expected: { _tag: "Parse" },
    message: /^Unknown operator: `Foo'\.$/,
    at: /^\/.*\/Base\.tla:3:9$/,
    remedy: /define Foo/,
  },
  "a module that is not there": {
    run: specs.of(specs.write(`${head.replace("VARIABLE", "EXTENDS Missing\nVARIABLE")}====\n`, "")),
    expected: { _tag: "Parse" },
    message: /Cannot find source file for module Missing/,
    at: /^\/.*\/Spec\.tla:2$/,
    remedy: /write .*\/Missing\.tla/,
  },
  "no specification": {
    run: specs.of(specs.write(undefined, "")),
    expected: { _tag: "Parse" },
    message: /Cannot find source file for module Spec/,
    at: /^\/.*\/Spec\.tla$/,
    remedy: /write .*\/Spec\.tla/,
  },
  "a module of another name": {
    run: specs.of(specs.write("---- MODULE Other ----\n====\n", "")),
    expected: { _tag: "Parse" },
    message: /does not match the name 'Other'/,
    at: /^\/.*\/Spec\.tla:1$/,
    remedy: /call the file Other\.tla/,
  },
  "no configuration": {
    run: specs.of(specs.write(`${head}====\n`, undefined)),
    expected: { _tag: "Configuration" },
    message: /File not found/,
    at: /^\/.*\/Spec\.cfg$/,
    remedy: /write it/,
  },
  "an empty configuration": {
    run: specs.run(ending, ""),
    expected: { _tag: "Configuration" },
    message: /did not specify the initial state predicate/,
    at: /^\/.*\/Spec\.cfg$/,
    remedy: /SPECIFICATION/,
  },
  "an unknown invariant": {
    run: specs.run(ending, "SPECIFICATION Spec\nINVARIANT Nope\n"),
    expected: { _tag: "Configuration" },
    message: /invariant Nope/,
    at: /^\/.*\/Spec\.cfg:2$/,
    remedy: /define Nope in .*Spec\.tla/,
  },
  "a constant without value": {
    run: specs.run(`CONSTANT N\n${init}Next == x' = N`),
    expected: { _tag: "Configuration" },
    message: /constant parameter N/,
    at: /^\/.*\/Spec\.tla:4$/,
    remedy: /give N a value in .*Spec\.cfg/,
  },
  "a replacement by what is not defined": {
    run: specs.run(`CONSTANT N\n${init}Next == x' = N`, "SPECIFICATION Spec\nCONSTANT\n  N <- M\n"),
    expected: { _tag: "Configuration" },
    message: /undefined identifier M/,
    at: /^\/.*\/Spec\.cfg:3$/,
    remedy: /define M/,
  },
  "a word that no configuration has": {
    run: specs.run(ending, "SPECIFICATION Spec\nFOO Nope\n"),
    expected: { _tag: "Configuration" },
    message: /expecting a keyword/,
    at: /^\/.*\/Spec\.cfg:2$/,
    remedy: /correct that line/,
  },
  "a type error in a step": {
    run: specs.run(`${init}Next ==\n  \\/ x < 3 /\\ x' = x + 1\n  \\/ x = 3 /\\ x' = x + "a"`),
    expected: { _tag: "Evaluation" },
    message: /StringValue/,
    at: /^\/.*\/Spec\.tla:7:20$/,
    remedy: /restrict it/,
  },
  "a type error in an invariant": {
    run: specs.run(`${init}Next == x' = x\nInv == x < "a"`, "SPECIFICATION Spec\nINVARIANT Inv\n"),
    expected: { _tag: "Evaluation" },
    message: /second argument of < should be an integer/,
    at: /^\/.*\/Spec\.tla:6:8$/,
    remedy: /restrict it/,
  },
  "a function outside of its domain, behind a definition": {
    run: specs.run(`${init}F == [k \\in 0..2 |-> k]\nG(k) == F[k]\nNext == x' = G(x) + 1`),
    expected: { _tag: "Evaluation" },
    message: /domain/,
    at: /^\/.*\/Spec\.tla:6:9$/,
    remedy: /restrict it/,
  },
  "a variable that a step forgets": {
    run: specs.run(
      "VARIABLE y\nInit == x = 0 /\\ y = 0\nNext == x' = 1 - x\nSpec == Init /\\ [][Next]_<<x, y>>",
    ),
    expected: { _tag: "Evaluation" },
    message: /not (assigned|defined): y/,
    at: /^\/.*\/Spec\.tla:6:9$/,
    remedy: /UNCHANGED/,
  },
  "a recursion without end": {
    run: specs.run(`RECURSIVE F(_)\nF(n) == IF n < 0 THEN 0 ELSE 1 + F(n + 1)\n${init}Next == x' = F(x)`),
    expected: { _tag: "Evaluation" },
    message: /Stack/,
    at: /^\/.*\/Spec\.tla:(7:9|4)$/,
    remedy: /recursive definition/,
  },
  "too many states": {
    run: specs.run(unbounded, undefined, { limits: { states: 20_000 } }),
    expected: { _tag: "Limit", limit: "states", most: 20_000 },
    message: /^more than 20000 distinct states$/,
    at: undefined,
    remedy: /CONSTRAINT/,
  },
  "too much time": {
    run: specs.run(unbounded, undefined, { limits: { seconds: 2 } }),
    expected: { _tag: "Limit", limit: "seconds", most: 2 },
    message: /^not finished after 2 s$/,
    at: undefined,
    remedy: /raise the limit/,
  },
  "too much disk": {
    run: specs.run(unbounded, undefined, { limits: { disk: 5 } }),
    expected: { _tag: "Limit", limit: "disk", most: 5 },
    message: /^would write more than 5 MiB$/,
    at: undefined,
    remedy: /CONSTRAINT/,
  },
  "too little heap": {
    run: specs.run(
      `${init}Next == x' = Cardinality({<<a, b, c>> : a \\in 1..200, b \\in 1..200, c \\in 1..200})`,
      undefined,
      {
        heap: 32,
      },
    ),
    expected: { _tag: "OutOfMemory" },
    message: /^32 MiB of heap were not enough/,
    at: undefined,
    remedy: /another heap/,
  },
  "more heap than a machine has": {
    run: specs.run(ending, undefined, { heap: 100_000_000 }),
    expected: { _tag: "OutOfMemory" },
    message: /^100000000 MiB of heap/,
    at: undefined,
    remedy: /another heap/,
  },
}

let ended: Readonly<Record<string, TlcReport>>

beforeAll(async () => {
  const runs = Object.entries(cases).map(([name, { run }]) => [name, run] as const)
  ended = await together(Object.fromEntries(runs))
}, 240_000)

afterAll(() => specs.remove())

describe("TLC can't judge", () => {
  test.each(Object.keys(cases))("%s", (name) => {
    const { expected, message, at, remedy } = cases[name]!
    const { outcome } = ended[name]!
    expect(outcome).toMatchObject(expected)
    if (!isTrouble(outcome)) throw new Error("a verdict")
    expect(outcome.message).toMatch(message)
    const { place } = outcome
    const text = place && [place.file, place.line, place.column].filter((x) => x !== undefined).join(":")
    if (at === undefined) expect(text).toBeUndefined()
    else expect(text).toMatch(at)
    expect(outcome.remedy).toMatch(remedy)
  })

  test("a disk that is full", async () => {
    const path = process.env.PATH
    process.env.PATH = `${underLimit(4000)}:${path}`
    try {
      const wide =
        "VARIABLES y, z\nInit == x = 0 /\\ y = 0 /\\ z = 0\n" +
        "Next ==\n  \\/ x' = x + 1 /\\ UNCHANGED <<y, z>>\n  \\/ y' = y + 1 /\\ UNCHANGED <<x, z>>\n" +
        "  \\/ z' = z + 1 /\\ UNCHANGED <<x, y>>\nSpec == Init /\\ [][Next]_<<x, y, z>>"
      const report = (await together({ full: specs.run(wide) })).full!
      expect(report.outcome).toMatchObject({ _tag: "DiskFull", message: /File too large/ })
    } finally {
      process.env.PATH = path
    }
  })
})
