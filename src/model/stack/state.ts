/** The state of one protocol instance, as replay has it, as the specification's. */
import type { StepRecord } from "../../codec/record.ts"
import type { Application } from "../../core/application.ts"
import type { Manager } from "../../core/manager.ts"
import type { Message } from "../../core/message.ts"
import type { Role } from "../../core/outbox.ts"
import { homeOf, indexAtManager, managerOf, type Topology, transportOf } from "../../core/topology.ts"
import type { Transport } from "../../core/transport.ts"
import { functionOf, recordOf, type TlaValue } from "../../tla/value.ts"
import type { Machines } from "../../trace/machines.ts"
import { acceptorValue, applicationValue, channelValue, connectionValue, offerValue } from "./schemas.ts"
import { bool, int, text } from "./values.ts"

/** A state that outlives the steps after it. */
export interface Capture {
  readonly topology: Topology
  readonly applications: ReadonlyArray<Application>
  readonly managers: ReadonlyArray<Manager>
  readonly transports: ReadonlyArray<Transport>
  /** By id: its announcement number when it was created (a history variable). */
  readonly born: ReadonlyMap<number, number>
  /** By `from sender to receiver`; absent: empty. */
  readonly channels: ReadonlyMap<string, ReadonlyArray<Message>>
}

const channelName = (from: Role, sender: number, to: Role, receiver: number): string =>
  `${from} ${sender} ${to} ${receiver}`

/** Every channel that the specification has. */
const channelsOf = ({ applications, managers, transports }: Topology, home: (a: number) => number) => {
  const list: Array<readonly [Role, number, Role, number]> = []
  for (let t = 0; t < transports; t++) {
    for (let a = 0; a < applications; a++) {
      list.push(["application", a, "transport", t], ["transport", t, "application", a])
    }
    for (let m = 0; m < managers; m++) {
      list.push(["transport", t, "manager", m], ["manager", m, "transport", t])
    }
  }
  for (let a = 0; a < applications; a++) list.push(["application", a, "manager", home(a)])
  for (let m = 0; m < managers; m++) {
    for (let k = 0; k < managers; k++) list.push(["manager", m, "manager", k])
  }
  return list
}

/** Follows the history variable, and captures states. */
export class Captor {
  readonly machines: Machines
  readonly #born = new Map<number, number>()
  readonly #channels

  constructor(machines: Machines) {
    this.machines = machines
    this.#channels = channelsOf(machines.topology, (a) => homeOf(machines.topology, a))
  }

  /** The step was just taken. */
  observe({ event, process }: StepRecord): void {
    const created =
      event._tag === "ReceiveOpen" || (event._tag === "ReceiveAssign" && event.message.fresh)
        ? event.message.c
        : undefined
    if (created === undefined) return
    this.#born.set(created, this.machines.transports[process.index]!.connections.get(created).n)
  }

  capture(): Capture {
    const { topology, applications, managers, transports } = this.machines
    const channels = new Map<string, ReadonlyArray<Message>>()
    for (const [from, sender, to, receiver] of this.#channels) {
      const messages = this.machines.underWay(from, sender, to, receiver)
      if (messages.length > 0) channels.set(channelName(from, sender, to, receiver), messages)
    }
    return {
      topology,
      applications: [...applications],
      managers: [...managers],
      transports: [...transports],
      born: new Map(this.#born),
      channels,
    }
  }
}

/** Ids that a state is told of; all others are as Init has them. Ascending. */
export interface Used {
  readonly applications: ReadonlyArray<number>
  readonly connections: ReadonlyArray<number>
}

const range = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, k) => k)

const over = (ids: ReadonlyArray<number>, value: (id: number) => TlaValue): TlaValue =>
  functionOf(ids.map((id) => [int(id), value(id)] as const))

/** A record with a field for each variable of spec/StackState.tla. */
export const stateOf = (x: Capture, used: Used): TlaValue => {
  const { topology } = x
  const ms = range(topology.managers)
  const ts = range(topology.transports)
  const as = used.applications
  const cs = used.connections
  const home = (a: number) => x.managers[homeOf(topology, a)]!
  const channel = (from: Role, sender: number, to: Role, receiver: number) =>
    channelValue(x.channels.get(channelName(from, sender, to, receiver)) ?? [])
  const born = (c: number, n: number, phase: string) => (phase === "Gone" ? n : (x.born.get(c) ?? 0))
  return recordOf([
    ["app", over(as, (a) => applicationValue(x.applications[a]!))],
    ["acceptor", over(as, (a) => int(home(a).acceptors.find((y) => y.a === a)?.g ?? 0))],
    ["listener", over(as, (a) => bool(home(a).listeners.get(a)))],
    ["generation", over(as, (a) => int(home(a).generations.get(a)))],
    ["tombstone", over(ms, (m) => over(as, (a) => int(x.managers[m]!.tombstones.get(a))))],
    ["offer", over(ms, (m) => over(ms, (k) => offerValue(x.managers[m]!.offers.get(k))))],
    ["queue", over(ms, (m) => ({ _tag: "Tuple", items: x.managers[m]!.queue.map(int) }))],
    [
      "entry",
      over(cs, (c) => text(x.managers[managerOf(topology, c)]!.entries.get(indexAtManager(topology, c)))),
    ],
    [
      "conn",
      over(cs, (c) => {
        const connection = x.transports[transportOf(topology, c)]!.connections.get(c)
        return connectionValue(connection, born(c, connection.n, connection.phase))
      }),
    ],
    ["acc", over(ts, (t) => over(as, (a) => acceptorValue(x.transports[t]!.acceptors.get(a))))],
    ["appToCm", over(as, (a) => channel("application", a, "manager", homeOf(topology, a)))],
    ["appToTs", over(as, (a) => over(ts, (t) => channel("application", a, "transport", t)))],
    ["tsToApp", over(ts, (t) => over(as, (a) => channel("transport", t, "application", a)))],
    ["tsToCm", over(ts, (t) => over(ms, (m) => channel("transport", t, "manager", m)))],
    ["cmToTs", over(ms, (m) => over(ts, (t) => channel("manager", m, "transport", t)))],
    ["cmToCm", over(ms, (m) => over(ms, (k) => channel("manager", m, "manager", k)))],
  ])
}
