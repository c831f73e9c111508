/** One machine's whole state × event table as text. */
import { Outbox } from "../../src/core/outbox.ts"
import { Table } from "../../src/core/table.ts"

type Tagged = { readonly _tag: string }

/** The value without persistent tables, fields in a fixed order. */
const plain = (value: unknown): unknown => {
  if (value instanceof Table) return plain(value.toArray())
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, x]) => [k, plain(x)]))
}

const brief = (value: unknown): string => JSON.stringify(value)?.replaceAll('"', "") ?? "undefined"

const showTagged = (x: Tagged): string => {
  const { _tag, ...rest } = x
  return Object.keys(rest).length === 0 ? _tag : `${_tag} ${brief(rest)}`
}

/** `field: before → after` for each field that differs; of an array only the cells that differ. */
const changes = (before: unknown, after: unknown, path = ""): Array<string> => {
  if (brief(before) === brief(after)) return []
  const both = [before, after]
  const sameShape = both.every((x) => typeof x === "object" && x !== null && !Array.isArray(x))
  const sameLength =
    both.every(Array.isArray) &&
    (before as Array<unknown>).length === (after as Array<unknown>).length &&
    (before as Array<unknown>).length > 0
  if (!sameShape && !sameLength) return [`${path}: ${brief(before)} → ${brief(after)}`]
  const x = before as Record<string, unknown>
  const y = after as Record<string, unknown>
  return Object.keys(y).flatMap((k) => changes(x[k], y[k], path === "" ? k : `${path}.${k}`))
}

export interface Cells<State, Event extends Tagged> {
  /** By name. Each must differ from the others. */
  readonly states: Readonly<Record<string, State>>
  readonly events: ReadonlyArray<Event>
  readonly step: (state: State, event: Event, out: Outbox) => State
}

/** A paragraph per state, a line per event: what came of it, what changed, what was sent. */
export const render = <State, Event extends Tagged>({
  states,
  events,
  step,
}: Cells<State, Event>): string => {
  const lines: Array<string> = []
  for (const [name, state] of Object.entries(states)) {
    lines.push(`${name}`)
    for (const event of events) {
      const out = new Outbox()
      const before = plain(state)
      const next = step(state, event, out)
      const changed = changes(before, plain(next))
      if (out.outcome === "Illegal" && (next !== state || out.length > 0)) {
        throw new Error(`${name}, ${showTagged(event)}: illegal, and yet it does something`)
      }
      lines.push(`  ${showTagged(event)}`)
      if (out.outcome === "Illegal") {
        lines.push("    illegal")
        continue
      }
      const parts = [out.outcome === "Done" ? "done" : out.outcome]
      if (changed.length === 0) parts.push("nothing changes")
      lines.push(`    ${parts.join(", ")}`)
      for (const x of changed) lines.push(`    ${x}`)
      for (let k = 0; k < out.length; k++) {
        lines.push(`    to ${out.roles[k]} ${out.to[k]}: ${showTagged(out.messages[k]!)}`)
      }
    }
    lines.push("")
  }
  return lines.join("\n")
}

/** The state after some events, none of which may be illegal. */
export const after = <State, Event extends Tagged>(
  start: State,
  step: Cells<State, Event>["step"],
  ...events: ReadonlyArray<Event>
): State => {
  let state = start
  for (const event of events) {
    const out = new Outbox()
    state = step(state, event, out)
    if (out.outcome === "Illegal") throw new Error(`illegal on the way: ${showTagged(event)}`)
  }
  return state
}
