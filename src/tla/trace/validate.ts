/** Has TLC judge whether recorded events are a behaviour of a specification. */
import { cpSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Data, Effect } from "effect"
import { literalOf } from "../literal.ts"
import type { Behaviour, TlcReport } from "../messages.ts"
import { type Constants, configurationOf } from "../model.ts"
import { printedTuples } from "../printed.ts"
import { type MappingOptions, type TlaMapping, tlaMapping } from "../schema.ts"
import { scratchDirectory } from "../scratch.ts"
import { runTlc, type TlcUnavailable } from "../tlc.ts"
import type { TlaValue } from "../value.ts"
import { lastLine, type TraceModule, titleLine, traceModule } from "./module.ts"
import type { EventSchema } from "./text.ts"

/** A trace specification, and with what TLC is to run it. */
export interface TraceCheck<E> {
  readonly trace: Omit<TraceModule, "events"> & { readonly events: EventSchema<E> }
  /** Where the specification's modules are. */
  readonly directory: string
  /** Of the specification, as TLC's configuration has them: `Clients: "{c1, c2}"`. */
  readonly constants: Constants
  /** Operators of the specification that are to hold in every state. */
  readonly invariants?: ReadonlyArray<string>
  /** Java heap, MiB; 512 where it is not said. */
  readonly heap?: number
  /** How events become values. */
  readonly mapping?: Omit<MappingOptions, "tag">
}

/** What TLC said of a recording. */
export type TraceVerdict =
  /** All events were consumed, the end too. `states`: more than events + 2 when an event allowed several steps. */
  | { readonly _tag: "Accepted"; readonly events: number; readonly states: number }
  /** No step is what this event says. */
  | {
      readonly _tag: "Rejected"
      /** From 1; one more than there are: the end. */
      readonly event: number
      /** In TLA+. */
      readonly found: string
      /** By variable: each state that the events before it may lead to. */
      readonly states: ReadonlyArray<ReadonlyMap<string, TlaValue>>
    }
  /** After this event an invariant does not hold. */
  | {
      readonly _tag: "Violated"
      readonly event: number
      readonly name: string
      readonly behaviour: Behaviour
    }
  /** TLC's run shows nothing: the specification can't be read or evaluated, or TLC was killed. */
  | { readonly _tag: "Failed"; readonly why: string }

/** A recording is written into a module as one value: longer ones are refused. */
export const MAX_EVENTS = 20_000

/** More events than `MAX_EVENTS`. */
export class TraceTooLong extends Data.TaggedError("TraceTooLong")<{
  readonly events: number
  readonly message: string
  readonly remedy: string
}> {}

const HEAP = 512

/** The model values of `value`, into `names`. */
const modelValues = (value: TlaValue, names: Set<string>): void => {
  if (value._tag === "Model") names.add(value.name)
  else if (value._tag === "Tuple" || value._tag === "Set") for (const x of value.items) modelValues(x, names)
  else if (value._tag === "Record") for (const [, x] of value.fields) modelValues(x, names)
  else if (value._tag === "Function")
    for (const pair of value.entries) for (const x of pair) modelValues(x, names)
}

/** The module that holds the recording, and all its constants. */
const runModule = (name: string, trace: string, records: ReadonlyArray<TlaValue>, constants: Constants) => {
  const names = new Set<string>()
  for (const x of records) modelValues(x, names)
  const own = [...names].filter((x) => !Object.hasOwn(constants, x)).sort()
  const text = [
    titleLine(name),
    `EXTENDS ${trace}`,
    ...(own.length === 0 ? [] : [`CONSTANTS ${own.join(", ")}`]),
    "Recorded == <<",
    records.map((x) => `  ${literalOf(x)}`).join(",\n"),
    ">>",
    lastLine,
    "",
  ].join("\n")
  return { text, all: { ...constants, ...Object.fromEntries(own.map((x) => [x, x])) } }
}

