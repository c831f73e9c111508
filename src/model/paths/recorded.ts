/** Recorded steps by the names that spec/MC.tla gives them. */
import type { StepRecord } from "../../codec/record.ts"
import type { Topology } from "../../core/topology.ts"
import { Places } from "../stack/places.ts"

/** What names a step. */
export type Named = Pick<StepRecord, "process" | "event" | "outcome" | "chosen">

/** Names the steps of a recording of that topology. */
export const namesOf = (topology: Topology): ((step: Named) => string) => {
  const places = new Places(topology)
  return ({ process, event, outcome, chosen }) => {
    const { role, index } = process
    const place =
      role === "application"
        ? places.application(index)
        : role === "manager"
          ? places.manager(index)
          : places.transport(index)
    return places.labelOf(place, event, { outcome, a: chosen.a })
  }
}
