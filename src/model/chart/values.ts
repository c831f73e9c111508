/** Looking into TLA+ values, and what changed between two of them. */
import { printValue, type TlaValue } from "../../tla/value.ts"

/** The pairs of a function; a function over 1 … n is a tuple, one over strings a record. */
export const entriesOf = (value: TlaValue): ReadonlyArray<readonly [string, TlaValue]> => {
  switch (value._tag) {
    case "Function":
      return value.entries.map(([x, y]) => [printValue(x), y] as const)
    case "Tuple":
      return value.items.map((x, k) => [String(k + 1), x] as const)
    case "Record":
      return value.fields
    default:
      return []
  }
}

export const itemsOf = (value: TlaValue): ReadonlyArray<TlaValue> =>
  value._tag === "Tuple" || value._tag === "Set" ? value.items : []

export const fieldOf = (value: TlaValue, name: string): TlaValue | undefined =>
  value._tag === "Record" ? value.fields.find(([x]) => x === name)?.[1] : undefined

export const same = (x: TlaValue, y: TlaValue): boolean => printValue(x) === printValue(y)

export interface Change {
  /** `app[0].phase`. */
  readonly path: string
  readonly before: string
  readonly after: string
  /** Of sets and sequences: what came and went. */
  readonly members?: { readonly added: ReadonlyArray<string>; readonly removed: ReadonlyArray<string> }
}

/** What a set or sequence has that the other has not, each as often. */
const without = (x: TlaValue, y: TlaValue): ReadonlyArray<string> => {
  const rest = itemsOf(y).map(printValue)
  return itemsOf(x)
    .map(printValue)
    .filter((item) => {
      const at = rest.indexOf(item)
      if (at >= 0) rest.splice(at, 1)
      return at < 0
    })
}

const membersOf = (before: TlaValue, after: TlaValue): Pick<Change, "members"> => {
  if (before._tag !== after._tag || (before._tag !== "Set" && before._tag !== "Tuple")) return {}
  return { members: { added: without(after, before), removed: without(before, after) } }
}

/** Where two values of a variable differ, function by function and field by field. */
export const changesOf = (path: string, before: TlaValue, after: TlaValue): ReadonlyArray<Change> => {
  if (same(before, after)) return []
  const inside = (before._tag === "Function" || before._tag === "Record") && before._tag === after._tag
  const old = inside ? new Map(entriesOf(before)) : undefined
  const now = entriesOf(after)
  if (old === undefined || now.length !== old.size || now.some(([x]) => !old.has(x))) {
    return [{ path, before: printValue(before), after: printValue(after), ...membersOf(before, after) }]
  }
  const step = (x: string) => (after._tag === "Record" ? `.${x}` : `[${x}]`)
  return now.flatMap(([x, y]) => changesOf(`${path}${step(x)}`, old.get(x)!, y))
}
