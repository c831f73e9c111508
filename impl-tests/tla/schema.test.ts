import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  asModelValues,
  asSet,
  asTuple,
  TlaMismatch,
  TlaUnmappable,
  tlaMapping,
} from "../../src/tla/schema.ts"
import { parseValue, printValue } from "../../src/tla/value.ts"
import { type Name, schemas, valuesOf } from "./sampled.ts"

const Token = Schema.Struct({ c: Schema.Int, n: Schema.Int })
const printed = <S extends Schema.Constraint>(schema: S, value: S["Type"], options = {}) =>
  printValue(tlaMapping(schema, options).toTla(value))

describe("values as the specification has them", () => {
  test("structs are records, tags their field type, absent fields absent", () => {
    const Message = Schema.TaggedStruct("Assign", { c: Schema.Int, a: Schema.optionalKey(Schema.Int) })
    expect(printed(Message, { _tag: "Assign", c: 3 })).toBe('[c |-> 3, type |-> "Assign"]')
    expect(printed(Message, { _tag: "Assign", c: 3, a: 1 })).toBe('[a |-> 1, c |-> 3, type |-> "Assign"]')
    expect(printed(Message, { _tag: "Assign", c: 3 }, { tag: "kind" })).toBe('[c |-> 3, kind |-> "Assign"]')
  })

  test("arrays are sequences, or sets; structs may be tuples", () => {
    expect(printed(Schema.Array(Token), [{ c: 1, n: 2 }])).toBe("<<[c |-> 1, n |-> 2]>>")
    expect(
      printed(asSet(Schema.Array(asTuple(Token))), [
        { c: 2, n: 1 },
        { n: 5, c: 1 },
      ]),
    ).toBe("{<<1, 5>>, <<2, 1>>}")
  })

  test("sets, maps, dictionaries, model values, null", () => {
    const Server = asModelValues(Schema.Literals(["s1", "s2"]))
    expect(printed(Schema.ReadonlySet(Server), new Set(["s2", "s1"] as const))).toBe("{s1, s2}")
    expect(printed(Schema.ReadonlyMap(Server, Schema.NullOr(Server)), new Map([["s1", null]] as const))).toBe(
      "(s1 :> NULL)",
    )
    expect(printed(Schema.NullOr(Server), "s2")).toBe("s2")
    expect(printed(Schema.Record(Schema.String, Schema.Boolean), { "a b": true, c: false })).toBe(
      '("a b" :> TRUE @@ "c" :> FALSE)',
    )
    expect(printed(Schema.Record(Schema.Number, Schema.Int), { 0: 7 })).toBe("(0 :> 7)")
    expect(printed(Schema.Enum({ Red: "r", Green: 2 }), 2)).toBe("Green")
    expect(printed(Schema.Struct({}), {})).toBe("<<>>")
  })

  test("what the specification abstracts away is left out, and comes back as was said", () => {
    const Offer = Schema.Struct({ a: Schema.Int, serviceTime: Schema.Int })
    const mapping = tlaMapping(Schema.Array(Offer), { leftOut: { serviceTime: 0 } })
    const tla = mapping.toTla([{ a: 1, serviceTime: 77 }])
    expect(printValue(tla)).toBe("<<[a |-> 1]>>")
    expect(mapping.fromTla(tla)).toEqual([{ a: 1, serviceTime: 0 }])
  })
})

describe("round trips", () => {
  test.each(Object.keys(schemas) as ReadonlyArray<Name>)("of %s, by way of print and parser", (name) => {
    const schema: Schema.Constraint = schemas[name]
    const mapping = tlaMapping(schema)
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        const tla = mapping.toTla(value)
        const text = printValue(tla)
        expect(parseValue(text)).toEqual(tla)
        const back = mapping.fromTla(parseValue(text))
        expect(printValue(mapping.toTla(back))).toBe(text)
      }),
    )
  })

  const exact: ReadonlyArray<Name> = [
    "sequence",
    "optional",
    "pair",
    "union",
    "tree",
    "overIntegers",
    "hashMap",
  ]
  test.each(exact)("of %s give the value itself", (name) => {
    const schema: Schema.Constraint = schemas[name]
    const mapping = tlaMapping(schema)
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        expect(
          Schema.toEquivalence(schema as Schema.Schema<unknown>)(
            mapping.fromTla(mapping.toTla(value)),
            value,
          ),
        ).toBe(true)
      }),
    )
  })
})

