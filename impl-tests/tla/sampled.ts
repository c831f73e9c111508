/** Schemas of every kind that can be mapped, and values of them from a seed. */
import { Arbitrary, Effect, Schema } from "effect"
import fc from "fast-check"
import { asModelValues, asSet, asTuple } from "../../src/tla/schema.ts"

const Small = Schema.Int.check(Schema.isBetween({ minimum: -0x7fffffff, maximum: 0x7fffffff }))
/** Mostly what TLC reads in a module: printable ASCII, and the white space that it has escapes for. */
export const Word = Schema.String.check(Schema.isPattern(/^[ -_a-~\t\n\r\fäλ]*$/))
const Name = Schema.Literals(["a", "b", "IF", "1st", "_", "WF_x", "x_1"])
const Server = asModelValues(Schema.Literals(["s1", "s2", "s3"]))
const Colour = { Red: "red", Green: 2 } as const

const Request = Schema.TaggedStruct("Request", { from: Server, key: Small })
const Answer = Schema.TaggedStruct("Answer", { to: Server, found: Schema.Boolean, text: Word })
const Token = asTuple(Schema.Struct({ c: Small, n: Small }))

interface Tree {
  readonly value: number
  readonly below: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Small,
  below: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)),
})

/** Each set and each function is over values of one kind: TLC compares no others. */
export const schemas = {
  boolean: Schema.Boolean,
  integer: Small,
  string: Word,
  literals: Schema.Literals(["idle", "waiting", 'h"o\\lding']),
  numbers: Schema.Literals([1, 2, 40]),
  modelValues: Server,
  enumeration: Schema.Enum(Colour),
  nullable: Schema.NullOr(Server),
  sequence: Schema.Array(Schema.Struct({ c: Small, fresh: Schema.Boolean })),
  pair: Schema.Tuple([Small, Schema.optionalKey(Word)]),
  record: Schema.Struct({
    phase: Word,
    g: Small,
    last: Schema.optionalKey(Small),
    next: Schema.optional(Word),
  }),
  optional: Schema.Struct({ g: Small, last: Schema.optionalKey(Word) }),
  noFields: Schema.Struct({ only: Schema.optionalKey(Small) }),
  oddNames: Schema.Struct({ "a-b": Small, IF: Small, WF_x: Small, "1": Small, _: Small }),
  union: Schema.Union([Request, Answer]),
  untagged: Schema.Union([Small, Word, Schema.Array(Small)]),
  overStrings: Schema.Record(Schema.String.check(Schema.isPattern(/^[ -_a-~]*$/)), Small),
  overNames: Schema.ReadonlyMap(Name, Small),
  overIntegers: Schema.ReadonlyMap(Small, Word),
  overModelValues: Schema.ReadonlyMap(Server, Schema.Array(Small)),
  hashMap: Schema.HashMap(Small, Schema.Boolean),
  set: Schema.ReadonlySet(Small),
  hashSet: Schema.HashSet(Server),
  setOfMessages: Schema.ReadonlySet(Request),
  arrayAsSet: asSet(Schema.Array(Token)),
  tree: Tree,
  state: Schema.Struct({
    client: Schema.ReadonlyMap(Server, Schema.Literals(["idle", "waiting"])),
    network: Schema.ReadonlySet(Schema.TaggedStruct("Grant", { to: Server })),
    tokens: Schema.Array(Token),
  }),
} satisfies Record<string, Schema.Constraint>

export type Name = keyof typeof schemas

/** A fast-check arbitrary of a schema's values, by Effect's own generator, so that checks are met. */
export const valuesOf = <S extends Schema.Constraint>(schema: S): fc.Arbitrary<S["Type"]> => {
  const arbitrary = Arbitrary.schema(schema)
  return fc.tuple(fc.integer(), fc.integer({ min: 0, max: 12 })).map(([seed, size]) => {
    const [value] = Effect.runSync(Arbitrary.sampleEffect(arbitrary, { seed, size, count: 1 }))
    return value as S["Type"]
  })
}
