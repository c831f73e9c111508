/** The naive designs of protocol.md's hazards, each as a machine that differs from the production one by it. */
import type { Event } from "../../src/core/event.ts"
import type { Message } from "../../src/core/message.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { enabled, type Machines, machines, type Step, type System } from "../../src/core/system.ts"
import { managerOf, type SchemeName } from "../../src/core/topology.ts"
import { production, type Variant } from "./walk.ts"

export const broken = (variant: Partial<Machines>): Variant => ({
  ...production,
  machines: { ...machines, ...variant },
})

/** Sends what a step would, but for the messages that `keep` refuses. */
export const sending = (from: Outbox, to: Outbox, keep: (x: Message) => boolean): void => {
  to.decide(from.outcome, from.a, from.g)
  to.time = from.time
  for (let k = 0; k < from.length; k++) {
    const message = from.messages[k]!
    if (keep(message)) to.send(from.roles[k]!, from.to[k]!, message)
  }
}

export const transportWithout = (keep: (x: Message, event: Event, t: number) => boolean): Variant =>
  broken({
    transport: (state, event, env, topology, out) => {
      const inner = new Outbox()
      const next = machines.transport(state, event, env, topology, inner)
      sending(inner, out, (x) => keep(x, event, state.t))
      return next
    },
  })

const isNew = (system: System, a: number): boolean =>
  system.channels.size === 0 && system.transports.every((x) => !x.acceptors.get(a).alive)

export interface Hazard {
  readonly name: string
  readonly configuration: string
  readonly room?: number
  /** Tournament unless said. */
  readonly scheme?: SchemeName
  readonly property: RegExp
  readonly variant: Variant
}

