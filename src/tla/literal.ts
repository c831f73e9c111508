/** TLA+ values as text that TLC's parser (SANY) reads in a module: it reads less than there is. */
import { Data } from "effect"
import { MAX_INT, MIN_INT } from "./mapping.ts"
import { printValue, type TlaValue } from "./value.ts"

/** No literal of TLA+ stands for this value. */
export class TlaUnwritable extends Data.TaggedError("TlaUnwritable")<{
  readonly message: string
  readonly remedy: string
}> {}

/** SANY takes a ` for the beginning of a comment even in a string, and reads UTF-16 units that are characters alone. */
const unreadable = /[`\ud800-\udfff]|(?![\t\n\r\f])\p{Cc}/u

const check = (value: TlaValue): void => {
  switch (value._tag) {
    case "Int":
      if (value.value >= MIN_INT && value.value <= MAX_INT) return
      throw new TlaUnwritable({
        message: `the number ${value.value} is no literal: TLC's have 31 bits and a sign`,
        remedy: "have the specification compute it",
      })
    case "Text":
      if (!unreadable.test(value.value) && [...value.value].every((c) => c.length === 1)) return
      throw new TlaUnwritable({
        message: `the string ${JSON.stringify(value.value)} holds a character that TLC reads in no module`,
        remedy: "leave out backticks, control characters, and what lies beyond Unicode's basic plane",
      })
    case "Tuple":
    case "Set":
      value.items.forEach(check)
      return
    case "Record":
      for (const [, x] of value.fields) check(x)
      return
    case "Function":
      for (const [x, y] of value.entries) {
        check(x)
        check(y)
      }
  }
}

/**
 * `printValue`, where a module may hold it.
 * @throws {TlaUnwritable}
 */
export const literalOf = (value: TlaValue): string => {
  check(value)
  return printValue(value)
}
