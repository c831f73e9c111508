/**
 * Hermes (Pan et al., "Hermes: enhancing layer-7 cloud load balancers with userspace-directed I/O event notification", SIGCOMM 2025): workers write into
 * shared memory when they entered their event loop, how many events they have in hand, and how many connections; at the end of each turn one sifts out who hangs, who
 * has too many connections, and who has too many events, and gives the kernel the set of those left, from which an eBPF program at
 * SO_REUSEPORT takes one by the hash of the flow when the SYN comes. What workers know of each other is seen at once.
 */
import type { Balancer, View } from "./balancer.ts"
import { hashOf } from "./load.ts"

/** Assumed: a turn that lasts longer hangs, µs; and how far above the average is too many, as a part of it. */
const HANGS = 10_000
const ABOVE = 0.5
/** With fewer in the set the kernel takes anybody, as without Hermes. */
const FEWEST = 2

export interface WorkerStates {
  /** By worker: when it entered this turn of its loop, µs; events in hand; connections. */
  readonly entered: Float64Array
  readonly events: Int32Array
  readonly connections: Int32Array
}

/** Keeps those of the first `n` of `set` whose value is at most the average of all of them and a half; how many there are. */
const keepLight = (set: Int32Array, n: number, values: Int32Array): number => {
  let sum = 0
  for (let k = 0; k < n; k++) sum += values[set[k]!]!
  const most = (sum / n) * (1 + ABOVE)
  let kept = 0
  for (let k = 0; k < n; k++) if (values[set[k]!]! <= most) set[kept++] = set[k]!
  return kept
}

/** Who may get connections at `now`, into `set`, in order; how many. A worker that waits for events has none in hand, and hangs never. */
export const sift = (
  { entered, events, connections }: WorkerStates,
  now: number,
  set: Int32Array,
): number => {
  let n = 0
  for (let a = 0; a < entered.length; a++) if (events[a] === 0 || now - entered[a]! <= HANGS) set[n++] = a
  if (n > 0) n = keepLight(set, n, connections)
  return n > 0 ? keepLight(set, n, events) : 0
}

export const hermes = ({ machine, connections, applications }: View): Balancer => {
  const states: WorkerStates = {
    entered: new Float64Array(applications.length),
    events: new Int32Array(applications.length),
    connections: new Int32Array(applications.length),
  }
  const set = new Int32Array(applications.length)
  let size = 0
  const turn = (a: number): void => {
    states.entered[a] = machine.now
    size = sift(states, machine.now, set)
    // Assumed: to tell the kernel costs as much as a message.
    machine.charge(applications[a]!, machine.costs.messageNear)
  }
  /** By connection: chosen at its SYN; not accepted yet. */
  const chosen: Array<number> = []
  const waits: Array<boolean> = []
  return {
    syn: (k) => {
      const hash = hashOf(connections.flow[k]!)
      chosen[k] = size < FEWEST ? hash % applications.length : set[hash % size]!
      waits[k] = true
    },
    choose: (k) => chosen[k]!,
    taken: (k, a) => {
      states.events[a]!++
      if (waits[k] === true) states.connections[a]!++
      waits[k] = false
      turn(a)
    },
    served: (_, a) => {
      states.events[a]!--
      turn(a)
    },
    closed: (_, a) => {
      states.connections[a]!--
    },
  }
}
