/** The core's states in parts, each with the specification's name for its place (spec/StackState.tla). */
import type { Application } from "../../core/application.ts"
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
import type { Atom } from "../../tla/graph/print.ts"
import { printValue, type TlaValue } from "../../tla/value.ts"
import {
  acceptorValue,
  applicationValue,
  type Budget,
  budgetValue,
  channelValue,
  connectionValue,
  messageValue,
  offerValue,
} from "./schemas.ts"

export const int = (value: number): TlaValue => ({ _tag: "Int", value })
export const bool = (value: boolean): TlaValue => ({ _tag: "Bool", value })
export const text = (value: string): TlaValue => ({ _tag: "Text", value })

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

export const channelAtom = (path: string, messages: ReadonlyArray<Message>): Atom =>
  atom(path, channelValue(messages))

export const applicationAtoms = (x: Application): ReadonlyArray<Atom> => [
  atom(`app[${x.a}]`, applicationValue(x)),
]

export const managerAtoms = (x: Manager, topology: Topology): ReadonlyArray<Atom> => {
  const { m } = x
  const atoms: Array<Atom> = [atom(`queue[${m}]`, { _tag: "Tuple", items: x.queue.map(int) })]
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

export const budgetAtom = (budget: Budget): Atom => atom("left", budgetValue(budget))

/** The offer last sent. */
export const sentAtom = (m: number, k: number, offer: Message): Atom =>
  atom(`sent[${m}][${k}]`, messageValue(offer))
