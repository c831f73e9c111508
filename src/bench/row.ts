/** What a row of the table is, and what a measure hands back for it. */

export type Unit = "cycles" | "ns" | "µs" | "1/s" | "MB" | "B" | "%"

/** A bound on the median of our figure, or of its ratio to the first reference. */
export interface Aim {
  readonly of: "ours" | "ratio"
  readonly most?: number
  readonly least?: number
}

/** A figure that somebody else published for about the same thing, on another machine. */
export interface Anchor {
  readonly figure: string
  readonly source: string
}

export interface Row {
  readonly name: string
  readonly what: string
  readonly unit: Unit
  readonly better: "less" | "more"
  readonly aim?: Aim
  /** What ours is compared with in the same run, in the order of a turn's sides after the first. */
  readonly references: ReadonlyArray<string>
  readonly anchors?: ReadonlyArray<Anchor>
}

/** A figure that a row states beside the compared ones. */
export interface Detail {
  readonly name: string
  readonly value: number
  readonly unit: string
}

export interface Samples {
  /** By turn, by side: ours, then each reference. The sides of a turn were measured right after one another. */
  readonly turns: ReadonlyArray<ReadonlyArray<number>>
  /** Turns left out because the machine changed under them. */
  readonly dropped: number
  readonly details: ReadonlyArray<Detail>
}

export interface MeasureOptions {
  /** Rows that are asked for; a measure may leave the others out. */
  readonly rows: ReadonlyArray<string>
  readonly quick: boolean
  /** Whether what is missing from Debian may be installed. */
  readonly install: boolean
  /** Two cores to pin to; one twice on a machine that has no more. */
  readonly cores: readonly [number, number]
}

export interface MeasureContext extends MeasureOptions {
  /** Tells of progress. */
  readonly say: (line: string) => void
  /** Rejects when the measure is to end early; what it has made, it undoes then. */
  readonly stopped: Promise<never>
}

/** Measures the rows that share a set-up; by row name. @throws {CannotMeasure} where it can't run. */
export type Measure = (context: MeasureContext) => Promise<Readonly<Record<string, Samples>>>

/** Rows that are measured together, in a process of their own. */
export interface MeasureSpec {
  readonly name: string
  readonly rows: ReadonlyArray<Row>
  /** Longest run, s: of the full form; the quick one has a third of it. */
  readonly seconds: number
  readonly load: () => Promise<Measure>
}
