/** The end of a run that is known by its steps alone, as a chart: the core is run again for the states between them. */
import type { StepRecord } from "../../codec/record.ts"
import type { Topology } from "../../core/topology.ts"
import type { Chart } from "../../tla/chart/chart.ts"
import { Replayer } from "../../trace/replay.ts"
import type { Variables } from "../chart/rules.ts"
import { Captor, stateOf } from "../stack/state.ts"
import { endChart, type PlacedStep, Relatives, type ShownStep } from "./end-chart.ts"
import { Ids } from "./recording.ts"

/** Runs the port's steps again until one is not the core's; `visit` sees each before and after it is taken. */
const again = (
  topology: Topology,
  placed: ReadonlyArray<PlacedStep>,
  visit: (x: PlacedStep, captor: Captor, replayer: Replayer, taken: boolean) => void,
): void => {
  const replayer = new Replayer(topology)
  let captor: Captor | undefined
  for (const x of placed) {
    captor ??= new Captor(replayer.instances.of(x.step.port))
    visit(x, captor, replayer, false)
    if (replayer.step(x.step) !== undefined) return
    captor.observe(x.step)
    visit(x, captor, replayer, true)
  }
}

/**
 * The last steps that have to do with the last one of `steps`, which is what is wrong. Numbers are the lines that the steps
 * have in a recording. Undefined: there is no step.
 */
export const stepsChart = (
  topology: Topology,
  steps: ReadonlyArray<StepRecord>,
  verdict: ReadonlyArray<string>,
): Chart | undefined => {
  const step = steps.at(-1)
  if (step === undefined) return undefined
  const own = steps.flatMap((x, k) => (x.port === step.port ? [{ step: x, at: k + 1 }] : []))
  const ids = new Ids(topology)
  for (const x of own) ids.add(x.step)
  const relatives = new Relatives(step)
  again(topology, own, (x, _captor, { instances }, taken) => {
    const { out } = instances.of(step.port)
    if (taken) relatives.add(x.step, x.at, out.messages.slice(0, out.length))
  })
  const wanted = new Set(relatives.steps.map((x) => x.at))
  const last = steps.length
  const variables = (captor: Captor): Variables => {
    const state = stateOf(captor.capture(), ids.used)
    return new Map(state._tag === "Record" ? state.fields : [])
  }
  const shown: Array<ShownStep> = []
  let before: Variables = new Map()
  let whole = false
  again(topology, own, (x, captor, _replayer, taken) => {
    if (x.at === last) whole = taken
    if (!wanted.has(x.at) && x.at !== last) return
    if (!taken) before = variables(captor)
    else shown.push({ ...x, before, after: variables(captor) })
  })
  return endChart(shown, before, { step, at: last, refused: !whole }, verdict)
}
