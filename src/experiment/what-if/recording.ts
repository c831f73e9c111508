/** Reads of a recording what a re-run needs, while the core is executed over it again: what the core didn't do is no basis. */
import type { Topology } from "../../core/topology.ts"
import { processName } from "../../trace/event.ts"
import {
  type ConnectionSeen,
  Follower,
  type Life,
  type Look,
  type Sink,
  type Tallies,
} from "../../trace/follow.ts"
import { ALTERED, type TraceProblem } from "../../trace/parser.ts"
import { readTrace } from "../../trace/read.ts"
import { Replayer } from "../../trace/replay.ts"
import { Columns, Numbers } from "./columns.ts"
import { Summary, type SummaryResult } from "./summary.ts"

/** Announcements to one application that it saw: when they were made, how long it took, and whether it was idle. */
export interface Looks {
  readonly offered: Numbers
  readonly after: Numbers
  readonly idle: Numbers
}

/** One listening port. Times in µs since the stack's start. */
export interface RecordedPort {
  readonly port: number
  readonly topology: Topology
  readonly connections: Columns
  /** By application. */
  readonly looks: ReadonlyArray<Looks>
  readonly lives: ReadonlyArray<Life>
  readonly tallies: Tallies
  /** The recording's last step, on any port. */
  readonly end: number
  /** What was, measured as what would have been. */
  readonly summary: SummaryResult
}

export type Recording =
  | { readonly _tag: "Recording"; readonly events: number; readonly ports: ReadonlyArray<RecordedPort> }
  | { readonly _tag: "Diverged"; readonly at: number; readonly why: string }
  | ({ readonly _tag: "Unusable" } & TraceProblem)

class Collector implements Sink {
  readonly connections = new Columns()
  readonly looks: ReadonlyArray<Looks>
  readonly summary: Summary
  readonly follower: Follower

  constructor(topology: Topology) {
    this.looks = Array.from({ length: topology.applications }, () => ({
      offered: new Numbers(),
      after: new Numbers(),
      idle: new Numbers(),
    }))
    this.summary = new Summary(topology.applications)
    this.follower = new Follower(topology, this)
  }

  connection(x: ConnectionSeen): void {
    this.connections.add(x)
    this.summary.connection(x)
  }

  looked({ application, offered, after, idle }: Look): void {
    const looks = this.looks[application]!
    looks.offered.add(offered)
    looks.after.add(after)
    looks.idle.add(idle ? 1 : 0)
  }
}

/** Never throws for what the file holds. */
export const readRecording = async (path: string): Promise<Recording> => {
  let replayer: Replayer | undefined
  let diverged: Recording | undefined
  const collectors = new Map<number, Collector>()
  let end = 0
  const read = await readTrace(path, {
    header: (topology) => {
      replayer = new Replayer(topology)
    },
    step: (step, i) => {
      const { process, port, event, env, outcome, chosen } = step
      const why = replayer!.step(step)
      if (why !== undefined) {
        diverged = { _tag: "Diverged", at: i, why: `${processName(process)} ${why}` }
        return false
      }
      let collector = collectors.get(port)
      if (collector === undefined) {
        collector = new Collector(replayer!.instances.topology)
        collectors.set(port, collector)
      }
      if (env.now > end) end = env.now
      collector.follower.step(process.index, event, env.now, outcome, chosen.a)
      return true
    },
  })
  if (diverged !== undefined) return diverged
  if ("reason" in read) return { _tag: "Unusable", ...read }
  if (read.altered) return { _tag: "Unusable", ...ALTERED }
  const ports = [...collectors]
    .sort(([x], [y]) => x - y)
    .map(([port, { connections, looks, follower, summary }]) => {
      follower.finish(end)
      const { topology } = replayer!.instances
      const { lives, tallies } = follower
      return { port, topology, connections, looks, lives, tallies, end, summary: summary.result(tallies) }
    })
  return { _tag: "Recording", events: read.events, ports }
}
