/**
 * TLA+ values as TLC prints them. A function over 1 … n prints as a tuple and one over strings as a record, and the
 * order of sets and fields is that of first appearance: values are made canonical, so that equal ones look equal.
 */

/** A value in its one form: equal values are deeply equal. */
export type TlaValue =
  | { readonly _tag: "Bool"; readonly value: boolean }
  /** Whole numbers; TLC's are 32 bits wide. */
  | { readonly _tag: "Int"; readonly value: number }
  | { readonly _tag: "Text"; readonly value: string }
  /** A model value. */
  | { readonly _tag: "Model"; readonly name: string }
  | { readonly _tag: "Tuple"; readonly items: ReadonlyArray<TlaValue> }
  /** Without duplicates, sorted by `compareValues`. */
  | { readonly _tag: "Set"; readonly items: ReadonlyArray<TlaValue> }
  /** Sorted by name. */
  | { readonly _tag: "Record"; readonly fields: ReadonlyArray<readonly [string, TlaValue]> }
  /** Sorted by argument; never one that prints as a tuple or a record. */
  | { readonly _tag: "Function"; readonly entries: ReadonlyArray<readonly [TlaValue, TlaValue]> }

/** Text that is no value, and where. */
export class TlaValueError extends Error {
  readonly at: number

  constructor(text: string, at: number, expected: string) {
    const near = text.slice(at, at + 20)
    super(`not a TLA+ value: expected ${expected} at character ${at}, found ${JSON.stringify(near)}`)
    this.at = at
  }
}

/** Values nested deeper than this are refused. */
export const MAX_DEPTH = 200
/** An interval a..b with more members than this is refused. */
export const MAX_INTERVAL = 100_000

/** TLC prints names of letters of any script. */
const identifier = /[\p{L}\p{N}_]+/uy
/** What a record's field may be called (Specifying Systems, 15.1.2): a name with a letter in it that is no reserved word. */
const fieldName = /^(?!WF_|SF_)[A-Za-z0-9_]*[A-Za-z][A-Za-z0-9_]*$/
const reserved: ReadonlySet<string> = new Set(
  (
    "ACTION ASSUME ASSUMPTION AXIOM BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE ENABLED " +
    "EXCEPT EXTENDS HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS OMITTED OTHER PICK PROOF " +
    "PROPOSITION PROVE QED RECURSIVE STATE SUBSET SUFFICES TAKE TEMPORAL THEN THEOREM UNCHANGED UNION USE VARIABLE " +
    "VARIABLES WITH WITNESS FALSE TRUE BOOLEAN STRING"
  ).split(" "),
)

const judged = new Map<string, boolean>()
/** Names remembered, not judged again for each record. */
const MAX_JUDGED = 1024

/** Whether a record may have a field of this name. */
export const isFieldName = (name: string): boolean => {
  const known = judged.get(name)
  if (known !== undefined) return known
  const is = fieldName.test(name) && !reserved.has(name)
  if (judged.size < MAX_JUDGED) judged.set(name, is)
  return is
}

/** The order of a set's members and a function's arguments: numbers by size, all else by how it prints. Negative: `x` first. */
export const compareValues = (x: TlaValue, y: TlaValue): number => {
  if (x._tag === "Int" && y._tag === "Int") return x.value - y.value
  const a = printValue(x)
  const b = printValue(y)
  return a < b ? -1 : a > b ? 1 : 0
}

/** The set with these members, each once. */
export const setOf = (items: ReadonlyArray<TlaValue>): TlaValue => {
  const sorted = [...items].sort(compareValues)
  return { _tag: "Set", items: sorted.filter((x, k) => k === 0 || compareValues(sorted[k - 1]!, x) !== 0) }
}

/** A record, or what TLA+ has for one without fields, or with names that are none in TLA+: a function over strings. */
export const recordOf = (fields: ReadonlyArray<readonly [string, TlaValue]>): TlaValue => {
  if (fields.length === 0 || !fields.every(([name]) => isFieldName(name))) {
    return functionOf(fields.map(([name, x]) => [{ _tag: "Text", value: name }, x] as const))
  }
  return { _tag: "Record", fields: [...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) }
}

/** The function with these entries, as a tuple or a record where TLA+ makes no difference. */
export const functionOf = (entries: ReadonlyArray<readonly [TlaValue, TlaValue]>): TlaValue => {
  const sorted = [...entries].sort(([a], [b]) => compareValues(a, b))
  if (sorted.every(([x], k) => x._tag === "Int" && x.value === k + 1)) {
    return { _tag: "Tuple", items: sorted.map(([, y]) => y) }
  }
  if (sorted.every(([x]) => x._tag === "Text" && isFieldName(x.value))) {
    return recordOf(sorted.map(([x, y]) => [(x as { value: string }).value, y] as const))
  }
  return { _tag: "Function", entries: sorted }
}

class Parser {
  readonly text: string
  at = 0
  depth = 0

  constructor(text: string) {
    this.text = text
  }

  fail(expected: string): never {
    throw new TlaValueError(this.text, this.at, expected)
  }

