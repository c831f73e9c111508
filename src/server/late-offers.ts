/** What managers tell each other under Late (`core/late.ts`): who waits asks, who has somebody idle lends. */
import { assignAt, grantSlack } from "../core/late.ts"
import { hasLocalListener, type Manager } from "../core/manager.ts"
import { homeOf, indexAtManager, NONE, type Topology } from "../core/topology.ts"
import { MEMORY } from "../core/window.ts"

/**
 * However much faster others are, nobody waits longer for them where somebody idles, µs: so long a time is remembered, and one
 * that another manager has told of may be older.
 */
export const MOST_PATIENCE = MEMORY

/** Another queue may be so many times as long, and so much more, before it goes first. */
const LONGER = 2

/** How many managers are asked first, those who come next in turn; twice as many whenever something waits still so long after, µs. */
export const FIRST_ASKED = 4
export const ASK_MORE_AFTER = 10

/** How many wait is told again when it is another power of two. */
const levelOf = (waiting: number): number => (waiting === 0 ? 0 : 1 + Math.floor(Math.log2(waiting)))

export type LateEvent = { readonly _tag: "Ask" | "SendOffer" | "ReturnOffer"; readonly to: number }

export class LateOffers {
  readonly #topology: Topology
  /** By manager: how many wait here, as it was told last, and whether somebody listens. */
  readonly #told: Int32Array
  readonly #listener: Uint8Array
  /** By manager: since when it has asked, µs. */
  readonly #asked: Float64Array
  /** Who was lent to last: the others come first. */
  #turn = 0
  /** While something waits: how many are asked, from whom on, and when it will be more, µs. */
  #reach = 0
  #first: number
  #moreAt = 0
  /** When there is something to do that nothing but time brings about, µs. */
  due = Number.POSITIVE_INFINITY

  /** Of manager `m`. */
  constructor(m: number, topology: Topology) {
    this.#topology = topology
    // Not all ask the same.
    this.#first = (m + 1) % topology.managers
    this.#told = new Int32Array(topology.managers)
    this.#listener = new Uint8Array(topology.managers)
    this.#asked = new Float64Array(topology.managers)
  }

  /** An offer of `from` has come, with acceptor `a` or NONE: `before` and after it `state`. */
  heard(from: number, a: number, before: Manager, state: Manager, now: number): void {
    const old = before.offers.get(from)
    const { wants } = state.offers.get(from)
    if (wants > 0 && old.wants === 0) this.#asked[from] = now
    if (a === NONE || homeOf(this.#topology, a) === state.m) return
    // Whoever lends takes it that one less waits; to whom the one before goes back, none does.
    this.#told[from] = old.a === NONE ? Math.max(0, this.#told[from]! - 1) : 0
  }

  /** `event` was made of `state`: what the other manager knows of us by now. */
  told({ _tag, to }: LateEvent, state: Manager): void {
    this.#listener[to] = hasLocalListener(state) ? 1 : 0
    // Who sends an acceptor is taken to want none.
    this.#told[to] = _tag === "Ask" ? state.queue.length : 0
    if (_tag === "SendOffer") this.#turn = to
  }

  /** What is to be told to whom next; undefined: nothing now. `ready`: `to` has taken what it was sent before. */
  next(state: Manager, now: number, ready: (to: number) => boolean): LateEvent | undefined {
    const { managers } = this.#topology
    const listens = hasLocalListener(state) ? 1 : 0
    this.#askMore(state.queue.length, now)
    for (let k = 1; k <= managers; k++) {
      const to = (this.#turn + k) % managers
      if (to === state.m) continue
      const tag = this.#tagFor(state, to, now, listens)
      if (tag === undefined) continue
      if (!ready(to)) continue
      return { _tag: tag, to }
    }
    return undefined
  }

  /** Whose queue is so much longer than ours that an acceptor of ours goes there first; NONE: nobody's. */
  longer(state: Manager): number {
    if (state.queue.length === 0 || state.acceptors.length === 0) return NONE
    let most = LONGER * (state.queue.length + 1)
    let longest = NONE
    for (let m = 0; m < state.offers.size; m++) {
      const { wants } = state.offers.get(m)
      if (m === state.m || wants <= most) continue
      most = wants
      longest = m
    }
    return longest
  }

  /** The first in line, for whom there is somebody, is to be assigned now; else it is looked at again when that is due. */
  assigns(state: Manager, now: number): boolean {
    const at = Math.min(assignAt(state, now, this.#topology), this.#since(state) + MOST_PATIENCE)
    if (at <= now) return true
    this.due = Math.min(this.due, at)
    return false
  }

  /** Since when the first in line waits, µs. */
  #since({ queue, since }: Manager): number {
    return since.get(indexAtManager(this.#topology, queue[0]!))
  }

  #tagFor(state: Manager, to: number, now: number, listens: number): LateEvent["_tag"] | undefined {
    const x = state.offers.get(to)
    const waiting = state.queue.length
    if (waiting === 0 && x.a !== NONE) return "ReturnOffer"
    if (waiting === 0 && x.wants > 0 && state.acceptors.length > 0) {
      const at = this.#asked[to]! + Math.min(grantSlack(state, now, this.#topology), MOST_PATIENCE)
      if (at <= now) return "SendOffer"
      this.due = Math.min(this.due, at)
    }
    if (listens !== this.#listener[to]) return "Ask"
    if (levelOf(waiting) === levelOf(this.#told[to]!)) return undefined
    return this.#told[to]! > 0 || this.#reaches(to) ? "Ask" : undefined
  }

  #askMore(waiting: number, now: number): void {
    const { managers } = this.#topology
    if (waiting === 0) {
      this.#first = (this.#first + this.#reach) % managers
      this.#reach = 0
      return
    }
    if (this.#reach === 0 || now >= this.#moreAt) {
      this.#reach = Math.min(managers, this.#reach === 0 ? FIRST_ASKED : 2 * this.#reach)
      this.#moreAt = now + ASK_MORE_AFTER
    }
    if (this.#reach < managers) this.due = Math.min(this.due, this.#moreAt)
  }

  #reaches(to: number): boolean {
    const { managers } = this.#topology
    return (to + managers - this.#first) % managers < this.#reach
  }
}
