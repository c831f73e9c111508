import { describe, expect, test } from "vitest"
import { TlcOutput } from "../../src/tla/messages.ts"

const message = (code: number, text: string, level = 0) =>
  `@!@!@STARTMSG ${code}:${level} @!@!@\n${text}\n@!@!@ENDMSG ${code} @!@!@\n`

const stats = message(2199, "12 states generated, 7 distinct states found, 0 states left on queue.")
const done = message(2193, "Model checking completed. No error has been found.")

const read = (text: string, exitCode: number, errors = "") => {
  const output = new TlcOutput()
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

  test("an evaluation error, with a message nested in it", () => {
    const text = `@!@!@STARTMSG 1000:1 @!@!@\nTLC threw\n${message(2154, "inside", 1)}@!@!@ENDMSG 1000 @!@!@\n`
    expect(read(text, 75).outcome).toEqual({ _tag: "Evaluation", message: "inside\nTLC threw" })
  })

  test("a parse error is outside any message", () => {
    expect(read("*** Errors: 1\nUnknown operator: `Foo'.\n", 150).outcome).toEqual({
      _tag: "Parse",
      message: "*** Errors: 1\nUnknown operator: `Foo'.",
    })
  })

  test("exit 0 alone is no success", () => {
    expect(read("", 0).outcome._tag).toBe("Parse")
    expect(
      read(done + message(2199, "0 states generated, 0 distinct states found, 0 left"), 0).outcome._tag,
    ).toBe("Parse")
    expect(read(stats, 0).outcome._tag).toBe("Parse")
  })

  test("a killed run is no success", () => {
    expect(read(done + stats, -1).outcome._tag).toBe("Killed")
    expect(read(stats, 1, "Out of memory").outcome).toMatchObject({ _tag: "Killed" })
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
