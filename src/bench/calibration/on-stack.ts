/** What the parts of the calibration have in common: a stack of their own, and connections that ask for nothing. */
import { Effect } from "effect"
import type { Planned } from "../../experiment/calibration.ts"
import { CannotMeasure, MeasureFailed } from "../errors.ts"
import { type Heard, type RealOptions, type RealStack, startReal } from "./real-stack.ts"

export type Step<A> = Effect.Effect<A, MeasureFailed>

export const failed = (error: unknown): MeasureFailed =>
  new MeasureFailed({
    measure: "calibration",
    what: (error as Error).message,
    remedy: error instanceof CannotMeasure ? error.remedy : "this is an error of the benchmark",
  })

/** What `use` does with a stack of its own, which ends with it, interrupted or not. */
export const onStack = <A>(options: RealOptions, use: (stack: RealStack) => Promise<A>): Step<A> =>
  Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => startReal(options), catch: failed }),
    (stack) => Effect.tryPromise({ try: () => use(stack), catch: failed }),
    (stack) => Effect.promise(() => stack.stop()),
  )

/** Connections that ask for no time, so many µs apart. */
export const nothing = (count: number, apart: number): ReadonlyArray<Planned> =>
  Array.from({ length: count }, (_, k) => ({ at: k * apart, demand: 0 }))

/** All connections are answered, or the figures are of another load. @throws {CannotMeasure} */
export const whole = (heard: ReadonlyArray<Heard>): ReadonlyArray<Heard> => {
  const lost = heard.filter(({ answered }) => answered < 0).length
  if (lost === 0) return heard
  throw new CannotMeasure(`${lost} of ${heard.length} connections had no answer`, "is the machine busy?")
}
