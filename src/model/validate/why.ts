/** Why a recording was rejected: what stood in the event's way, and the state before it on both sides. */
import { Effect } from "effect"
import type { StepRecord } from "../../codec/record.ts"
import type { Chart } from "../../tla/chart/chart.ts"
import { atomsOf } from "../../tla/graph/print.ts"
import type { TlcUnavailable } from "../../tla/tlc.ts"
import { parseValue, printValue, type TlaValue } from "../../tla/value.ts"
import { problem } from "../../trace/parser.ts"
import { readTrace } from "../../trace/read.ts"
import { Replayer } from "../../trace/replay.ts"
import { Captor, stateOf, type Used } from "../stack/state.ts"
import { depths } from "../stack/values.ts"
import { type Ending, endChart, type PlacedStep, Relatives, type ShownStep } from "./end-chart.ts"
import { recordAt, recordOf } from "./lane.ts"
import type { Part } from "./part.ts"
import type { Recording } from "./recording.ts"
import { tracePart } from "./trace-run.ts"
import type { Culprit } from "./verdict.ts"

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
  /** The last steps before it, and it. */
  readonly chart: Chart | undefined
}

const MARK = "PIKA-WHY "
/** Rows of the state that are shown. */
const MOST_ROWS = 40

type Line =
  /** Of the state before this record; of its variables those that changed since the one before follow. */
  | { readonly kind: "state"; readonly record: number }
  | { readonly kind: "variable"; readonly name: string; readonly value: string }
  | ({ readonly kind: "blocked" } & Blocker)

/** Records before the one that is explained in which the chart's steps are looked for. */
const FARTHEST = 20_000
/** Blockers, and facts of each, that the chart's verdict tells. */
const MOST_TOLD = 2

const blockerText = ({ text, trouble, facts }: Blocker): string => {
  const values = facts.slice(0, MOST_TOLD).map(({ name, value }) => `${name} = ${value}`)
  const held = trouble === "" ? "does not hold" : "can't be evaluated"
  return `${text} ${held}${values.length === 0 ? "" : `, ${values.join(", ")}`}`
}

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

type Variables = ReadonlyMap<string, TlaValue>

/** The states that were printed, by the record before which they stand. */
const statesOf = (lines: ReadonlyArray<Line>): ReadonlyMap<number, Variables> => {
  const states = new Map<number, Variables>()
  let now = new Map<string, TlaValue>()
  for (const line of lines) {
    if (line.kind === "state") {
      now = new Map(now)
      states.set(line.record, now)
    } else if (line.kind === "variable") now.set(line.name, parseValue(line.value))
  }
  return states
}

const atomMap = (variables: Iterable<readonly [string, TlaValue]>): ReadonlyMap<string, string> => {
  const map = new Map<string, string>()
  for (const [name, value] of variables) {
    const depth = depths[name]
    if (depth === undefined) continue
    for (const atom of atomsOf(name, value, depth)) map.set(atom.path, atom.value)
  }
  return map
}

interface CoreSide {
  /** Just before the event; undefined: the core parted from the recording earlier. */
  readonly state: ReadonlyMap<string, string> | undefined
  readonly steps: ReadonlyArray<PlacedStep>
}

/** The step at position `at`. */
export const stepAt = async (path: string, at: number): Promise<StepRecord | undefined> => {
  let found: StepRecord | undefined
  await readTrace(path, {
    header: () => {},
    step: (step, k) => {
      if (k === at) found = step
      return k < at
    },
  })
  return found
}

/** The core's state just before the event at position `before`, and the last steps that have to do with the ending. */
const coreSide = async (
  path: string,
  port: number,
  before: number,
  used: Used,
  ending: Ending | undefined,
): Promise<CoreSide> => {
  let replayer: Replayer | undefined
  let captor: Captor | undefined
  let parted = false
  const relatives = ending === undefined ? undefined : new Relatives(ending.step)
  const read = await readTrace(path, {
    header: (topology) => {
      replayer = new Replayer(topology)
      captor = new Captor(replayer.instances.of(port))
    },
    step: (step, i) => {
      if (i >= before) return false
      if (step.port !== port) return true
      if (!parted) {
        parted = replayer!.step(step) !== undefined
        if (!parted) captor!.observe(step)
      }
      const { out } = replayer!.instances.of(port)
      const sent = parted ? [] : out.messages.slice(0, out.length)
      relatives?.add(step, i, sent)
      return true
    },
  })
  const steps = relatives?.steps ?? []
  const cut = "reason" in read && read.reason !== problem("Truncated", 0, "").reason
  if (parted || captor === undefined || cut) return { state: undefined, steps }
  const state = stateOf(captor.capture(), used)
  return { state: atomMap(state._tag === "Record" ? state.fields : []), steps }
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
 * in whose way something stands; one more than the last for what came after an event. `why`: what is wrong with it, in
 * words. Undefined: TLC could not say.
 */
export const diagnose = (
  path: string,
  recording: Recording,
  scratch: string,
  { part, record, before, why, refused }: Culprit,
): Effect.Effect<Diagnosis | undefined, TlcUnavailable> =>
  Effect.gen(function* () {
    const { lane } = part
    const at = refused ? recordAt(lane.path, record).at : before - 1
    const step = yield* Effect.promise(() => stepAt(path, at))
    const ending: Ending | undefined = step === undefined ? undefined : { step, at, refused }
    const core = yield* Effect.promise(() => coreSide(path, lane.port, before, lane.used, ending))
    const first = Math.max(part.start?.record ?? 0, record - FARTHEST)
    const placed = core.steps
      .map((x) => ({ ...x, record: recordOf(lane.path, x.at, 1, record) }))
      .filter((x) => x.record > first && recordAt(lane.path, x.record).at === x.at)
    // Every state compared before it was found to be the same: the nearest will do.
    const from = placed[0]?.record ?? record
    const start = lane.checkpoints.findLast((x) => x.record < from) ?? part.start
    const near: Part = { lane, first: (start?.record ?? 0) + 1, last: lane.records, start, end: undefined }
    const shown = placed.flatMap((x) => [x.record, x.record + 1])
    const report = yield* tracePart(near, recording.topology, scratch, {
      module: "TraceWhy",
      stop: record,
      shown,
    })
    const lines = linesOf(report.printed)
    const blockers = lines.flatMap((x) => (x.kind === "blocked" ? [blockerOf(x)] : []))
    const states = statesOf(lines)
    const last = states.get(record)
    if (last === undefined) return undefined
    const steps = placed.flatMap((x): ReadonlyArray<ShownStep> => {
      const [earlier, later] = [states.get(x.record), states.get(x.record + 1)]
      return earlier === undefined || later === undefined ? [] : [{ ...x, before: earlier, after: later }]
    })
    const verdict = [why, ...blockers.slice(0, MOST_TOLD).map(blockerText)]
    return {
      blockers,
      state: rowsOf(atomMap(last), core.state, blockers),
      coreKnown: core.state !== undefined,
      chart: ending === undefined ? undefined : endChart(steps, last, ending, verdict),
    }
  })
