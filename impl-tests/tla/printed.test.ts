import { describe, expect, test } from "vitest"
import { printedTuples } from "../../src/tla/printed.ts"
import { parseValue, printValue, TlaValueError } from "../../src/tla/value.ts"

const shown = (lines: ReadonlyArray<string>) =>
  printedTuples(lines).map((items) => items.map(printValue).join(" "))

describe("what a specification printed", () => {
  test("is found among other lines, on one line or wrapped", () => {
    const lines = [
      "Parsing file X.tla",
      '<<"ACCEPTED", 3>>',
      "Finished",
      "<< 202,",
      "   << [c |-> -1, fresh |-> FALSE],",
      '      [c |-> 1, text |-> "a >> ] \\" ("] >>,',
      "   {} >>",
      "<<>>",
    ]
    expect(shown(lines)).toEqual([
      '"ACCEPTED" 3',
      '202 <<[c |-> -1, fresh |-> FALSE], [c |-> 1, text |-> "a >> ] \\" ("]>> {}',
      "",
    ])
    expect(printedTuples(['<<1, "x">>'])[0]).toEqual([parseValue("1"), parseValue('"x"')])
  })

  test("is no value when it is cut", () => {
    expect(() => printedTuples(["<< 202,", "   << 1"])).toThrow(TlaValueError)
  })
})
