/**
 * What must happen for a property to say anything. `\A x \in S : P(x) => Q(x)` is true of a system in which S stays empty
 * or P never holds. From a property's syntax tree come the conditions under which each of its conclusions is reached: for
 * `P => Q` that P holds, for a quantifier over a set that depends on the state that the set has an element, for IF and
 * CASE that the arm is taken. A conclusion that no state reaches is checked nowhere.
 */
import type { SpecNode } from "./tree.ts"

/** A module as text and tree. */
export interface Source {
  readonly module: string
  readonly text: string
  readonly roots: ReadonlyArray<SpecNode>
}

/** One conclusion of a property. */
export interface Conclusion {
  readonly property: string
  /** What must hold in some state, or of some step, in TLA+, in few words. */
  readonly reached: string
  /** Operator of `trapsOf`'s module that says that it is never reached. */
  readonly trap: string
  readonly level: "state" | "step"
}

/** What a property concludes, as conditions that some state must meet. */
export interface Traps {
  readonly conclusions: ReadonlyArray<Conclusion>
  /** Definitions, to stand in a module that extends the properties'. */
  readonly definitions: string
}

const TRUE = "TRUE"
const TEMPORAL = 3

/** Longest text shown of a conclusion. */
const LONGEST = 240

interface Definition {
  readonly source: Source
  readonly root: SpecNode
  /** `(a, y)`, or nothing. */
  readonly parameters: string
}

/** All on lines of their own, so that bulleted lists keep their columns. */
const inPlace = ({ text }: Source, start: number, end: number): string => {
  const column = start - (text.lastIndexOf("\n", start - 1) + 1)
  return `\n${" ".repeat(column)}${text.slice(start, end)}\n`
}

