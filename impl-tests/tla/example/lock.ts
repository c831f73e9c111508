/** The lock of Lock.tla in TypeScript: what a server and its clients run. */
import { Schema } from "effect"
import { asModelValues } from "../../../src/tla/index.ts"

export const Client = asModelValues(Schema.Literals(["c1", "c2", "c3"]))
export type Client = typeof Client.Type

export const Message = Schema.Union([
  Schema.TaggedStruct("Request", { client: Client }),
  Schema.TaggedStruct("Grant", { client: Client }),
  Schema.TaggedStruct("Return", { client: Client }),
])
type Message = typeof Message.Type

/** A field for each variable of the specification. */
export const State = Schema.Struct({
  client: Schema.ReadonlyMap(Client, Schema.Literals(["idle", "waiting", "holding"])),
  holder: Schema.NullOr(Client),
  queue: Schema.Array(Client),
  network: Schema.ReadonlySet(Message),
})
export type State = typeof State.Type

/** An event for each action, bearing its name; its fields are the action's parameters. */
export const Event = Schema.Union([
  Schema.TaggedStruct("Ask", { client: Client }),
  Schema.TaggedStruct("Enter", { client: Client }),
  Schema.TaggedStruct("Leave", { client: Client }),
  Schema.TaggedStruct("HearRequest", { client: Client }),
  Schema.TaggedStruct("HearReturn", { client: Client }),
])
export type Event = typeof Event.Type

export const initial = (clients: ReadonlyArray<Client>): State => ({
  client: new Map(clients.map((c) => [c, "idle"])),
  holder: null,
  queue: [],
  network: new Set(),
})

/** The network after the message of this kind has arrived, and `sent` has left; undefined: it is not under way. */
const exchange = (
  state: State,
  tag: Message["_tag"] | "",
  c: Client,
  sent?: Message,
): State["network"] | undefined => {
  const rest = [...state.network].filter((x) => x._tag !== tag || x.client !== c)
  if (tag !== "" && rest.length === state.network.size) return undefined
  return new Set(sent === undefined ? rest : [...rest, sent])
}

/** The state after `event`; undefined: it can't happen now. */
export const step = (state: State, event: Event): State | undefined => {
  const { client: c } = event
  const phase = state.client.get(c)
  const grant = (to: Client): Message => ({ _tag: "Grant", client: to })
  const next = (network: State["network"] | undefined, part: Partial<State>): State | undefined =>
    network === undefined ? undefined : { ...state, ...part, network }
  const becomes = (x: "idle" | "waiting" | "holding") => ({ client: new Map(state.client).set(c, x) })
  switch (event._tag) {
    case "Ask":
      if (phase !== "idle") return undefined
      return next(exchange(state, "", c, { _tag: "Request", client: c }), becomes("waiting"))
    case "Enter":
      return next(exchange(state, "Grant", c), becomes("holding"))
    case "Leave":
      if (phase !== "holding") return undefined
      return next(exchange(state, "", c, { _tag: "Return", client: c }), becomes("idle"))
    case "HearRequest":
      return state.holder === null
        ? next(exchange(state, "Request", c, grant(c)), { holder: c })
        : next(exchange(state, "Request", c), { queue: [...state.queue, c] })
    case "HearReturn": {
      const [first, ...queue] = state.queue
      return first === undefined
        ? next(exchange(state, "Return", c), { holder: null })
        : next(exchange(state, "Return", c, grant(first)), { holder: first, queue })
    }
  }
}
