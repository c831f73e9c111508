/** Whom a manager's connections are assigned to: the load that it knows of at once. Kept under Shortest only. */
import { Table } from "./table.ts"
import { indexAtManager, NONE, type Topology } from "./topology.ts"

export interface UnderWay {
  /** By `indexAtManager(c)`: the acceptor that it is assigned to; NONE: nobody. */
  readonly holders: Table<number>
  /** By application: connections that are assigned to it from here, and not gone. */
  readonly counts: Table<number>
}

export const nothingUnderWay = (topology: Topology): UnderWay => ({
  holders: Table.make(topology.transports * topology.connections, NONE),
  counts: Table.make(topology.applications, 0),
})

/** Connection `c` is assigned to `a`; NONE: to nobody any more. */
export const hold = (state: UnderWay, c: number, a: number, topology: Topology): UnderWay => {
  if (topology.balance.scheme !== "Shortest") return state
  const at = indexAtManager(topology, c)
  const before = state.holders.get(at)
  if (before === a) return state
  let { counts } = state
  if (before !== NONE) counts = counts.set(before, counts.get(before) - 1)
  if (a !== NONE) counts = counts.set(a, counts.get(a) + 1)
  return { holders: state.holders.set(at, a), counts }
}
