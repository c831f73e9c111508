/**
 * Who is who in one instance of the accept protocol (one listening port).
 *
 * Applications `a`, Connection Managers `m` and Transport Servers `t` are small integers from 0. A connection's wire
 * id `c` tells both the manager that assigns it and the transport that holds it, so that no message has to:
 * c = (m × transports + t) × connections + k, 0 ≤ k < connections.
 */
export interface Topology {
  readonly applications: number
  readonly managers: number
  readonly transports: number
  /** Wire ids for each pair of a manager and a transport. */
  readonly connections: number
  /** Connections that may wait in one manager's private queue before a SYN is dropped (listen(2)'s backlog). */
  readonly backlog: number
  /** Announcements that one transport may have out to one application without a claim for them. */
  readonly room: number
  /** From CONNECTION-AVAILABLE to giving the connection to another, µs (§3.2 "a set period of time"). */
  readonly claimTimeout: number
  readonly balance: Balance
}

/** How a manager picks an acceptor (§3.3, §5.3). */
export interface Balance {
  readonly scheme: SchemeName
  /** Multiplies the service time of an offer. */
  readonly tariff: number
  /** An offer is admitted when (local best) / (tariff × offer) rises above `high` and stays until it falls below `low`. */
  readonly high: number
  readonly low: number
  readonly window: WindowKind
}

/** The paper's, `shortest.ts`, and `late.ts`. */
export type SchemeName = "Naive" | "Unfiltered" | "Filtered" | "Tournament" | "Shortest" | "Late"

/** Moving median of 128 or moving average of 256 (§5.3). */
export type WindowKind = "median" | "mean"

/** No application, no connection. */
export const NONE = -1

export const defaultBalance: Balance = {
  scheme: "Tournament",
  tariff: 2,
  high: 1,
  low: 0.8,
  window: "median",
}

/** An application's home manager: where it registers. */
export const homeOf = (topology: Topology, a: number): number => a % topology.managers

export const managerOf = (topology: Topology, c: number): number =>
  Math.trunc(c / (topology.connections * topology.transports))

export const transportOf = (topology: Topology, c: number): number =>
  Math.trunc(c / topology.connections) % topology.transports

export const firstConnection = (topology: Topology, m: number, t: number): number =>
  (m * topology.transports + t) * topology.connections

/** All wire ids: 0 … connectionIds − 1. */
export const connectionIds = (topology: Topology): number =>
  topology.managers * topology.transports * topology.connections

/** Position of `c` among the ids of its manager: 0 … transports × connections − 1. */
export const indexAtManager = (topology: Topology, c: number): number =>
  c % (topology.connections * topology.transports)

/** Limits of one protocol instance. */
export const limits = {
  applications: 64,
  managers: 16,
  transports: 16,
  connections: 16384,
  backlog: 65535,
  room: 4096,
  claimTimeout: 60_000_000,
} as const

export const schemes = [
  "Naive",
  "Unfiltered",
  "Filtered",
  "Tournament",
  "Shortest",
  "Late",
] as const satisfies ReadonlyArray<SchemeName>

/** Why a value is no topology, naming the field; undefined when it is one. */
export const topologyProblem = (value: unknown): string | undefined => {
  if (typeof value !== "object" || value === null) return "must be an object"
  const fields = value as Record<string, unknown>
  for (const [name, most] of Object.entries(limits)) {
    const x = fields[name]
    if (!Number.isInteger(x) || (x as number) < 1 || (x as number) > most) {
      return `${name} must be a whole number from 1 to ${most}, found ${String(x)}`
    }
  }
  if (typeof fields.balance !== "object" || fields.balance === null) return "balance must be an object"
  const { scheme, tariff, high, low, window } = fields.balance as Record<string, unknown>
  if (!schemes.includes(scheme as SchemeName)) return `balance.scheme must be one of ${schemes.join(", ")}`
  if (window !== "median" && window !== "mean") return "balance.window must be median or mean"
  for (const [name, x] of Object.entries({ tariff, high, low })) {
    if (typeof x !== "number" || !Number.isFinite(x) || x <= 0)
      return `balance.${name} must be a finite number above 0`
  }
  if ((low as number) > (high as number)) return "balance.low must not be above balance.high"
  return undefined
}
