/** What clients ask for, and how long web servers take. Times in µs from the end of the warm-up. */
import type { Random } from "../sim/random.ts"
import { checkDistribution, type Distribution, exponential, meanOf } from "./distribution.ts"
import { checkNumber, checkWhole, refuse } from "./errors.ts"

/**
 * Open: connections come when they come, whatever became of those before, so that a slow answer delays nobody else's
 * question (no coordinated omission). Closed: so many clients, each with one connection at a time, as ApacheBench has it.
 */
export type Arrivals =
  /** `rate`: connections/s. */
  | { readonly kind: "poisson"; readonly rate: number }
  | { readonly kind: "even"; readonly rate: number }
  /** Poisson instants at each of which `size` connections come at once. */
  | { readonly kind: "bursts"; readonly rate: number; readonly size: number }
  | { readonly kind: "closed"; readonly clients: number }

/**
 * While it lasts, each request of `application` takes `factor` times its own time and `extra` µs more of its core, and then its
 * answer is held back for `held` µs, in which the core does other things.
 */
export interface Delay {
  readonly application: number
  readonly from: number
  readonly to: number
  readonly extra: number
  readonly factor: number
  readonly held: number
}

export interface Workload {
  readonly arrivals: Arrivals
  /** Which server a connection comes to: `hashed`, at random; `even`, one after the other, as by ports that are counted up. */
  readonly flows: "hashed" | "even"
  /** A web server's own time for one request. */
  readonly service: Distribution
  readonly delays: ReadonlyArray<Delay>
  /** Requests of one connection, always as many or drawn and rounded, at least one; and the client's pause between answer and next request. */
  readonly requests: number | Distribution
  readonly think: Distribution
  /**
   * When a web server claims: `eager`, all that is announced whenever it looks (as the stack's own sockets do), or `idle`, one
   * when it has nothing else to do (accept, serve, close).
   */
  readonly claims: "eager" | "idle"
}

/** Of one connection. */
export const MOST_REQUESTS = 1_000_000

/** Of one connection, about, where they are drawn. */
export const meanRequests = (requests: Workload["requests"]): number =>
  typeof requests === "number" ? requests : Math.max(1, meanOf(requests))

/** µs until the next arrival of an open loop; of a closed one there is none. */
export const gapOf = (arrivals: Arrivals, random: Random): number => {
  switch (arrivals.kind) {
    case "poisson":
      return exponential(random, 1e6 / arrivals.rate)
    case "even":
      return 1e6 / arrivals.rate
    case "bursts":
      return exponential(random, (1e6 * arrivals.size) / arrivals.rate)
    default:
      return Number.POSITIVE_INFINITY
  }
}

/** Beyond the end of any run, and its negative before any beginning. */
export const ALWAYS = 1e12

/** How long `application` takes for a request of `demand` µs at `time`. */
export const requestTime = (
  delays: ReadonlyArray<Delay>,
  application: number,
  time: number,
  demand: number,
): number => {
  let sum = demand
  for (let k = 0; k < delays.length; k++) {
    const x = delays[k]!
    if (x.application === application && time >= x.from && time < x.to) sum = sum * x.factor + x.extra
  }
  return sum
}

/** How long an answer that `application` has ready at `time` is held back. */
export const holding = (delays: ReadonlyArray<Delay>, application: number, time: number): number => {
  let sum = 0
  for (let k = 0; k < delays.length; k++) {
    const x = delays[k]!
    if (x.application === application && time >= x.from && time < x.to) sum += x.held
  }
  return sum
}

/** @throws {ExperimentError} */
export const checkWorkload = (x: Workload, applications: number): void => {
  const { arrivals } = x
  switch (arrivals.kind) {
    case "bursts":
      checkWhole("workload.arrivals.size", arrivals.size, 1, 100_000)
      checkNumber("workload.arrivals.rate", arrivals.rate, 1, 1e8)
      break
    case "poisson":
    case "even":
      checkNumber("workload.arrivals.rate", arrivals.rate, 1, 1e8)
      break
    case "closed":
      checkWhole("workload.arrivals.clients", arrivals.clients, 1, 65_536)
      break
    default:
      refuse(
        "workload.arrivals.kind",
        `there are no arrivals ${String((arrivals as { kind: unknown }).kind)}`,
      )
  }
  checkDistribution("workload.service", x.service)
  checkDistribution("workload.think", x.think)
  if (typeof x.requests === "object" && x.requests !== null)
    checkDistribution("workload.requests", x.requests)
  else checkWhole("workload.requests", x.requests, 1, MOST_REQUESTS)
  if (x.claims !== "eager" && x.claims !== "idle")
    refuse("workload.claims", `must be eager or idle, found ${String(x.claims)}`)
  if (x.flows !== "hashed" && x.flows !== "even")
    refuse("workload.flows", `must be hashed or even, found ${String(x.flows)}`)
  for (const [k, delay] of x.delays.entries()) {
    checkWhole(`workload.delays[${k}].application`, delay.application, 0, applications - 1)
    checkNumber(`workload.delays[${k}].extra`, delay.extra, 0, 1e9)
    checkNumber(`workload.delays[${k}].held`, delay.held, 0, 1e9)
    checkNumber(`workload.delays[${k}].factor`, delay.factor, 0, 1e6)
    checkNumber(`workload.delays[${k}].from`, delay.from, -ALWAYS, ALWAYS)
    checkNumber(`workload.delays[${k}].to`, delay.to, -ALWAYS, ALWAYS)
    if (!(delay.from < delay.to)) refuse(`workload.delays[${k}]`, "from must be before to")
  }
}
