/** Why a recording was rejected: what stood in the event's way, and the state before it on both sides. */
import { Effect } from "effect"
import { atomsOf } from "../../tla/graph/print.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import { parseValue, printValue, type TlaValue } from "../../tla/value.ts"
import { problem } from "../../trace/parser.ts"
import { readTrace } from "../../trace/read.ts"
import { Replayer } from "../../trace/replay.ts"
import { Captor, stateOf, type Used } from "../stack/state.ts"
import { depths } from "../stack/values.ts"
import type { Part } from "./part.ts"
import type { Recording } from "./recording.ts"
import { tracePart } from "./trace-run.ts"

export interface Fact {
  /** `tsToApp[1][0]`, or the text of an operand. */
  readonly name: string
  readonly value: string
}

/** A definition on the way to what blocks. */
export interface Frame {
  readonly name: string
  readonly module: string
  readonly line: number
  /** The comment above it. */
  readonly says: string
  readonly parameters: ReadonlyArray<Fact>
}

/** A formula that does not hold, and can't be taken apart further. */
export interface Blocker {
  readonly text: string
  readonly module: string
  readonly line: number
  /** It could not even be evaluated. */
  readonly trouble: string
  /** Outermost first. */
  readonly frames: ReadonlyArray<Frame>
  readonly facts: ReadonlyArray<Fact>
}

/** One part of the state, as both sides have it; undefined: that side lacks it. */
export interface StateRow {
  readonly path: string
  readonly specification: string | undefined
  readonly core: string | undefined
}

export interface Diagnosis {
  readonly blockers: ReadonlyArray<Blocker>
  /** What the blockers are about, and whatever the two sides have differently. */
  readonly state: ReadonlyArray<StateRow>
  /** The core's state before the event is known: it did not part from the recording earlier. */
  readonly coreKnown: boolean
}

const MARK = "PIKA-WHY "
/** Rows of the state that are shown. */
const MOST_ROWS = 40

type Line =
  | { readonly kind: "variable"; readonly name: string; readonly value: string }
  | ({ readonly kind: "blocked" } & Blocker)

/** In the order of names, fields and members that `printValue` has. */
const tidy = (value: string): string => {
  try {
    return printValue(parseValue(value))
  } catch {
    return value
  }
}

const tidyFacts = (facts: ReadonlyArray<Fact>): ReadonlyArray<Fact> =>
  facts.map(({ name, value }) => ({ name: tidy(name), value: tidy(value) }))

const blockerOf = (x: Blocker): Blocker => ({
  text: x.text,
  module: x.module,
  line: x.line,
  trouble: x.trouble,
  frames: x.frames.map((frame) => ({ ...frame, parameters: tidyFacts(frame.parameters) })),
  facts: tidyFacts(x.facts),
})

const linesOf = (printed: ReadonlyArray<string>): ReadonlyArray<Line> =>
  printed.flatMap((line) => (line.startsWith(MARK) ? [JSON.parse(line.slice(MARK.length)) as Line] : []))

const atomMap = (variables: Iterable<readonly [string, TlaValue]>): ReadonlyMap<string, string> => {
  const map = new Map<string, string>()
  for (const [name, value] of variables) {
    const depth = depths[name]
    if (depth === undefined) continue
    for (const atom of atomsOf(name, value, depth)) map.set(atom.path, atom.value)
  }
  return map
}

/** The core's state just before the event at position `before`; undefined: it parted from the recording earlier. */
const coreState = async (
  path: string,
  port: number,
  before: number,
  used: Used,
): Promise<ReadonlyMap<string, string> | undefined> => {
  let replayer: Replayer | undefined
  let captor: Captor | undefined
  let parted = false
  const read = await readTrace(path, {
    header: (topology) => {
      replayer = new Replayer(topology)
      captor = new Captor(replayer.instances.of(port))
    },
    step: (step, i) => {
      if (i >= before) return false
      if (step.port !== port) return true
      parted = replayer!.step(step) !== undefined
      if (!parted) captor!.observe(step)
      return !parted
    },
  })
  if (
    parted ||
    captor === undefined ||
    ("reason" in read && read.reason !== problem("Truncated", 0, "").reason)
  ) {
    return undefined
  }
  const state = stateOf(captor.capture(), used)
  return atomMap(state._tag === "Record" ? state.fields : [])
}

/** Whether a fact is about the part of the state at `path`, or a part of it. */
const isAbout = (fact: string, path: string): boolean =>
  fact === path || fact.startsWith(`${path}.`) || fact.startsWith(`${path}[`)

const rowsOf = (
  specification: ReadonlyMap<string, string>,
  core: ReadonlyMap<string, string> | undefined,
  blockers: ReadonlyArray<Blocker>,
): ReadonlyArray<StateRow> => {
  const facts = blockers.flatMap((x) => x.facts.map((fact) => fact.name))
  const paths = [...new Set([...specification.keys(), ...(core?.keys() ?? [])])]
  const rows = paths.map((path) => ({
    path,
    specification: specification.get(path),
    core: core?.get(path),
    differs: core !== undefined && specification.get(path) !== core.get(path),
  }))
  return rows
    .filter(({ path, differs }) => differs || facts.some((fact) => isAbout(fact, path)))
    .sort((x, y) => Number(y.differs) - Number(x.differs))
    .slice(0, MOST_ROWS)
    .map(({ path, specification, core }) => ({ path, specification, core }))
}

/**
 * Follows the recording `path` once more to record `record` of its part, and explains. `before`: position of the event
 * in whose way something stands; one more than the last for what came after an event. Undefined: TLC could not say.
 */
export const diagnose = (
  path: string,
  recording: Recording,
  scratch: string,
  part: Part,
  record: number,
  before: number,
): Effect.Effect<Diagnosis | undefined, TlcUnavailable> =>
  Effect.gen(function* () {
    const { lane } = part
    // Every state compared before it was found to be the same: the nearest will do.
    const start = lane.checkpoints.findLast((x) => x.record < record) ?? part.start
    const near: Part = { lane, first: (start?.record ?? 0) + 1, last: lane.records, start, end: undefined }
    const report = yield* tracePart(near, recording.topology, scratch, { module: "TraceWhy", stop: record })
    const lines = linesOf(report.printed)
    const blockers = lines.flatMap((x) => (x.kind === "blocked" ? [blockerOf(x)] : []))
    const variables = lines.flatMap((x) =>
      x.kind === "variable" ? [[x.name, parseValue(x.value)] as const] : [],
    )
    if (variables.length === 0) return undefined
    const core = yield* Effect.promise(() => coreState(path, lane.port, before, lane.used))
    return { blockers, state: rowsOf(atomMap(variables), core, blockers), coreKnown: core !== undefined }
  })