/** The error that `work` ends with. */
const trouble = (work: () => unknown): TlaMismatch | TlaUnmappable => {
  try {
    work()
  } catch (error) {
    if (error instanceof TlaMismatch || error instanceof TlaUnmappable) return error
    throw error
  }
  throw new Error("nothing was wrong")
}

describe("a mismatch names its place", () => {
  const State = Schema.Struct({
    queue: Schema.Array(
      Schema.Union([Schema.TaggedStruct("Ask", { c: Schema.Int }), Schema.TaggedStruct("Go", {})]),
    ),
    phase: Schema.Literals(["Up", "Down"]),
    left: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  })
  const mapping = tlaMapping(State)
  const state = (part: object) =>
    ({ queue: [], phase: "Up", left: 0, ...part }) as unknown as typeof State.Type

  test.each([
    [
      { queue: [{ _tag: "Go" }, { _tag: "Ask", c: 3_000_000_000 }] },
      "queue[1].c: expected an integer of 32 bits, found 3000000000",
    ],
    [{ queue: [{ _tag: "Ask", c: 0.5 }] }, "queue[0].c: expected an integer of 32 bits, found 0.5"],
    [{ queue: [{ _tag: "Stop" }] }, 'queue[0]: expected one of the tags Ask, Go, found "Stop"'],
    [{ queue: { length: 0 } }, "queue: expected an array, found a Object"],
    [{ phase: "Odd" }, 'phase: expected "Up" or "Down", found "Odd"'],
  ])("of a value: %j", (part, message) => {
    expect(trouble(() => mapping.toTla(state(part))).message).toBe(message)
  })

  test.each([
    ['[queue |-> <<>>, phase |-> "Up"]', 'expected a field left, found [phase |-> "Up", queue |-> <<>>]'],
    [
      '[queue |-> <<>>, phase |-> "Up", left |-> 1, odd |-> 2]',
      "expected no other fields than queue, phase, left",
    ],
    ['[queue |-> {}, phase |-> "Up", left |-> 1]', "queue: expected a sequence, found {}"],
    [
      '[queue |-> <<[type |-> "Ask", c |-> "x"]>>, phase |-> "Up", left |-> 1]',
      'queue[0].c: expected an integer, found "x"',
    ],
    ["[queue |-> <<>>, phase |-> Up, left |-> 1]", 'phase: expected "Up" or "Down", found Up'],
    ['[queue |-> <<>>, phase |-> "Up", left |-> -1]', "left: expected a value greater than or equal to 0"],
  ])("of a TLA+ value: %s", (text, message) => {
    const error = trouble(() => mapping.fromTla(parseValue(text)))
    expect(error.message).toContain(message)
  })

  test("and is the same the second time", () => {
    const wrong = state({ queue: [{ _tag: "Ask", c: 0.5 }] })
    const first = trouble(() => mapping.toTla(wrong))
    expect(trouble(() => mapping.toTla(wrong)).path).toEqual(first.path)
    expect(first.path).toEqual(["queue", 0, "c"])
  })

  test("of a function that would have an argument twice", () => {
    const twice = tlaMapping(Schema.ReadonlyMap(Token, Schema.Int))
    const value = new Map([[{ c: 1, n: 1 }, 1] as const, [{ c: 1, n: 1 }, 2] as const])
    expect(trouble(() => twice.toTla(value)).message).toContain("each argument once")
  })
})

describe("a schema without a mapping is refused, with the place in it and the remedy", () => {
  test.each([
    [Schema.Struct({ at: Schema.Array(Schema.Date) }), ["at", 0]],
    [Schema.Struct({ big: Schema.BigInt }), ["big"]],
    [Schema.Struct({ maybe: Schema.UndefinedOr(Schema.Int) }), ["maybe"]],
    [Schema.TaggedStruct("x", { type: Schema.Int }), []],
    [Schema.Literals([0.5]), []],
  ] as ReadonlyArray<readonly [Schema.Constraint, ReadonlyArray<string | number>]>)("%#", (schema, path) => {
    const error = trouble(() => tlaMapping(schema))
    expect(error).toBeInstanceOf(TlaUnmappable)
    expect(error.path).toEqual(path)
    expect((error as TlaUnmappable).remedy).not.toBe("")
  })
})
