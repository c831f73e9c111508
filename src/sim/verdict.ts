/** What must be true when all is said: of every conversation, and of a stack that is at rest. */
import { claimDeadline } from "../core/transport.ts"
import { END_CLOSED, END_REASON_NAMES, END_REFUSED, END_TIMEOUT } from "../net/tcp/table.ts"
import type { Server } from "../server/server.ts"
import type { ApplicationProcess } from "./application-process.ts"
import type { Instance } from "./chronicle.ts"
import type { Conversation } from "./conversation.ts"
import type { Scenario } from "./scenario.ts"

/** Why a conversation should not have ended as it did; undefined: it may. */
export const judge = (x: Conversation, instance: Instance, synsLost: boolean): string | undefined => {
  const what = `conversation ${x.plan.id} (port ${x.localPort} of host ${x.plan.host}, begun at ${x.begun})`
  if (x.ended === undefined) return `${what} has not ended`
  if (x.complete && x.ended === END_CLOSED) return undefined
  if (x.cut === "plan" || x.cut === "reboot" || x.excuses.length > 0) return undefined
  const refused = instance.refused.some((at) => at >= x.begun && at <= x.endedAt)
  // A Connection Manager in a server of its own refuses by silence.
  if (!x.established && (x.ended === END_REFUSED || x.ended === END_TIMEOUT) && refused) return undefined
  if (!x.established && x.ended === END_TIMEOUT && synsLost) return undefined
  const how = x.cut === "patience" ? "made no progress" : END_REASON_NAMES[x.ended]
  const where = x.complete
    ? "after its last answer"
    : x.established
      ? "before its end"
      : "before it was established"
  return `${what}: ${how} ${where}, at ${x.endedAt}, for no reason`
}

/** SYNs that a table, a queue or the manager had no room for. */
export const synsDropped = (servers: ReadonlyArray<Server>): number => {
  let sum = 0
  for (const { transport, manager } of servers) {
    if (manager !== undefined) sum += manager.counters.dropped + manager.counters.full
    if (transport !== undefined) sum += transport.counters.noRoom
  }
  return sum
}

/** What a server at rest still holds. */
export const leaks = (server: Server, scenario: Scenario): Array<string> => {
  const found: Array<string> = []
  const none = (what: string, n: number) => {
    if (n !== 0) found.push(`server ${server.index}: ${n} ${what}`)
  }
  const { transport, manager, dispatcher } = server
  const hostile = scenario.processes.some((x) => x.hostile)
  if (transport !== undefined) {
    const { tcp } = transport
    none("TCP connections", tcp.connections)
    none("half-open connections", tcp.halfOpen)
    none("connections in TIME-WAIT", tcp.timeWaits)
    none("lists of ranges in use", tcp.inUse().rangeBlocks)
    none("staging slots in use", scenario.tcp.stagingSlots! - tcp.stagingFree)
    // A claim without an announcement is one.
    if (!hostile) none("illegal steps of its transport", transport.counters.illegal)
    none("bad messages to its transport", transport.counters.badMessages)
  }
  if (manager !== undefined && !hostile) none("illegal steps of its manager", manager.counters.illegal)
  none("messages of unknown kind", dispatcher.unexpected)
  none("messages between its components", dispatcher.localWaiting)
  none("messages without room", server.waiting)
  if (server.nextTimer() !== Number.POSITIVE_INFINITY) found.push(`server ${server.index}: a timer runs`)
  for (const link of dispatcher.links.values()) {
    none(`buffers of application ${link.a} in use`, link.config.slots - link.free.length)
    none(`connections of application ${link.a} with news untold`, link.dirty.length)
    none(`messages of application ${link.a} unread`, link.reader.peek() < 0 ? 0 : 1)
  }
  for (const port of scenario.ports) {
    none(`flows with an id on port ${port}`, manager?.flows(port) ?? 0)
    const queue = manager?.state(port)?.queue.length ?? 0
    none(`connections waiting on port ${port}`, queue)
  }
  return found
}

/** What a process at rest still holds, or lacks. */
export const unrest = (x: ApplicationProcess): Array<string> => {
  if (!x.alive || x.process.hostile) return []
  const { state, live } = x.attachment
  const found: Array<string> = []
  const none = (what: string, n: number) => {
    if (n !== 0) found.push(`application ${x.a}: ${n} ${what}`)
  }
  none("connections", live)
  none("services", x.services.length)
  none("announcements", state.tokens.length)
  none("claims", state.claims.length)
  none("connections of its own", state.owned.length)
  if (x.listening && !state.registered) found.push(`application ${x.a} listens and is not registered`)
  return found
}

/** Announcements that should have been given to others long ago; `grace`: longer than any server stands still, µs. */
export const overdue = ({ port, monitor }: Instance, now: number, grace: number): Array<string> => {
  if (monitor.off) return []
  const { topology, transports } = monitor.system
  const found: Array<string> = []
  for (const transport of transports) {
    for (let c = 0; c < transport.connections.size; c++) {
      if (claimDeadline(transport, c, topology) + grace >= now) continue
      found.push(
        `port ${port}: connection ${c} is still announced to application ${transport.connections.get(c).a}`,
      )
    }
  }
  return found
}

/** What a protocol instance at rest still has under way. */
export const underWayAtRest = ({ port, monitor }: Instance): Array<string> => {
  if (monitor.off) return []
  const found: Array<string> = []
  for (const [key, { messages, receiver, to }] of monitor.system.channels) {
    if (messages.length === 0) continue
    if (to === "application" && monitor.system.applications[receiver]!.phase === "Down") continue
    found.push(
      `port ${port}: ${messages.length} messages on ${key}, the first ${JSON.stringify(messages[0])}`,
    )
  }
  for (const x of monitor.system.applications) {
    if (x.phase !== "Up") continue
    const home = monitor.system.managers[x.a % monitor.system.managers.length]!
    if (!home.acceptors.some((y) => y.a === x.a && y.g === x.g)) {
      found.push(`port ${port}: application ${x.a} is not listed under ${x.g}`)
    }
    // Others would ignore every offer of it (hazard 10).
    const lapsed = monitor.system.managers.find((y) => y.tombstones.get(x.a) >= x.g)
    if (lapsed !== undefined) {
      found.push(
        `port ${port}: application ${x.a} is offered under ${x.g}, which lapsed at manager ${lapsed.m}`,
      )
    }
  }
  return found
}
