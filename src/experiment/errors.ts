import { Data } from "effect"

/** What makes an experiment impossible: `where` names the field or the command's argument, `message` says what would do. */
export class ExperimentError extends Data.TaggedError("ExperimentError")<{
  readonly where: string
  readonly message: string
}> {}

export const refuse = (where: string, why: string): never => {
  throw new ExperimentError({ where, message: `${where}: ${why}` })
}

/** @throws {ExperimentError} unless `value` is a finite number from `least` to `most` */
export const checkNumber = (where: string, value: number, least: number, most: number): void => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most)
    refuse(where, `must be a finite number from ${least} to ${most}, found ${String(value)}`)
}

/** @throws {ExperimentError} unless `value` is a whole number from `least` to `most` */
export const checkWhole = (where: string, value: number, least: number, most: number): void => {
  if (!Number.isInteger(value) || value < least || value > most)
    refuse(where, `must be a whole number from ${least} to ${most}, found ${String(value)}`)
}
