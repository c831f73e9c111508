/**
 * How fast the states of one graph are found: by our explorer, which runs the shipped core, and by TLC, which evaluates
 * its specification. TLC has one thread, too, checks no property, and its start and its reading of the modules count, since
 * they come with every run of it.
 */
import { Effect } from "effect"
import { type CheckResult, checkModel, HEAP, loadManifest } from "../../model/check.ts"
import type { StackConstants } from "../../model/stack/constants.ts"
import { StackSystem } from "../../model/stack/system.ts"
import { explore } from "../../tla/graph/explore.ts"
import { MOST_STATES } from "../../tla/graph/tlc-graph.ts"
import type { Model } from "../../tla/model.ts"
import { CannotMeasure } from "../errors.ts"
import type { Measure } from "../row.ts"

/** 182,247 states, 1,049,424 edges. */
const MODEL = "1-1-2-1-stop"
/** 1,698 states. */
const SMALLER = "2-1-1-1"

const perSecond = ({ seconds, report }: CheckResult): number => report.distinct / seconds

export const measureExplorer: Measure = async ({ quick, say, stopped }) => {
  const name = quick ? SMALLER : MODEL
  const model = (await loadManifest()).find((x) => x.name === name)
  if (model === undefined) throw new CannotMeasure(`the manifest has no model ${name}`, "name another here")
  // As one of the full class, so that Java compiles it as well as it can.
  const alone: Model = { ...model, workers: 1, time: "full", invariants: [], properties: [] }
  const { edges: _, ...plain } = alone
  const tlc = async (which: Model): Promise<CheckResult> => {
    const result = await Promise.race([Effect.runPromise(checkModel(which, { heap: HEAP })), stopped])
    if (result.problem !== undefined) throw new CannotMeasure(result.problem, `see pika check ${name}`)
    return result
  }
  let states = 0
  const ours = (): number => {
    const began = performance.now()
    const graph = explore(new StackSystem(model.constants as StackConstants), MOST_STATES)
    states = graph.states
    return states / ((performance.now() - began) / 1000)
  }
  ours()
  const turns: Array<readonly [number, number, number]> = []
  for (let k = 0; k < (quick ? 2 : 3); k++) {
    const mine = ours()
    turns.push([mine, perSecond(await tlc(plain)), perSecond(await tlc(alone))])
    say(`${Math.round(mine)} states/s, TLC ${Math.round(turns.at(-1)![1])}`)
  }
  return { explorer: { turns, dropped: 0, details: [{ name: "states", value: states, unit: "" }] } }
}
