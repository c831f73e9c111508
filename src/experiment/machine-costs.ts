/** What things cost on a machine where they were measured: from what benchmarks of the real code say to the simulation's terms. */
import type { Parameter } from "./cost.ts"

/** Times in µs. */
export interface MachineMeasured {
  /** A core message through the dispatcher to another core and back, both sides awake. */
  readonly dispatchRoundTrip: number
  /** What one core spends on sending a message and on taking one. */
  readonly dispatch: number
  /** From a bell until a sleeping server, or an application's event loop, runs. */
  readonly wakeServer: number
  readonly wakeApplication: number
  /** T_cm of TS1LS1CM1 with one client (§5.4). */
  readonly managing: number
  /** CPU time of the server and of the web server for one connection at a time, its request taking no time; with system calls. */
  readonly serverCpu: number
  readonly applicationCpu: number
  /** CPU time of a Link Server in a process of its own for one such connection. */
  readonly linkCpu: number
  /** From the client's connect until it knows that it is connected, on an idle stack. */
  readonly connecting: number
}

/** In the simulation: a server's messages for one short connection, and a web server's. */
const SERVER_MESSAGES = 5
const APPLICATION_MESSAGES = 5
/** Three frames in, two out. */
const LINK_FRAMES = 5

/** @returns the parameters of `Costs`, each with its source */
export const machineParameters = (x: MachineMeasured): ReadonlyArray<Parameter> => {
  const message = x.dispatch / 2
  const us = (name: Parameter["name"], value: number, source: string): Parameter => ({
    name,
    unit: "µs",
    value: Math.round(Math.max(0, value) * 1000) / 1000,
    source,
  })
  const hop = x.dispatchRoundTrip / 2 - x.dispatch
  const transport = x.serverCpu - x.managing - SERVER_MESSAGES * message
  const roundTrip = x.connecting - x.wakeServer - transport / 4 - x.managing
  return [
    { name: "coresPerSocket", unit: "", value: 1024, source: "one socket" },
    us("hopNear", hop, "half of `dispatch-one`, without what both ends spend on it"),
    us("hopFar", hop, "there is one socket"),
    us("jitter", 0, "wake-ups are costed below"),
    us("messageNear", message, "half of `dispatch-local`"),
    us("messageFar", message, "there is one socket"),
    us(
      "serverLoop",
      2 * x.wakeServer,
      "twice `wake-server`, which is the mean of what is noticed within so long",
    ),
    us("applicationLoop", 2 * x.wakeApplication, "twice `wake-application`"),
    us("manager", x.managing, "T_cm of TS1LS1CM1 on the real stack, one client"),
    us(
      "transport",
      transport,
      "CPU time of the server process for one connection, its system calls included, without manager and messages",
    ),
    us(
      "link",
      x.linkCpu / LINK_FRAMES,
      "CPU time of a Link Server's process for one connection, by five frames",
    ),
    us(
      "application",
      x.applicationCpu - APPLICATION_MESSAGES * message,
      "CPU time of a web server's process for one connection that asks for no time, without messages",
    ),
    us(
      "roundTrip",
      roundTrip,
      "from connect to connected on an idle stack, without the server's part: the client's kernel, TAP, its wake-up",
    ),
  ]
}
