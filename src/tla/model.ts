/** A model of the manifest: what TLC checks, and how it must end. */

/** Values of a module's constants. */
export type Constants = Readonly<Record<string, number | boolean | string>>

/** A search that ends has these numbers exactly; a violation has a shortest counterexample of this many states. */
export type Expected =
  | { readonly _tag: "Success"; readonly distinct: number; readonly depth: number }
  | { readonly _tag: "Invariant"; readonly name: string; readonly length: number }
  | { readonly _tag: "ActionProperty"; readonly name: string; readonly length: number }
  /** Its counterexample isn't a shortest one. */
  | { readonly _tag: "Temporal" }

/** A model, and how TLC's check of it must end. */
export interface Model {
  readonly name: string
  /** What it is there to show. */
  readonly shows: string
  readonly module: string
  readonly specification: string
  readonly constants: Constants
  readonly invariants: ReadonlyArray<string>
  readonly properties: ReadonlyArray<string>
  /** A definition replaced by another one: [definition, replacement]. */
  readonly replace?: readonly [string, string]
  readonly expected: Expected
  /** quick: in every `pika check` and in the tests. full: with --full. */
  readonly time: "quick" | "full"
  /** TLC's; 2 where none is given. Breadth-first order, and so the depth, is exact with one only. */
  readonly workers?: 1
  /** The state graph of the code must equal TLC's: this many different edges. */
  readonly edges?: number
}

/** What TLC's configuration file is made of. */
export type Configuration = Pick<
  Model,
  "specification" | "constants" | "invariants" | "properties" | "replace"
>

/** The model as TLC's configuration file. A constant that is a string stands there as it is: `{c1, c2}`. */
export const configurationOf = (model: Configuration): string => {
  const constants = Object.entries(model.constants).map(
    ([name, value]) => `  ${name} = ${typeof value === "boolean" ? String(value).toUpperCase() : value}`,
  )
  return [
    `SPECIFICATION ${model.specification}`,
    "CHECK_DEADLOCK FALSE",
    "CONSTANTS",
    ...constants,
    ...(model.replace === undefined ? [] : [`  ${model.replace[0]} <- ${model.replace[1]}`]),
    ...(model.invariants.length === 0 ? [] : [`INVARIANTS ${model.invariants.join(" ")}`]),
    ...(model.properties.length === 0 ? [] : [`PROPERTIES ${model.properties.join(" ")}`]),
    "",
  ].join("\n")
}
