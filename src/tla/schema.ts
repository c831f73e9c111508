/**
 * TypeScript values as TLA+ values and back, derived from an Effect schema (of its decoded side, `Schema.Type`):
 *
 *     Boolean · Int · String              TRUE, FALSE · integers of 32 bits · strings
 *     Literal, Literals                   strings, integers, booleans; model values where `asModelValues` says so
 *     Enum                                model values that bear the members' names
 *     Null                                the model value NULL
 *     Array, Tuple                        sequences; sets where `asSet` says so
 *     Struct                              records, without the optional fields that are absent; sequences of their fields'
 *                                         values, as they are declared, where `asTuple` says so
 *     TaggedStruct (`_tag`)               records whose field `type` is the tag (another name: `MappingOptions.tag`)
 *     Record of strings or numbers        functions over strings, or over integers
 *     ReadonlySet, HashSet                sets
 *     ReadonlyMap, HashMap                functions
 *     Union                               what the member's is; by the tag, where all have one
 *     suspend                             what it stands for
 *
 * All else (dates, big integers, symbols, classes …) is `TlaUnmappable`, said when the mapping is derived.
 */
import { Data, Schema, type SchemaAST, SchemaIssue } from "effect"
import { compile, HOW } from "./compile.ts"
import { MappingTrouble, type Place, placeText, shownTla, Trail } from "./mapping.ts"
import type { TlaValue } from "./value.ts"

/** A value that the schema does not describe, or that TLA+ has no form for. */
export class TlaMismatch extends Data.TaggedError("TlaMismatch")<{
  /** Keys and indices from the value's root to what does not fit. */
  readonly path: ReadonlyArray<Place>
  readonly expected: string
  readonly found: string
  readonly message: string
}> {}

/** A schema with a part that TLA+ has no value for. */
export class TlaUnmappable extends Data.TaggedError("TlaUnmappable")<{
  readonly path: ReadonlyArray<Place>
  readonly message: string
  readonly remedy: string
}> {}

/** What the specification has otherwise than the schema. */
export interface MappingOptions {
  /** The record's field that holds a `_tag`; `type` where it is not said. */
  readonly tag?: string
  /**
   * Fields that the specification abstracts away, of whatever struct, by name: `toTla` leaves them out, and `fromTla` gives
   * them this value.
   */
  readonly leftOut?: Readonly<Record<string, unknown>>
}

/** Between the values of a schema and TLA+ values. */
export interface TlaMapping<A> {
  /** @throws {TlaMismatch} not of the schema's shape, or a number beyond TLC's 32 bits */
  readonly toTla: (value: A) => TlaValue
  /** @throws {TlaMismatch} no value of the schema's, its checks included, looks like this */
  readonly fromTla: (value: TlaValue) => A
}

type Annotatable<S> = { annotate(annotations: { readonly [HOW]: string }): S }

/** Literals that are model values of the specification, not strings. */
export const asModelValues = <S>(schema: Annotatable<S>): S => schema.annotate({ [HOW]: "model" })

/** An array whose order the specification does not know: a set. `fromTla` gives it back in the order of `compareValues`. */
export const asSet = <S>(schema: Annotatable<S>): S => schema.annotate({ [HOW]: "set" })

/** A struct that the specification has as a tuple of its fields' values, in the order in which they are declared. */
export const asTuple = <S>(schema: Annotatable<S>): S => schema.annotate({ [HOW]: "tuple" })

/** A schema whose decoded side can be checked without any service. */
type Mappable = Schema.Constraint & { readonly ast: SchemaAST.AST }

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** @throws {TlaUnmappable} where it has none */
export const tlaMapping = <S extends Mappable>(
  schema: S,
  options: MappingOptions = {},
): TlaMapping<S["Type"]> => {
  const trail = new Trail()
  const guarded = <A>(work: () => A): A => {
    trail.clear()
    try {
      return work()
    } catch (error) {
      if (!(error instanceof MappingTrouble)) throw error
      throw mismatch(trail.places(), error.expected, error.found)
    }
  }
  const mapping = unmappable(() => compile(schema.ast, options, trail))
  const decode = Schema.decodeUnknownResult(Schema.toType(schema) as unknown as Schema.Decoder<S["Type"]>)
  return {
    toTla: (value) => guarded(() => mapping.to(value, trail)),
    fromTla: (tla) => {
      const decoded = decode(guarded(() => mapping.from(tla, trail)))
      if (decoded._tag === "Success") return decoded.success
      const [first] = issuesOf(decoded.failure.issue).issues
      const path = (first?.path ?? []).map((x) => (typeof x === "object" ? x.key : x) as Place)
      const expected = (first?.message ?? "a value of the schema").replace(/^Expected /, "")
      throw mismatch(path, expected, shownTla(tla))
    },
  }
}

const mismatch = (path: ReadonlyArray<Place>, expected: string, found: string): TlaMismatch => {
  const where = placeText(path)
  return new TlaMismatch({ path, expected, found, message: `${where}expected ${expected}, found ${found}` })
}

const unmappable = <A>(work: () => A): A => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof MappingTrouble)) throw error
    const { path, expected, found } = error
    throw new TlaUnmappable({
      path,
      message: `${placeText(path)}a schema of kind ${found} has no TLA+ value`,
      remedy: expected,
    })
  }
}
