/**
 * Schemas of what crosses the boundary: messages, events, configuration. Each is pinned by a test to the hand-written
 * type that the machines use; the machines themselves never decode.
 */
import { Result, Schema } from "effect"
import { limits, NONE, schemes } from "./topology.ts"

/** Ids, generations and numbers that count: exact, and what 32 bits hold. */
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0x7fffffff }))
/** An application, or none. */
const Nullable = Schema.Int.check(Schema.isBetween({ minimum: NONE, maximum: 0x7fffffff }))

export const AcceptConnection = Schema.Struct({
  _tag: Schema.Literal("AcceptConnection"),
  a: Count,
  g: Count,
})
export const AttachMessage = Schema.Struct({ _tag: Schema.Literal("Attach"), a: Count })
export const Attached = Schema.Struct({ _tag: Schema.Literal("Attached") })
export const Detach = Schema.Struct({ _tag: Schema.Literal("Detach"), a: Count })
export const Open = Schema.Struct({ _tag: Schema.Literal("Open"), c: Count })
export const Assign = Schema.Struct({
  _tag: Schema.Literal("Assign"),
  c: Count,
  a: Count,
  g: Count,
  fresh: Schema.Boolean,
})
export const ConnectionAvailable = Schema.Struct({
  _tag: Schema.Literal("ConnectionAvailable"),
  c: Count,
  n: Count,
  g: Count,
})
export const ClaimConnection = Schema.Struct({
  _tag: Schema.Literal("ClaimConnection"),
  a: Count,
  c: Count,
  n: Count,
  g: Count,
})
export const Claimed = Schema.Struct({
  _tag: Schema.Literal("Claimed"),
  c: Count,
  n: Count,
  g: Count,
  back: Count,
})
export const TimedOut = Schema.Struct({
  _tag: Schema.Literal("TimedOut"),
  c: Count,
  n: Count,
  g: Count,
  back: Count,
})
export const AcceptorTimedOut = Schema.Struct({
  _tag: Schema.Literal("AcceptorTimedOut"),
  c: Count,
  a: Count,
  g: Count,
})
export const AcceptorRemoved = Schema.Struct({ _tag: Schema.Literal("AcceptorRemoved"), a: Count, g: Count })
export const Offer = Schema.Struct({
  _tag: Schema.Literal("Offer"),
  a: Nullable,
  g: Count,
  listener: Schema.Boolean,
  serviceTime: Count,
})
export const ResetConnection = Schema.Struct({ _tag: Schema.Literal("ResetConnection"), c: Count })
export const ConnectionClosed = Schema.Struct({ _tag: Schema.Literal("ConnectionClosed"), c: Count })
export const ServiceTime = Schema.Struct({ _tag: Schema.Literal("ServiceTime"), a: Count, time: Count })
export const ConnectionEstablished = Schema.Struct({
  _tag: Schema.Literal("ConnectionEstablished"),
  c: Count,
})
export const AcceptorUnused = Schema.Struct({ _tag: Schema.Literal("AcceptorUnused"), a: Count, g: Count })

export const Message = Schema.Union([
  AcceptConnection,
  AttachMessage,
  Attached,
  Detach,
  Open,
  Assign,
  ConnectionAvailable,
  ClaimConnection,
  Claimed,
  TimedOut,
  AcceptorTimedOut,
  AcceptorRemoved,
  Offer,
  ResetConnection,
  ConnectionClosed,
  ServiceTime,
  ConnectionEstablished,
  AcceptorUnused,
])

export const ApplicationEvent = Schema.Union([
  Schema.Struct({ _tag: Schema.Literal("Attach"), g: Count }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAttached"), t: Count }),
  Schema.Struct({ _tag: Schema.Literal("Register") }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAvailable"), t: Count, message: ConnectionAvailable }),
  Schema.Struct({ _tag: Schema.Literal("Claim") }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveClaimed"), t: Count, message: Claimed }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveTimedOut"), t: Count, message: TimedOut }),
  Schema.Struct({ _tag: Schema.Literal("Release"), c: Count, n: Count }),
  Schema.Struct({ _tag: Schema.Literal("CloseListener") }),
  Schema.Struct({ _tag: Schema.Literal("Die") }),
])

