/** What holds in every reachable state, each property under the name that the specification gives it. */
import type { Application } from "./application.ts"
import { lifeOf } from "./history.ts"
import { type Entry, hasLocalListener, type Manager } from "./manager.ts"
import type { Message } from "./message.ts"
import { type System, underWay } from "./system.ts"
import { oneToken, type TokenPlaces, tokenKey, tokenPlaces } from "./token-places.ts"
import { connectionIds, homeOf, indexAtManager, managerOf, NONE, transportOf } from "./topology.ts"
import { type Connection, claimDeadline, type Transport } from "./transport.ts"

/** Every property that doesn't hold, with what breaks it; empty in every reachable state. */
export const violations = (system: System): Array<string> => {
  const found: Array<string> = [...system.history.broken]
  for (let c = 0; c < connectionIds(system.topology); c++) {
    notLost(system, c, found)
    ownerKnows(system, c, found)
  }
  const places = system.topology.balance.scheme === "Late" ? tokenPlaces(system) : undefined
  if (places !== undefined) oneToken(system, places, found)
  for (const x of system.applications) {
    oneAnswer(system, x, found)
    noLostWakeup(system, x, places, found)
    listenerKnown(system, x, found)
    knownGeneration(system, x, found)
    roomToApplication(system, x, found)
  }
  for (const x of system.managers) managerIsSound(system, x, found)
  oneOwner(system, found)
  roomAndIds(system, found)
  return found
}

const count = (list: ReadonlyArray<Message>, test: (x: Message) => boolean): number => {
  let n = 0
  for (const x of list) if (test(x)) n++
  return n
}

const connection = (system: System, c: number): Connection =>
  (system.transports[transportOf(system.topology, c)] as Transport).connections.get(c)

const entry = (system: System, c: number): Entry =>
  (system.managers[managerOf(system.topology, c)] as Manager).entries.get(indexAtManager(system.topology, c))

/**
 * An admitted connection exists in exactly one place, and exactly one party is to act on it next, until it is gone;
 * then exactly one CONNECTION-CLOSED frees it.
 */
const notLost = (system: System, c: number, found: Array<string>): void => {
  const m = managerOf(system.topology, c)
  const t = transportOf(system.topology, c)
  const manager = system.managers[m] as Manager
  const x = connection(system, c)
  const e = entry(system, c)
  const down = underWay(system, "manager", m, "transport", t)
  const up = underWay(system, "transport", t, "manager", m)
  const created = count(down, (y) => y._tag === "Open" && y.c === c)
  const freshly = count(down, (y) => y._tag === "Assign" && y.c === c && y.fresh)
  const closed = count(up, (y) => y._tag === "ConnectionClosed" && y.c === c)
  const lives = created + freshly + (x.phase === "Gone" ? 0 : 1) + closed
  if (lives !== (e === "Free" ? 0 : 1)) found.push(`NotLost: ${c} is ${e} and exists ${lives} times`)
  const queued = manager.queue.filter((y) => y === c).length
  if (queued !== (e === "Queued" ? 1 : 0))
    found.push(`NotLost: ${c} is ${e} and ${queued} times in the queue`)
  const established = count(up, (y) => y._tag === "ConnectionEstablished" && y.c === c)
  if (established > (e === "Opening" ? 1 : 0))
    found.push(`NotLost: ${c} is ${e} and established ${established} times`)
  if (e === "Free") return
  const held = x.phase === "Announced" || x.phase === "Claimed" || (x.phase === "Opening" && x.a !== NONE)
  // Before its establishment is told nobody but TCP is to act (Late).
  const opens = e === "Opening" && (created > 0 || (x.phase === "Opening" && x.a === NONE))
  // What stands before the creation was meant for the id's last life: the transport ignores it (hazard 12).
  const since = down.findIndex((y) => (y._tag === "Open" || (y._tag === "Assign" && y.fresh)) && y.c === c)
  const meant = since < 0 ? down : down.slice(since)
  const parties =
    queued +
    count(meant, (y) => (y._tag === "Assign" || y._tag === "ResetConnection") && y.c === c) +
    count(up, (y) => y._tag === "AcceptorTimedOut" && y.c === c) +
    established +
    (held || opens ? 1 : 0)
  if (closed === 0 ? parties !== 1 : parties > 1) {
    found.push(`NotLost: ${c} is ${e}, ${x.phase} and cared for ${parties} times`)
  }
  if (x.phase !== "Announced") return
  const deadline = claimDeadline(system.transports[t] as Transport, c, system.topology)
  if (!Number.isFinite(deadline)) found.push(`NotLost: ${c} is announced and no timer runs`)
}

