/** The runs of `pika coverage`: of the core alone, and of whole stacks, each followed through a model's graph. */
import { Outbox } from "../core/outbox.ts"
import { apply, enabled, initialSystem } from "../core/system.ts"
import type { Topology } from "../core/topology.ts"
import { parseLabel } from "../model/paths/label.ts"
import { namesOf } from "../model/paths/recorded.ts"
import { Director } from "../sim/director.ts"
import { Random } from "../sim/random.ts"
import { run } from "../sim/run.ts"
import { drawScenario } from "../sim/scenario.ts"
import type { GraphPath } from "../tla/graph/cover.ts"
import type { Follower } from "../tla/graph/follow.ts"
import type { StateGraph } from "../tla/graph/graph.ts"
import { Guide } from "../tla/graph/guide.ts"
import { readTrace } from "../trace/read.ts"

/** Told of each step's name; false: the run need not go on. */
type Told = (name: string) => boolean

/** Steps of one random walk, and wishes of one run that is led, at the most. */
const LONGEST_WALK = 200
const MOST_WISHES = 300
/** Draws for one step of a walk: what the model's limits forbid is drawn again. */
const MOST_REDRAWS = 60
/** Wishes of a led run that don't come true, one after the other: it can't be led any more. */
const MOST_IN_VAIN = 12

const ends: ReadonlyArray<string> = ["Die", "CloseListener", "Gone"]

/** Random walks of the core's machines through a graph, what ends everything and what comes to nothing seldom among it. */
export const walks = (follower: Follower, topology: Topology, count: number, told: Told): void => {
  const nameOf = namesOf(topology)
  const out = new Outbox()
  const root = new Random(1)
  for (let k = 0; k < count; k++) {
    const random = root.stream(`walk ${k}`)
    follower.restart()
    let system = initialSystem(topology)
    for (let now = 1; now <= LONGEST_WALK; now++) {
      const steps = enabled(system)
      let name: string | undefined
      for (let draw = 0; draw < MOST_REDRAWS && name === undefined; draw++) {
        const step = random.pick(steps)
        const seldom = ends.includes(step.event._tag)
        if (seldom && random.chance(0.9)) continue
        const next = apply(system, step, { now: 10 * now, draw: random.draw() }, out)
        const { role, index, event } = step
        const chosen = { a: out.a, g: out.g, time: out.time }
        const drawn = nameOf({ process: { role, index }, event, outcome: out.outcome, chosen })
        const vain = event._tag === "Syn" && out.length === 0 && random.chance(0.9)
        if (vain || follower.edge(drawn) < 0) continue
        system = next
        name = drawn
      }
      if (name === undefined || !told(name)) break
    }
  }
}

export interface Led {
  readonly runs: number
  readonly wishes: number
  /** Wishes that came true. */
  readonly met: number
}

/** One simulated run from the beginning: wishes until there is none, then to its rest. @throws {Wrong} */
const led = (
  topology: Topology,
  next: () => string | undefined,
  told: Told,
  mostInVain: number,
): Omit<Led, "runs"> => {
  const nameOf = namesOf(topology)
  const director = new Director(topology, nameOf)
  let wishes = 0
  let met = 0
  let inVain = 0
  for (let wish = next(); wish !== undefined && wishes < MOST_WISHES; wish = next()) {
    wishes++
    if (director.wish(parseLabel(wish))) {
      met++
      inVain = 0
    } else if (++inVain >= mostInVain) break
    for (const step of director.steps()) told(nameOf(step))
  }
  director.end()
  return { wishes, met }
}

const sum = (runs: Iterable<Omit<Led, "runs">>): Led => {
  let [count, wishes, met] = [0, 0, 0]
  for (const x of runs) {
    count++
    wishes += x.wishes
    met += x.met
  }
  return { runs: count, wishes, met }
}

/** Paths as scripts of simulated runs. A step that can't come where the run has got to is left out. */
export const scripted = (
  follower: Follower,
  paths: ReadonlyArray<GraphPath>,
  topology: Topology,
  told: Told,
): Led => {
  const { graph } = follower
  return sum(
    paths.map(({ edges }) => {
      follower.restart()
      let at = 0
      const next = (): string | undefined => {
        while (at < edges.length && follower.state >= 0) {
          const label = labelOf(graph, edges[at++]!)
          if (follower.edge(label) >= 0) return label
        }
        return undefined
      }
      return led(topology, next, told, MOST_WISHES)
    }),
  )
}

/** Simulated runs, each led on from where it is to what none has taken; until there is nothing left to try, or `most`. */
export const guided = (follower: Follower, topology: Topology, most: number, told: Told): Led => {
  const guide = new Guide(follower)
  const runs = function* () {
    for (let k = 0; k < most; k++) {
      follower.restart()
      let first = guide.next()
      if (first < 0) return
      const next = (): string | undefined => {
        const e = first >= 0 ? first : guide.next()
        first = -1
        return e < 0 ? undefined : labelOf(follower.graph, e)
      }
      yield led(topology, next, told, MOST_IN_VAIN)
    }
  }
  return sum(runs())
}

const labelOf = ({ labels, labelNames }: StateGraph, edge: number): string => labelNames[labels[edge]!]!

/** The simulator's ordinary seeds. @throws {Error} one fails */
export const seeds = (count: number, told: Told): void => {
  for (let seed = 1; seed <= count; seed++) {
    const scenario = drawScenario({ seed })
    const { failure, trace } = run(scenario)
    if (failure !== undefined) throw new Error(`seed ${seed}: ${failure} (pika sim --seed ${seed})`)
    const nameOf = namesOf(scenario.topology)
    for (const step of trace) told(nameOf(step))
  }
}

/** A recording's steps. @throws {Error} for what is none */
export const recorded = async (path: string, told: Told): Promise<void> => {
  let nameOf: ReturnType<typeof namesOf> | undefined
  const read = await readTrace(path, {
    header: (topology) => {
      nameOf = namesOf(topology)
    },
    step: (step) => {
      told(nameOf!(step))
      return true
    },
  })
  if ("why" in read) throw new Error(`${path}, line ${read.line}: ${read.why}`)
}
