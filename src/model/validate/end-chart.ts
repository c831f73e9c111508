/**
 * The end of a rejected recording as a chart: the last steps of the connection that the event is about, or else of its
 * process, and the event.
 */
import type { StepRecord } from "../../codec/record.ts"
import type { Message } from "../../core/message.ts"
import type { Chart } from "../../tla/chart/chart.ts"
import { processName } from "../../trace/event.ts"
import { behaviourChart, type ChartedState } from "../chart/behaviour.ts"
import type { Variables } from "../chart/rules.ts"
import { stackRules } from "../chart/stack.ts"
import { eventText } from "./event-text.ts"

/** Steps before the one that the chart is about. */
export const SHOWN = 16

/** What is wrong: a step that was refused, or one that led to what is found out after it. */
export interface Ending {
  readonly step: StepRecord
  readonly at: number
  readonly refused: boolean
}

/** A step, and its position in the recording. */
export interface PlacedStep {
  readonly step: StepRecord
  readonly at: number
}

const connectionOf = ({ event }: StepRecord): number | undefined => {
  const own = event as unknown as { readonly c?: number; readonly message?: { readonly c?: number } }
  return own.c ?? own.message?.c
}

/** Keeps the last steps that have to do with an ending. */
export class Relatives {
  readonly #ending: StepRecord
  readonly #connection: number | undefined
  #steps: Array<PlacedStep> = []

  constructor(ending: StepRecord) {
    this.#ending = ending
    this.#connection = connectionOf(ending)
  }

  /** `sent`: what the core sent in that step, where that is known. */
  add(step: StepRecord, at: number, sent: ReadonlyArray<Message>): void {
    const c = this.#connection
    const { role, index } = this.#ending.process
    const related =
      c === undefined
        ? step.process.role === role && step.process.index === index
        : connectionOf(step) === c || sent.some((x) => "c" in x && x.c === c)
    if (!related) return
    this.#steps.push({ step, at })
    if (this.#steps.length > 2 * SHOWN) this.#steps = this.#steps.slice(-SHOWN)
  }

  get steps(): ReadonlyArray<PlacedStep> {
    return this.#steps.slice(-SHOWN)
  }
}

/** The specification's states around a step. */
export interface ShownStep extends PlacedStep {
  readonly before: Variables
  readonly after: Variables
}

const labelOf = ({ event, outcome }: StepRecord): string =>
  outcome === "Done" ? event._tag : `${event._tag} (${outcome})`

/** `verdict`: what is wrong, in words. */
export const endChart = (
  shown: ReadonlyArray<ShownStep>,
  last: Variables,
  { step, at, refused }: Ending,
  verdict: ReadonlyArray<string>,
): Chart => {
  const charted = shown.map(
    (x): ChartedState => ({
      number: x.at + 1,
      action: x.step.event._tag,
      variables: x.after,
      from: x.before,
      process: processName(x.step.process),
      label: labelOf(x.step),
    }),
  )
  const c = connectionOf(step)
  const about = c === undefined ? processName(step.process) : `connection ${c}`
  return behaviourChart(
    [{ number: 0, action: "", variables: shown[0]?.before ?? last }, ...charted],
    stackRules,
    {
      title: `The last steps of ${about} at port ${step.port} (numbers are lines of the recording)`,
      verdict,
      ...(refused
        ? {
            refused: {
              process: processName(step.process),
              number: at + 1,
              label: eventText(step).replace(/^\S+ /, ""),
            },
          }
        : {}),
    },
  )
}
