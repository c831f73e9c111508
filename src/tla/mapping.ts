/** The mappings that `tlaMapping` puts together: from a value to its TLA+ value, and back. */
import { HashMap, HashSet } from "effect"
import {
  compareValues,
  functionOf,
  isFieldName,
  printValue,
  recordOf,
  setOf,
  type TlaValue,
} from "./value.ts"

/** A key of a record, or an index from 0. */
export type Place = string | number

/** `tokens[0].c: ` */
export const placeText = (path: ReadonlyArray<Place>): string => {
  const text = path.map((x) => (typeof x === "number" ? `[${x}]` : `.${x}`)).join("")
  return text === "" ? "" : `${text.replace(/^\./, "")}: `
}

/** What stands in the way; `path` only of what is wrong with a schema. */
export class MappingTrouble extends Error {
  readonly path: ReadonlyArray<Place>
  readonly expected: string
  readonly found: string

  constructor(expected: string, found: string, path: ReadonlyArray<Place> = []) {
    super(`expected ${expected}, found ${found}`)
    this.path = path
    this.expected = expected
    this.found = found
  }
}

/** Where in a value the mapping is: kept by hand, so that a value that fits costs nothing. */
export class Trail {
  readonly #places: Array<Place> = []

  get depth(): number {
    return this.#places.length
  }

  clear(depth = 0): void {
    this.#places.length = depth
  }

  push(place: Place): void {
    this.#places.push(place)
  }

  pop(): void {
    this.#places.pop()
  }

  places(): ReadonlyArray<Place> {
    return [...this.#places]
  }
}

export interface Mapping {
  readonly to: (value: unknown, trail: Trail) => TlaValue
  readonly from: (value: TlaValue, trail: Trail) => unknown
}

/** Whole numbers that TLC reads: −2³¹ is none, since its digits alone are too large. */
export const MAX_INT = 0x7fffffff
export const MIN_INT = -MAX_INT
/** The model value that stands for null. */
export const NULL = "NULL"

export const isInteger = (x: unknown): x is number =>
  Number.isInteger(x) && (x as number) >= MIN_INT && (x as number) <= MAX_INT

const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "an array" : `a ${value.constructor?.name ?? "object"}`
  return String(value)
}

