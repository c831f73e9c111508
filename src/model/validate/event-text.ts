/** An event of a recording in words. */
import type { StepRecord } from "../../codec/record.ts"
import { fieldsOf, processName, type TraceEvent, toLine } from "../../trace/event.ts"

const outcomeText = ({ outcome, chosen }: StepRecord): string =>
  chosen.a < 0 ? outcome : `${outcome}, app${chosen.a} under g ${chosen.g}`

/** `ts0 ReceiveClaim: a 2, c 2, n 4, g 4; outcome TimedOut, app2 under g 4`. */
export const eventText = (step: StepRecord): string => {
  const line = toLine(0, step)
  const fields = fieldsOf(step.event._tag).map(
    (field) => `${field} ${String(line[field as keyof TraceEvent])}`,
  )
  const what = `${processName(step.process)} ${step.event._tag}`
  return `${what}${fields.length === 0 ? "" : `: ${fields.join(", ")}`}; outcome ${outcomeText(step)}`
}