export const ManagerEvent = Schema.Union([
  Schema.Struct({ _tag: Schema.Literal("Syn"), c: Count }),
  Schema.Struct({ _tag: Schema.Literal("AssignWaiting") }),
  Schema.Struct({ _tag: Schema.Literal("ResetWaiting") }),
  Schema.Struct({ _tag: Schema.Literal("SendOffer"), to: Count }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveOffer"), from: Count, message: Offer }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAcceptConnection"), message: AcceptConnection }),
  Schema.Struct({ _tag: Schema.Literal("ManagerReceiveDetach"), message: Detach }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAcceptorTimedOut"), t: Count, message: AcceptorTimedOut }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAcceptorRemoved"), t: Count, message: AcceptorRemoved }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveConnectionClosed"), t: Count, message: ConnectionClosed }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveServiceTime"), t: Count, message: ServiceTime }),
  Schema.Struct({ _tag: Schema.Literal("Ask"), to: Count }),
  Schema.Struct({ _tag: Schema.Literal("ReturnOffer"), to: Count }),
  Schema.Struct({
    _tag: Schema.Literal("ReceiveConnectionEstablished"),
    t: Count,
    message: ConnectionEstablished,
  }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAcceptorUnused"), t: Count, message: AcceptorUnused }),
])

export const TransportEvent = Schema.Union([
  Schema.Struct({ _tag: Schema.Literal("ReceiveOpen"), message: Open }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAssign"), message: Assign }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveReset"), message: ResetConnection }),
  Schema.Struct({ _tag: Schema.Literal("Established"), c: Count }),
  Schema.Struct({ _tag: Schema.Literal("ClaimTimeout"), c: Count }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveClaim"), message: ClaimConnection }),
  Schema.Struct({ _tag: Schema.Literal("Gone"), c: Count }),
  Schema.Struct({ _tag: Schema.Literal("ReceiveAttach"), message: AttachMessage }),
  Schema.Struct({ _tag: Schema.Literal("TransportReceiveDetach"), message: Detach }),
])

export const Event = Schema.Union([ApplicationEvent, ManagerEvent, TransportEvent])

export const Env = Schema.Struct({
  now: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  draw: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff })),
})

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

export const Balance = Schema.Struct({
  scheme: Schema.Literals(schemes),
  tariff: Positive,
  high: Positive,
  low: Positive,
  window: Schema.Literals(["median", "mean"]),
}).check(
  Schema.makeFilter((x) =>
    x.low <= x.high
      ? undefined
      : { path: ["low"], issue: `the low watermark (${x.low}) must not be above the high one (${x.high})` },
  ),
)

export const Topology = Schema.Struct({
  applications: upTo(limits.applications),
  managers: upTo(limits.managers),
  transports: upTo(limits.transports),
  connections: upTo(limits.connections),
  backlog: upTo(limits.backlog),
  room: upTo(limits.room),
  claimTimeout: upTo(limits.claimTimeout),
  balance: Balance,
})

/** A configuration that is none: `message` names the field, what was found there, and what is allowed. */
export class TopologyError extends Schema.TaggedError<TopologyError>()("TopologyError", {
  message: Schema.String,
}) {}

const decode = Schema.decodeUnknownResult(Topology, {
  errors: "all",
  onExcessProperty: "error",
  reportInput: true,
})

/** A topology from whatever a configuration file or a trace's header holds; every wrong field is named. */
export const decodeTopology = (value: unknown): Result.Result<typeof Topology.Type, TopologyError> =>
  Result.mapError(decode(value), (error) => new TopologyError({ message: error.message }))
