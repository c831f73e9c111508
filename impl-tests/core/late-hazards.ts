/** What late binding would do without each of its rules. */
import type { Event } from "../../src/core/event.ts"
import { Outbox } from "../../src/core/outbox.ts"
import { type Machines, machines } from "../../src/core/system.ts"
import { NONE } from "../../src/core/topology.ts"
import { broken, type Hazard, sending, transportWithout } from "./hazards.ts"

type Step = Machines["manager"]
type Managers = ReturnType<Step>

/** After the manager's step of events `tag`, a state that is not as it should be. */
const managerAfter = (
  tag: Event["_tag"],
  change: (next: Managers, before: Managers, event: Event) => Managers,
): Hazard["variant"] =>
  broken({
    manager: (state, event, env, topology, out) => {
      const next = machines.manager(state, event, env, topology, out)
      return event._tag !== tag || out.outcome === "Illegal" ? next : change(next, state, event)
    },
  })

/** As if each registration that comes back were the newest, of an application that listens. */
const credulous: Step = (state, event, env, topology, out) => {
  const next = machines.manager(state, event, env, topology, out)
  const back =
    event._tag === "ReceiveAcceptorUnused" || event._tag === "ReceiveOffer" ? event.message : undefined
  if (out.outcome === "Illegal" || back === undefined || back.a === NONE) return next
  if (back.a % topology.managers !== state.m || next.acceptors.some((x) => x.a === back.a)) return next
  const { a, g } = back
  return { ...next, acceptors: [...next.acceptors, { a, g }].sort((x, y) => x.a - y.a) }
}

const late = (x: Omit<Hazard, "scheme">): Hazard => ({ ...x, name: `late: ${x.name}`, scheme: "Late" })

export const lateHazards: ReadonlyArray<Hazard> = [
  late({
    name: "a registration isn't used up by the connection that it got",
    configuration: "1/1/1/1",
    property: /NoLostWakeup/,
    variant: broken({
      application: (state, event, topology, out) => {
        const next = machines.application(state, event, topology, out)
        return event._tag === "ReceiveAvailable" ? { ...next, registered: state.registered } : next
      },
    }),
  }),
  late({
    name: "who gets a connection stays listed",
    configuration: "1/1/1/1",
    property: /OneToken/,
    variant: managerAfter("AssignWaiting", (next, before) => ({ ...next, acceptors: before.acceptors })),
  }),
  late({
    name: "who was lent and gets a connection stays lent",
    configuration: "1/2/1/1",
    property: /OneToken/,
    variant: managerAfter("AssignWaiting", (next, before) => ({ ...next, offers: before.offers })),
  }),
  late({
    name: "who is lent stays listed",
    configuration: "1/2/1/1",
    property: /OneToken/,
    variant: managerAfter("SendOffer", (next, before) => ({ ...next, acceptors: before.acceptors })),
  }),
  late({
    name: "who goes back stays lent",
    configuration: "1/2/1/1",
    property: /OneToken/,
    variant: managerAfter("ReturnOffer", (next, before) => ({ ...next, offers: before.offers })),
  }),
  late({
    name: "who was lent is forgotten when another comes",
    // Two of them are the first manager's, and are lent to the second.
    configuration: "3/2/1/1",
    property: /NoLostWakeup/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        const inner = new Outbox()
        const next = machines.manager(state, event, env, topology, inner)
        sending(inner, out, () => event._tag !== "ReceiveOffer")
        return next
      },
    }),
  }),
  late({
    name: "who comes back isn't listed again",
    configuration: "1/2/1/1",
    property: /NoLostWakeup/,
    variant: managerAfter("ReceiveOffer", (next, before) => ({ ...next, acceptors: before.acceptors })),
  }),
  late({
    name: "who comes back is taken for another manager's",
    configuration: "1/2/1/1",
    property: /OneToken: m0 was lent a0 by m1/,
    variant: managerAfter("ReceiveOffer", (next, before, event) => {
      if (event._tag !== "ReceiveOffer" || next.acceptors === before.acceptors) return next
      const { a, g } = event.message
      const x = next.offers.get(event.from)
      return {
        ...next,
        acceptors: before.acceptors,
        offers: next.offers.set(event.from, { ...x, a, g }),
      }
    }),
  }),
  late({
    name: "nobody is told that the connection was gone",
    configuration: "1/1/1/1",
    property: /NoLostWakeup/,
    variant: transportWithout((x) => x._tag !== "AcceptorUnused"),
  }),
  late({
    name: "who was unused isn't listed again",
    configuration: "1/1/1/1",
    property: /NoLostWakeup/,
    variant: managerAfter("ReceiveAcceptorUnused", (_, before) => before),
  }),
  late({
    name: "who comes back or was unused is listed though it listens no more, or registered anew",
    configuration: "1/2/1/1",
    property: /ListenerKnown|KnownGeneration/,
    variant: broken({ manager: credulous }),
  }),
  late({
    name: "no manager is told of an establishment",
    configuration: "1/1/1/1",
    property: /NotLost/,
    variant: transportWithout((x) => x._tag !== "ConnectionEstablished"),
  }),
  late({
    name: "an establishment above the backlog is dropped",
    configuration: "1/1/1/3",
    property: /NotLost/,
    variant: broken({
      manager: (state, event, env, topology, out) => {
        const next = machines.manager(state, event, env, topology, out)
        const full = event._tag === "ReceiveConnectionEstablished" && state.queue.length >= topology.backlog
        return full ? { ...next, queue: state.queue } : next
      },
    }),
  }),
  late({
    name: "a connection waits from its SYN on, and may be given away before it is established",
    configuration: "1/1/1/1",
    property: /NotLost/,
    variant: managerAfter("Syn", (next, before, event) => {
      const c = (event as { readonly c: number }).c
      const at = c % next.entries.size
      if (next.entries === before.entries) return next
      return { ...next, queue: [...next.queue, c], entries: next.entries.set(at, "Queued") }
    }),
  }),
]