/** Who claimed a connection knows it, will be told, was done with it, or its end is under way (hazard 6b). */
const ownerKnows = (system: System, c: number, found: Array<string>): void => {
  const x = connection(system, c)
  if (x.phase !== "Claimed") return
  const t = transportOf(system.topology, c)
  const app = system.applications[x.a] as Application
  const same = (y: { readonly c: number; readonly n: number }) => y.c === c && y.n === x.n
  if (app.owned.some(same) || system.history.released.has(`${c}:${x.n}`)) return
  const ended = underWay(system, "application", x.a, "transport", t).some((y) => y._tag === "Detach")
  const told = underWay(system, "transport", t, "application", x.a).some(
    (y) => y._tag === "Claimed" && same(y),
  )
  if (!ended && !(told && app.claims.some(same)))
    found.push(`OwnerKnows: a${x.a} doesn't know that ${c} is its`)
}

/** Of one connection only one application thinks that it is its own, and the transport agrees. */
const oneOwner = (system: System, found: Array<string>): void => {
  const { history } = system
  const owners = new Map<string, number>()
  for (const app of system.applications) {
    for (const { c, n } of app.owned) {
      const life = lifeOf(history, c, n)
      const key = `${c}/${life}`
      if (owners.has(key)) found.push(`OneOwner: a${owners.get(key)} and a${app.a} both have ${key}`)
      owners.set(key, app.a)
      const x = connection(system, c)
      if (x.phase === "Gone" || history.lives[c] !== life) continue
      if (x.phase !== "Claimed" || x.a !== app.a || x.n !== n) {
        found.push(`OneOwner: a${app.a} has ${key}, which is ${x.phase}`)
      }
    }
  }
}

/** A claim has exactly one of: itself under way, its answer under way (hazards 4b, 5). */
const oneAnswer = (system: System, app: Application, found: Array<string>): void => {
  if (app.phase === "Down") return
  for (const { t } of system.transports) {
    const down = underWay(system, "application", app.a, "transport", t)
    const up = underWay(system, "transport", t, "application", app.a)
    const asked = [
      ...down.filter((x) => x._tag === "ClaimConnection"),
      ...up.filter((x) => x._tag === "Claimed" || x._tag === "TimedOut"),
    ].map((x) => `${x.c}:${x.n}`)
    const claims = app.claims.filter((x) => x.t === t).map((x) => `${x.c}:${x.n}`)
    if (asked.sort().join() !== claims.sort().join()) {
      found.push(
        `OneAnswer: a${app.a} claims ${claims.join() || "nothing"}, under way ${asked.join() || "nothing"}`,
      )
    }
  }
}

/**
 * The key invariant: a registered application is listed under its g, or its ACCEPT is under way, or something will
 * tell it to register again: a token or claim of that g, or a transport that gave g back and still owes an answer.
 * Under Late listed or lent, or used for a connection of which it isn't told yet.
 */
const noLostWakeup = (
  system: System,
  app: Application,
  places: TokenPlaces | undefined,
  found: Array<string>,
): void => {
  if (app.phase !== "Up" || !app.registered) return
  const { a, g } = app
  if (places?.get(tokenKey(a, g))?.kept) return
  const home = homeOf(system.topology, a)
  if ((system.managers[home] as Manager).acceptors.some((x) => x.a === a && x.g === g)) return
  const accepts = underWay(system, "application", a, "manager", home)
  if (accepts.some((x) => x._tag === "AcceptConnection" && x.g === g)) return
  if (app.tokens.some((x) => x.g === g)) return
  for (const { t, acceptors } of system.transports) {
    const { outstanding, back } = acceptors.get(a)
    if (back === g && outstanding > 0) return
    for (const x of underWay(system, "application", a, "transport", t)) {
      if (x._tag === "ClaimConnection" && x.g === g) return
    }
    for (const x of underWay(system, "transport", t, "application", a)) {
      if ((x._tag === "ConnectionAvailable" || x._tag === "TimedOut") && x.g === g) return
      if ((x._tag === "Claimed" || x._tag === "TimedOut") && x.back === g) return
    }
  }
  found.push(`NoLostWakeup: a${a} waits under g${g} and nobody will give it anything`)
}

/** The home manager knows who listens, but for what is under way. */
const listenerKnown = (system: System, app: Application, found: Array<string>): void => {
  const home = homeOf(system.topology, app.a)
  const listens = (system.managers[home] as Manager).listeners.get(app.a)
  const way = underWay(system, "application", app.a, "manager", home)
  if (listens && app.phase !== "Up" && !way.some((x) => x._tag === "Detach")) {
    found.push(`ListenerKnown: a${app.a} is ${app.phase} and listed as a listener`)
  }
  if (!listens && app.registered && !way.some((x) => x._tag === "AcceptConnection")) {
    found.push(`ListenerKnown: a${app.a} listens and m${home} doesn't know`)
  }
}

