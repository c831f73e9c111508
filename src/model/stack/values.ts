/** States and messages of the core as the specification's values (spec/Stack.tla). */
import type { Application, Token } from "../../core/application.ts"
import type { Manager, OfferState } from "../../core/manager.ts"
import type { Message } from "../../core/message.ts"
import {
  connectionIds,
  homeOf,
  indexAtManager,
  managerOf,
  type Topology,
  transportOf,
} from "../../core/topology.ts"
import type { Acceptor, Connection, Transport } from "../../core/transport.ts"
import type { Atom } from "../../tla/graph/print.ts"
import { printValue, recordOf, setOf, type TlaValue } from "../../tla/value.ts"

export const int = (value: number): TlaValue => ({ _tag: "Int", value })
export const bool = (value: boolean): TlaValue => ({ _tag: "Bool", value })
export const text = (value: string): TlaValue => ({ _tag: "Text", value })
const tuple = (...items: ReadonlyArray<TlaValue>): TlaValue => ({ _tag: "Tuple", items })
export const record = (fields: Readonly<Record<string, TlaValue>>): TlaValue =>
  recordOf(Object.entries(fields))

/** How many levels of functions of each variable are taken apart. */
export const depths: Readonly<Record<string, number>> = {
  app: 1,
  acceptor: 1,
  listener: 1,
  generation: 1,
  tombstone: 2,
  offer: 2,
  queue: 1,
  entry: 1,
  conn: 1,
  acc: 2,
  appToCm: 1,
  appToTs: 2,
  tsToApp: 2,
  tsToCm: 2,
  cmToTs: 2,
  cmToCm: 2,
  sent: 2,
  left: 0,
}

const atom = (path: string, value: TlaValue): Atom => ({ path, value: printValue(value) })

/** ServiceTime's time and an offer's service time are weights, which the specification leaves out. */
export const messageValue = (message: Message): TlaValue => {
  const { _tag, ...rest } = message
  const fields: Record<string, TlaValue> = { type: text(_tag) }
  for (const [name, x] of Object.entries(rest)) {
    if (name === "time" || name === "serviceTime") continue
    fields[name] = typeof x === "boolean" ? bool(x) : int(x as number)
  }
  return record(fields)
}

export const channelAtom = (path: string, messages: ReadonlyArray<Message>): Atom =>
  atom(path, channelValue(messages))

const claim = ({ c, n, g }: Token): TlaValue => tuple(int(c), int(n), int(g))

export const channelValue = (messages: ReadonlyArray<Message>): TlaValue =>
  tuple(...messages.map(messageValue))

export const applicationValue = (x: Application): TlaValue =>
  record({
    phase: text(x.phase),
    awaiting: setOf(x.awaiting.map(int)),
    g: int(x.g),
    registered: bool(x.registered),
    tokens: tuple(...x.tokens.map(claim)),
    claims: setOf(x.claims.map(claim)),
    owned: setOf(x.owned.map(({ c, n }) => tuple(int(c), int(n)))),
  })

export const offerValue = ({ a, g, listener }: OfferState): TlaValue =>
  record({ a: int(a), g: int(g), listener: bool(listener) })

/** `born`: the history variable of the specification. */
export const connectionValue = ({ phase, a, g, n }: Connection, born: number): TlaValue =>
  record({ phase: text(phase), a: int(a), g: int(g), n: int(n), born: int(born) })

export const acceptorValue = ({ alive, outstanding, back }: Acceptor): TlaValue =>
  record({ alive: bool(alive), outstanding: int(outstanding), back: int(back) })

export const applicationAtoms = (x: Application): ReadonlyArray<Atom> => [
  atom(`app[${x.a}]`, applicationValue(x)),
]

export const managerAtoms = (x: Manager, topology: Topology): ReadonlyArray<Atom> => {
  const { m } = x
  const atoms: Array<Atom> = [atom(`queue[${m}]`, tuple(...x.queue.map(int)))]
  for (let a = 0; a < topology.applications; a++) {
    atoms.push(atom(`tombstone[${m}][${a}]`, int(x.tombstones.get(a))))
    if (homeOf(topology, a) !== m) continue
    atoms.push(atom(`acceptor[${a}]`, int(x.acceptors.find((y) => y.a === a)?.g ?? 0)))
    atoms.push(atom(`listener[${a}]`, bool(x.listeners.get(a))))
    atoms.push(atom(`generation[${a}]`, int(x.generations.get(a))))
  }
  for (let k = 0; k < topology.managers; k++) {
    atoms.push(atom(`offer[${m}][${k}]`, offerValue(x.offers.get(k))))
  }
  for (let c = 0; c < connectionIds(topology); c++) {
    if (managerOf(topology, c) !== m) continue
    atoms.push(atom(`entry[${c}]`, text(x.entries.get(indexAtManager(topology, c)))))
  }
  return atoms
}

/** `born`: by connection, the history variable of the specification. */
export const transportAtoms = (
  x: Transport,
  born: ReadonlyArray<number>,
  topology: Topology,
): ReadonlyArray<Atom> => {
  const { t } = x
  const atoms: Array<Atom> = []
  for (let c = 0; c < connectionIds(topology); c++) {
    if (transportOf(topology, c) !== t) continue
    atoms.push(atom(`conn[${c}]`, connectionValue(x.connections.get(c), born[c]!)))
  }
  for (let a = 0; a < topology.applications; a++) {
    atoms.push(atom(`acc[${t}][${a}]`, acceptorValue(x.acceptors.get(a))))
  }
  return atoms
}

/** What MC adds: what the world may still do, and the offer last sent. */
export interface Budget {
  readonly syns: number
  readonly timeouts: number
  readonly offers: number
  readonly stops: number
}

export const budgetAtom = ({ syns, timeouts, offers, stops }: Budget): Atom =>
  atom("left", record({ syns: int(syns), timeouts: int(timeouts), offers: int(offers), stops: int(stops) }))

export const sentAtom = (m: number, k: number, offer: Message): Atom =>
  atom(`sent[${m}][${k}]`, messageValue(offer))
