/** States and messages of the core as the specification's values (spec/Accept.tla). */
import type { Application, Token } from "../../core/application.ts"
import type { Manager } from "../../core/manager.ts"
import type { Message } from "../../core/message.ts"
import {
  connectionIds,
  homeOf,
  indexAtManager,
  managerOf,
  type Topology,
  transportOf,
} from "../../core/topology.ts"
import type { Transport } from "../../core/transport.ts"
import type { Atom } from "../graph/print.ts"
import { printValue, recordOf, setOf, type TlaValue } from "../value.ts"

const int = (value: number): TlaValue => ({ _tag: "Int", value })
const bool = (value: boolean): TlaValue => ({ _tag: "Bool", value })
const text = (value: string): TlaValue => ({ _tag: "Text", value })
const tuple = (...items: ReadonlyArray<TlaValue>): TlaValue => ({ _tag: "Tuple", items })
const record = (fields: Readonly<Record<string, TlaValue>>): TlaValue => recordOf(Object.entries(fields))

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
  atom(path, tuple(...messages.map(messageValue)))

const claim = ({ c, n, g }: Token): TlaValue => tuple(int(c), int(n), int(g))

export const applicationAtoms = (x: Application): ReadonlyArray<Atom> => [
  atom(
    `app[${x.a}]`,
    record({
      phase: text(x.phase),
      awaiting: setOf(x.awaiting.map(int)),
      g: int(x.g),
      registered: bool(x.registered),
      tokens: tuple(...x.tokens.map(claim)),
      claims: setOf(x.claims.map(claim)),
      owned: setOf(x.owned.map(({ c, n }) => tuple(int(c), int(n)))),
    }),
  ),
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
    const { a, g, listener } = x.offers.get(k)
    atoms.push(atom(`offer[${m}][${k}]`, record({ a: int(a), g: int(g), listener: bool(listener) })))
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
    const { phase, a, g, n } = x.connections.get(c)
    const fields = { phase: text(phase), a: int(a), g: int(g), n: int(n), born: int(born[c]!) }
    atoms.push(atom(`conn[${c}]`, record(fields)))
  }
  for (let a = 0; a < topology.applications; a++) {
    const { alive, outstanding, back } = x.acceptors.get(a)
    const fields = { alive: bool(alive), outstanding: int(outstanding), back: int(back) }
    atoms.push(atom(`acc[${t}][${a}]`, record(fields)))
  }
  return atoms
}

/** What MC adds: what the world may still do, and the offer last sent. */
export interface Budget {
  readonly syns: number
  readonly timeouts: number
  readonly stops: number
}

export const budgetAtom = ({ syns, timeouts, stops }: Budget): Atom =>
  atom("left", record({ syns: int(syns), timeouts: int(timeouts), stops: int(stops) }))

export const sentAtom = (m: number, k: number, offer: Message): Atom =>
  atom(`sent[${m}][${k}]`, messageValue(offer))