/** No one has heard of a generation that the application hasn't reached (hazard 4). */
const knownGeneration = (system: System, app: Application, found: Array<string>): void => {
  const { a, g } = app
  const bad = (where: string, seen: number) => {
    if (seen > g) found.push(`KnownGeneration: ${where} knows a${a} under g${seen}, it is at g${g}`)
  }
  const home = system.managers[homeOf(system.topology, a)] as Manager
  bad(`m${home.m}`, home.generations.get(a))
  for (const x of home.acceptors) {
    if (x.a === a && x.g !== home.generations.get(a)) {
      found.push(`KnownGeneration: m${home.m} lists a${a} under g${x.g}, not the newest`)
    }
  }
  for (const x of system.managers) {
    bad(`m${x.m}'s tombstone`, x.tombstones.get(a))
    for (let m = 0; m < x.offers.size; m++) {
      const offer = x.offers.get(m)
      if (offer.a !== a) continue
      bad(`m${x.m}'s offer`, offer.g)
      if (offer.g <= x.tombstones.get(a))
        found.push(`OncePerRegistration: m${x.m} has a stale offer of a${a}`)
    }
  }
  for (const token of app.tokens) bad("a token", token.g)
  for (const { messages } of system.channels.values()) {
    for (const x of messages) if ("a" in x && "g" in x && x.a === a) bad(x._tag, x.g)
  }
}

/** A transport has at most `room` announcements out to one application, and counts no fewer than there are. */
const roomToApplication = (system: System, app: Application, found: Array<string>): void => {
  if (app.phase === "Down") return
  for (const { t, acceptors } of system.transports) {
    const { alive, outstanding } = acceptors.get(app.a)
    if (!alive) continue
    const out =
      count(underWay(system, "transport", t, "application", app.a), (x) => x._tag === "ConnectionAvailable") +
      app.tokens.filter((x) => x.t === t).length +
      count(underWay(system, "application", app.a, "transport", t), (x) => x._tag === "ClaimConnection")
    if (outstanding > system.topology.room || out > outstanding) {
      found.push(`Room: ${out} announcements of t${t} are out to a${app.a}, counted ${outstanding}`)
    }
  }
}

/** A manager lists local applications, each once, in order; who is listed listens. */
const managerIsSound = (system: System, x: Manager, found: Array<string>): void => {
  let last = NONE
  for (const { a } of x.acceptors) {
    if (a <= last || homeOf(system.topology, a) !== x.m) found.push(`TypeOK: acceptors of m${x.m}`)
    if (!x.listeners.get(a)) found.push(`ListenerKnown: m${x.m} lists a${a}, which doesn't listen`)
    last = a
  }
  if (x.acceptors.length > 0 && !hasLocalListener(x)) found.push(`ListenerKnown: m${x.m} has only acceptors`)
}

/** One; under Late besides it the acceptors of `to` that go back to it at once, each of which there is once. */
const mostOffers = ({ topology }: System, to: number): number => {
  if (topology.balance.scheme !== "Late") return 1
  let own = 0
  for (let a = 0; a < topology.applications; a++) if (homeOf(topology, a) === to) own++
  return 1 + own
}

/** What the channels hold at most, and that a message about an id travels between that id's own two servers. */
const roomAndIds = (system: System, found: Array<string>): void => {
  const { topology } = system
  const announced = new Set<string>()
  const token = (t: number, c: number, n: number) => {
    if (transportOf(topology, c) !== t) found.push(`IdsUnique: t${t} announced ${c}`)
    const key = `${c}:${n}`
    if (announced.has(key)) found.push(`IdsUnique: two announcements ${key}`)
    announced.add(key)
  }
  for (const app of system.applications) {
    for (const list of [app.tokens, app.claims, app.owned]) for (const x of list) token(x.t, x.c, x.n)
  }
  for (const { from, sender, to, receiver, messages } of system.channels.values()) {
    const perId = new Map<number, number>()
    let accepts = 0
    let ends = 0
    for (const x of messages) {
      if (x._tag === "ConnectionAvailable") token(sender, x.c, x.n)
      if (x._tag === "AcceptConnection") accepts++
      if (x._tag === "Detach") ends++
      if (!("c" in x) || from === "application" || to === "application") continue
      perId.set(x.c, (perId.get(x.c) ?? 0) + 1)
      const m = from === "manager" ? sender : receiver
      const t = from === "manager" ? receiver : sender
      if (managerOf(topology, x.c) !== m || transportOf(topology, x.c) !== t) {
        found.push(`IdsUnique: ${x._tag} of ${x.c} between m${m} and t${t}`)
      }
    }
    // An application sends at most one ACCEPT that isn't read, and its end at most twice: listener, process.
    if (accepts > 1) found.push(`Room: ${accepts} ACCEPT-CONNECTION of a${sender}`)
    if (ends > 2) found.push(`Room: ${ends} DETACH of a${sender}`)
    if (from === "manager" && to === "manager" && messages.length > mostOffers(system, receiver)) {
      found.push(`Room: ${messages.length} offers of m${sender}`)
    }
    // Towards a transport: ASSIGN or RESET of the last life, OPEN, ASSIGN or RESET. Back: TIMED-OUT, CLOSED.
    const most = from === "manager" ? 3 : 2
    for (const [c, n] of perId) {
      if (n > most) found.push(`Room: ${n} messages about ${c} from ${from} to ${to}`)
    }
  }
}
