/** What a balancer is told, what it may look at, and what it answers. */
import type { Random } from "../../sim/random.ts"
import type { Connections } from "../connections.ts"
import type { Machine } from "../machine.ts"
import type { Workload } from "../workload.ts"

export const NONE = -1

export interface Balancer {
  /** The SYN of `k` is at its server: half a round trip and more before it is established. */
  syn?(k: number): void
  /** Who gets connection `k`, established at server `s`. NONE: it waits, until the balancer gives it to somebody. */
  choose(k: number, s: number): number
  /** A request of `k` is on its way to `a`: the first, or a further one. */
  asked?(k: number, a: number): void
  /** `a` has found the request among what has come, and will do it in its turn. */
  taken?(k: number, a: number): void
  /** The core of `a` has done with a request of `k`. */
  served?(k: number, a: number): void
  /** `a` sends its answer, which it may have held back. */
  answered?(k: number, a: number): void
  closed?(k: number, a: number): void
}

/** What the host of a balancer lets it see: more than most of them look at. */
export interface View {
  readonly machine: Machine
  readonly connections: Connections
  readonly workload: Workload
  /** The workload's time is counted from then on. */
  readonly from: number
  readonly random: Random
  /** Cores. */
  readonly servers: ReadonlyArray<number>
  readonly applications: ReadonlyArray<number>
  /** By application: connections given to it and not closed; requests on their way to it, or that it has not done with. */
  readonly open: Int32Array
  readonly waiting: Int32Array
  /** Gives a connection that has waited. */
  give(k: number, a: number): void
}
