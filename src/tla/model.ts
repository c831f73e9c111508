/** A model of the manifest: what TLC checks, and how it must end. */

export interface ModelConstants {
  readonly NApplications: number
  readonly NManagers: number
  readonly NTransports: number
  readonly NConnections: number
  readonly Backlog: number
  readonly Room: number
  readonly Naive: boolean
  readonly MaxSyns: number
  readonly MaxTimeouts: number
  readonly MaxOffers: number
  readonly MaxStops: number
}

/** A search that ends has these numbers exactly; a violation has a shortest counterexample of this many states. */
export type Expected =
  | { readonly _tag: "Success"; readonly distinct: number; readonly depth: number }
  | { readonly _tag: "Invariant"; readonly name: string; readonly length: number }
  /** Its counterexample isn't a shortest one. */
  | { readonly _tag: "Temporal" }

export interface Model {
  readonly name: string
  /** What it is there to show. */
  readonly shows: string
  readonly module: "MC" | "MCBad"
  readonly specification: "MCSpec" | "FairSpec"
  readonly constants: ModelConstants
  readonly invariants: ReadonlyArray<string>
  readonly properties: ReadonlyArray<string>
  /** Rules of Accept replaced by bad ones: [rule, replacement]. */
  readonly replace?: readonly [string, string]
  readonly expected: Expected
  /** quick: in every `pika check` and in the tests. full: with --full. */
  readonly time: "quick" | "full"
  /** The core's own state graph must equal TLC's: this many different edges. */
  readonly edges?: number
}

/** The model as TLC's configuration file. */
export const configurationOf = (model: Model): string => {
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
