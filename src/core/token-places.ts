/** Under Late: where each registration is. One is good for one connection, so no more than one party may have it. */
import type { Role } from "./outbox.ts"
import type { System } from "./system.ts"
import { homeOf, NONE } from "./topology.ts"

export interface Places {
  /** Every party that has it. */
  readonly list: Array<string>
  /** It is to be had yet: no application has been told of a connection for it. */
  kept: boolean
}

/** By `tokenKey`. */
export type TokenPlaces = ReadonlyMap<string, Places>

export const tokenKey = (a: number, g: number): string => `a${a} g${g}`

export const tokenPlaces = (system: System): TokenPlaces => {
  const places = new Map<string, Places>()
  const at = (a: number, g: number, place: string, kept = true): void => {
    const key = tokenKey(a, g)
    const known = places.get(key)
    if (known === undefined) places.set(key, { list: [place], kept })
    else {
      known.list.push(place)
      known.kept ||= kept
    }
  }
  for (const { m, acceptors, offers } of system.managers) {
    for (const { a, g } of acceptors) at(a, g, `listed at m${m}`)
    for (let from = 0; from < offers.size; from++) {
      const { a, g } = offers.get(from)
      if (a !== NONE) at(a, g, `lent to m${m}`)
    }
  }
  for (const { t, connections } of system.transports) {
    for (let c = 0; c < connections.size; c++) {
      const { a, g, phase } = connections.get(c)
      if (a !== NONE) at(a, g, `${phase} for ${c} at t${t}`, false)
    }
  }
  for (const { from, sender, to, receiver, messages } of system.channels.values()) {
    const way = `${letter(from)}${sender} to ${letter(to)}${receiver}`
    for (const x of messages) {
      switch (x._tag) {
        case "AcceptConnection":
        case "Offer":
        case "Assign":
        case "AcceptorUnused":
          if (x.a !== NONE) at(x.a, x.g, `${x._tag} from ${way}`)
          break
        default:
      }
    }
  }
  return places
}

const letter = (role: Role): string => role.slice(0, 1)

/** A registration is in one place at most, and whoever has it lists, holds or was lent it of its own home manager. */
export const oneToken = (system: System, places: TokenPlaces, found: Array<string>): void => {
  for (const [key, { list }] of places) {
    if (list.length > 1) found.push(`OneToken: ${key} is ${list.join(", ")}`)
  }
  for (const { m, offers } of system.managers) {
    for (let from = 0; from < offers.size; from++) {
      const { a } = offers.get(from)
      if (a === NONE) continue
      if (from === m || homeOf(system.topology, a) !== from)
        found.push(`OneToken: m${m} was lent a${a} by m${from}`)
    }
  }
}
