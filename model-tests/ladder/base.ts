/** What the ladder's models are made of. */
import type { Constants, Expected, Model } from "../../src/tla/model.ts"

/** applications, managers, transports, connections for each pair of a manager and a transport */
export type Size = readonly [number, number, number, number]

export const success = (distinct: number, depth: number): Expected => ({ _tag: "Success", distinct, depth })

/** TLC names the module of a violated refinement: it has no step for one of ours. */
export const noStep = (module: string, length: number): Expected => ({
  _tag: "ActionProperty",
  name: module,
  length,
})

export const model = (name: string, shows: string, expected: Expected, part: Partial<Model>): Model => ({
  name,
  shows,
  time: "quick",
  workers: 1,
  module: "",
  specification: "MCSpec",
  constants: {},
  invariants: [],
  properties: [],
  expected,
  ...part,
})

/** Takes longer, or shows what another model shows nearly as well: with `pika check --full` only. */
export const full = (one: Model): Model => ({ ...one, time: "full" })

/** A rule, of the protocol or of what is claimed to be its abstraction, is replaced by a bad one and must be found out. */
export const bad = (
  one: Model,
  name: string,
  shows: string,
  [rule, property]: readonly [string, string],
  expected: Expected,
): Model => ({
  ...one,
  name: `${one.name.split("-")[0]}-bad-${name}`,
  shows,
  time: "quick",
  replace: rule.includes("!")
    ? [rule.split("!")[1]!, `[${rule.split("!")[0]}] Bad${rule.split("!")[1]}`]
    : [rule, `Bad${rule}`],
  invariants: expected._tag === "Invariant" ? [property] : [],
  properties: expected._tag === "Invariant" ? [] : [property],
  expected,
})

export const sized = ([NApplications, NManagers, NTransports, NConnections]: Size): Constants => ({
  NApplications,
  NManagers,
  NTransports,
  NConnections,
})

export const fairly = (one: Model, properties: ReadonlyArray<string>): Model => ({
  ...one,
  specification: "FairSpec",
  invariants: [],
  properties,
})
