/** Mutants of the specification, made from SANY's syntax tree: one small change each. */
import type { Source } from "../../src/tla/antecedents.ts"
import type { SpecNode } from "../../src/tla/tree.ts"
import { sourceOf } from "../sources.ts"
import type { Mutant } from "./operators.ts"

const relations: Readonly<Record<string, string>> = {
  "=": "#",
  "/=": "=",
  "#": "=",
  "<": "<=",
  ">": ">=",
  "\\leq": "<",
  "<=": "<",
  "\\geq": ">",
  ">=": ">",
  "\\in": "\\notin",
  "+": "-",
}

/** A mutant of one definition of a module of the specification. */
export interface SpecMutant extends Mutant {
  readonly module: string
  readonly definition: string
}

/** Definitions that make a message: a record of some parameters. */
const makers = (roots: ReadonlyArray<SpecNode>): ReadonlySet<string> =>
  new Set(roots.filter(({ kind }) => kind === "$RcdConstructor").map(({ definition }) => definition))

const TEMPORAL = 3

const textIn = ({ text }: Source, { start, end }: SpecNode): string => text.slice(start, end)

/** The strings that may be confused: elements of one set, results of one definition. The larger groups first. */
const confusable = (sources: ReadonlyArray<Source>): ReadonlyArray<ReadonlyArray<string>> => {
  const groups: Array<Array<string>> = []
  const isString = ({ kind }: SpecNode) => kind === "$String"
  for (const source of sources) {
    const text = (node: SpecNode) => textIn(source, node)
    const sets = (node: SpecNode): void => {
      if (node.kind === "$SetEnumerate" && node.children.every(isString)) groups.push(node.children.map(text))
      for (const child of node.children) sets(child)
    }
    const results = (node: SpecNode): Array<string> => {
      if (isString(node)) return [text(node)]
      if (node.kind === "$Let") return results(node.children.at(-1)!)
      return node.kind === "$IfThenElse" ? node.children.slice(1).flatMap(results) : []
    }
    for (const root of source.roots) {
      sets(root)
      groups.push(results(root))
    }
  }
  return groups
    .map((x) => [...new Set(x)])
    .filter((x) => x.length > 1)
    .sort((x, y) => y.length - x.length)
}

/** The definitions of these modules that a definition is part of, itself among them. */
export const usersOf = (modules: ReadonlyArray<string>, definition: string): ReadonlySet<string> => {
  const named = new Map<string, Set<string>>()
  const collect = ({ definition, kind, children }: SpecNode): void => {
    named.set(kind, (named.get(kind) ?? new Set()).add(definition))
    children.forEach(collect)
  }
  for (const { roots } of modules.map(sourceOf)) roots.forEach(collect)
  // A set grows while it is walked.
  const found = new Set([definition])
  for (const name of found) for (const user of named.get(name) ?? []) found.add(user)
  return found
}

/**
 * Every mutant of the modules' definitions that `used` names: what a model's initial predicate and actions use. Properties
 * say what must hold, and are left alone.
 * @param beside modules that only say which words and messages there are
 */
export const specMutants = (
  modules: ReadonlyArray<string>,
  beside: ReadonlyArray<string>,
  used: ReadonlySet<string>,
): ReadonlyArray<SpecMutant> => {
  const sources = modules.map(sourceOf)
  const all = [...sources, ...beside.map(sourceOf)]
  const messages = makers(all.flatMap(({ roots }) => roots))
  const states = confusable(all)
  return sources.flatMap((source) => mutantsIn(source, messages, states, used))
}

const mutantsIn = (
  whole: Source,
  messages: ReadonlySet<string>,
  states: ReadonlyArray<ReadonlyArray<string>>,
  used: ReadonlySet<string>,
): ReadonlyArray<SpecMutant> => {
  const { module, text: source, roots } = whole
  const text = (node: SpecNode) => textIn(whole, node)
  const primed = (node: SpecNode): boolean =>
    node.kind === "'" || node.kind === "UNCHANGED" || node.children.some(primed)
  const found: Array<SpecMutant> = []
  const put = (operator: string, node: SpecNode, after: string) => {
    const before = text(node)
    if (before === after) return
    const line = source.slice(0, node.start).split("\n").length
    const brief = (x: string) => x.replace(/\s+/g, " ").slice(0, 60)
    found.push({
      name: `${module}.tla:${line} ${node.definition} ${operator}: ${brief(before)} → ${brief(after)}`,
      module,
      definition: node.definition,
      operator,
      line,
      assertion: false,
      before,
      after,
      source: `${source.slice(0, node.start)}${after}${source.slice(node.end)}`,
    })
  }
  const mutate = (node: SpecNode): void => {
    // What comes about in the end is a property; judges look at states and steps.
    if (node.level === TEMPORAL) return
    const [left, right] = node.children
    const relation = relations[node.kind]
    if (node.kind === "=" && left?.kind === "'" && right !== undefined) {
      put("drop-update", right, text(left.children[0]!))
    } else if (relation !== undefined && left !== undefined && right !== undefined && !primed(node)) {
      put("relation", node, `(${text(left)} ${relation} ${text(right)})`)
    }
    switch (node.kind) {
      case "$ConjList":
        for (const part of node.children) if (!primed(part)) put("drop-guard", part, "TRUE")
        break
      case "\\land":
        for (const part of node.children) if (!primed(part)) put("drop-guard", part, "TRUE")
        break
      case "$DisjList":
      case "\\lor":
        for (const part of node.children) if (!primed(part)) put("drop-case", part, "FALSE")
        break
      case "$IfThenElse":
        put("guard-true", node.children[0]!, "TRUE")
        put("guard-false", node.children[0]!, "FALSE")
        break
      case "\\lnot":
        put("negation", node, `(${text(left!)})`)
        break
      case "$Number":
        put("off-by-one", node, `(${text(node)} + 1)`)
        break
      case "TRUE":
      case "FALSE":
        put("boolean", node, node.kind === "TRUE" ? "FALSE" : "TRUE")
        break
      default:
        if (messages.has(node.kind)) wrongField(node)
        if (node.kind === "$String") wrongState(node)
    }
    for (const child of node.children) mutate(child)
  }
  /** Two parameters of a message change places. */
  const wrongField = (node: SpecNode): void => {
    const list = node.children
    for (let k = 0; k + 1 < list.length; k++) {
      const [x, y] = [list[k]!, list[k + 1]!]
      const swapped = `${text(y)}${source.slice(x.end, y.start)}${text(x)}`
      put("wrong-field", { ...x, end: y.end }, swapped)
    }
  }
  const wrongState = (node: SpecNode): void => {
    const group = states.find((x) => x.includes(text(node)))
    if (group === undefined) return
    put("wrong-state", node, group[(group.indexOf(text(node)) + 1) % group.length]!)
  }
  for (const root of roots) if (used.has(`${module}.${root.definition}`)) mutate(root)
  return found
}
