/**
 * The part of spec/Trace.tla that follows from the events' schema (core/schema.ts): for each event who takes it, of which
 * sets its fields are, which message it takes from which channel, and the action with its parameters. What became of the
 * step the specification says itself. `node src/model/stack/write-trace-events.ts` writes it there.
 */
import { ApplicationEvent, ManagerEvent, TransportEvent } from "../../core/schema.ts"
import { type Arm, caseText, type EventShape, eventShapes } from "../../tla/index.ts"

/** Of which set a field is; NONE may stand where an application is offered. */
const setOf = (event: string, field: string): string | undefined => {
  if (event === "ReceiveOffer" && field === "a") return undefined
  return { a: "Applications", c: "Connections", t: "Transports", from: "Managers", to: "Managers" }[field]
}

/** What the specification abstracts away. */
const leftOut: ReadonlySet<string> = new Set(["time", "serviceTime"])

/** The channel that the event's message comes by. */
const channels: Readonly<Record<string, string>> = {
  ReceiveAvailable: "tsToApp[ev.t][ev.p]",
  ReceiveClaimed: "tsToApp[ev.t][ev.p]",
  ReceiveTimedOut: "tsToApp[ev.t][ev.p]",
  ReceiveOffer: "cmToCm[ev.from][ev.p]",
  ReceiveAcceptConnection: "appToCm[ev.a]",
  ManagerReceiveDetach: "appToCm[ev.a]",
  ReceiveAcceptorTimedOut: "tsToCm[ev.t][ev.p]",
  ReceiveAcceptorRemoved: "tsToCm[ev.t][ev.p]",
  ReceiveAcceptorUnused: "tsToCm[ev.t][ev.p]",
  ReceiveConnectionEstablished: "tsToCm[ev.t][ev.p]",
  ReceiveConnectionClosed: "tsToCm[ev.t][ev.p]",
  ReceiveServiceTime: "tsToCm[ev.t][ev.p]",
  ReceiveOpen: "cmToTs[ManagerOf(ev.c)][ev.p]",
  ReceiveAssign: "cmToTs[ManagerOf(ev.c)][ev.p]",
  ReceiveReset: "cmToTs[ManagerOf(ev.c)][ev.p]",
  ReceiveClaim: "appToTs[ev.a][ev.p]",
  ReceiveAttach: "appToTs[ev.a][ev.p]",
  TransportReceiveDetach: "appToTs[ev.a][ev.p]",
}

/** What an action is asked for besides the process, where it is not the event's own fields. */
const parameters: Readonly<Record<string, ReadonlyArray<string>>> = {
  Syn: ["ev.c", "Handle(ev)"],
  AssignWaiting: ["Handle(ev)"],
  SendOffer: ["ev.to", "Handle(ev)"],
  ReceiveAcceptConnection: ["ev.a"],
  ManagerReceiveDetach: ["ev.a"],
  ReceiveOpen: ["ManagerOf(ev.c)"],
  ReceiveAssign: ["ManagerOf(ev.c)"],
  ReceiveReset: ["ManagerOf(ev.c)"],
  ReceiveClaim: ["ev.a"],
  ReceiveAttach: ["ev.a"],
  TransportReceiveDetach: ["ev.a"],
}

/** Events of which the specification says what became of them; the others are done. */
const decided: ReadonlySet<string> = new Set([
  "ReceiveAssign",
  "Syn",
  "Established",
  "ReceiveClaim",
  "Gone",
  "SendOffer",
  "ReturnOffer",
  "ReceiveOffer",
  "AssignWaiting",
  "ClaimTimeout",
  "ReceiveAcceptConnection",
  "ReceiveReset",
])

/** The most frequent first: TLC asks one after the other. */
const frequent = [
  "ReceiveAssign",
  "Syn",
  "Established",
  "ReceiveAvailable",
  "Claim",
  "ReceiveClaim",
  "ReceiveClaimed",
  "Gone",
  "Release",
  "ReceiveServiceTime",
  "ReceiveConnectionClosed",
  "SendOffer",
  "ReceiveOffer",
]

const armOf = ({ tag, fields }: EventShape, who: string): Arm => {
  const message = fields.find((x) => x.name === "message")
  const own = fields.filter((x) => x !== message).map((x) => x.name)
  const carried = (message?.fields ?? []).map((x) => x.name).filter((x) => !leftOut.has(x))
  const members = [...own, ...carried].flatMap((field) => {
    const set = setOf(tag, field)
    return set === undefined ? [] : [`ev.${field} \\in ${set}`]
  })
  const record = [`type |-> "${message?.tag}"`, ...carried.map((x) => `${x} |-> ev.${x}`)].join(", ")
  const taken = ["ev.p", ...(parameters[tag] ?? own.map((x) => `ev.${x}`))]
  return {
    tag,
    conjuncts: [
      [`${who}(ev)`, ...members].join(" /\\ "),
      ...(message === undefined ? [] : [`Arrives(${channels[tag]}, [${record}])`]),
      decided.has(tag) ? `${tag}Becomes(ev)` : "IsDone(ev)",
      `${tag}(${taken.join(", ")})`,
    ],
  }
}

const rank = (tag: string): number => {
  const at = frequent.indexOf(tag)
  return at < 0 ? frequent.length : at
}

/** The operator Step of spec/Trace.tla. */
export const traceStep = (): string => {
  const roles = [
    [ApplicationEvent, "IsApp"],
    [ManagerEvent, "IsCm"],
    [TransportEvent, "IsTs"],
  ] as const
  const arms = roles.flatMap(([schema, who]) => eventShapes(schema).map((shape) => armOf(shape, who)))
  return `Step(ev) ==\n${caseText(
    arms.sort((x, y) => rank(x.tag) - rank(y.tag)),
    "e",
  )}\n`
}

const BEGIN = "\\* Made from src/core/schema.ts by src/model/stack/trace-events.ts: change those.\n"
const END = "\\* (So far.)\n"

/** The module with this Step between its marks. @throws {Error} it has none */
export const withTraceStep = (module: string): string => {
  const begin = module.indexOf(BEGIN)
  const end = module.indexOf(END)
  if (begin < 0 || end < begin) throw new Error("Trace.tla has lost the marks around Step")
  return module.slice(0, begin + BEGIN.length) + traceStep() + module.slice(end)
}