export const hazards: ReadonlyArray<Hazard> = [
  {
    name: "1: removal of an acceptor without its generation",
    configuration: "1/1/1/2",
    property: /NoLostWakeup/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        const next = machines.manager(state, event, env, topology, out)
        if (event._tag !== "ReceiveAcceptorTimedOut" || out.outcome === "Illegal") return next
        return { ...next, acceptors: next.acceptors.filter((x) => x.a !== event.message.a) }
      },
    }),
  },
  {
    name: "1b: the same by the other manager's ACCEPTOR-REMOVED",
    configuration: "1/2/1/2",
    property: /NoLostWakeup/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        const next = machines.manager(state, event, env, topology, out)
        if (event._tag !== "ReceiveAcceptorRemoved" || out.outcome === "Illegal") return next
        return { ...next, acceptors: next.acceptors.filter((x) => x.a !== event.message.a) }
      },
    }),
  },
  {
    name: "1c: registers again at every TIMED-OUT",
    configuration: "1/1/1/2",
    property: /Room: \d+ ACCEPT|ListenerKnown|NoLostWakeup|KnownGeneration/,
    variant: broken({
      application: (state, event, topology, out) => {
        const next = machines.application(state, event, topology, out)
        return event._tag === "ReceiveTimedOut" ? { ...next, registered: false } : next
      },
    }),
  },
  {
    name: "2: a claim without its announcement number",
    configuration: "1/1/1/1",
    property: /SameConnection/,
    variant: broken({
      transport: (state, event, env, topology, out) => {
        if (event._tag !== "ReceiveClaim") return machines.transport(state, event, env, topology, out)
        const message = { ...event.message, n: state.connections.get(event.message.c).n }
        return machines.transport(state, { ...event, message }, env, topology, out)
      },
    }),
  },
  {
    name: "3: announcement numbers restart with each connection",
    configuration: "1/1/1/1",
    property: /SameConnection|IdsUnique/,
    variant: broken({
      transport: (state, event, env, topology, out) => {
        const next = machines.transport(state, event, env, topology, out)
        if (event._tag !== "Gone") return next
        const x = next.connections.get(event.c)
        return { ...next, connections: next.connections.set(event.c, { ...x, n: 0 }) }
      },
    }),
  },
  {
    name: "4: a restarted application restarts its generations",
    configuration: "1/1/1/1",
    property: /KnownGeneration|NoLostWakeup|Expected/,
    variant: broken({
      application: (state, event, topology, out) => {
        const next = machines.application(state, event, topology, out)
        return event._tag === "Die" ? { ...next, g: 0 } : next
      },
    }),
  },
  {
    name: "4b: a successor attaches before the DETACH was consumed",
    configuration: "1/1/1/1",
    property: /OneAnswer|Expected/,
    variant: {
      machines,
      enabled: (system: System): ReadonlyArray<Step> => {
        const steps = [...enabled(system)]
        for (const { a, phase, g } of system.applications) {
          if (phase === "Down") steps.push({ role: "application", index: a, event: { _tag: "Attach", g } })
        }
        return steps
      },
    },
  },
  {
    name: "5: no answer to a claim for a connection that is gone",
    configuration: "1/1/1/1",
    property: /OneAnswer/,
    variant: broken({
      transport: (state, event, env, topology, out) => {
        const inner = new Outbox()
        const next = machines.transport(state, event, env, topology, inner)
        const gone = event._tag === "ReceiveClaim" && state.connections.get(event.message.c).phase === "Gone"
        sending(inner, out, (x) => !gone || x._tag !== "TimedOut")
        return next
      },
    }),
  },
  {
    name: "6: a listener closed with a claim out ignores the answer",
    configuration: "1/1/1/1",
    property: /OwnerKnows|OneAnswer|Expected/,
    variant: broken({
      application: (state, event, topology, out) => {
        if (state.phase === "Closed" && event._tag === "ReceiveClaimed") return state
        return machines.application(state, event, topology, out)
      },
    }),
  },
  {
    name: "6b: no transport is told of a death",
    configuration: "1/1/1/1",
    property: /OwnerKnows/,
    variant: {
      // The first process only: a successor would be told of its predecessor's claims, which is OneAnswer.
      enabled: (system) => enabled(system).filter((x) => x.event._tag !== "Attach" || isNew(system, x.index)),
      machines: broken({
        application: (state, event, topology, out) => {
          if (event._tag !== "Die") return machines.application(state, event, topology, out)
          const inner = new Outbox()
          const next = machines.application(state, event, topology, inner)
          for (let k = 0; k < inner.length; k++) {
            if (inner.roles[k] === "manager") out.send("manager", inner.to[k]!, inner.messages[k]!)
          }
          return next
        },
      }).machines,
    },
  },
  {
    name: "7: a connection used before CLAIMED",
    configuration: "2/1/1/1",
    property: /OneOwner/,
    variant: broken({
      application: (state, event, topology, out) => {
        const next = machines.application(state, event, topology, out)
        return event._tag === "Claim" && out.outcome !== "Illegal"
          ? { ...next, owned: [...next.owned, state.tokens[0]!] }
          : next
      },
    }),
  },
  {
    name: "8: a duplicate SYN taken for a new one",
    configuration: "1/1/1/1",
    property: /NotLost/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        if (event._tag !== "Syn") return machines.manager(state, event, env, topology, out)
        const at = event.c % (topology.connections * topology.transports)
        const forgetful = { ...state, entries: state.entries.set(at, "Free") }
        return machines.manager(forgetful, event, env, topology, out)
      },
    }),
  },
  {
    name: "10: the home manager isn't told of a timeout that another manager saw",
    configuration: "2/2/1/1",
    // It goes on offering the same generation: the tombstones ignore it and nobody else is offered for ever.
    property: /unheard/,
    variant: transportWithout((x) => x._tag !== "AcceptorRemoved"),
  },
  {
    name: "11: no tombstone: a stale offer is taken again",
    configuration: "1/2/1/2",
    property: /OncePerRegistration/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        const next = machines.manager(state, event, env, topology, out)
        if (event._tag !== "ReceiveAcceptorTimedOut") return next
        return { ...next, tombstones: state.tombstones }
      },
    }),
  },
  {
    name: "12: ASSIGN creates what the transport doesn't know",
    configuration: "1/1/1/1",
    property: /NotLost/,
    variant: broken({
      transport: (state, event, env, topology, out) => {
        if (event._tag !== "ReceiveAssign") return machines.transport(state, event, env, topology, out)
        const gone = state.connections.get(event.message.c).phase === "Gone"
        const message = { ...event.message, fresh: event.message.fresh || gone }
        return machines.transport(state, { ...event, message }, env, topology, out)
      },
    }),
  },
  {
    name: "13: a connection that comes back is dropped at a full backlog",
    configuration: "1/1/1/3",
    property: /NotLost/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        const next = machines.manager(state, event, env, topology, out)
        const full = event._tag === "ReceiveAcceptorTimedOut" && state.queue.length >= topology.backlog
        return full ? { ...next, queue: state.queue } : next
      },
    }),
  },
  {
    name: "15: the service time is told to the assigning manager",
    configuration: "1/2/1/1",
    property: /ReportedOnce/,
    variant: broken({
      transport: (state, event, env, topology, out) => {
        const inner = new Outbox()
        const next = machines.transport(state, event, env, topology, inner)
        sending(inner, out, () => true)
        for (let k = 0; k < out.length; k++) {
          const x = out.messages[k]!
          if (x._tag === "ServiceTime" && event._tag === "Gone") out.to[k] = managerOf(topology, event.c)
        }
        return next
      },
    }),
  },
  {
    name: "16: a full ring means give back, and the answers say nothing of it",
    configuration: "1/1/1/2",
    room: 1,
    property: /NoLostWakeup/,
    variant: broken({
      transport: (state, event, env, topology, out) => {
        const next = machines.transport(state, event, env, topology, out)
        for (let k = 0; k < out.length; k++) {
          const x = out.messages[k]!
          if (x._tag === "Claimed" || x._tag === "TimedOut") out.messages[k] = { ...x, back: 0 }
        }
        return next
      },
    }),
  },
]
