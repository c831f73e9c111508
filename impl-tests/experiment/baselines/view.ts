import type { View } from "../../../src/experiment/baselines/balancer.ts"
import { Connections } from "../../../src/experiment/connections.ts"
import { Machine } from "../../../src/experiment/machine.ts"
import { Random } from "../../../src/sim/random.ts"
import { free, workload } from "../spec.ts"

/** What a balancer of one server and `applications` sees, whose clock and counts a test sets. */
export const viewOf = (applications: number): View => ({
  machine: new Machine(applications, free, new Random(1)),
  connections: new Connections(),
  workload,
  from: 0,
  random: new Random(1),
  servers: [0],
  applications: Array.from({ length: applications }, (_, a) => a),
  open: new Int32Array(applications),
  waiting: new Int32Array(applications),
  give: () => {},
})
