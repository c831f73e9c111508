/** History variables: what a property says of the past, told apart from what any machine knows. */
import type { Application } from "./application.ts"
import type { Outbox } from "./outbox.ts"
import type { Step, System } from "./system.ts"
import { connectionIds, homeOf, type Topology } from "./topology.ts"
import type { Transport } from "./transport.ts"

export interface History {
  /** By id: how many connections have had it; the number of the present or last one. */
  readonly lives: ReadonlyArray<number>
  /** By `c:n`: the life of `c` that the announcement was made for. */
  readonly announced: ReadonlyMap<string, number>
  /** By `c/life`: the application that got the connection. */
  readonly owners: ReadonlyMap<string, number>
  /** `c:n` of connections that their owner was done with. */
  readonly released: ReadonlySet<string>
  /** `m a.g`: manager m has heard that (a, g) didn't claim. */
  readonly lapsed: ReadonlySet<string>
  /** What went wrong in some step, for ever. */
  readonly broken: ReadonlyArray<string>
}

export const initialHistory = (topology: Topology): History => ({
  lives: new Array<number>(connectionIds(topology)).fill(0),
  announced: new Map(),
  owners: new Map(),
  released: new Set(),
  lapsed: new Set(),
  broken: [],
})

/** The life of `c` that announcement (c, n) was made for; undefined: there was none. */
export const lifeOf = (history: History, c: number, n: number): number | undefined =>
  history.announced.get(`${c}:${n}`)

/** The history after `step` led from `before` to `after`. */
export const observe = (before: System, step: Step, after: System, out: Outbox): History => {
  switch (step.role) {
    case "application":
      return observeApplication(before, step, after)
    case "manager":
      return observeManager(before.history, step, out)
    case "transport":
      return observeTransport(before, step, after, out)
    default:
      return step.role satisfies never
  }
}

const observeApplication = (before: System, step: Step, after: System): History => {
  let { history } = before
  const { event, index: a } = step
  if (event._tag === "Release") {
    history = { ...history, released: new Set(history.released).add(`${event.c}:${event.n}`) }
  }
  const had = (before.applications[a] as Application).owned
  for (const token of (after.applications[a] as Application).owned) {
    if (had.includes(token)) continue
    const key = `${token.c}/${lifeOf(history, token.c, token.n)}`
    const owner = history.owners.get(key)
    if (owner !== undefined) history = breaks(history, `OneOwner: a${owner} and a${a} got connection ${key}`)
    history = { ...history, owners: new Map(history.owners).set(key, a) }
  }
  return history
}

const observeManager = (before: History, step: Step, out: Outbox): History => {
  let history = before
  const { event, index: m } = step
  if (event._tag === "ReceiveAcceptorTimedOut") {
    const { a, g } = event.message
    history = { ...history, lapsed: new Set(history.lapsed).add(`${m} ${a}.${g}`) }
  }
  for (let k = 0; k < out.length; k++) {
    const message = out.messages[k]
    if (message?._tag !== "Assign" || !history.lapsed.has(`${m} ${message.a}.${message.g}`)) continue
    history = breaks(history, `OncePerRegistration: m${m} assigns to a${message.a} g${message.g} again`)
  }
  return history
}

const observeTransport = (before: System, step: Step, after: System, out: Outbox): History => {
  let { history } = before
  const { event, index: t } = step
  const was = (before.transports[t] as Transport).connections
  const c = "c" in event ? event.c : "message" in event && "c" in event.message ? event.message.c : -1
  // Creation comes before whatever the same step announces.
  if (c >= 0 && c < was.size && was.get(c).phase === "Gone") {
    const is = (after.transports[t] as Transport).connections
    if (is.get(c).phase !== "Gone") {
      history = { ...history, lives: history.lives.with(c, (history.lives[c] as number) + 1) }
    }
  }
  for (let k = 0; k < out.length; k++) {
    const message = out.messages[k]
    if (message?._tag !== "ConnectionAvailable") continue
    const key = `${message.c}:${message.n}`
    if (history.announced.has(key)) history = breaks(history, `SameConnection: ${key} is announced twice`)
    const life = history.lives[message.c] as number
    history = { ...history, announced: new Map(history.announced).set(key, life) }
  }
  if (event._tag === "ReceiveClaim" && out.outcome === "Claimed") {
    const life = lifeOf(history, c, event.message.n)
    if (life !== history.lives[c]) {
      history = breaks(history, `SameConnection: a token of life ${life} of ${c} claims its successor`)
    }
  }
  return event._tag === "Gone" ? observeReport(history, before, event.c, t, out) : history
}

/** The end of a claimed connection is reported once, to the home manager of the claimer (hazard 15). */
const observeReport = (history: History, before: System, c: number, t: number, out: Outbox): History => {
  const x = (before.transports[t] as Transport).connections.get(c)
  let reports = 0
  for (let k = 0; k < out.length; k++) {
    const message = out.messages[k]
    if (message?._tag !== "ServiceTime") continue
    const right = out.to[k] === homeOf(before.topology, x.a) && message.a === x.a
    reports += right ? 1 : 2
  }
  if (reports === (x.phase === "Claimed" ? 1 : 0)) return history
  return breaks(history, `ReportedOnce: the service time of ${c}`)
}

const breaks = (history: History, what: string): History => ({
  ...history,
  broken: [...history.broken, what],
})
