/** Clients: connections by plan, or by so many clients; answers are timed from when the plan has the question sent. */
import type { Random } from "../sim/random.ts"
import type { Connections } from "./connections.ts"
import { sample } from "./distribution.ts"
import type { Machine } from "./machine.ts"
import type { Measures } from "./measures.ts"
import type { Peers } from "./shared.ts"
import { gapOf, MOST_REQUESTS, type Workload } from "./workload.ts"

/** What stands between clients and web servers. */
export interface Stack {
  /** The SYN of connection `k` arrives. */
  syn(k: number): void
  /** Another request on it arrives. */
  question(k: number): void
}

/** RFC 6298 2.1: the first SYN is sent again after a second, each further one after twice as long. */
const SYN_AGAIN = 1_000_000
/** Linux's tcp_syn_retries. */
const MOST_ATTEMPTS = 6

export class Clients implements Peers {
  stack: Stack | undefined
  readonly #machine: Machine
  readonly #connections: Connections
  readonly #workload: Workload
  readonly #measures: Measures
  readonly #arrivals: Random
  readonly #demands: Random
  readonly #pauses: Random
  readonly #flows: Random
  readonly #lengths: Random
  readonly #further: Random
  readonly #half: number
  #count = 0
  readonly #next: number
  readonly #syn: number
  readonly #question: number
  readonly #begin: number

  constructor(
    machine: Machine,
    connections: Connections,
    workload: Workload,
    measures: Measures,
    random: Random,
  ) {
    this.#machine = machine
    this.#connections = connections
    this.#workload = workload
    this.#measures = measures
    // A stream for each purpose, so that schemes are compared under the same arrivals and demands.
    this.#arrivals = random.stream("arrivals")
    this.#demands = random.stream("demands")
    this.#pauses = random.stream("pauses")
    this.#flows = random.stream("flows")
    this.#lengths = random.stream("lengths")
    this.#further = random.stream("further demands")
    this.#half = machine.costs.roundTrip / 2
    this.#next = machine.on(() => this.#arrive())
    this.#syn = machine.on((k) => this.stack!.syn(k))
    this.#question = machine.on((k) => this.stack!.question(k))
    this.#begin = machine.on(() => this.#connect())
  }

  start(): void {
    const { arrivals } = this.#workload
    if (arrivals.kind !== "closed") this.#machine.at(gapOf(arrivals, this.#arrivals), this.#next, 0)
    // Not all at once: over the first ms.
    else
      for (let k = 0; k < arrivals.clients; k++)
        this.#machine.at(1000 * this.#arrivals.unit(), this.#begin, 0)
  }

  /** The answer to the request under way leaves the stack; true: the client will ask again on this connection. */
  answered(k: number): void {
    const x = this.#connections
    const { now } = this.#machine
    const measures = this.#measures
    const heard = now + this.#half
    if (measures.measures(x.asked[k]!)) this.#record(k, heard - x.asked[k]!)
    if (measures.measures(heard)) measures.answered++
    if (--x.left[k]! > 0) {
      x.demand[k] = sample(this.#workload.service, this.#further)
      x.asked[k] = heard + sample(this.#workload.think, this.#pauses)
      this.#machine.at(x.asked[k]! + this.#half, this.#question, k)
    } else if (this.#workload.arrivals.kind === "closed") this.#machine.at(heard, this.#begin, 0)
  }

  /** The stack has forgotten the connection. */
  closed(k: number): void {
    this.#connections.release(k)
    this.#maybeEnd()
  }

  /** Nothing came back: the client sends its SYN again, until it gives up. */
  dropped(k: number): void {
    const x = this.#connections
    this.#measures.dropped++
    if (++x.attempts[k]! < MOST_ATTEMPTS) {
      this.#machine.at(this.#machine.now + SYN_AGAIN * 2 ** (x.attempts[k]! - 1), this.#syn, k)
      return
    }
    this.#measures.lost++
    this.#fail(k)
  }

  /** RST. */
  refused(k: number): void {
    this.#measures.refused++
    this.#fail(k)
  }

  trip(): number {
    return this.#machine.costs.roundTrip
  }

  /** What is not answered by now is counted as answered now: it took at least so long. */
  abandon(): void {
    const x = this.#connections
    const { now } = this.#machine
    this.#measures.unfinished = x.live
    for (let k = 0; k < x.used; k++) {
      const asked = x.asked[k]!
      if (x.left[k]! > 0 && this.#measures.measures(asked) && asked < now) this.#record(k, now - asked)
    }
  }

  #fail(k: number): void {
    const x = this.#connections
    const { now } = this.#machine
    if (this.#measures.measures(x.asked[k]!)) this.#record(k, now - x.asked[k]!)
    if (this.#workload.arrivals.kind === "closed") this.#machine.at(now, this.#begin, 0)
    this.closed(k)
  }

  #arrive(): void {
    const { now } = this.#machine
    if (now >= this.#measures.to) {
      this.#maybeEnd()
      return
    }
    const { arrivals } = this.#workload
    const size = arrivals.kind === "bursts" ? arrivals.size : 1
    for (let n = 0; n < size; n++) this.#connect()
    this.#machine.at(now + gapOf(arrivals, this.#arrivals), this.#next, 0)
  }

  #connect(): void {
    const { now } = this.#machine
    if (now >= this.#measures.to) {
      this.#maybeEnd()
      return
    }
    const x = this.#connections
    const k = x.take()
    x.asked[k] = now
    x.begun[k] = now
    x.demand[k] = sample(this.#workload.service, this.#demands)
    x.flow[k] = this.#workload.flows === "even" ? this.#count++ : this.#flows.draw()
    x.attempts[k] = 0
    x.left[k] = this.#length()
    x.id[k] = -1
    x.application[k] = -1
    this.#machine.at(now + this.#half, this.#syn, k)
  }

  /** Requests of a new connection. */
  #length(): number {
    const { requests } = this.#workload
    if (typeof requests === "number") return requests
    return Math.min(MOST_REQUESTS, Math.max(1, Math.round(sample(requests, this.#lengths))))
  }

  /** `k` was asked and waited for `time`; the network has had its part: of a new connection a round trip more. */
  #record(k: number, time: number): void {
    const x = this.#connections
    const trips = x.asked[k] === x.begun[k] ? 2 : 1
    this.#measures.response.record(time)
    this.#measures.sojourn.record(Math.max(0, time - trips * 2 * this.#half))
  }

  #maybeEnd(): void {
    if (this.#machine.now >= this.#measures.to && this.#connections.live === 0) this.#machine.stop()
  }
}
