/** What a schema says of the events of a recording. */
import { type Schema, SchemaAST } from "effect"

/** A field of an event, or of a struct within one. */
export interface EventField {
  readonly name: string
  /** Of a struct: its fields, its `_tag` aside; undefined: no struct. */
  readonly fields: ReadonlyArray<EventField> | undefined
  /** Of a tagged struct. */
  readonly tag: string | undefined
}

/** An event: its `_tag`, which is the action's name, and its other fields in the order in which they are declared. */
export interface EventShape {
  readonly tag: string
  readonly fields: ReadonlyArray<EventField>
}

/** The schema is no union of tagged structs, each tag once. */
export class NoEvents extends Error {}

const tagOf = (node: SchemaAST.Objects): string | undefined => {
  const type = node.propertySignatures.find((x) => x.name === "_tag")?.type
  return type?._tag === "Literal" && typeof type.literal === "string" ? type.literal : undefined
}

const fieldsOf = (node: SchemaAST.Objects): ReadonlyArray<EventField> =>
  node.propertySignatures
    .filter((x) => x.name !== "_tag")
    .map(({ name, type }) =>
      SchemaAST.isObjects(type)
        ? { name: String(name), fields: fieldsOf(type), tag: tagOf(type) }
        : { name: String(name), fields: undefined, tag: undefined },
    )

/** @throws {NoEvents} */
export const eventShapes = (schema: Schema.Constraint): ReadonlyArray<EventShape> => {
  const shapes: Array<EventShape> = []
  const visit = (node: SchemaAST.AST): void => {
    if (SchemaAST.isUnion(node)) {
      for (const member of node.types) visit(member)
      return
    }
    const tag = SchemaAST.isObjects(node) ? tagOf(node) : undefined
    if (tag === undefined) throw new NoEvents(`events are tagged structs, not ${node._tag}`)
    if (shapes.some((x) => x.tag === tag)) throw new NoEvents(`two events bear the tag ${tag}`)
    shapes.push({ tag, fields: fieldsOf(node as SchemaAST.Objects) })
  }
  visit(schema.ast)
  return shapes
}
