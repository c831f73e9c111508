import { describe, expect, test } from "vitest"
import { literalOf, TlaUnwritable } from "../../src/tla/literal.ts"
import { parseValue } from "../../src/tla/value.ts"

const text = (value: string) => ({ _tag: "Text", value }) as const

describe("literals", () => {
  test.each(['[a |-> "x\\ty", b |-> {-2147483647, 2147483647}]', '("a b" :> <<TRUE>> @@ "ä" :> s1)'])(
    "%s is one",
    (value) => expect(literalOf(parseValue(value))).toBe(value),
  )

  test.each(["a`b", "\u{1F600}", "\0", "\u001b"])("no string with %j is one, wherever it stands", (value) => {
    const inside = {
      _tag: "Tuple",
      items: [{ _tag: "Function", entries: [[text("x y"), text(value)]] }],
    } as const
    expect(() => literalOf(inside)).toThrow(TlaUnwritable)
  })

  test.each([2147483648, -2147483648])("%d is none", (value) => {
    expect(() => literalOf({ _tag: "Set", items: [{ _tag: "Int", value }] })).toThrow(/31 bits/)
  })
})
