/** What came of connections, in a recording or a re-run: counts and percentiles, of the same definitions for both. */
import type { ConnectionSeen, Ending, Sink, Tallies } from "../../trace/follow.ts"
import { Times, type TimesSummary } from "../measures.ts"
import { endings } from "./columns.ts"

export interface ApplicationResult {
  readonly connections: number
  /** Of all connections that were claimed. */
  readonly share: number
  /** Offered → closed. */
  readonly service: TimesSummary
}

export interface SummaryResult {
  /** Admitted, by how they ended. */
  readonly connections: number
  readonly endings: Readonly<Record<Ending, number>>
  readonly claimed: number
  readonly applications: ReadonlyArray<ApplicationResult>
  /** TCP established → claimed; who was never claimed has waited at least until he went. */
  readonly waiting: TimesSummary
  /** Offered → closed: the paper's service time (§3.3). */
  readonly service: TimesSummary
  /** Established → closed: both, and what was offered in vain between them. */
  readonly whole: TimesSummary
  /** Of the connections claimed: assigned by their application's home manager. */
  readonly locality: number
  readonly tallies: Tallies
}

export class Summary implements Sink {
  readonly #waiting = new Times()
  readonly #service = new Times()
  readonly #whole = new Times()
  readonly #byApplication: ReadonlyArray<{ connections: number; readonly service: Times }>
  readonly #endings: Record<Ending, number>
  #claimed = 0
  #local = 0

  constructor(applications: number) {
    this.#byApplication = Array.from({ length: applications }, () => ({
      connections: 0,
      service: new Times(),
    }))
    this.#endings = Object.fromEntries(endings.map((x) => [x, 0])) as Record<Ending, number>
  }

  connection(x: ConnectionSeen): void {
    this.#endings[x.ending]++
    const { established, claimed, ended, offered } = x
    if (Number.isNaN(claimed)) {
      if (!Number.isNaN(established)) this.#waiting.record(ended - established)
      return
    }
    this.#claimed++
    if (x.local) this.#local++
    this.#waiting.record(claimed - established)
    const one = this.#byApplication[x.application]!
    one.connections++
    if (x.ending !== "served") return
    one.service.record(ended - offered)
    this.#service.record(ended - offered)
    this.#whole.record(ended - established)
  }

  looked(): void {}

  result(tallies: Tallies): SummaryResult {
    const claimed = this.#claimed
    return {
      connections: endings.reduce((sum, x) => sum + this.#endings[x], 0),
      endings: this.#endings,
      claimed,
      applications: this.#byApplication.map(({ connections, service }) => ({
        connections,
        share: claimed === 0 ? 0 : connections / claimed,
        service: service.summary(),
      })),
      waiting: this.#waiting.summary(),
      service: this.#service.summary(),
      whole: this.#whole.summary(),
      locality: claimed === 0 ? 0 : this.#local / claimed,
      tallies,
    }
  }
}
