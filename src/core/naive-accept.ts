/**
 * The naive accept of §3.2, the baseline that the speculative handshake is measured against: the manager queues what
 * comes in, and every accept() and select() asks it. Pure.
 *
 *   accept():  application → manager → transport → application: three messages.
 *   select():  application → manager → application: two on a miss; a hit is followed by an accept(): five.
 */
export interface NaiveAccept {
  /** Established connections that nobody has accepted, first in line first. */
  readonly queue: ReadonlyArray<number>
  /** Applications whose accept() waits, first come first served. */
  readonly waiting: ReadonlyArray<number>
  /** Connections that may wait; one more is dropped. */
  readonly backlog: number
}

export type NaiveEvent =
  /** The manager is told of a connection. */
  | { readonly _tag: "Arrive"; readonly c: number }
  /** The application asks for one, and waits (`block`) or is told that there is none. */
  | { readonly _tag: "Accept"; readonly a: number; readonly block: boolean }
  /** The application asks whether there is one. */
  | { readonly _tag: "Select"; readonly a: number }
  /** The process ended. */
  | { readonly _tag: "Die"; readonly a: number }

export type NaiveMessage =
  /** application → manager. */
  | { readonly _tag: "AcceptRequest"; readonly a: number }
  | { readonly _tag: "SelectRequest"; readonly a: number }
  /** manager → transport: offer `c` to `a`. */
  | { readonly _tag: "OfferTo"; readonly c: number; readonly a: number }
  /** transport → application. */
  | { readonly _tag: "Connection"; readonly c: number; readonly a: number }
  /** manager → application. */
  | { readonly _tag: "Ready"; readonly a: number; readonly ready: boolean }

export const initialNaive = (backlog: number): NaiveAccept => ({ queue: [], waiting: [], backlog })

export interface NaiveResult {
  readonly state: NaiveAccept
  /** All messages that the event costs, the asking ones included, in the order they are sent. */
  readonly sent: ReadonlyArray<NaiveMessage>
  /** Arrive: the backlog was full. */
  readonly dropped: boolean
}

/** The manager's choice is answered by the connection's transport: two messages. */
const handOver = (c: number, a: number): ReadonlyArray<NaiveMessage> => [
  { _tag: "OfferTo", c, a },
  { _tag: "Connection", c, a },
]

/** One event and everything that follows from it, channels taken as immediate. */
export const stepNaive = (state: NaiveAccept, event: NaiveEvent): NaiveResult => {
  const result = (next: NaiveAccept, sent: ReadonlyArray<NaiveMessage>): NaiveResult => ({
    state: next,
    sent,
    dropped: false,
  })
  switch (event._tag) {
    case "Arrive": {
      const [a, ...waiting] = state.waiting
      if (a !== undefined) return result({ ...state, waiting }, handOver(event.c, a))
      if (state.queue.length >= state.backlog) return { state, sent: [], dropped: true }
      return result({ ...state, queue: [...state.queue, event.c] }, [])
    }
    case "Accept": {
      const { a, block } = event
      // A process has one accept() out at a time; one more while it waits asks nothing new.
      if (state.waiting.includes(a)) return result(state, [])
      const asked: NaiveMessage = { _tag: "AcceptRequest", a }
      const [c, ...queue] = state.queue
      if (c !== undefined) return result({ ...state, queue }, [asked, ...handOver(c, a)])
      if (block) return result({ ...state, waiting: [...state.waiting, a] }, [asked])
      return result(state, [asked, { _tag: "Ready", a, ready: false }])
    }
    case "Select": {
      const { a } = event
      const ready = state.queue.length > 0
      return result(state, [
        { _tag: "SelectRequest", a },
        { _tag: "Ready", a, ready },
      ])
    }
    case "Die":
      return result({ ...state, waiting: state.waiting.filter((a) => a !== event.a) }, [])
    default:
      return event satisfies never
  }
}
