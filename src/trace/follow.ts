/**
 * What the steps of one port's machines say of its connections and applications: when each came, was offered, claimed, and ended.
 * Takes the steps of a recording and those of a run alike, so that both are measured by the same rule.
 */
import type { Event } from "../core/event.ts"
import type { Outcome } from "../core/outbox.ts"
import { homeOf, managerOf, NONE, type Topology, transportOf } from "../core/topology.ts"

/**
 * served: claimed, and closed by either end or reset by the peer, which no step tells apart. left: the peer went before anybody had
 * claimed. reset: nobody listened any more. orphaned: ended with the process that had claimed it. unfinished: none of these yet.
 */
export type Ending = "served" | "left" | "reset" | "orphaned" | "unfinished"

/** Times in µs since the stack's start; NaN: it did not happen. Valid during the call that hands it over. */
export interface ConnectionSeen {
  readonly c: number
  readonly manager: number
  readonly transport: number
  /** Its SYN was admitted; TCP's handshake was complete; offered last; the application saw that; claimed; over, or the last that was seen. */
  readonly arrived: number
  readonly established: number
  readonly offered: number
  readonly looked: number
  readonly claimed: number
  readonly ended: number
  /** Who claimed it; NONE: nobody. */
  readonly application: number
  /** Assigned by the home manager of who claimed it. */
  readonly local: boolean
  readonly ending: Ending
}

/** One announcement, when its application has looked at its ring. Times in µs. */
export interface Look {
  readonly application: number
  readonly offered: number
  /** Until the application saw it. */
  readonly after: number
  /** The application had no connection and no other announcement at that time. */
  readonly idle: boolean
}

/** A process in an application's slot: listens from its first registration; NaN: it did not stop listening, or end. */
export interface Life {
  readonly application: number
  readonly from: number
  readonly closed: number
  readonly ended: number
}

export interface Sink {
  connection(x: ConnectionSeen): void
  looked(x: Look): void
}

export interface Tallies {
  steps: number
  /** Messages that were received, and those of them that were offers. */
  messages: number
  offers: number
  /** SYNs that found a full backlog; nobody listening; a flow that was known. */
  dropped: number
  refused: number
  known: number
  /** Claim timers that fired; announcements given back for these and other reasons; claims that came too late. */
  claimTimeouts: number
  givenBack: number
  late: number
}

interface Open {
  c: number
  manager: number
  transport: number
  arrived: number
  established: number
  offered: number
  looked: number
  claimed: number
  ended: number
  application: number
  local: boolean
  ending: Ending
  /** To whom it is announced, who has not looked yet; and whether that one was idle. */
  told: number
  idle: boolean
}

interface Slot {
  /** Connections that it has claimed; announcements that it has not seen. */
  open: number
  unseen: number
  life: { application: number; from: number; closed: number; ended: number } | undefined
}

export class Follower {
  readonly tallies: Tallies = {
    steps: 0,
    messages: 0,
    offers: 0,
    dropped: 0,
    refused: 0,
    known: 0,
    claimTimeouts: 0,
    givenBack: 0,
    late: 0,
  }
  /** In the order of their first registrations. */
  readonly lives: Array<Life> = []
  readonly #topology: Topology
  readonly #sink: Sink
  readonly #open = new Map<number, Open>()
  readonly #slots: ReadonlyArray<Slot>

