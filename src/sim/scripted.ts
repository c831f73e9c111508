/** The scenario of a run whose every event is chosen: nothing happens by itself, nothing is lost, and one host is the world. */
import type { Topology } from "../core/topology.ts"
import type { Plan } from "./conversation.ts"
import type { Process, Scenario } from "./scenario.ts"

export const SCRIPTED_PORT = 80
/** Longer than any run. */
const NEVER = 1e12
const WIRE = { loss: 0, duplicate: 0, corrupt: 0, delay: [1, 1] } as const
const PACE = { turn: [1, 1], wake: [1, 1], stall: [1, 1], stallChance: 0, ticks: 0 } as const

/** Managers in servers of their own, so that theirs and the transport's turns can be told apart. */
export const scriptedScenario = (topology: Topology): Scenario => {
  const { managers, transports } = topology
  return {
    seed: 1,
    configuration: `TS${transports}LS${transports}+CM${managers}`,
    faults: [],
    topology,
    link: { queueCapacity: 32, slots: 8, rxBytes: 1024, txBytes: 1024 },
    tcp: {
      maxConnections: 16,
      maxTimeWait: 16,
      stagingBytes: 512,
      stagingSlots: 16,
      maxReceiveBytes: 1024,
      timeWaitUs: 1_000_000,
      delayedAckUs: 0,
      minRtoUs: 1_000_000,
      maxRtoUs: 4_000_000,
      initialRtoUs: 4_000_000,
      synRetries: 6,
      synAckRetries: 5,
      dataRetries: 12,
      finWait2Us: 20_000_000,
    },
    nic: { rxSlots: 16, txSlots: 16, bufSize: 2048 },
    queues: { messages: 64, frames: 8 },
    habits: { few: 0, transmit: 0 },
    director: true,
    frames: 64,
    wire: WIRE,
    calm: WIRE,
    servers: Array.from({ length: transports + managers }, () => PACE),
    control: [1, 1],
    ports: [SCRIPTED_PORT],
    processes: [],
    hosts: 1,
    hostRing: 1024,
    hostPorts: 1000,
    plans: [],
    probes: [],
    incidents: [],
    calmAt: 0,
    patience: NEVER,
  }
}

/** A process that does nothing but accept. */
export const scriptedProcess = (index: number): Process => ({
  index,
  port: SCRIPTED_PORT,
  at: 0,
  behaviour: { service: [0, 0], chunk: 1024, pause: 0, farewell: "close", rude: 0, idle: NEVER },
  latency: [1, 1],
  hiccup: 0,
  distraction: [1, 1],
  hostile: false,
})

/** A client that says nothing. */
export const scriptedPlan = (id: number): Plan => ({
  id,
  host: 0,
  at: 0,
  port: SCRIPTED_PORT,
  exchanges: [],
  pipelined: false,
  chunk: 1024,
  pause: 0,
  farewell: "server",
  resetAfter: 0,
})
