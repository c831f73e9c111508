/**
 * Writes a step's record (`record.ts` has its layout and reads it). This is in the way of every step: the codes of tags stand
 * in the code, one function for each role meets few shapes of event, and words that an event has no use for are left as they
 * are, as whoever reads takes only those that its tag has.
 */
import type { ApplicationEvent, Env, Event, ManagerEvent, TransportEvent } from "../core/event.ts"
import type { Outbox, Outcome, Role } from "../core/outbox.ts"
import { signedHash } from "./output-hash.ts"
import { DOUBTFUL } from "./record.ts"

/** Places in `outcomes`, by comparison, the frequent ones first: a look-up by string costs ten times as much. */
const outcomeCode = (outcome: Outcome): number => {
  switch (outcome) {
    case "Done":
      return 0
    case "Claimed":
      return 10
    case "Announced":
      return 7
    case "Assigned":
      return 2
    case "Served":
      return 12
    case "Illegal":
      return 1
    case "Queued":
      return 3
    case "Refused":
      return 4
    case "Dropped":
      return 5
    case "Known":
      return 6
    case "GivenBack":
      return 8
    case "Ignored":
      return 9
    case "TimedOut":
      return 11
    default:
      return outcome satisfies never
  }
}

const putApplication = (words: Int32Array, o: number, head: number, e: ApplicationEvent): void => {
  switch (e._tag) {
    case "ReceiveAvailable":
      words[o] = head | 3
      words[o + 3] = e.message.c
      words[o + 4] = e.message.n
      words[o + 5] = e.message.g
      words[o + 7] = e.t
      return
    case "Claim":
      words[o] = head | 4
      return
    case "ReceiveClaimed":
      words[o] = head | 5
      words[o + 3] = e.message.c
      words[o + 4] = e.message.n
      words[o + 5] = e.message.g
      words[o + 6] = e.message.back
      words[o + 7] = e.t
      return
    case "Release":
      words[o] = head | 7
      words[o + 3] = e.c
      words[o + 4] = e.n
      return
    case "Register":
      words[o] = head | 2
      return
    case "ReceiveTimedOut":
      words[o] = head | 6
      words[o + 3] = e.message.c
      words[o + 4] = e.message.n
      words[o + 5] = e.message.g
      words[o + 6] = e.message.back
      words[o + 7] = e.t
      return
    case "Attach":
      words[o] = head | 0
      words[o + 5] = e.g
      return
    case "ReceiveAttached":
      words[o] = head | 1
      words[o + 7] = e.t
      return
    case "CloseListener":
      words[o] = head | 8
      return
    case "Die":
      words[o] = head | 9
      words[o + DOUBTFUL] = 0
      return
    default:
      e satisfies never
  }
}

const putManager = (words: Int32Array, o: number, head: number, e: ManagerEvent): void => {
  switch (e._tag) {
    case "Syn":
      words[o] = head | 10
      words[o + 3] = e.c
      return
    case "ReceiveConnectionClosed":
      words[o] = head | 19
      words[o + 3] = e.message.c
      words[o + 7] = e.t
      return
    case "ReceiveServiceTime":
      words[o] = head | 20
      words[o + 2] = e.message.a
      words[o + 6] = e.message.time
      words[o + 7] = e.t
      return
    case "ReceiveOffer": {
      const { a, g, listener, serviceTime } = e.message
      words[o] = head | (listener === true ? 14 | 0x8000 : 14)
      words[o + 2] = a
      words[o + 5] = g
      words[o + 6] = serviceTime
      words[o + 7] = e.from
      return
    }
    case "SendOffer":
      words[o] = head | 13
      words[o + 7] = e.to
      return
    case "ReceiveAcceptConnection":
      words[o] = head | 15
      words[o + 2] = e.message.a
      words[o + 5] = e.message.g
      return
    case "AssignWaiting":
      words[o] = head | 11
      return
    case "ReceiveAcceptorTimedOut":
      words[o] = head | 17
      words[o + 2] = e.message.a
      words[o + 3] = e.message.c
      words[o + 5] = e.message.g
      words[o + 7] = e.t
      return
    case "ReceiveAcceptorRemoved":
      words[o] = head | 18
      words[o + 2] = e.message.a
      words[o + 5] = e.message.g
      words[o + 7] = e.t
      return
    case "ManagerReceiveDetach":
      words[o] = head | 16
      words[o + 2] = e.message.a
      return
    case "ResetWaiting":
      words[o] = head | 12
      return
    case "Ask":
      words[o] = head | 30
      words[o + 7] = e.to
      return
    case "ReturnOffer":
      words[o] = head | 31
      words[o + 7] = e.to
      return
    case "ReceiveConnectionEstablished":
      words[o] = head | 32
      words[o + 3] = e.message.c
      words[o + 7] = e.t
      return
    case "ReceiveAcceptorUnused":
      words[o] = head | 33
      words[o + 2] = e.message.a
      words[o + 5] = e.message.g
      words[o + 7] = e.t
      return
    default:
      e satisfies never
  }
}

const putTransport = (words: Int32Array, o: number, head: number, e: TransportEvent): void => {
  switch (e._tag) {
    case "ReceiveAssign": {
      const { a, c, g, fresh } = e.message
      words[o] = head | (fresh === true ? 22 | 0x8000 : 22)
      words[o + 2] = a
      words[o + 3] = c
      words[o + 5] = g
      return
    }
    case "Established":
      words[o] = head | 24
      words[o + 3] = e.c
      return
    case "ReceiveClaim":
      words[o] = head | 26
      words[o + 2] = e.message.a
      words[o + 3] = e.message.c
      words[o + 4] = e.message.n
      words[o + 5] = e.message.g
      return
    case "Gone":
      words[o] = head | 27
      words[o + 3] = e.c
      return
    case "ClaimTimeout":
      words[o] = head | 25
      words[o + 3] = e.c
      return
    case "ReceiveOpen":
      words[o] = head | 21
      words[o + 3] = e.message.c
      return
    case "ReceiveReset":
      words[o] = head | 23
      words[o + 3] = e.message.c
      return
    case "ReceiveAttach":
      words[o] = head | 28
      words[o + 2] = e.message.a
      return
    case "TransportReceiveDetach":
      words[o] = head | 29
      words[o + 2] = e.message.a
      return
    default:
      e satisfies never
  }
}

/** Writes words o … o + 15. `role` is the role whose machine took `event`. */
export const encodeRecord = (
  words: Int32Array,
  o: number,
  role: Role,
  index: number,
  port: number,
  event: Event,
  env: Env,
  out: Outbox,
): void => {
  const head = (port << 16) | (outcomeCode(out.outcome) << 8)
  if (role === "transport") {
    words[o + 1] = (2 << 16) | index
    putTransport(words, o, head, event as TransportEvent)
  } else if (role === "manager") {
    words[o + 1] = (1 << 16) | index
    putManager(words, o, head, event as ManagerEvent)
  } else {
    words[o + 1] = index
    putApplication(words, o, head, event as ApplicationEvent)
  }
  words[o + 8] = out.a
  words[o + 9] = out.g
  words[o + 10] = out.time
  const { now } = env
  words[o + 11] = now | 0
  words[o + 12] = now < 0x100000000 ? 0 : (now * 2.3283064365386963e-10) | 0
  words[o + 13] = env.draw | 0
  words[o + 14] = out.length === 0 ? 0 : signedHash(role, out)
}
