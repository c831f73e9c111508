/** What a run of the benchmarks reports: the object that `--json` prints. */
import { Schema } from "effect"
import type { Machine } from "./machine.ts"
import type { Aim, Anchor, Detail, Row, Samples, Unit } from "./row.ts"
import { type Figure, figureOf, ratiosOf } from "./statistics.ts"

export interface Compared {
  readonly name: string
  readonly figure: Figure
  /** Ours divided by this, turn by turn. */
  readonly ratio: Figure
}

export interface RowResult {
  readonly name: string
  readonly what: string
  readonly unit: Unit
  readonly better: "less" | "more"
  readonly ours: Figure
  readonly references: ReadonlyArray<Compared>
  readonly aim?: Aim
  /** Whether the median reaches the aim; absent where there is none. */
  readonly met?: boolean
  readonly turns: number
  readonly dropped: number
  readonly details: ReadonlyArray<Detail>
  readonly anchors: ReadonlyArray<Anchor>
}

/** A row that gave no figure, and why. */
export interface RowFailure {
  readonly name: string
  readonly what: string
  readonly remedy: string
}

export interface Report {
  readonly version: 1
  /** When the run began, ISO 8601. */
  readonly date: string
  /** Quick figures come of few and short turns: they show that a row runs, no more. */
  readonly quick: boolean
  readonly machine: Machine
  readonly cores: readonly [number, number]
  readonly rows: ReadonlyArray<RowResult>
  readonly failed: ReadonlyArray<RowFailure>
}

const figure = Schema.Struct({ median: Schema.Number, min: Schema.Number, max: Schema.Number })
const unit = Schema.Literals(["cycles", "ns", "µs", "1/s", "MB", "B", "%"])
const detail = Schema.Struct({ name: Schema.String, value: Schema.Number, unit: Schema.String })
const aim = Schema.Struct({
  of: Schema.Literals(["ours", "ratio"]),
  most: Schema.optionalKey(Schema.Number),
  least: Schema.optionalKey(Schema.Number),
})
const machine = Schema.Struct({
  cpu: Schema.String,
  cores: Schema.Number,
  threadsPerCore: Schema.Number,
  virtual: Schema.Boolean,
  memoryGiB: Schema.Number,
  kernel: Schema.String,
  node: Schema.String,
  governor: Schema.String,
  clockSource: Schema.String,
  constantTsc: Schema.Boolean,
  tscGHz: Schema.Number,
  load: Schema.Number,
})
const row = Schema.Struct({
  name: Schema.String,
  what: Schema.String,
  unit,
  better: Schema.Literals(["less", "more"]),
  ours: figure,
  references: Schema.Array(Schema.Struct({ name: Schema.String, figure, ratio: figure })),
  aim: Schema.optionalKey(aim),
  met: Schema.optionalKey(Schema.Boolean),
  turns: Schema.Number,
  dropped: Schema.Number,
  details: Schema.Array(detail),
  anchors: Schema.Array(Schema.Struct({ figure: Schema.String, source: Schema.String })),
})
export const ReportSchema = Schema.Struct({
  version: Schema.Literal(1),
  date: Schema.String,
  quick: Schema.Boolean,
  machine,
  cores: Schema.Tuple([Schema.Number, Schema.Number]),
  rows: Schema.Array(row),
  failed: Schema.Array(Schema.Struct({ name: Schema.String, what: Schema.String, remedy: Schema.String })),
})

/** What a measure's process hands over: by row. */
export const SamplesSchema = Schema.Record(
  Schema.String,
  Schema.Struct({
    turns: Schema.Array(Schema.Array(Schema.Number)),
    dropped: Schema.Number,
    details: Schema.Array(detail),
  }),
)

/** Whether the figures reach the aim. */
export const meets = (aim: Aim, ours: Figure, references: ReadonlyArray<Compared>): boolean => {
  const value = aim.of === "ours" ? ours.median : references[0]!.ratio.median
  return value <= (aim.most ?? Number.POSITIVE_INFINITY) && value >= (aim.least ?? Number.NEGATIVE_INFINITY)
}

/** A row's figures from its samples. @throws {RangeError} when a turn lacks a side, or a value is no number. */
export const resultOf = (spec: Row, samples: Samples): RowResult => {
  const sides = spec.references.length + 1
  for (const turn of samples.turns) {
    if (turn.length !== sides || !turn.every(Number.isFinite)) {
      throw new RangeError(`row ${spec.name}: a turn of ${turn.join(", ")} instead of ${sides} numbers`)
    }
  }
  const ours = figureOf(samples.turns.map((turn) => turn[0]!))
  const references = spec.references.map((name, k) => ({
    name,
    figure: figureOf(samples.turns.map((turn) => turn[k + 1]!)),
    ratio: figureOf(ratiosOf(samples.turns, k + 1)),
  }))
  const { name, what, unit, better, anchors = [] } = spec
  return {
    name,
    what,
    unit,
    better,
    ours,
    references,
    ...(spec.aim === undefined ? {} : { aim: spec.aim, met: meets(spec.aim, ours, references) }),
    turns: samples.turns.length,
    dropped: samples.dropped,
    details: samples.details,
    anchors,
  }
}
