/** Who gets a connection: the paper's schemes by the core's own selection, and what others do. */
import { type Balance, defaultBalance } from "../core/topology.ts"
import { windowLength } from "../core/window.ts"
import { checkNumber, refuse } from "./errors.ts"

/**
 * Unless it is said otherwise a baseline knows what it needs to know at once and for nothing; only messages that carry
 * connections, and processors, cost what they do under the core's schemes. It flatters the baselines.
 */
export type Policy =
  /** One queue, first come first served, from which an application takes when it is idle: M/G/k. */
  | "shared-queue"
  /** The same behind a lock, in Linux 3.0's place (`baselines/accept-lock.ts`). */
  | "locked-queue"
  /** Each server in turn to the next application. */
  | "round-robin"
  /** By a hash of the flow, each application with a queue of its own: SO_REUSEPORT (Linux 3.9; Kerrisk, LWN 542629, 2013). */
  | "reuseport"
  /** The less loaded of two drawn at random: Mitzenmacher, IEEE TPDS 12(10), 2001. */
  | "two-choices"
  /** Join-idle-queue, an idle application joins a random server's queue: Lu et al., Performance Evaluation 68(11), 2011. */
  | "idle-queue"
  /** Fewest connections open, ties at random: `leastconn` of HAProxy, `least_conn` of nginx. */
  | "least-connections"
  /** Probes of requests in flight and latency, which have delays and costs: Wydrowski et al., NSDI 2024 (`baselines/prequal.ts`). */
  | "prequal"
  /** Workers' states in shared memory, the choice at the SYN: Pan et al., SIGCOMM 2025 (`baselines/hermes.ts`). */
  | "hermes"
  /** The ideal: knows all demands, and how slow who is; to whom the request would leave first (`baselines/clairvoyant.ts`). */
  | "clairvoyant"
  /** The shared queue, from which the slow take only when it is long: after Lin and Kumar, IEEE TAC 29(8), 1984. */
  | "speed-aware-queue"

export const policies: ReadonlyArray<Policy> = [
  "shared-queue",
  "locked-queue",
  "round-robin",
  "reuseport",
  "two-choices",
  "idle-queue",
  "least-connections",
  "prequal",
  "hermes",
  "clairvoyant",
  "speed-aware-queue",
]

export type Scheme =
  | { readonly kind: "core"; readonly balance: Balance }
  | { readonly kind: "baseline"; readonly policy: Policy }

const core = (scheme: Balance["scheme"], tariff: number): Scheme => ({
  kind: "core",
  balance: { ...defaultBalance, scheme, tariff },
})

/** By the names of §5.3, the number being the tariff, and of the policies. */
export const schemes: Readonly<Record<string, Scheme>> = {
  Naive: core("Naive", 2),
  "Unfiltered 2": core("Unfiltered", 2),
  "Unfiltered 100": core("Unfiltered", 100),
  "Filtered 2": core("Filtered", 2),
  "Tournament 2": core("Tournament", 2),
  /** Shortest expected delay, `core/shortest.ts`. */
  Shortest: core("Shortest", 1.5),
  /** Late binding, `core/late.ts`. */
  Late: core("Late", 2),
  ...Object.fromEntries(policies.map((policy) => [policy, { kind: "baseline", policy } as const])),
}

/** @throws {ExperimentError} */
export const checkScheme = (scheme: Scheme): void => {
  if (scheme.kind === "baseline") {
    if (!policies.includes(scheme.policy))
      refuse("scheme.policy", `must be one of ${policies.join(", ")}, found ${String(scheme.policy)}`)
  } else if (scheme.kind === "core") checkBalance(scheme.balance)
  else refuse("scheme.kind", "must be core or baseline")
}

/** @throws {ExperimentError} naming the field */
const checkBalance = ({ scheme, tariff, high, low, window }: Balance): void => {
  const named = Object.values(schemes).some((x) => x.kind === "core" && x.balance.scheme === scheme)
  if (!named) refuse("scheme.balance.scheme", `there is no scheme ${String(scheme)}`)
  if (!Object.hasOwn(windowLength, window))
    refuse(
      "scheme.balance.window",
      `must be ${Object.keys(windowLength).join(" or ")}, found ${String(window)}`,
    )
  checkNumber("scheme.balance.tariff", tariff, 1e-3, 1e6)
  checkNumber("scheme.balance.high", high, 0, 1e6)
  checkNumber("scheme.balance.low", low, 0, high)
}
