/** What befalls processes and hosts, each at its time. */
import type { Random } from "./random.ts"
import type { FaultName } from "./scenario.ts"

export type Incident =
  /** SIGKILL to the process in a slot, after so many more steps of its machine. */
  | { readonly _tag: "Kill"; readonly at: number; readonly slot: number; readonly steps: number }
  /** SIGSTOP, and SIGCONT after a while. */
  | { readonly _tag: "Stop"; readonly at: number; readonly slot: number; readonly during: number }
  /** It closes its listener, serves what it has, and exits. */
  | { readonly _tag: "Leave"; readonly at: number; readonly slot: number }
  /** A host loses all that it knew. */
  | { readonly _tag: "Reboot"; readonly at: number; readonly host: number }
  /** So many SYNs at once of a host that never answers. */
  | { readonly _tag: "Flood"; readonly at: number; readonly count: number; readonly port: number }

/** Incidents of each kind at the most. */
const MOST: Readonly<Record<string, number>> = { kill: 6, stop: 12, close: 4, reboot: 2, flood: 3 }

export const drawIncidents = (
  random: Random,
  slots: number,
  hosts: number,
  ports: ReadonlyArray<number>,
  begin: number,
  span: number,
  has: (name: FaultName) => boolean,
): Array<Incident> => {
  const list: Array<Incident> = []
  const some = (name: FaultName, make: (random: Random, at: number) => Incident): void => {
    const own = random.stream(name)
    const count = own.between(1, MOST[name] ?? 1)
    if (!has(name)) return
    for (let k = 0; k < count; k++) {
      const one = own.stream(`${k}`)
      list.push(make(one, begin + one.between(0, span + 50_000)))
    }
  }
  some("kill", (r, at) => ({ _tag: "Kill", at, slot: r.between(0, slots - 1), steps: r.between(0, 6) }))
  some("stop", (r, at) => ({
    _tag: "Stop",
    at,
    slot: r.between(0, slots - 1),
    during: r.scale(1_000, 200_000),
  }))
  some("close", (r, at) => ({ _tag: "Leave", at, slot: r.between(0, slots - 1) }))
  some("reboot", (r, at) => ({ _tag: "Reboot", at, host: r.between(0, hosts - 1) }))
  some("flood", (r, at) => ({ _tag: "Flood", at, count: r.scale(1, 300), port: r.pick(ports) }))
  return list.sort((x, y) => x.at - y.at)
}
