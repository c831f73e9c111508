/** What things cost in virtual time, each figure with its source. All times in µs. */
import { checkNumber, checkWhole } from "./errors.ts"

export interface Costs {
  /** Cores that share a socket; server i and application i are neighbours. */
  readonly coresPerSocket: number
  /** From a message's submission until another core can see it, on one socket and between two. */
  readonly hopNear: number
  readonly hopFar: number
  /** Mean of an exponential time on top of each hop. */
  readonly jitter: number
  /** What a core spends on sending or on taking one message. */
  readonly messageNear: number
  readonly messageFar: number
  /** An idle server, or application, notices what arrives within so long (uniform): the length of its loop. */
  readonly serverLoop: number
  readonly applicationLoop: number
  /** The Connection Manager's part of a SYN. */
  readonly manager: number
  /** TCP/IP of one short connection, four frames in. */
  readonly transport: number
  /** The Link Server's part of one frame, where it is a process of its own. */
  readonly link: number
  /** A web server's own part of one connection, beside the time that its request takes: its sockets, its event loop. */
  readonly application: number
  /** The client's round trip: network and kernel. */
  readonly roundTrip: number
  /**
   * µs more that a Transport Server and a web server each spend on a request when they aren't on one socket, for the connection's data;
   * nought where there is none: the paper gives no such figure.
   */
  readonly farData?: number
}

export interface Parameter {
  readonly name: Exclude<keyof Costs, "farData">
  readonly unit: "µs" | ""
  readonly value: number
  readonly source: string
}

const GHZ = 2
const cycles = (n: number): number => n / (GHZ * 1000)

/**
 * The paper's machine: four sockets of ten cores at 2.0 GHz (§5.1). What it does not state is said to be assumed, or derived
 * from what it does.
 */
export const paperParameters: ReadonlyArray<Parameter> = [
  { name: "coresPerSocket", unit: "", value: 10, source: "§5.1, Xeon E7-4850" },
  {
    name: "hopNear",
    unit: "µs",
    value: cycles(597 / 2),
    source: "Table 2, synchronous messaging on a socket: 597 cycles there and back, at 2.0 GHz",
  },
  {
    name: "hopFar",
    unit: "µs",
    value: cycles(1898 / 2),
    source: "Table 2, synchronous messaging off socket: 1,898 cycles there and back",
  },
  { name: "jitter", unit: "µs", value: 0.05, source: "assumed: a third of a near hop" },
  {
    name: "messageNear",
    unit: "µs",
    value: cycles(378 / 2),
    source: "Table 2, concurrent dispatch on a socket: 378 cycles to take a message and send one",
  },
  {
    name: "messageFar",
    unit: "µs",
    value: cycles(857 / 2),
    source: "Table 2, concurrent dispatch off socket: 857 cycles to take a message and send one",
  },
  {
    name: "serverLoop",
    unit: "µs",
    value: 8,
    source: "derived: T_cm of Table 4 is 8.93 µs longer where the SYN waits for two idle servers' loops",
  },
  { name: "applicationLoop", unit: "µs", value: 2, source: "assumed: an application polls its rings only" },
  { name: "manager", unit: "µs", value: 0.31, source: "Table 4, T_cm of TS1LS1CM1" },
  {
    name: "transport",
    unit: "µs",
    value: 3.26 + 10.05 - 5 * cycles(378 / 2),
    source:
      "Table 5, TS8LS8CM8: T_tcp 3.26 and T_msg 10.05 µs, without its five messages, which are costed one by one",
  },
  { name: "link", unit: "µs", value: 0.8, source: "assumed: a quarter of T_tcp, Table 5" },
  { name: "application", unit: "µs", value: 0, source: "held in each workload's time of a request" },
  {
    name: "roundTrip",
    unit: "µs",
    value: 60,
    source:
      "assumed: switch, two network cards, a client's kernel (T_total of Table 4 holds the client's own time too)",
  },
]

/** @throws {ExperimentError} naming what is missing or impossible */
export const costsOf = (parameters: ReadonlyArray<Parameter>): Costs => {
  const costs = Object.fromEntries(parameters.map(({ name, value }) => [name, value])) as unknown as Costs
  checkCosts(costs)
  return costs
}

/** @throws {ExperimentError} naming the cost that can't be */
export const checkCosts = (costs: Costs): void => {
  for (const { name } of paperParameters) {
    if (name === "coresPerSocket") checkWhole("costs.coresPerSocket", costs.coresPerSocket, 1, 1024)
    else checkNumber(`costs.${name}`, costs[name], 0, 1e6)
  }
  if (costs.farData !== undefined) checkNumber("costs.farData", costs.farData, 0, 1e6)
}

export const paperCosts: Costs = costsOf(paperParameters)
