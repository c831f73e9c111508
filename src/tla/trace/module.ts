/** Trace specifications from the events' schema: is a recording a behaviour of a specification? */
import type { Schema } from "effect"
import { type EventShape, eventShapes } from "./shapes.ts"

/** What a trace specification is made from. */
export interface TraceModule {
  /** Of the module. */
  readonly name: string
  /** The module whose behaviour the recording is to be: it has `Init`, the variables, and an operator for each event. */
  readonly specification: string
  /** All of its variables. */
  readonly variables: ReadonlyArray<string>
  /** A tagged struct for each event. `_tag` is the operator's name, the other fields its arguments, in this order. */
  readonly events: Schema.Constraint
  /** By field: the set that its values are to be members of, before the action is asked. */
  readonly sets?: Readonly<Record<string, string>>
  /** By tag: what allows event `ev`, where it is not `Tag(ev.field, …)`. */
  readonly actions?: Readonly<Record<string, string>>
}

const WIDTH = 79

/** A module's first line: its name between dashes. */
export const titleLine = (name: string): string => {
  const dashes = Math.max(4, Math.floor((WIDTH - name.length - 9) / 2))
  return `${"-".repeat(dashes)} MODULE ${name} `.padEnd(WIDTH, "-")
}

export const lastLine = "=".repeat(WIDTH)

/** What an event's arm of a CASE holds: conjuncts in the order in which they are judged. */
export interface Arm {
  readonly tag: string
  readonly conjuncts: ReadonlyArray<string>
}

/** `CASE` over the tags of event `ev`. `field`: of `ev`, where its tag is. What has no arm is FALSE. */
export const caseText = (arms: ReadonlyArray<Arm>, field: string): string => {
  const lines = arms.map(({ tag, conjuncts }, k) => {
    const head = `${k === 0 ? "  CASE" : "    []"} ev.${field} = "${tag}" ->`
    const inline = `${head} ${conjuncts.join(" /\\ ")}`
    if (inline.length <= WIDTH) return inline
    return [head, ...conjuncts.map((x) => `         /\\ ${x}`)].join("\n")
  })
  return [...lines, "    [] OTHER -> FALSE"].join("\n")
}

const armOf = ({ tag, fields }: EventShape, { sets = {}, actions = {} }: TraceModule): Arm => {
  const members = fields.flatMap(({ name }) =>
    sets[name] === undefined ? [] : [`ev.${name} \\in ${sets[name]}`],
  )
  const parameters = fields.map(({ name }) => `ev.${name}`)
  const action = actions[tag] ?? (parameters.length === 0 ? tag : `${tag}(${parameters.join(", ")})`)
  return { tag, conjuncts: [...members, action] }
}

/**
 * The module's text. Its behaviours are those of the specification whose k-th step is what event k says; ACCEPTED is
 * printed when the last record, End, is consumed, and only then.
 */
export const traceModule = (trace: TraceModule): string => {
  const { name, specification, variables } = trace
  const arms = eventShapes(trace.events).map((shape) => armOf(shape, trace))
  const vars = `<<${variables.join(", ")}>>`
  const state = variables.map((x) => `${x} |-> ${x}`).join(", ")
  return `${[
    titleLine(name),
    "(* Is a recording a behaviour? Made by traceModule from the events' schema:    *)",
    "(* change that, and have it made again.                                        *)",
    `EXTENDS ${specification}, Integers, Sequences, TLC`,
    "",
    "CONSTANTS",
    "  Trace,  \\* the records, End the last",
    "  Stop    \\* record before which the state is printed; 0: none",
    "",
    "VARIABLE position  \\* of the next record",
    "",
    "\\* The action that the event says, with its parameters.",
    "Step(ev) ==",
    caseText(arms, "type"),
    "",
    "\\* Nothing follows, and nothing is missing.",
    "End(ev) ==",
    "  /\\ position = Len(Trace)",
    "  /\\ ev.events = position - 1",
    `  /\\ UNCHANGED ${vars}`,
    '  /\\ PrintT(<<"ACCEPTED", ev.events>>)',
    "",
    "TraceInit == Init /\\ position = 1",
    "",
    "Follow ==",
    "  /\\ position <= Len(Trace) /\\ position # Stop",
    '  /\\ LET ev == Trace[position] IN IF ev.type = "End" THEN End(ev) ELSE Step(ev)',
    "  /\\ position' = position + 1",
    "",
    "Look ==",
    "  /\\ position = Stop",
    `  /\\ PrintT(<<"STATE", [${state}]>>)`,
    "  /\\ FALSE",
    "",
    "TraceNext == Follow \\/ Look",
    `TraceSpec == TraceInit /\\ [][TraceNext]_<<${[...variables, "position"].join(", ")}>>`,
    lastLine,
  ].join("\n")}\n`
}