const brief = (text: string): string =>
  text
    .replace(/\\\*.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim()

class Finder {
  readonly #definitions: ReadonlyMap<string, Definition>
  readonly #made = new Map<string, ReadonlyArray<string>>()
  readonly lines: Array<string> = []

  constructor(sources: ReadonlyArray<Source>) {
    const definitions = new Map<string, Definition>()
    for (const source of sources) {
      for (const root of source.roots) {
        const head = source.text.slice(0, root.start)
        const found = /(\w+)(\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*==\s*(?:\\\*[^\n]*\n\s*)*$/.exec(head)
        if (found?.[1] !== root.definition) continue
        definitions.set(root.definition, { source, root, parameters: found[2] ?? "" })
      }
    }
    this.#definitions = definitions
  }

  has(name: string): boolean {
    return this.#definitions.has(name)
  }

  /** For each conclusion of the definition an operator with its parameters; TRUE: it is reached in any state. */
  of(name: string): ReadonlyArray<string> {
    const known = this.#made.get(name)
    if (known !== undefined) return known
    // A recursive definition is looked into once.
    this.#made.set(name, [TRUE])
    const { source, root, parameters } = this.#definitions.get(name)!
    const made = this.#reached(root, source).map((x, k) => {
      if (x === TRUE) return TRUE
      const operator = `Reached_${name}_${k + 1}`
      this.lines.push(`${operator}${parameters} ==${x.startsWith("\n") ? x : ` ${x}`}`)
      return operator
    })
    this.#made.set(name, made)
    return made
  }

  #reached(node: SpecNode, source: Source): ReadonlyArray<string> {
    const { kind, children } = node
    const place = (x: SpecNode) => inPlace(source, x.start, x.end)
    const under = (condition: string, conclusion: SpecNode | undefined): ReadonlyArray<string> =>
      conclusion === undefined || conclusion.kind === TRUE
        ? []
        : this.#reached(conclusion, source).map((x) => `((${condition}) /\\ ${x})`)
    const body = children.at(-1)
    const [first, second, third] = children
    switch (kind) {
      case "$BoundedForall": {
        const inner = this.#reached(body!, source)
        const sets = children.slice(0, -1)
        if (inner.every((x) => x === TRUE) && sets.every(({ level }) => level === 0)) return [TRUE]
        const head = inPlace(source, node.start, body!.start).replace("\\A", "\\E").trimEnd()
        return inner.map((x) => `(${head} ${x})`)
      }
      case "$ConjList":
      case "\\land": {
        const parts = [...new Set(children.flatMap((x) => this.#reached(x, source)))]
        const some = parts.filter((x) => x !== TRUE)
        return some.length === 0 ? [TRUE] : some
      }
      case "=>":
        // A temporal assumption is of the whole behaviour.
        return first!.level === TEMPORAL ? this.#reached(second!, source) : under(place(first!), second)
      case "~>":
        return first!.level === TEMPORAL ? [TRUE] : [`(${place(first!)})`]
      case "$Let": {
        const head = inPlace(source, node.start, body!.start).trimEnd()
        return this.#reached(body!, source).map((x) => (x === TRUE ? TRUE : `(${head} ${x})`))
      }
      case "$IfThenElse":
        return [...under(place(first!), second), ...under(`~(${place(first!)})`, third)]
      case "$Case": {
        const guards = children.flatMap((x) => (x.children.length === 2 ? [place(x.children[0]!)] : []))
        const others = guards.map((x) => `~(${x})`).join(" /\\ ")
        return children.flatMap((x) =>
          x.children.length === 2
            ? under(place(x.children[0]!), x.children[1])
            : under(others, x.children[0]),
        )
      }
      case "$SquareAct":
      case "[]":
        return this.#reached(first!, source)
      default: {
        if (!this.has(kind)) return [TRUE]
        const call = source.text.slice(node.start, node.end).replace(/^\w+/, "")
        return this.of(kind).map((x) => (x === TRUE ? TRUE : `${x}${call}`))
      }
    }
  }
}

/** The conditions alone, those of the definitions that it goes through in their place. */
const wordsOf = (finder: Finder, operator: string): string => {
  const line = finder.lines.find((x) => x.startsWith(`${operator}(`) || x.startsWith(`${operator} `))!
  return brief(line.slice(line.indexOf("==") + 2))
    .replaceAll(" /\\ TRUE", "")
    .replace(/LET .*? IN /g, "")
    .replace(/(Reached_\w+_\d+)(\([^()]*\))?/g, (_, inner: string) => wordsOf(finder, inner))
}

/** `( ( x > 0 ))`: brackets that the making left. */
const tidy = (text: string): string => {
  const once = text
    .replace(/\(\s+/g, "(")
    .replace(/\s+\)/g, ")")
    .replace(/\(\(([^()]*)\)\)/g, "($1)")
  if (once !== text) return tidy(once)
  return once.length <= LONGEST ? once : `${once.slice(0, LONGEST)} …`
}

/** @param sources of every module that a property's definition is taken from, or uses */
export const trapsOf = (properties: ReadonlyArray<string>, sources: ReadonlyArray<Source>): Traps => {
  const finder = new Finder(sources)
  const conclusions: Array<Conclusion> = []
  const traps: Array<string> = []
  const levels = new Map(sources.flatMap(({ roots }) => roots.map((x) => [x.definition, x] as const)))
  for (const property of properties) {
    if (!finder.has(property)) continue
    for (const operator of finder.of(property)) {
      if (operator === TRUE) continue
      const level = isOfStep(levels.get(property)!) ? "step" : "state"
      const trap = operator.replace("Reached", "Trap")
      const line = finder.lines.find((x) => x.startsWith(`${operator} ==`))!
      const step = level === "step" && line.includes("'")
      traps.push(step ? `${trap} == [][~${operator}]_vars` : `${trap} == ~${operator}`)
      conclusions.push({
        property,
        reached: tidy(wordsOf(finder, operator)),
        trap,
        level: step ? "step" : "state",
      })
    }
  }
  return { conclusions, definitions: [...finder.lines, ...traps, ""].join("\n") }
}

const isOfStep = (root: SpecNode): boolean => root.kind === "[]" || root.kind === "$SquareAct"