/**
 * Whether `events` are a behaviour. Acceptance is shown, never inferred: the end was consumed.
 * @throws {TlaMismatch} {@link TlaUnmappable} {@link TlaUnwritable} as a defect: the schema, or a value of it, has no TLA+
 */
export const validateEvents = <E>(
  check: TraceCheck<E>,
  events: ReadonlyArray<E>,
): Effect.Effect<TraceVerdict, TlcUnavailable | TraceTooLong> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (events.length > MAX_EVENTS) {
        return yield* new TraceTooLong({
          events: events.length,
          message: `${events.length} events are more than ${MAX_EVENTS}`,
          remedy: "record less, or have TLC read them by an operator of Java, as src/model/validate does",
        })
      }
      const scratch = yield* scratchDirectory("trace")
      const { toTla } = tlaMapping(check.trace.events, check.mapping) as TlaMapping<E>
      const records = [...events.map(toTla), end(events.length)]
      const run = laidOut(check, records, scratch)
      const first = yield* run(0)
      const verdict = judge(first, events.length)
      if (verdict !== undefined) return verdict
      const event = Math.max(1, first.depth)
      const second = yield* run(event)
      return {
        _tag: "Rejected",
        event,
        found: literalOf(records[event - 1]!),
        states: statesOf(second),
      } as const
    }),
  )

const end = (events: number): TlaValue => ({
  _tag: "Record",
  fields: [
    ["events", { _tag: "Int", value: events }],
    ["type", { _tag: "Text", value: "End" }],
  ],
})

/** Writes all that TLC reads into `scratch`; what it returns runs TLC up to a record. */
const laidOut = <E>(check: TraceCheck<E>, records: ReadonlyArray<TlaValue>, scratch: string) => {
  const { trace, directory, constants, invariants = [] } = check
  for (const file of readdirSync(directory)) {
    if (file.endsWith(".tla")) cpSync(join(directory, file), join(scratch, file))
  }
  const name = `${trace.name}Run`
  const module = join(scratch, `${name}.tla`)
  const config = join(scratch, `${name}.cfg`)
  const { text, all } = runModule(name, trace.name, records, constants)
  writeFileSync(join(scratch, `${trace.name}.tla`), traceModule(trace))
  writeFileSync(module, text)
  return (stop: number): Effect.Effect<TlcReport, TlcUnavailable> =>
    Effect.suspend(() => {
      writeFileSync(
        config,
        configurationOf({
          specification: "TraceSpec",
          constants: { ...all, Stop: stop },
          replace: ["Trace", "Recorded"],
          invariants,
          properties: [],
        }),
      )
      // A chain has nothing for a second worker to do.
      return runTlc({ module, config, workers: 1, heap: check.heap ?? HEAP, brief: records.length < 5000 })
    })
}

/** Undefined: rejected. */
const judge = (report: TlcReport, events: number): TraceVerdict | undefined => {
  const { outcome, behaviour, distinct, queued } = report
  if (outcome._tag === "Invariant") {
    return { _tag: "Violated", event: behaviour.states.length - 1, name: outcome.name, behaviour }
  }
  if (outcome._tag !== "Success") {
    const message = "message" in outcome ? `: ${outcome.message}` : ""
    return { _tag: "Failed", why: `TLC ended with ${outcome._tag}${message}` }
  }
  if (queued !== 0) return { _tag: "Failed", why: `TLC left ${queued} states` }
  const accepted = printedTuples(report.printed).some(
    ([word, count]) =>
      word?._tag === "Text" && word.value === "ACCEPTED" && count?._tag === "Int" && count.value === events,
  )
  return accepted ? { _tag: "Accepted", events, states: distinct } : undefined
}

const statesOf = ({ printed }: TlcReport): ReadonlyArray<ReadonlyMap<string, TlaValue>> =>
  printedTuples(printed).flatMap(([word, state]) =>
    word?._tag === "Text" && word.value === "STATE" && state?._tag === "Record"
      ? [new Map(state.fields)]
      : [],
  )
