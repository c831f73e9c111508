/**
 * Recordings as NDJSON: a line for each event, in the order in which they happened, then one that counts them. Without
 * its end a recording is not whole.
 *
 *     {"_tag":"Ask","client":"c1"}
 *     {"_tag":"End","events":1}
 */
import { Data, Schema } from "effect"

/** No recording, or not all of one. */
export class TraceUnreadable extends Data.TaggedError("TraceUnreadable")<{
  /** From 1. */
  readonly line: number
  readonly message: string
  readonly remedy: string
}> {}

/** An event schema whose values are JSON without any service. */
export type EventSchema<E> = Schema.Codec<E, unknown>

const unreadable = (line: number, what: string, remedy: string): TraceUnreadable =>
  new TraceUnreadable({ line, message: `line ${line}: ${what}`, remedy })

/** Writes lines, newline included. */
export const traceWriter = <E>(
  events: EventSchema<E>,
): { readonly line: (event: E) => string; readonly end: () => string } => {
  const encode = Schema.encodeUnknownSync(Schema.toCodecJson(events))
  let count = 0
  return {
    line: (event) => {
      const text = `${JSON.stringify(encode(event))}\n`
      count++
      return text
    },
    end: () => `{"_tag":"End","events":${count}}\n`,
  }
}

const End = Schema.TaggedStruct("End", { events: Schema.Int })

/**
 * The events of a recording.
 * @throws {TraceUnreadable} a line that is no event, or no end, or an end that counts others
 */
export const readTraceText = <E>(text: string, events: EventSchema<E>): ReadonlyArray<E> => {
  const decode = Schema.decodeUnknownResult(Schema.toCodecJson(events), { onExcessProperty: "error" })
  const decodeEnd = Schema.decodeUnknownResult(End, { onExcessProperty: "error" })
  const lines = text.split("\n")
  if (lines.at(-1) !== "") {
    throw unreadable(
      lines.length,
      "it has no end of line",
      "the recording was cut, or is still being written",
    )
  }
  lines.pop()
  const read: Array<E> = []
  for (const [k, line] of lines.entries()) {
    const json = parsed(line, k + 1)
    const end = decodeEnd(json)
    if (end._tag === "Success") {
      if (k + 1 < lines.length)
        throw unreadable(k + 2, "something follows the end", "one recording, one file")
      if (end.success.events !== read.length) {
        const what = `the end counts ${end.success.events} events, there are ${read.length}`
        throw unreadable(k + 1, what, "lines are missing, or were added")
      }
      return read
    }
    const event = decode(json)
    if (event._tag === "Failure") {
      const what = `no event: ${event.failure.message.replaceAll("\n", " ")}`
      throw unreadable(k + 1, what, "write the recording by traceWriter with this schema")
    }
    read.push(event.success)
  }
  throw unreadable(lines.length + 1, "the end is missing", "the recording was cut, or is still being written")
}

const parsed = (line: string, number: number): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    throw unreadable(number, `no JSON: ${JSON.stringify(line.slice(0, 40))}`, "write it by traceWriter")
  }
}
