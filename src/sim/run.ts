/** One run of a scenario to its end, and everything that is checked of it. */
import type { StepRecord } from "../codec/record.ts"
import { merge } from "../trace/merge.ts"
import { Replayer } from "../trace/replay.ts"
import type { Scenario } from "./scenario.ts"
import { judge, leaks, synsDropped, underWayAtRest, unrest } from "./verdict.ts"
import { World, Wrong } from "./world.ts"

export interface RunOptions {
  /** Keep the logs, merge and replay them. Default: true. */
  readonly trace?: boolean
  /** Events of one run at the most. */
  readonly mostEvents?: number
}

export interface Run {
  readonly scenario: Scenario
  /** What was wrong; undefined: nothing. */
  readonly failure: string | undefined
  /** Steps of the protocol's machines, events of the agenda, frames, conversations. */
  readonly steps: number
  readonly events: number
  readonly frames: number
  readonly conversations: number
  readonly complete: number
  /** Virtual time at the end, µs. */
  readonly ended: number
  /** Every step in the order of their instants, up to the failure if there is one. */
  readonly trace: ReadonlyArray<StepRecord>
}

const MOST_EVENTS = 5_000_000

export const run = (scenario: Scenario, options: RunOptions = {}): Run => {
  const world = new World(scenario, options.trace ?? true)
  const mostEvents = options.mostEvents ?? MOST_EVENTS
  let failure: string | undefined
  try {
    world.run(mostEvents)
    check(world)
    world.ask(scenario.probes)
    world.run(mostEvents)
    check(world)
    checkProbes(world)
    world.stop()
    if (options.trace !== false) checkTrace(world)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    failure = error instanceof Wrong ? error.message : `at ${world.now} µs: ${error.stack ?? error.message}`
  }
  const { conversations, chronicle } = world
  return {
    scenario,
    failure,
    steps: chronicle.steps,
    events: world.events,
    frames: world.network.counts.sent,
    conversations: conversations.length,
    complete: conversations.filter((x) => x.complete).length,
    ended: world.now,
    trace: chronicle.order,
  }
}

/** The world is at rest: every conversation ended as it may, and nothing is left of any. */
export const check = (world: World): void => {
  const { scenario, servers, chronicle } = world
  const found: Array<string> = []
  const dropped = synsDropped(servers) > 0
  for (const x of world.conversations) {
    const wrong = judge(x, chronicle.instances.get(x.plan.port)!, dropped)
    if (wrong !== undefined) found.push(wrong)
  }
  for (const x of servers) found.push(...leaks(x, scenario))
  for (const x of world.processes) if (!x.asleep) found.push(`server ${x.index} does not sleep`)
  for (const x of world.living) found.push(...unrest(x))
  for (const x of chronicle.instances.values()) found.push(...underWayAtRest(x))
  if (!world.supervisor.quiet) found.push("a slot is neither taken nor free")
  if (world.network.inFlight > 0) found.push(`${world.network.inFlight} frames in flight`)
  if (found.length > 0) world.fail(found.join("; "))
}

/** Whoever listens still serves; without a listener nobody is served. */
const checkProbes = (world: World): void => {
  for (const x of world.conversations) {
    if (!world.scenario.probes.includes(x.plan)) continue
    const { port } = x.plan
    const served = world.living.some((y) => y.listening && y.process.port === port)
    const excused = x.excuses.length > 0
    if (served && !x.complete && !excused)
      world.fail(`port ${port} is listened on and conversation ${x.plan.id} was not served`)
  }
}

/** The recordings of the processes are one run, and the core comes to the same on it. */
export const checkTrace = ({ chronicle, scenario }: World): void => {
  const off = [...chronicle.instances.values()].filter((x) => x.monitor.off).map((x) => x.port)
  const logs = [...chronicle.logs.values()].map((log) => log.filter((step) => !off.includes(step.port)))
  const merged = merge(logs, scenario.topology)
  const replayer = new Replayer(merged.topology)
  merged.steps.forEach((step, k) => {
    const why = replayer.step(step)
    if (why !== undefined) throw new Wrong(`replay diverges at step ${k + 1} of port ${step.port}: ${why}`)
  })
}
