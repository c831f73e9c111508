import { describe, expect, test } from "vitest"
import { TlcOutput } from "../../src/tla/messages.ts"

const message = (code: number, text: string, level = 0) =>
  `@!@!@STARTMSG ${code}:${level} @!@!@\n${text}\n@!@!@ENDMSG ${code} @!@!@\n`

const stats = message(2199, "12 states generated, 7 distinct states found, 0 states left on queue.")
const done = message(2193, "Model checking completed. No error has been found.")

const about = { module: "/there/Spec.tla", config: "/there/Spec.cfg", heap: 64 }

const read = (text: string, exitCode: number, errors = "") => {
  const output = new TlcOutput(about)
  for (const line of text.split("\n")) output.line(line)
  return output.report(exitCode, errors)
}

describe("TLC's messages", () => {
  test("a finished search", () => {
    const report = read(`${done}hello\n${stats}${message(2194, "The depth is 5.")}`, 0)
    expect(report).toMatchObject({
      outcome: { _tag: "Success" },
      generated: 12,
      distinct: 7,
      queued: 0,
      depth: 5,
      printed: ["hello", ""],
    })
  })

  test.each([
    ["Invariant", 2110, "Invariant OneOwner is violated.", 12],
    ["Invariant", 2107, "Invariant OneOwner is violated by the initial state:", 12],
    ["ActionProperty", 2112, "Action property OneWay is violated.", 13],
    [
      "ActionProperty",
      2112,
      "Action property line 1, col 2 to line 1, col 9 of module OneWay is violated.",
      13,
    ],
    ["Deadlock", 2114, "Deadlock reached.", 11],
    ["Temporal", 2116, "Temporal properties were violated.", 13],
    ["Assumption", 2104, "Assumption line 3 is false.", 10],
  ])("%s by message %i", (tag, code, text, exitCode) => {
    expect(read(message(code, text, 1) + stats, exitCode).outcome._tag).toBe(tag)
  })

  test("names what was violated", () => {
    expect(read(message(2110, "Invariant OneOwner is violated.", 1), 12).outcome).toEqual({
      _tag: "Invariant",
      name: "OneOwner",
    })
  })

  test("an evaluation error, with a message nested in it, where it happened and what stands around that", () => {
    const text =
      `@!@!@STARTMSG 1000:1 @!@!@\nTLC threw\n: ${message(2154, "inside", 0)}@!@!@ENDMSG 1000 @!@!@\n` +
      message(
        2103,
        "0. Line 6, column 6 to line 8, column 24 in Spec\n1. Line 7, column 6 to line 7, column 10 in Spec\n",
        1,
      )
    expect(read(text, 75).outcome).toMatchObject({
      _tag: "Evaluation",
      message: "inside\nTLC threw",
      place: { file: "/there/Spec.tla", line: 7, column: 6 },
      within: [{ file: "/there/Spec.tla", line: 6, column: 6 }],
    })
  })

  test("a parse error is outside any message", () => {
    const text =
      "*** Errors: 1\n\nline 5, col 14 to line 5, col 16 of module Spec\n\nUnknown operator: `Foo'.\n\n\n"
    expect(read(text, 150).outcome).toEqual({
      _tag: "Parse",
      message: "Unknown operator: `Foo'.",
      place: { file: "/there/Spec.tla", line: 5, column: 14 },
      remedy: "define Foo, or EXTENDS the module that does; or correct the name",
    })
  })

  test("how far a search is", () => {
    const output = new TlcOutput(about)
    const text =
      "Progress(203) at 2026-11-24 09:22:56: 4,178,485 states generated (638,046 s/min), " +
      "1,413,517 distinct states found (214,829 ds/min), 20,700 states left on queue."
    for (const line of message(2200, text).split("\n")) output.line(line)
    expect(output.progress).toEqual({
      depth: 203,
      generated: 4_178_485,
      distinct: 1_413_517,
      queued: 20_700,
    })
  })

  test("a violation by the initial state has it as its behaviour", () => {
    const { behaviour } = read(
      message(2107, "Invariant Small is violated by the initial state:\n/\\ x = 4\n/\\ y = 1\n", 1),
      12,
    )
    expect(behaviour.states.map(({ variables }) => [...variables.keys()])).toEqual([["x", "y"]])
  })

  test("a state that can't be read keeps its text", () => {
    const text = message(2217, "1: <Initial predicate>\n/\\ x = <Java object 0x7>\n", 4)
    expect(read(message(2114, "Deadlock reached.", 1) + text, 11).behaviour.states[0]).toMatchObject({
      text: "/\\ x = <Java object 0x7>",
      variables: new Map(),
    })
  })

  test("what ended a run on purpose is its outcome, but no verdict is lost", () => {
    const stopped = { _tag: "Limit", limit: "states", most: 3, message: "", remedy: "" } as const
    const output = new TlcOutput(about)
    expect(output.report(-1, "", { signal: "SIGKILL", stopped }).outcome).toBe(stopped)
    for (const line of message(2114, "Deadlock reached.", 1).split("\n")) output.line(line)
    expect(output.report(-1, "", { signal: "SIGKILL", stopped }).outcome._tag).toBe("Deadlock")
  })

  test.each([
    ["heap", "Terminating due to java.lang.OutOfMemoryError: Java heap space", 3, "OutOfMemory"],
    ["disk", message(1000, "java.io.IOException: No space left on device", 1), 255, "DiskFull"],
    ["TLC's own longest behaviour", message(2282, "65536 or more states", 1), 255, "Limit"],
    ["states of a graph", message(1000, "the state graph has more than 7 states", 1), 255, "Limit"],
    ["a checkpoint that is not one", message(2126, "TLC encountered an error", 1), 255, "Corrupt"],
  ])("%s", (_name, text, exitCode, tag) => {
    expect(read(text, exitCode).outcome._tag).toBe(tag)
  })

  test("exit 0 alone is no success", () => {
    expect(read("", 0).outcome).toMatchObject({
      _tag: "Configuration",
      place: { file: "/there/Spec.cfg" },
    })
    expect(
      read(done + message(2199, "0 states generated, 0 distinct states found, 0 left"), 0).outcome._tag,
    ).toBe("Configuration")
    expect(read(stats, 0).outcome._tag).toBe("Configuration")
  })

  test("a killed run is no success", () => {
    expect(read(done + stats, -1).outcome._tag).toBe("Killed")
    expect(read(stats, 1, "Out of memory").outcome).toMatchObject({ _tag: "Killed" })
  })

  test("parameters of an action stand apart from its name, where TLC says them", () => {
    const state = (label: string) =>
      read(message(2217, `2: <${label} line 7, col 11 to line 7, col 68 of module C>\n/\\ x = 2\n`, 4), 12)
        .behaviour.states[0]!
    expect([state("Inc").action, state("Inc").parameters]).toEqual(["Inc", undefined])
    const newer = state('Take(c1, <<1, "(a)">>)')
    expect([newer.action, newer.parameters]).toEqual(["Take", 'c1, <<1, "(a)">>'])
  })

  test("a behaviour is its states, and where it goes on", () => {
    const text =
      message(2217, "1: <Initial predicate>\n/\\ x = 1\n", 4) +
      message(2217, "2: <Inc line 7, col 11 to line 7, col 68 of module C>\n/\\ x = 2\n", 4) +
      message(2122, "1: <Inc line 7, col 11 to line 7, col 68 of module C>", 4)
    const { behaviour } = read(message(2116, "violated", 1) + text, 13)
    expect(behaviour.states.map((state) => [state.number, state.action])).toEqual([
      [1, "Initial predicate"],
      [2, "Inc"],
    ])
    expect(behaviour.states[1]!.variables.get("x")).toEqual({ _tag: "Int", value: 2 })
    expect(behaviour).toMatchObject({ backTo: 1, stutters: false })
    expect(
      read(message(2116, "violated", 1) + message(2218, "3: Stuttering", 4), 13).behaviour.stutters,
    ).toBe(true)
  })
})
