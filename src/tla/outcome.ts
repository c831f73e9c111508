/** How a run of TLC ended. */

/** Somewhere in a file, lines and columns from 1. */
export interface Place {
  /** Absolute where the file is known; a standard module of TLA+ has its name only. */
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** TLC judged the model. Only `Success` with a finished search shows that it holds. */
export type TlcVerdict =
  | { readonly _tag: "Success" }
  | { readonly _tag: "Invariant"; readonly name: string }
  | { readonly _tag: "ActionProperty"; readonly name: string }
  | { readonly _tag: "Deadlock" }
  /** TLC 2.18 doesn't say which of the temporal properties. */
  | { readonly _tag: "Temporal" }
  /** An ASSUME is false. */
  | { readonly _tag: "Assumption"; readonly message: string; readonly place?: Place }

interface Trouble<Tag extends string> {
  readonly _tag: Tag
  readonly message: string
  readonly remedy: string
  readonly place?: Place
}

/** A bound on what a run may use. `depth` is TLC's own: behaviours of 65,535 states. */
export type LimitName = "seconds" | "states" | "disk" | "depth"

/** TLC could not judge it. */
export type TlcTrouble =
  /** A module that is no TLA+, names what is not defined, or is not there. */
  | Trouble<"Parse">
  /** The configuration and the module don't fit, or there is no configuration. */
  | Trouble<"Configuration">
  /** An expression has no value where TLC needs one; `within`: the expressions around it, innermost first. */
  | (Trouble<"Evaluation"> & { readonly within?: ReadonlyArray<Place> })
  | (Trouble<"Limit"> & { readonly limit: LimitName; readonly most: number })
  | Trouble<"OutOfMemory">
  | Trouble<"DiskFull">
  /** A distributed search that nobody works at. */
  | Trouble<"NoWorker">
  /** What is read again, a checkpoint, is not what was written. */
  | Trouble<"Corrupt">
  /** Ended from outside, or in a way that none of its messages explains. */
  | (Trouble<"Killed"> & { readonly signal?: string })

/** How a run ended: a verdict, or what kept TLC from one. */
export type TlcOutcome = TlcVerdict | TlcTrouble

/** Whether TLC came to no verdict. */
export const isTrouble = (outcome: TlcOutcome): outcome is TlcTrouble => "remedy" in outcome

/** `file:line:column`, as compilers write it. */
export const placeText = ({ file, line, column }: Place): string =>
  [file, line, column].filter((x) => x !== undefined).join(":")

/** Place, what is wrong, and the remedy, each on its own line. */
export const troubleText = (trouble: {
  readonly message: string
  readonly remedy: string
  readonly place?: Place
}): string => {
  const { message, remedy, place } = trouble
  return `${place === undefined ? "" : `${placeText(place)}: `}${message}\n${remedy}\n`
}
