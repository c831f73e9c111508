/**
 * Core messages ↔ the payload words of a queue slot.
 *
 *   word   0                                   1    2    3    4    5                          6 … 14
 *        ┌──────────────────────────────────┬────┬────┬────┬────┬──────────────────────────┬──────────┐
 *        │ port << 16 │ flag << 8 │ type     │ a  │ c  │ n  │ g  │ back or service time, µs │ rider    │
 *        └──────────────────────────────────┴────┴────┴────┴────┴──────────────────────────┴──────────┘
 *
 * Words are counted from a slot's payload word 1. A field that a message lacks is 0. The rider belongs to `server/`: the
 * SYN of an OPEN or ASSIGN, the buffers of a CLAIMED.
 */
import type { Message } from "../core/message.ts"

/** Type codes of the core's messages: 1 … 31. The server's own begin at 32. */
export const MessageType = {
  AcceptConnection: 1,
  Attach: 2,
  Attached: 3,
  Detach: 4,
  Open: 5,
  Assign: 6,
  ConnectionAvailable: 7,
  ClaimConnection: 8,
  Claimed: 9,
  TimedOut: 10,
  AcceptorTimedOut: 11,
  AcceptorRemoved: 12,
  Offer: 13,
  ResetConnection: 14,
  ConnectionClosed: 15,
  ServiceTime: 16,
  ConnectionEstablished: 17,
  AcceptorUnused: 18,
} as const satisfies Record<Message["_tag"], number>

export const LAST_CORE_TYPE = 31
/** Words of a core message; the rider begins here. */
export const RIDER = 6

export const typeOf = (words: Int32Array, i: number): number => words[i]! & 0xff
export const portOf = (words: Int32Array, i: number): number => words[i]! >>> 16

/** Writes words i … i + 5. */
export const encodeMessage = (words: Int32Array, i: number, message: Message, port: number): void => {
  let flag = 0
  let a = 0
  let c = 0
  let n = 0
  let g = 0
  let last = 0
  switch (message._tag) {
    case "AcceptConnection":
    case "AcceptorRemoved":
    case "AcceptorUnused":
      a = message.a
      g = message.g
      break
    case "Attach":
    case "Detach":
      a = message.a
      break
    case "Attached":
      break
    case "Open":
    case "ResetConnection":
    case "ConnectionClosed":
    case "ConnectionEstablished":
      c = message.c
      break
    case "Assign":
      a = message.a
      c = message.c
      g = message.g
      flag = message.fresh ? 1 : 0
      break
    case "ConnectionAvailable":
      c = message.c
      n = message.n
      g = message.g
      break
    case "ClaimConnection":
      a = message.a
      c = message.c
      n = message.n
      g = message.g
      break
    case "Claimed":
    case "TimedOut":
      c = message.c
      n = message.n
      g = message.g
      last = message.back
      break
    case "AcceptorTimedOut":
      a = message.a
      c = message.c
      g = message.g
      break
    case "Offer":
      a = message.a
      g = message.g
      flag = message.listener ? 1 : 0
      last = message.serviceTime
      break
    case "ServiceTime":
      a = message.a
      last = message.time
      break
    default:
      message satisfies never
  }
  words[i] = (port << 16) | (flag << 8) | MessageType[message._tag]
  words[i + 1] = a
  words[i + 2] = c
  words[i + 3] = n
  words[i + 4] = g
  words[i + 5] = last
}

/** The message at word `i`, or undefined when its type is none of the core's. Each word is read once. */
export const decodeMessage = (words: Int32Array, i: number): Message | undefined => {
  const head = words[i]!
  const flag = (head & 0x100) !== 0
  const a = words[i + 1]!
  const c = words[i + 2]!
  const n = words[i + 3]!
  const g = words[i + 4]!
  const last = words[i + 5]!
  switch (head & 0xff) {
    case MessageType.AcceptConnection:
      return { _tag: "AcceptConnection", a, g }
    case MessageType.Attach:
      return { _tag: "Attach", a }
    case MessageType.Attached:
      return { _tag: "Attached" }
    case MessageType.Detach:
      return { _tag: "Detach", a }
    case MessageType.Open:
      return { _tag: "Open", c }
    case MessageType.Assign:
      return { _tag: "Assign", c, a, g, fresh: flag }
    case MessageType.ConnectionAvailable:
      return { _tag: "ConnectionAvailable", c, n, g }
    case MessageType.ClaimConnection:
      return { _tag: "ClaimConnection", a, c, n, g }
    case MessageType.Claimed:
      return { _tag: "Claimed", c, n, g, back: last }
    case MessageType.TimedOut:
      return { _tag: "TimedOut", c, n, g, back: last }
    case MessageType.AcceptorTimedOut:
      return { _tag: "AcceptorTimedOut", c, a, g }
    case MessageType.AcceptorRemoved:
      return { _tag: "AcceptorRemoved", a, g }
    case MessageType.Offer:
      return { _tag: "Offer", a, g, listener: flag, serviceTime: last }
    case MessageType.ResetConnection:
      return { _tag: "ResetConnection", c }
    case MessageType.ConnectionClosed:
      return { _tag: "ConnectionClosed", c }
    case MessageType.ServiceTime:
      return { _tag: "ServiceTime", a, time: last }
    case MessageType.ConnectionEstablished:
      return { _tag: "ConnectionEstablished", c }
    case MessageType.AcceptorUnused:
      return { _tag: "AcceptorUnused", a, g }
    default:
      return undefined
  }
}