export const shownTla = (value: TlaValue): string => {
  const text = printValue(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

const no = (expected: string, found: unknown): never => {
  throw new MappingTrouble(expected, shown(found))
}

const noTla = (expected: string, found: TlaValue): never => {
  throw new MappingTrouble(expected, shownTla(found))
}

const TRUE: TlaValue = { _tag: "Bool", value: true }
const FALSE: TlaValue = { _tag: "Bool", value: false }

export const boolean: Mapping = {
  to: (x) => (x === true ? TRUE : x === false ? FALSE : no("a boolean", x)),
  from: (x) => (x._tag === "Bool" ? x.value : noTla("TRUE or FALSE", x)),
}

export const integer: Mapping = {
  // Minus zero is zero.
  to: (x) => (isInteger(x) ? { _tag: "Int", value: x + 0 } : no("an integer of 32 bits", x)),
  from: (x) => (x._tag === "Int" ? x.value : noTla("an integer", x)),
}

export const string: Mapping = {
  to: (x) => (typeof x === "string" ? { _tag: "Text", value: x } : no("a string", x)),
  from: (x) => (x._tag === "Text" ? x.value : noTla("a string", x)),
}

export const constant = (value: unknown, tla: TlaValue): Mapping => oneOf([[value, tla]])

export const oneOf = (pairs: ReadonlyArray<readonly [unknown, TlaValue]>): Mapping => {
  const byValue = new Map(pairs)
  const byText = new Map(pairs.map(([value, tla]) => [printValue(tla), value]))
  const expected = pairs.map(([, tla]) => printValue(tla)).join(" or ")
  return {
    to: (x) => byValue.get(x) ?? no(expected, x),
    from: (x) => {
      const text = printValue(x)
      return byText.has(text) ? byText.get(text) : noTla(expected, x)
    },
  }
}

const itemsOf = (x: TlaValue, expected: "a sequence" | "a set"): ReadonlyArray<TlaValue> =>
  x._tag === (expected === "a set" ? "Set" : "Tuple")
    ? (x as { items: ReadonlyArray<TlaValue> }).items
    : noTla(expected, x)

const each = <A, B>(items: Iterable<A>, trail: Trail, mapped: (item: A, k: number) => B): Array<B> => {
  const list: Array<B> = []
  for (const item of items) {
    trail.push(list.length)
    list.push(mapped(item, list.length))
    trail.pop()
  }
  return list
}

export const sequence = (
  elements: ReadonlyArray<Mapping>,
  required: number,
  rest: Mapping | undefined,
): Mapping => {
  const most = rest === undefined ? elements.length : Number.POSITIVE_INFINITY
  const expected =
    most === required ? `${required} elements` : `${required} elements or more, at most ${most}`
  const fits = (length: number): void => {
    if (length < required || length > most) throw new MappingTrouble(expected, `${length}`)
  }
  const of = (k: number): Mapping => elements[k] ?? rest!
  return {
    to: (x, trail) => {
      const array = Array.isArray(x) ? x : no("an array", x)
      fits(array.length)
      return { _tag: "Tuple", items: each(array, trail, (y, k) => of(k).to(y, trail)) }
    },
    from: (x, trail) => {
      const items = itemsOf(x, "a sequence")
      fits(items.length)
      return each(items, trail, (y, k) => of(k).from(y, trail))
    },
  }
}

export const arrayAsSet = (item: Mapping): Mapping =>
  collection(
    item,
    (x) => (Array.isArray(x) ? x : no("an array", x)),
    (items) => items,
  )

export const asNativeSet = (x: unknown): Iterable<unknown> => (x instanceof Set ? x : no("a Set", x))
export const asHashSet = (x: unknown): Iterable<unknown> => (HashSet.isHashSet(x) ? x : no("a HashSet", x))
type Entries = Iterable<readonly [unknown, unknown]>
export const asNativeMap = (x: unknown): Entries => (x instanceof Map ? x : no("a Map", x))
export const asHashMap = (x: unknown): Entries => (HashMap.isHashMap(x) ? (x as Entries) : no("a HashMap", x))

export const collection = (
  item: Mapping,
  members: (value: unknown) => Iterable<unknown>,
  made: (items: ReadonlyArray<unknown>) => unknown,
): Mapping => ({
  to: (x, trail) => setOf(each(members(x), trail, (y) => item.to(y, trail))),
  from: (x, trail) => made(each(itemsOf(x, "a set"), trail, (y) => item.from(y, trail))),
})

/** A function's arguments and values; sequences and records are functions too. */
const entriesOf = (x: TlaValue): ReadonlyArray<readonly [TlaValue, TlaValue]> => {
  switch (x._tag) {
    case "Function":
      return x.entries
    case "Tuple":
      return x.items.map((y, k) => [{ _tag: "Int", value: k + 1 }, y] as const)
    case "Record":
      return x.fields.map(([name, y]) => [{ _tag: "Text", value: name }, y] as const)
    default:
      return noTla("a function", x)
  }
}

/** The function, which has each argument once. */
const functionOnce = (entries: ReadonlyArray<readonly [TlaValue, TlaValue]>): TlaValue => {
  const sorted = [...entries].sort(([x], [y]) => compareValues(x, y))
  sorted.forEach(([x], k) => {
    if (k > 0 && compareValues(sorted[k - 1]![0], x) === 0) noTla("each argument once", x)
  })
  return functionOf(sorted)
}

export const map = (
  key: Mapping,
  value: Mapping,
  entries: (value: unknown) => Entries,
  made: (entries: ReadonlyArray<readonly [unknown, unknown]>) => unknown,
): Mapping => ({
  to: (x, trail) =>
    functionOnce(each(entries(x), trail, ([y, z]) => [key.to(y, trail), value.to(z, trail)] as const)),
  from: (x, trail) =>
    made(each(entriesOf(x), trail, ([y, z]) => [key.from(y, trail), value.from(z, trail)] as const)),
})

const asObject = (x: unknown): Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x)
    ? (x as Record<string, unknown>)
    : no("an object", x)

export const dictionary = (numeric: boolean, value: Mapping): Mapping => {
  const key = numeric ? integer : string
  return {
    to: (x, trail) =>
      functionOf(
        Object.entries(asObject(x)).map(([name, y]) => {
          trail.push(name)
          const entry = [key.to(numeric ? Number(name) : name, trail), value.to(y, trail)] as const
          trail.pop()
          return entry
        }),
      ),
    from: (x, trail) =>
      Object.fromEntries(
        entriesOf(x).map(([y, z]) => {
          const name = String(key.from(y, trail))
          trail.push(name)
          const entry = [name, value.from(z, trail)] as const
          trail.pop()
          return entry
        }),
      ),
  }
}

export interface Field {
  readonly key: string
  /** In the record. */
  readonly name: string
  readonly optional: boolean
  /** Undefined: left out. */
  readonly mapping: Mapping | undefined
  /** What it is, where it is left out. */
  readonly value: unknown
}

export const struct = (fields: ReadonlyArray<Field>): Mapping => {
  const byName = new Map(fields.filter((x) => x.mapping !== undefined).map((x) => [x.name, x]))
  // In the order that a record's fields have, so that none is sorted.
  const inOrder = [...byName.values()].sort((x, y) => (x.name < y.name ? -1 : 1))
  const isRecord = inOrder.every((x) => isFieldName(x.name))
  return {
    to: (x, trail) => {
      const object = asObject(x)
      const made: Array<readonly [string, TlaValue]> = []
      for (const { key, name, optional, mapping } of inOrder) {
        const value = object[key]
        if (optional && value === undefined) continue
        trail.push(key)
        made.push([name, mapping!.to(value, trail)])
        trail.pop()
      }
      return isRecord && made.length > 0 ? { _tag: "Record", fields: made } : recordOf(made)
    },
    from: (x, trail) => {
      const made: Record<string, unknown> = {}
      let found = 0
      const own = new Map(entriesOf(x).map(([name, y]) => [string.from(name, trail), y]))
      for (const { key, name, optional, mapping, value } of fields) {
        if (mapping === undefined) {
          made[key] = value
          continue
        }
        const y = own.get(name)
        if (y === undefined) {
          if (optional) continue
          return noTla(`a field ${name}`, x)
        }
        found++
        trail.push(key)
        made[key] = mapping.from(y, trail)
        trail.pop()
      }
      if (found < own.size) noTla(`no other fields than ${[...byName.keys()].join(", ")}`, x)
      return made
    },
  }
}

export const fieldTuple = (fields: ReadonlyArray<Field>, all: ReadonlyArray<Field>): Mapping => ({
  to: (x, trail) => {
    const object = asObject(x)
    const items = fields.map(({ key, mapping }) => {
      trail.push(key)
      const item = mapping!.to(object[key], trail)
      trail.pop()
      return item
    })
    return { _tag: "Tuple", items }
  },
  from: (x, trail) => {
    const items = itemsOf(x, "a sequence")
    if (items.length !== fields.length) noTla(`${fields.length} elements`, x)
    const made: Record<string, unknown> = {}
    for (const { key, mapping, value } of all) if (mapping === undefined) made[key] = value
    fields.forEach(({ key, mapping }, k) => {
      trail.push(key)
      made[key] = mapping!.from(items[k]!, trail)
      trail.pop()
    })
    return made
  },
})

export const tagged = (members: ReadonlyMap<string, Mapping>, name: string): Mapping => {
  const expected = `one of the tags ${[...members.keys()].join(", ")}`
  return {
    to: (x, trail) => {
      const tag = asObject(x)._tag
      return (members.get(tag as string) ?? no(expected, tag)).to(x, trail)
    },
    from: (x, trail) => {
      const tag = x._tag === "Record" ? x.fields.find(([field]) => field === name)?.[1] : undefined
      if (tag?._tag !== "Text") return noTla(`a record with a field ${name}`, x)
      return (members.get(tag.value) ?? noTla(expected, tag)).from(x, trail)
    },
  }
}

/** The first member that fits; what none fits is told of the last. */
export const firstOf = (members: ReadonlyArray<Mapping>): Mapping => {
  const attempt = <A>(trail: Trail, work: (member: Mapping) => A): A => {
    const { depth } = trail
    let trouble: unknown
    for (const member of members) {
      try {
        return work(member)
      } catch (error) {
        if (!(error instanceof MappingTrouble)) throw error
        trouble = error
        if (member !== members.at(-1)) trail.clear(depth)
      }
    }
    throw trouble
  }
  return {
    to: (x, trail) => attempt(trail, (member) => member.to(x, trail)),
    from: (x, trail) => attempt(trail, (member) => member.from(x, trail)),
  }
}
