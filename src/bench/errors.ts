/** Why a benchmark can't run: what is wrong, and what mends it. */
import { Data } from "effect"

/** The command line can't be followed. */
export class BenchUsage extends Data.TaggedError("BenchUsage")<{ readonly message: string }> {}

/** A measure that can't run here, or that failed. */
export class MeasureFailed extends Data.TaggedError("MeasureFailed")<{
  readonly measure: string
  readonly what: string
  readonly remedy: string
}> {
  override get message(): string {
    return `${this.measure}: ${this.what}; ${this.remedy}`
  }
}

/** Thrown inside a measure's process; arrives as a MeasureFailed. */
export class CannotMeasure extends Error {
  override readonly name = "CannotMeasure"
  readonly remedy: string

  constructor(what: string, remedy: string) {
    super(what)
    this.remedy = remedy
  }
}
