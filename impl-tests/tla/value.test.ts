import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  functionOf,
  MAX_DEPTH,
  parseState,
  parseValue,
  printValue,
  recordOf,
  setOf,
  type TlaValue,
  TlaValueError,
} from "../../src/tla/value.ts"

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,6}$/)
const leaf: fc.Arbitrary<TlaValue> = fc.oneof(
  fc.boolean().map((value): TlaValue => ({ _tag: "Bool", value })),
  fc.integer().map((value): TlaValue => ({ _tag: "Int", value })),
  fc.string({ unit: "binary" }).map((value): TlaValue => ({ _tag: "Text", value })),
  name.map((x): TlaValue => ({ _tag: "Model", name: x })),
)
const { value: arbitraryValue } = fc.letrec<{ value: TlaValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }).map((items): TlaValue => ({ _tag: "Tuple", items })),
    fc.array(tie("value"), { maxLength: 4 }).map(setOf),
    fc
      .uniqueArray(fc.tuple(name, tie("value")), { minLength: 1, maxLength: 4, selector: ([x]) => x })
      .map(recordOf),
    fc
      .uniqueArray(fc.tuple(tie("value"), tie("value")), {
        minLength: 1,
        maxLength: 4,
        selector: ([x]) => printValue(x),
      })
      .map(functionOf),
  ),
}))

describe("TLA+ values", () => {
  test("what is printed is read back", () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        expect(parseValue(printValue(value))).toEqual(value)
      }),
    )
  })

  test("white space as TLC wraps it makes no difference", () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        const text = printValue(value)
        if (text.includes('"')) return
        expect(parseValue(` ${text.replaceAll(", ", "\n ,   ")}\n`)).toEqual(value)
      }),
    )
  })

  test("the order of sets, fields and functions is no part of a value", () => {
    expect(parseValue('{3, 1, 2, 1, "b", "a"}')).toEqual(parseValue('{"a", 1, "b", 2, 3}'))
    expect(parseValue("[b |-> 1, a |-> 2]")).toEqual(parseValue("[a |-> 2, b |-> 1]"))
    expect(parseValue("(2 :> TRUE @@ 0 :> FALSE)")).toEqual(parseValue("(0 :> FALSE @@ 2 :> TRUE)"))
  })

  test("a function that is a tuple, a record or an interval's set is one value", () => {
    expect(parseValue('(1 :> "x" @@ 2 :> "y")')).toEqual(parseValue('<<"x", "y">>'))
    expect(parseValue('("a" :> 1)')).toEqual(parseValue("[a |-> 1]"))
    expect(parseValue("1..3")).toEqual(parseValue("{1, 2, 3}"))
    expect(parseValue("3..1")).toEqual(parseValue("{}"))
    expect(parseValue("<< >>")).toEqual(parseValue("<<>>"))
  })

  test.each(["", "<<1", "[a 1]", '"open', "{1,}", "1 2", "(1 :> )", "-", "12345678901234567", "0..99999999"])(
    "%j is refused with its place",
    (text) => expect(() => parseValue(text)).toThrow(TlaValueError),
  )

  test("nesting is bounded", () => {
    const nested = (depth: number) => "{".repeat(depth) + "}".repeat(depth)
    expect(() => parseValue(nested(MAX_DEPTH))).not.toThrow()
    expect(() => parseValue(nested(MAX_DEPTH + 1))).toThrow(/at most/)
  })

  test("a state is its variables", () => {
    const state = parseState("/\\ x = (0 :>\n      [a |-> -1])\n/\\ queue = <<>>\n")
    expect([...state.keys()]).toEqual(["x", "queue"])
    expect(printValue(state.get("x")!)).toBe("(0 :> [a |-> -1])")
    expect(parseState("x = 1\n").get("x")).toEqual({ _tag: "Int", value: 1 })
  })
})
