/** A system's state as the variables of spec/MC.tla, by part; only what a step changed is read again. */
import type { Application } from "../../core/application.ts"
import type { Manager } from "../../core/manager.ts"
import type { Message, Offer } from "../../core/message.ts"
import { channelKey, type System } from "../../core/system.ts"
import { NONE, type Topology, transportOf } from "../../core/topology.ts"
import { type Atom, atomPrint, type Print } from "../../tla/graph/print.ts"
import { Places } from "../stack/places.ts"
import type { Budget } from "../stack/schemas.ts"
import {
  applicationAtoms,
  budgetAtom,
  channelAtom,
  managerAtoms,
  sentAtom,
  transportAtoms,
} from "../stack/values.ts"

/** Prints kept; then all are forgotten. */
const MOST_PRINTS = 200_000

export interface ModelState {
  readonly system: System
  /** By connection: its announcement number when it was created (a history variable). */
  readonly born: ReadonlyArray<number>
  readonly limits: Budget
}

/** `born` after a step of a transport has led to this system. */
export const bornAfter = (
  born: ReadonlyArray<number>,
  { topology, transports }: System,
): ReadonlyArray<number> =>
  born.map((n, c) => {
    const { phase, n: now } = transports[transportOf(topology, c)]!.connections.get(c)
    return phase === "Gone" ? now : n
  })

/** A part of the state: what it depends on, by identity, and its atoms. */
interface Part {
  readonly of: (state: ModelState) => unknown
  readonly atoms: (state: ModelState) => ReadonlyArray<Atom>
}

const NO_MESSAGES: ReadonlyArray<Message> = []
const NO_OFFER: Offer = { _tag: "Offer", a: NONE, g: 0, listener: false, serviceTime: 0 }

const partsOf = (topology: Topology): ReadonlyArray<Part> => {
  const { applications, managers, transports } = topology
  const parts: Array<Part> = []
  const each = (count: number, part: (k: number) => Part) => {
    for (let k = 0; k < count; k++) parts.push(part(k))
  }
  each(applications, (a) => ({
    of: (x) => x.system.applications[a],
    atoms: (x) => applicationAtoms(x.system.applications[a] as Application),
  }))
  each(managers, (m) => ({
    of: (x) => x.system.managers[m],
    atoms: (x) => managerAtoms(x.system.managers[m] as Manager, topology),
  }))
  each(transports, (t) => ({
    of: (x) => x.system.transports[t],
    atoms: (x) => transportAtoms(x.system.transports[t]!, x.born, topology),
  }))
  const places = new Places(topology)
  for (const { place, path } of places.channels) {
    const { from, sender, to, receiver } = places.channelAt(place)
    const key = channelKey(from, sender, to, receiver)
    const messages = (x: ModelState) => x.system.channels.get(key)?.messages ?? NO_MESSAGES
    parts.push({ of: messages, atoms: (x) => [channelAtom(path, messages(x))] })
  }
  each(managers * managers, (k) => {
    const [m, to] = [Math.floor(k / managers), k % managers]
    const key = channelKey("manager", m, "manager", to)
    const sent = (x: ModelState) => x.system.offered.get(key) ?? NO_OFFER
    return { of: sent, atoms: (x) => [sentAtom(m, to, sent(x))] }
  })
  parts.push({ of: (x) => x.limits, atoms: (x) => [budgetAtom(x.limits)] })
  return parts
}

export class Variables {
  state!: ModelState
  readonly #parts: ReadonlyArray<Part>
  /** By part: what it depends on, and its print. */
  readonly #of: Array<unknown>
  readonly #high: Uint32Array
  readonly #low: Uint32Array
  readonly #prints = new Map<string, Print>()

  constructor(topology: Topology) {
    this.#parts = partsOf(topology)
    this.#of = new Array<unknown>(this.#parts.length).fill(undefined)
    this.#high = new Uint32Array(this.#parts.length)
    this.#low = new Uint32Array(this.#parts.length)
  }

  set(state: ModelState): void {
    this.state = state
    this.#parts.forEach((part, k) => {
      const of = part.of(state)
      if (of === this.#of[k]) return
      this.#of[k] = of
      let high = 0
      let low = 0
      for (const atom of part.atoms(state)) {
        const print = this.#printOf(atom)
        high = (high + print.high) | 0
        low = (low + print.low) | 0
      }
      this.#high[k] = high
      this.#low[k] = low
    })
  }

  print(): Print {
    let high = 0
    let low = 0
    for (let k = 0; k < this.#parts.length; k++) {
      high = (high + this.#high[k]!) >>> 0
      low = (low + this.#low[k]!) >>> 0
    }
    return { high, low }
  }

  describe(): ReadonlyMap<string, string> {
    const atoms = this.#parts.flatMap((part) => part.atoms(this.state))
    return new Map(atoms.map((atom) => [atom.path, atom.value] as const))
  }

  #printOf(atom: Atom): Print {
    const key = `${atom.path} = ${atom.value}`
    const known = this.#prints.get(key)
    if (known !== undefined) return known
    if (this.#prints.size >= MOST_PRINTS) this.#prints.clear()
    const print = atomPrint(atom)
    this.#prints.set(key, print)
    return print
  }
}
