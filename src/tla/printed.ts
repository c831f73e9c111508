/** What a specification printed by PrintT, among the other lines that TLC prints outside its messages. */
import { parseValue, type TlaValue } from "./value.ts"

/** A value over more lines than this is not waited for. */
export const MAX_LINES = 100_000

/** How many brackets the line leaves open, strings aside: TLC wraps no string. */
const opened = (line: string): number => {
  let open = 0
  let quoted = false
  for (let k = 0; k < line.length; k++) {
    const c = line[k]!
    if (quoted) {
      if (c === "\\") k++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if ("[{(".includes(c)) open++
    else if ("]})".includes(c)) open--
    else if (c === "<" && line[k + 1] === "<") {
      open++
      k++
    } else if (c === ">" && line[k + 1] === ">") {
      open--
      k++
    }
  }
  return open
}

/**
 * The tuples among the printed lines, in their order: what `PrintT(<<…>>)` says. TLC wraps what is wider than 80 columns.
 * @throws {TlaValueError} lines that begin as a tuple and are none
 */
export const printedTuples = (lines: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<TlaValue>> => {
  const tuples: Array<ReadonlyArray<TlaValue>> = []
  for (let k = 0; k < lines.length; k++) {
    if (!lines[k]!.startsWith("<<")) continue
    const first = k
    let open = opened(lines[k]!)
    while (open > 0 && k + 1 < lines.length && k - first < MAX_LINES) open += opened(lines[++k]!)
    const value = parseValue(lines.slice(first, k + 1).join("\n"))
    if (value._tag === "Tuple") tuples.push(value.items)
  }
  return tuples
}
