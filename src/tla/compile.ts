/** The mapping of a schema, from its syntax tree. */
import { HashMap, HashSet, SchemaAST } from "effect"
import {
  arrayAsSet,
  asHashMap,
  asHashSet,
  asNativeMap,
  asNativeSet,
  boolean,
  collection,
  constant,
  dictionary,
  type Field,
  fieldTuple,
  firstOf,
  integer,
  isInteger,
  type Mapping,
  MappingTrouble,
  map,
  NULL,
  oneOf,
  type Place,
  sequence,
  string,
  struct,
  type Trail,
  tagged,
} from "./mapping.ts"

/** Key of the annotation that says how a schema is mapped: `model`, `set` or `tuple`. */
export const HOW = "tla"

interface Options {
  readonly tag?: string
  readonly leftOut?: Readonly<Record<string, unknown>>
}

/** @throws {MappingTrouble} with the remedy as what was expected */
export const compile = (ast: SchemaAST.AST, options: Options, trail: Trail): Mapping => {
  const suspended = new Map<SchemaAST.Suspend, Mapping>()

  const refuse = (remedy: string, kind: string = ast._tag): never => {
    throw new MappingTrouble(remedy, kind, trail.places())
  }

  const at = (place: Place, node: SchemaAST.AST): Mapping => {
    trail.push(place)
    const mapping = visit(node)
    trail.pop()
    return mapping
  }

  const visit = (node: SchemaAST.AST): Mapping => {
    const how = SchemaAST.resolveAt<string>(HOW)(node)
    switch (node._tag) {
      case "Boolean":
        return boolean
      case "Number":
        return integer
      case "String":
        return string
      case "Null":
        return constant(null, { _tag: "Model", name: NULL })
      case "Literal":
        return literal(node.literal, how)
      case "Enum":
        return oneOf(node.enums.map(([name, value]) => [value, { _tag: "Model", name }] as const))
      case "Arrays":
        return arrays(node, how)
      case "Objects":
        return objects(node, how)
      case "Union":
        return union(node, how)
      case "Suspend":
        return suspend(node)
      case "Declaration":
        return declaration(node)
      default:
        return refuse("take a type of the table in src/tla/schema.ts, or leave the field out", node._tag)
    }
  }

  const literal = (value: SchemaAST.LiteralValue, how: string | undefined): Mapping => {
    if (how === "model") return constant(value, { _tag: "Model", name: String(value) })
    if (typeof value === "string") return constant(value, { _tag: "Text", value })
    if (typeof value === "boolean") return constant(value, { _tag: "Bool", value })
    if (typeof value === "number" && isInteger(value)) return constant(value, { _tag: "Int", value })
    return refuse("take an integer of 32 bits, a string or a boolean", `literal ${value}`)
  }

  const suspend = (node: SchemaAST.Suspend): Mapping => {
    const known = suspended.get(node)
    if (known !== undefined) return known
    let target: Mapping | undefined
    const mapping: Mapping = {
      to: (value, x) => target!.to(value, x),
      from: (value, x) => target!.from(value, x),
    }
    suspended.set(node, mapping)
    target = visit(node.thunk())
    return mapping
  }

  const arrays = (node: SchemaAST.Arrays, how: string | undefined): Mapping => {
    if (node.rest.length > 1) refuse("take no elements after the rest", "tuple")
    const elements = node.elements.map((x, k) => at(k, x))
    const required = node.elements.filter((x) => !SchemaAST.isOptional(x)).length
    const rest = node.rest[0] === undefined ? undefined : at(elements.length, node.rest[0])
    return how === "set"
      ? arrayAsSet(rest ?? refuse("take an array", "tuple"))
      : sequence(elements, required, rest)
  }

  const objects = (node: SchemaAST.Objects, how: string | undefined): Mapping => {
    if (node.indexSignatures.length > 0) {
      const [index] = node.indexSignatures
      if (node.propertySignatures.length > 0 || node.indexSignatures.length > 1) {
        refuse("take a struct or a record, not both", "struct with rest")
      }
      const key = index!.parameter._tag
      if (key !== "String" && key !== "Number")
        refuse("take strings or numbers as keys", `record over ${key}`)
      return dictionary(key === "Number", at("*", index!.type))
    }
    const fields = node.propertySignatures.map((x) => field(x.name, x.type))
    if (how === "tuple")
      return fieldTuple(
        fields.filter((x) => x.mapping !== undefined),
        fields,
      )
    const names = new Set(fields.filter((x) => x.mapping !== undefined).map((x) => x.name))
    if (names.size < fields.filter((x) => x.mapping !== undefined).length) {
      refuse("name another field for the tag (MappingOptions.tag)", "struct with a field of the tag's name")
    }
    return struct(fields)
  }

  const field = (key: PropertyKey, type: SchemaAST.AST): Field => {
    if (typeof key !== "string") return refuse("take strings as keys", `struct with a key ${String(key)}`)
    const leftOut = options.leftOut ?? {}
    if (Object.hasOwn(leftOut, key))
      return { key, name: key, optional: true, mapping: undefined, value: leftOut[key] }
    const optional = SchemaAST.isOptional(type)
    const name = key === "_tag" ? (options.tag ?? "type") : key
    return { key, name, optional, mapping: at(key, optional ? defined(type) : type), value: undefined }
  }

  const union = (node: SchemaAST.Union, how: string | undefined): Mapping => {
    const members = node.types
    if (members.every((x) => x._tag === "Literal")) {
      const pairs = members.map((x) => {
        const value = (x as SchemaAST.Literal).literal
        const { to } = literal(value, how ?? SchemaAST.resolveAt<string>(HOW)(x))
        return [value, to(value, trail)] as const
      })
      return oneOf(pairs)
    }
    // A union within that says how it is mapped stays one.
    const flat = members.flatMap(function open(x): ReadonlyArray<SchemaAST.AST> {
      return SchemaAST.isUnion(x) && SchemaAST.resolveAt(HOW)(x) === undefined ? x.types.flatMap(open) : [x]
    })
    const tags = flat.map(tagOf)
    if (tags.every((x) => x !== undefined) && new Set(tags).size === tags.length) {
      return tagged(new Map(flat.map((x, k) => [tags[k]!, visit(x)] as const)), options.tag ?? "type")
    }
    return firstOf(flat.map(visit))
  }

  const declaration = (node: SchemaAST.Declaration): Mapping => {
    const kind = SchemaAST.resolveAt<{ readonly id?: string }>("representation")(node)?.id
    const parameter = (k: number): Mapping => at("*", node.typeParameters[k]!)
    switch (kind) {
      case "effect/schema/ReadonlySet":
        return collection(parameter(0), asNativeSet, (items) => new Set(items))
      case "effect/schema/HashSet":
        return collection(parameter(0), asHashSet, HashSet.fromIterable)
      case "effect/schema/ReadonlyMap":
        return map(parameter(0), parameter(1), asNativeMap, (entries) => new Map(entries))
      case "effect/schema/HashMap":
        return map(parameter(0), parameter(1), asHashMap, HashMap.fromIterable)
      default:
        return refuse(
          "take a type of the table in src/tla/schema.ts, or leave the field out",
          kind ?? "declaration",
        )
    }
  }

  return visit(ast)
}

/** The type without undefined, which an absent field stands for. */
const defined = (type: SchemaAST.AST): SchemaAST.AST => {
  if (type._tag !== "Union") return type
  const others = type.types.filter((x) => x._tag !== "Undefined")
  if (others.length === type.types.length) return type
  return others.length === 1 ? others[0]! : new SchemaAST.Union(others)
}

/** The `_tag` of a struct that has one. */
const tagOf = (node: SchemaAST.AST): string | undefined => {
  if (node._tag !== "Objects") return undefined
  const tag = node.propertySignatures.find((x) => x.name === "_tag")?.type
  return tag?._tag === "Literal" && typeof tag.literal === "string" ? tag.literal : undefined
}
