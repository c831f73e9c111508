/**
 * Prequal (NSDI 2024) between servers and applications: each server is a client with a pool of its own, each application a replica.
 * A probe is a message there and one back: it has their hops, and costs both cores what messages cost; it waits for no request in hand,
 * as a thread of its own would answer it. Nothing else is known. A query is a connection: its further requests are not chosen for.
 */
import { type Balancer, NONE, type View } from "./balancer.ts"
import { PROBES, ProbePool } from "./probe-pool.ts"

/** Latencies remembered for each number of requests in flight, and the largest such number that is told apart. */
const REMEMBERED = 16
const MOST_IN_FLIGHT = 255

/** A replica's own estimate: the median of what requests took lately that found about as many in flight as there are now. */
export class LatencyEstimate {
  readonly #times = new Float64Array((MOST_IN_FLIGHT + 1) * REMEMBERED)
  readonly #counts = new Int32Array(MOST_IN_FLIGHT + 1)
  readonly #sorted = new Float64Array(REMEMBERED)

  /** `found`: how many were in flight when the request came. */
  record(found: number, time: number): void {
    const at = Math.min(found, MOST_IN_FLIGHT)
    this.#times[at * REMEMBERED + (this.#counts[at]! % REMEMBERED)] = time
    this.#counts[at]!++
  }

  /** µs; 0 while nothing is known. */
  at(inFlight: number): number {
    const wanted = Math.min(inFlight, MOST_IN_FLIGHT)
    for (let d = 0; d <= MOST_IN_FLIGHT; d++) {
      if (this.#has(wanted - d)) return this.#median(wanted - d)
      if (this.#has(wanted + d)) return this.#median(wanted + d)
    }
    return 0
  }

  #has(at: number): boolean {
    return at >= 0 && at <= MOST_IN_FLIGHT && this.#counts[at]! > 0
  }

  #median(at: number): number {
    const n = Math.min(REMEMBERED, this.#counts[at]!)
    const sorted = this.#sorted.subarray(0, n)
    sorted.set(this.#times.subarray(at * REMEMBERED, at * REMEMBERED + n))
    sorted.sort()
    return sorted[n >> 1]!
  }
}

/** Of connections: what is remembered of the request under way. */
class Requests {
  begun = new Float64Array(1024)
  found = new Int32Array(1024)

  note(k: number, begun: number, found: number): void {
    if (k >= this.begun.length) {
      const [times, counts] = [new Float64Array(2 * k), new Int32Array(2 * k)]
      times.set(this.begun)
      counts.set(this.found)
      this.begun = times
      this.found = counts
    }
    this.begun[k] = begun
    this.found[k] = found
  }
}

export const prequal = ({ machine, servers, applications, random }: View): Balancer => {
  const n = applications.length
  const pools = servers.map(() => new ProbePool(n))
  const estimates = applications.map(() => new LatencyEstimate())
  const inFlight = new Int32Array(n)
  const requests = new Requests()
  // Answers on their way: subject of the call that brings them.
  const [rif, latency, spare]: [Array<number>, Array<number>, Array<number>] = [[], [], []]
  const pair = (s: number, a: number): number => s * n + a
  const heard: number = machine.on((subject) => {
    const [s, a] = [Math.floor(subject / n) % servers.length, subject % n]
    const slot = Math.floor(subject / n / servers.length)
    machine.signalled(applications[a]!, servers[s]!)
    pools[s]!.add(a, rif[slot]!, latency[slot]!, machine.now, random.unit())
    spare.push(slot)
  })
  const asked: number = machine.on((subject) => {
    const [s, a] = [Math.floor(subject / n), subject % n]
    const [server, application] = [servers[s]!, applications[a]!]
    machine.signalled(server, application)
    const slot = spare.pop() ?? rif.length
    rif[slot] = inFlight[a]!
    latency[slot] = estimates[a]!.at(inFlight[a]!)
    machine.signal(application, server, heard, slot * servers.length * n + subject)
  })
  const order = Int32Array.from({ length: n }, (_, a) => a)
  const probe = (s: number): void => {
    // The first of a random order: uniform, and nobody twice.
    for (let k = 0; k < Math.min(PROBES, n); k++) {
      const other = random.between(k, n - 1)
      const a = order[other]!
      order[other] = order[k]!
      order[k] = a
      machine.signal(servers[s]!, applications[a]!, asked, pair(s, a))
    }
  }
  return {
    choose: (_, s) => {
      const a = pools[s]!.choose(machine.now)
      probe(s)
      return a === NONE ? random.between(0, n - 1) : a
    },
    asked: (k, a) => requests.note(k, machine.now, inFlight[a]!++),
    answered: (k, a) => {
      inFlight[a]!--
      estimates[a]!.record(requests.found[k]!, machine.now - requests.begun[k]!)
    },
  }
}
