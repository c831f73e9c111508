/**
 * The core's states and messages as spec/StackState.tla has them: schemas of the parts that it knows, from which the mapping is
 * derived. What is not named here the specification abstracts away: service times and other weights, when something was
 * offered, and numbers that say in the core's own state whose it is.
 */
import { Schema } from "effect"
import type { Application } from "../../core/application.ts"
import type { OfferState } from "../../core/manager.ts"
import { Message } from "../../core/schema.ts"
import type { Acceptor, Connection } from "../../core/transport.ts"
import { asSet, asTuple, type TlaValue, tlaMapping } from "../../tla/index.ts"

const { Int, Literals, Struct } = Schema

/** <<c, n, g>> */
const Token = asTuple(Struct({ c: Int, n: Int, g: Int }))
/** <<c, n>> */
const Owned = asTuple(Struct({ c: Int, n: Int }))

const ApplicationView = Struct({
  phase: Literals(["Down", "Attaching", "Up", "Closed"]),
  awaiting: asSet(Schema.Array(Int)),
  g: Int,
  registered: Schema.Boolean,
  tokens: Schema.Array(Token),
  claims: asSet(Schema.Array(Token)),
  owned: asSet(Schema.Array(Owned)),
})

const OfferView = Struct({ a: Int, g: Int, listener: Schema.Boolean })

const ConnectionView = Struct({
  phase: Literals(["Gone", "Opening", "Waiting", "Announced", "Claimed"]),
  a: Int,
  g: Int,
  n: Int,
  /** A history variable of the specification: `n` when the connection was created. */
  born: Int,
})

const AcceptorView = Struct({ alive: Schema.Boolean, outstanding: Int, back: Int })

/** What MC adds: what the world may still do. */
const Budget = Struct({ syns: Int, timeouts: Int, offers: Int, stops: Int })
export type Budget = typeof Budget.Type

const weights = { leftOut: { time: 0, serviceTime: 0 } }

export const messageValue = tlaMapping(Message, weights).toTla
export const channelValue = tlaMapping(Schema.Array(Message), weights).toTla
/** Of the core's own type, which is pinned here to the schema: a phase that this does not know does not compile. */
export const applicationValue: (x: Application) => TlaValue = tlaMapping(ApplicationView).toTla
export const offerValue: (x: OfferState) => TlaValue = tlaMapping(OfferView).toTla
export const acceptorValue: (x: Acceptor) => TlaValue = tlaMapping(AcceptorView).toTla
const connection = tlaMapping(ConnectionView).toTla
/** `born`: the history variable of the specification. */
export const connectionValue = (x: Connection, born: number): TlaValue => connection({ ...x, born })
export const budgetValue = tlaMapping(Budget).toTla
