/** The variables of spec/StackState.tla in a chart, and of the specifications that Stack refines. */
import { ApplicationEvent, TransportEvent } from "../../core/schema.ts"
import { eventShapes } from "../../tla/trace/shapes.ts"
import type { TlaValue } from "../../tla/value.ts"
import type { Channel, Outside, Rules, Taken, Variables } from "./rules.ts"
import { entriesOf, fieldOf, itemsOf } from "./values.ts"

/** Roles of both ends, and which of a variable's indices is whose: home: an application's home manager, by its index. */
const channelVariables = [
  { name: "appToCm", from: "app", to: "home" },
  { name: "appToTs", from: "app", to: "ts" },
  { name: "tsToApp", from: "ts", to: "app" },
  { name: "tsToCm", from: "ts", to: "cm" },
  { name: "cmToTs", from: "cm", to: "ts" },
  { name: "cmToCm", from: "cm", to: "cm" },
] as const

/** Whose an action is: by the core's events, and as the ladder's models group them. */
const roles: ReadonlyArray<readonly [role: string, actions: ReadonlySet<string>]> = [
  [
    "app",
    new Set([
      ...eventShapes(ApplicationEvent).map((x) => x.tag),
      "Start",
      "Stop",
      "Application",
      "OfApplication",
    ]),
  ],
  [
    "ts",
    new Set([
      ...eventShapes(TransportEvent).map((x) => x.tag),
      ...["LateTimeout", "Transport", "Go", "Deaf", "Decline", "Timeout", "OfTransport"],
    ]),
  ],
]
const roleOf = (action: string): string => roles.find(([, actions]) => actions.has(action))?.[0] ?? "cm"

/** Ids of a role's processes: of the first of these variables that there is. Of a recording a state has those that it uses. */
const idsIn = (state: Variables, ...variables: ReadonlyArray<string>): ReadonlyArray<string> => {
  const name = variables.find((x) => state.has(x))
  return name === undefined ? [] : entriesOf(state.get(name)!).map(([id]) => id)
}

const managersIn = (state: Variables): ReadonlyArray<string> => idsIn(state, "queue", "cmToTs")
const transportsIn = (state: Variables): ReadonlyArray<string> => idsIn(state, "acc", "tsToCm")

const WIRE = "wire"

const channelsOf = (state: Variables): ReadonlyArray<Channel> => {
  const managers = Math.max(1, managersIn(state).length)
  return channelVariables.flatMap(({ name, from, to }): ReadonlyArray<Channel> => {
    const value = state.get(name)
    if (value === undefined) return []
    return entriesOf(value).flatMap(([x, y]): ReadonlyArray<Channel> => {
      const sender = `${from}${x}`
      if (to === "home") {
        return [
          { path: `${name}[${x}]`, from: sender, to: `cm${Number(x) % managers}`, messages: itemsOf(y) },
        ]
      }
      return entriesOf(y).map(([z, messages]) => ({
        path: `${name}[${x}][${z}]`,
        from: sender,
        to: `${to}${z}`,
        messages: itemsOf(messages),
      }))
    })
  })
}

/** The index of the first changed part of one of these variables. */
const changed = ({ changes }: Taken, ...variables: ReadonlyArray<string>): string | undefined => {
  for (const { path } of changes) {
    const [, name = "", index] = /^(\w+)\[(\d+)\]/.exec(path) ?? []
    if (variables.includes(name)) return index
  }
  return undefined
}

/** A connection's manager and transport, where the state has all connections. */
const endsOf = (state: Variables, c: number): { readonly cm: number; readonly ts: number } => {
  const transports = Math.max(1, transportsIn(state).length)
  const managers = Math.max(1, managersIn(state).length)
  const each = Math.max(1, idsIn(state, "conn").length / (transports * managers))
  return { cm: Math.floor(c / (each * transports)), ts: Math.floor(c / each) % transports }
}

const actorOf = (taken: Taken): string => {
  const role = roleOf(taken.action)
  const plays = (name: string) => name.startsWith(role)
  const receiver = taken.consumed.find((x) => plays(x.to))?.to
  const sender = taken.sent.find((x) => plays(x.from))?.from
  if (receiver !== undefined) return receiver
  if (sender !== undefined) return sender
  if (role === "app") return `app${changed(taken, "app") ?? 0}`
  const c = changed(taken, "conn", "entry")
  return `${role}${c === undefined ? 0 : endsOf(taken.after, Number(c))[role === "ts" ? "ts" : "cm"]}`
}

const named = (text: string, c: string | undefined): string => (c === undefined ? text : `${text} c ${c}`)

/** What a step hears from, or says to, the peers beyond the network. */
const outsideOf = (taken: Taken): ReadonlyArray<Outside> => {
  const c = changed(taken, "entry", "conn")
  const from = (label: string) => [{ process: WIRE, label: named(label, c), input: true }]
  switch (taken.action) {
    case "Syn":
    case "SynNothing":
    case "SynBehind":
      return from("SYN")
    case "Established":
      return from("ACK")
    case "Gone":
    case "Go":
      return from("FIN or RST")
    case "ReceiveReset":
      return c === undefined ? [] : [{ process: WIRE, label: named("RST", c), input: false }]
    default:
      return []
  }
}

/** CONNECTION-AVAILABLE: as the paper writes it. */
const capitals = (type: string): string => type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toUpperCase()

const fieldOrder = ["c", "a", "n", "g", "back"]

const labelOf = (message: TlaValue): string => {
  const type = fieldOf(message, "type")
  const fields = fieldOrder.flatMap((name) => {
    const value = fieldOf(message, name)
    if (value?._tag !== "Int" || (name === "back" && value.value === 0)) return []
    return [`${name} ${value.value}`]
  })
  const flags = ["fresh", "listener"].filter((name) => {
    const value = fieldOf(message, name)
    return value?._tag === "Bool" && value.value
  })
  return [type?._tag === "Text" ? capitals(type.value) : "?", [...fields, ...flags].join(", ")]
    .join(" ")
    .trim()
}

/** Variables of models and recordings. */
const limits = ["left", "sent", "i", "touched"]
/** What the specifications that are refined have for variables: functions of the others. */
const abstractions = [
  ...["qListeners", "qReady", "qLate", "qOpen", "qConn", "hOpen", "hReady"],
  ...["oApp", "oConn", "oBack", "oAppToTs", "oTsToApp", "oTsToCm", "oListener", "oOffer", "oCmToCm"],
]

export const stackRules: Rules = {
  lanes: (state) => [
    ...idsIn(state, "app").map((x) => `app${x}`),
    ...managersIn(state).map((x) => `cm${x}`),
    ...transportsIn(state).map((x) => `ts${x}`),
    WIRE,
  ],
  channels: channelsOf,
  hidden: new Set([...channelVariables.map((x) => x.name), ...limits, ...abstractions]),
  actor: actorOf,
  outside: outsideOf,
  messageLabel: labelOf,
}
