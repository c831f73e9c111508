/**
 * A hash of what a step sent, for recordings: replay compares it, so that no output has to be recorded.
 *
 * It is in the way of every step, so it is cheap: what a message adds is its fields each times a constant of its own, which a
 * processor does at once, and there is one function for each way that messages go, as none then meets more than four shapes of
 * object, which is what V8 reads without a look-up.
 */
import type {
  ApplicationToManager,
  ApplicationToTransport,
  ManagerToManager,
  ManagerToTransport,
  Message,
  TransportToApplication,
  TransportToManager,
} from "../core/message.ts"
import type { Outbox, Role } from "../core/outbox.ts"

/*
 * The numbers stand in the code, not under names: V8 loads an imported constant at each use. Those below 32 are the message
 * types of message.ts, 0x100 the flag; the others are odd, so that each multiplication is a bijection, and of no pattern
 * (SHA-256's first constants): one each for a, c, n, g, the last field, and the step.
 */

const fromApplication = (x: ApplicationToManager | ApplicationToTransport): number => {
  switch (x._tag) {
    case "ClaimConnection":
      return (
        (8 +
          Math.imul(x.a, 0x428a2f99) +
          Math.imul(x.c, 0x71374491) +
          Math.imul(x.n, 0x35c0fbcf) +
          Math.imul(x.g, 0x69b5dba5)) |
        0
      )
    case "AcceptConnection":
      return (1 + Math.imul(x.a, 0x428a2f99) + Math.imul(x.g, 0x69b5dba5)) | 0
    case "Attach":
      return (2 + Math.imul(x.a, 0x428a2f99)) | 0
    case "Detach":
      return (4 + Math.imul(x.a, 0x428a2f99)) | 0
    default:
      return x satisfies never
  }
}

const fromManager = (x: ManagerToTransport | ManagerToManager): number => {
  switch (x._tag) {
    case "Assign": {
      const head = x.fresh ? 6 | 0x100 : 6
      return (head + Math.imul(x.a, 0x428a2f99) + Math.imul(x.c, 0x71374491) + Math.imul(x.g, 0x69b5dba5)) | 0
    }
    case "Offer": {
      const head = x.listener ? 13 | 0x100 : 13
      return (
        (head +
          Math.imul(x.a, 0x428a2f99) +
          Math.imul(x.g, 0x69b5dba5) +
          Math.imul(x.serviceTime, 0x3956c25b)) |
        0
      )
    }
    case "Open":
      return (5 + Math.imul(x.c, 0x71374491)) | 0
    case "ResetConnection":
      return (14 + Math.imul(x.c, 0x71374491)) | 0
    default:
      return x satisfies never
  }
}

const toApplication = (x: TransportToApplication): number => {
  switch (x._tag) {
    case "ConnectionAvailable":
      return (7 + Math.imul(x.c, 0x71374491) + Math.imul(x.n, 0x35c0fbcf) + Math.imul(x.g, 0x69b5dba5)) | 0
    case "Claimed":
      return (
        (9 +
          Math.imul(x.c, 0x71374491) +
          Math.imul(x.n, 0x35c0fbcf) +
          Math.imul(x.g, 0x69b5dba5) +
          Math.imul(x.back, 0x3956c25b)) |
        0
      )
    case "TimedOut":
      return (
        (10 +
          Math.imul(x.c, 0x71374491) +
          Math.imul(x.n, 0x35c0fbcf) +
          Math.imul(x.g, 0x69b5dba5) +
          Math.imul(x.back, 0x3956c25b)) |
        0
      )
    case "Attached":
      return 3
    default:
      return x satisfies never
  }
}

const toManager = (x: TransportToManager): number => {
  switch (x._tag) {
    case "ConnectionClosed":
      return (15 + Math.imul(x.c, 0x71374491)) | 0
    case "ServiceTime":
      return (16 + Math.imul(x.a, 0x428a2f99) + Math.imul(x.time, 0x3956c25b)) | 0
    case "AcceptorTimedOut":
      return (11 + Math.imul(x.a, 0x428a2f99) + Math.imul(x.c, 0x71374491) + Math.imul(x.g, 0x69b5dba5)) | 0
    case "AcceptorRemoved":
      return (12 + Math.imul(x.a, 0x428a2f99) + Math.imul(x.g, 0x69b5dba5)) | 0
    case "ConnectionEstablished":
      return (17 + Math.imul(x.c, 0x71374491)) | 0
    case "AcceptorUnused":
      return (18 + Math.imul(x.a, 0x428a2f99) + Math.imul(x.g, 0x69b5dba5)) | 0
    default:
      return x satisfies never
  }
}

const roleCode = (role: Role): number => (role === "transport" ? 2 : role === "manager" ? 1 : 0)

/** As `hashOutputs`, signed: no number that has to be allocated. `role`: the sender's. */
export const signedHash = (role: Role, out: Outbox): number => {
  const { length } = out
  let hash = 0
  for (let k = 0; k < length; k++) {
    const to = out.roles[k]!
    const x = out.messages[k]!
    const part =
      role === "manager"
        ? fromManager(x as ManagerToTransport | ManagerToManager)
        : role === "application"
          ? fromApplication(x as ApplicationToManager | ApplicationToTransport)
          : to === "application"
            ? toApplication(x as TransportToApplication)
            : toManager(x as TransportToManager)
    hash = Math.imul((hash ^ (roleCode(to) << 16) ^ out.to[k]!) + part, 0x59f111f1)
    hash ^= hash >>> 15
  }
  return hash
}

/** Which role sends a message. */
const senderOf = (x: Message): Role => {
  switch (x._tag) {
    case "AcceptConnection":
    case "Attach":
    case "ClaimConnection":
    case "Detach":
      return "application"
    case "Assign":
    case "Offer":
    case "Open":
    case "ResetConnection":
      return "manager"
    default:
      return "transport"
  }
}

/** Hash of a step's outputs, their destinations and their order, unsigned 32 bits. 0: no outputs. */
export const hashOutputs = (out: Outbox): number =>
  out.length === 0 ? 0 : signedHash(senderOf(out.messages[0]!), out) >>> 0