  space(): void {
    while (this.at < this.text.length && " \n\r\t".includes(this.text[this.at]!)) this.at++
  }

  accept(token: string): boolean {
    this.space()
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  expect(token: string): void {
    if (!this.accept(token)) this.fail(token)
  }

  word(): string | undefined {
    this.space()
    identifier.lastIndex = this.at
    const match = identifier.exec(this.text)
    if (match === null) return undefined
    this.at += match[0].length
    return match[0]
  }

  list<A>(close: string, item: () => A): Array<A> {
    const items: Array<A> = []
    if (this.accept(close)) return items
    do items.push(item())
    while (this.accept(","))
    this.expect(close)
    return items
  }

  value(): TlaValue {
    if (++this.depth > MAX_DEPTH) this.fail(`at most ${MAX_DEPTH} levels`)
    const value = this.plain()
    this.depth--
    return value
  }

  plain(): TlaValue {
    if (this.accept("<<")) {
      // `<< >>` is the empty function, which equals the empty tuple.
      return { _tag: "Tuple", items: this.list(">>", () => this.value()) }
    }
    if (this.accept("{")) return setOf(this.list("}", () => this.value()))
    if (this.accept("[")) return this.record()
    if (this.accept("(")) return this.function()
    if (this.accept('"')) return this.string()
    if (/[-0-9]/.test(this.text[this.at] ?? "")) return this.number()
    const name = this.word() ?? this.fail("a value")
    if (name === "TRUE" || name === "FALSE") return { _tag: "Bool", value: name === "TRUE" }
    return { _tag: "Model", name }
  }

  record(): TlaValue {
    const fields = this.list("]", () => {
      const name = this.word() ?? this.fail("a field's name")
      this.expect("|->")
      return [name, this.value()] as const
    })
    return recordOf(fields)
  }

  function(): TlaValue {
    const entries: Array<readonly [TlaValue, TlaValue]> = []
    do {
      const argument = this.value()
      this.expect(":>")
      entries.push([argument, this.value()])
    } while (this.accept("@@"))
    this.expect(")")
    return functionOf(entries)
  }

  string(): TlaValue {
    let value = ""
    for (;;) {
      const c = this.text[this.at] ?? this.fail('a closing "')
      this.at++
      if (c === '"') return { _tag: "Text", value }
      if (c !== "\\") {
        value += c
        continue
      }
      const escaped = this.text[this.at++] ?? this.fail("an escaped character")
      value += { t: "\t", n: "\n", r: "\r", f: "\f" }[escaped] ?? escaped
    }
  }

  number(): TlaValue {
    const integer = (): number => {
      const match = /^-?\d{1,15}(?!\d)/.exec(this.text.slice(this.at, this.at + 17)) ?? this.fail("a number")
      this.at += match[0].length
      const value = Number(match[0])
      return value === 0 ? 0 : value
    }
    const low = integer()
    if (!this.accept("..")) return { _tag: "Int", value: low }
    this.space()
    const high = integer()
    if (high - low >= MAX_INTERVAL) this.fail(`an interval of at most ${MAX_INTERVAL}`)
    const length = Math.max(0, high - low + 1)
    return setOf(Array.from({ length }, (_, k): TlaValue => ({ _tag: "Int", value: low + k })))
  }
}

/**
 * The value that `text` holds, white space outside strings ignored.
 * @throws {TlaValueError} where it holds none, or something follows it
 */
export const parseValue = (text: string): TlaValue => {
  const parser = new Parser(text)
  const value = parser.value()
  parser.space()
  if (parser.at !== text.length) parser.fail("the end")
  return value
}

/** In TLA+, on one line. `parseValue` reads it back. */
export const printValue = (value: TlaValue): string => {
  switch (value._tag) {
    case "Bool":
      return value.value ? "TRUE" : "FALSE"
    case "Int":
      return String(value.value)
    case "Text":
      return printText(value.value)
    case "Model":
      return value.name
    case "Tuple":
      return `<<${value.items.map(printValue).join(", ")}>>`
    case "Set":
      return `{${value.items.map(printValue).join(", ")}}`
    case "Record":
      return `[${value.fields.map(([name, x]) => `${name} |-> ${printValue(x)}`).join(", ")}]`
    case "Function":
      return `(${value.entries.map(([x, y]) => `${printValue(x)} :> ${printValue(y)}`).join(" @@ ")})`
    default:
      return value satisfies never
  }
}

const escapes: Record<string, string> = {
  "\\": "\\\\",
  '"': '\\"',
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\f": "\\f",
}

const printText = (text: string): string => `"${[...text].map((c) => escapes[c] ?? c).join("")}"`

/** A state as TLC prints it: `/\ name = value` for each variable; a lone variable lacks the `/\`. */
export const parseState = (text: string): ReadonlyMap<string, TlaValue> => {
  const state = new Map<string, TlaValue>()
  const parser = new Parser(text)
  for (parser.space(); parser.at < text.length; parser.space()) {
    parser.accept("/\\")
    const name = parser.word() ?? parser.fail("a variable's name")
    parser.expect("=")
    state.set(name, parser.value())
  }
  return state
}