  constructor(topology: Topology, sink: Sink) {
    this.#topology = topology
    this.#sink = sink
    this.#slots = Array.from({ length: topology.applications }, () => ({
      open: 0,
      unseen: 0,
      life: undefined,
    }))
  }

  /** Connections that are under way. */
  get open(): number {
    return this.#open.size
  }

  /** A step of machine `index`; `a`: the application that it chose or concerned. */
  step(index: number, event: Event, now: number, outcome: Outcome, a: number): void {
    const { tallies } = this
    tallies.steps++
    if ("message" in event || event._tag === "ReceiveAttached") tallies.messages++
    if (outcome === "GivenBack") tallies.givenBack++
    switch (event._tag) {
      case "Syn":
        this.#syn(event.c, now, outcome)
        break
      case "Established":
        this.#open.get(event.c)!.established = now
        if (outcome === "Announced") this.#announced(event.c, now, a)
        break
      case "ReceiveAssign":
        if (outcome === "Announced") this.#announced(event.message.c, now, a)
        break
      case "ReceiveAvailable":
        this.#looked(event.message.c, index, now)
        break
      case "ClaimTimeout":
        tallies.claimTimeouts++
        break
      case "ReceiveClaim":
        if (outcome === "Claimed") this.#claimed(event.message.c, now, a)
        else tallies.late++
        break
      case "Gone":
        this.#end(event.c, now, outcome === "Served" ? "served" : "left")
        break
      case "ReceiveReset":
        if (outcome === "Done") this.#end(event.message.c, now, "reset")
        break
      case "TransportReceiveDetach":
        this.#orphan(event.message.a, index, now)
        break
      case "ReceiveOffer":
        tallies.offers++
        break
      default:
        this.#ofProcess(index, event, now)
    }
  }

  /** Nothing more will come: what is under way at `now` is unfinished. */
  finish(now: number): void {
    for (const c of [...this.#open.keys()]) this.#end(c, now, "unfinished")
  }

  #ofProcess(index: number, event: Event, now: number): void {
    if (event._tag !== "Register" && event._tag !== "CloseListener" && event._tag !== "Die") return
    const slot = this.#slots[index]!
    if (event._tag === "Register" && slot.life === undefined) {
      slot.life = { application: index, from: now, closed: Number.NaN, ended: Number.NaN }
      this.lives.push(slot.life)
    } else if (event._tag === "CloseListener" && slot.life !== undefined) slot.life.closed = now
    else if (event._tag === "Die") {
      if (slot.life !== undefined) slot.life.ended = now
      slot.life = undefined
      slot.unseen = 0
    }
  }

  #syn(c: number, now: number, outcome: Outcome): void {
    const { tallies } = this
    if (outcome === "Dropped") tallies.dropped++
    else if (outcome === "Refused") tallies.refused++
    else if (outcome === "Known") tallies.known++
    else {
      this.#open.set(c, {
        c,
        manager: managerOf(this.#topology, c),
        transport: transportOf(this.#topology, c),
        arrived: now,
        established: Number.NaN,
        offered: Number.NaN,
        looked: Number.NaN,
        claimed: Number.NaN,
        ended: Number.NaN,
        application: NONE,
        local: false,
        ending: "unfinished",
        told: NONE,
        idle: false,
      })
    }
  }

  #announced(c: number, now: number, a: number): void {
    const x = this.#open.get(c)!
    const slot = this.#slots[a]!
    x.offered = now
    x.told = a
    x.idle = slot.open === 0 && slot.unseen === 0
    slot.unseen++
  }

  #looked(c: number, a: number, now: number): void {
    const slot = this.#slots[a]!
    if (slot.unseen > 0) slot.unseen--
    const x = this.#open.get(c)
    // What came back meanwhile tells of another announcement.
    if (x?.told !== a) return
    x.told = NONE
    x.looked = now
    this.#sink.looked({ application: a, offered: x.offered, after: now - x.offered, idle: x.idle })
  }

  #claimed(c: number, now: number, a: number): void {
    const x = this.#open.get(c)!
    x.claimed = now
    x.application = a
    x.local = homeOf(this.#topology, a) === x.manager
    this.#slots[a]!.open++
  }

  /** What `a` had claimed of this transport ends with it. */
  #orphan(a: number, t: number, now: number): void {
    for (const x of [...this.#open.values()])
      if (x.application === a && x.transport === t) this.#end(x.c, now, "orphaned")
  }

  #end(c: number, now: number, ending: Ending): void {
    const x = this.#open.get(c)!
    this.#open.delete(c)
    if (x.application !== NONE) this.#slots[x.application]!.open--
    x.ended = now
    x.ending = ending
    this.#sink.connection(x)
  }
}
