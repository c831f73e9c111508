/**
 * The naive accept as an explorable system, under the names of spec/NaiveAccept.tla. What an attempt costs is counted from
 * the messages that the code says it sends.
 */
import { Schema } from "effect"
import {
  initialNaive,
  type NaiveAccept,
  type NaiveEvent,
  type NaiveMessage,
  type stepNaive,
} from "../../core/naive-accept.ts"
import { type Explorable, Labels, type Visit } from "../../tla/graph/explore.ts"
import type { Atom, Print } from "../../tla/graph/print.ts"
import { type Constants, printValue, type ReadOptions, tlaMapping } from "../../tla/index.ts"
import { Values } from "../stack/numbered.ts"

const { Int, Struct, TaggedStruct } = Schema

export interface NaiveConstants extends Constants {
  readonly NApplications: number
  readonly NConnections: number
  readonly Backlog: number
}

/** How TLC's graph of spec/NaiveAccept.tla is read. */
export const naiveGraph: ReadOptions = { depths: { attempt: 1 } }

const Message: Schema.Codec<NaiveMessage> = Schema.Union([
  TaggedStruct("AcceptRequest", { a: Int }),
  TaggedStruct("SelectRequest", { a: Int }),
  TaggedStruct("Ready", { a: Int, ready: Schema.Boolean }),
  TaggedStruct("OfferTo", { c: Int, a: Int }),
  TaggedStruct("Connection", { c: Int, a: Int }),
])
const Attempt = Struct({ selected: Schema.Boolean, messages: Int })
const Cost = Struct({
  kind: Schema.Literals(["Nothing", "Accept", "Hit", "Miss", "Lost"]),
  messages: Int,
})

type Attempt = typeof Attempt.Type
type Cost = typeof Cost.Type

interface State {
  readonly naive: NaiveAccept
  /** The messages of the last step. */
  readonly sent: ReadonlyArray<NaiveMessage>
  /** By application: what it asked since it got something, or was told that there is nothing. */
  readonly attempts: ReadonlyArray<Attempt>
  readonly cost: Cost
}

const idsValue = tlaMapping(Schema.Array(Int)).toTla
const sentValue = tlaMapping(Schema.Array(Message)).toTla
const attemptValue = tlaMapping(Attempt).toTla
const costValue = tlaMapping(Cost).toTla

const atomsOf = ({ naive, sent, attempts, cost }: State): ReadonlyArray<Atom> => [
  { path: "queue", value: printValue(idsValue(naive.queue)) },
  { path: "waiting", value: printValue(idsValue(naive.waiting)) },
  { path: "sent", value: printValue(sentValue(sent)) },
  ...attempts.map((x, a) => ({ path: `attempt[${a}]`, value: printValue(attemptValue(x)) })),
  { path: "cost", value: printValue(costValue(cost)) },
]

const NO_ATTEMPT: Attempt = { selected: false, messages: 0 }

/** What the messages of one application come to. */
const counted = (
  attempt: Attempt,
  sent: ReadonlyArray<NaiveMessage>,
): readonly [Attempt, Cost | undefined] => {
  let { selected, messages } = attempt
  let cost: Cost | undefined
  for (const message of sent) {
    if (message._tag === "SelectRequest") messages = 0
    messages++
    if (message._tag === "Ready" && !message.ready) {
      // Told by select() that there is nothing: an attempt of its own. By accept(): another was faster, if there was one.
      const lost = selected && sent[0]!._tag === "AcceptRequest"
      cost = { kind: lost ? "Lost" : "Miss", messages }
    } else if (message._tag === "Ready") selected = true
    else if (message._tag === "Connection") cost = { kind: selected ? "Hit" : "Accept", messages }
  }
  return cost === undefined ? [{ selected, messages }, undefined] : [NO_ATTEMPT, cost]
}

export class NaiveSystem implements Explorable {
  readonly width = 1
  readonly #constants: NaiveConstants
  readonly #step: typeof stepNaive
  readonly #states = new Values<State>(atomsOf)
  readonly #labels = new Labels()

  /** @param step the code's own step, or a mutant of it */
  constructor(constants: NaiveConstants, step: typeof stepNaive) {
    this.#constants = constants
    this.#step = step
  }

  get labelNames(): ReadonlyArray<string> {
    return this.#labels.names
  }

  initial(): Int32Array {
    const state: State = {
      naive: initialNaive(this.#constants.Backlog),
      sent: [],
      attempts: new Array<Attempt>(this.#constants.NApplications).fill(NO_ATTEMPT),
      cost: { kind: "Nothing", messages: 0 },
    }
    return Int32Array.of(this.#states.number(state))
  }

  steps(at: Int32Array, visit: Visit): void {
    const state = this.#states.items[at[0]!]!
    const take = (label: string, event: NaiveEvent) => {
      visit(this.#labels.number(label), Int32Array.of(this.#states.number(this.#after(state, event))))
    }
    for (let c = 0; c < this.#constants.NConnections; c++) {
      if (!state.naive.queue.includes(c)) take(`Arrive(${c})`, { _tag: "Arrive", c })
    }
    for (let a = 0; a < this.#constants.NApplications; a++) {
      take(`Accept(${a}, TRUE)`, { _tag: "Accept", a, block: true })
      take(`Accept(${a}, FALSE)`, { _tag: "Accept", a, block: false })
      // Who waits in accept() asks nothing else.
      if (!state.naive.waiting.includes(a)) take(`Select(${a})`, { _tag: "Select", a })
      take(`Die(${a})`, { _tag: "Die", a })
    }
  }

  print(_place: number, value: number): Print {
    return this.#states.prints[value]!
  }

  describe(at: Int32Array): ReadonlyMap<string, string> {
    return new Map(atomsOf(this.#states.items[at[0]!]!).map(({ path, value }) => [path, value] as const))
  }

  #after({ naive, attempts, cost }: State, event: NaiveEvent): State {
    const { state, sent } = this.#step(naive, event)
    let last = cost
    const next = attempts.map((attempt, a) => {
      if (event._tag === "Die" && event.a === a) return NO_ATTEMPT
      const [after, over] = counted(
        attempt,
        sent.filter((message) => message.a === a),
      )
      last = over ?? last
      return after
    })
    return { naive: state, sent, attempts: next, cost: last }
  }
}
