/** Random walks through the states of a whole instance. */
import fc from "fast-check"
import type { Env } from "../../src/core/event.ts"
import { violations } from "../../src/core/invariants.ts"
import { Outbox } from "../../src/core/outbox.ts"
import {
  apply,
  enabled,
  initialSystem,
  type Machines,
  machines,
  offerIsStale,
  type Step,
  type System,
} from "../../src/core/system.ts"
import { type Balance, defaultBalance, indexAtManager, NONE, type Topology } from "../../src/core/topology.ts"

/** A small topology, named as protocol.md does: applications/managers/transports/connections. */
export const small = (
  name: string,
  rest: Partial<Omit<Topology, "balance">> & { readonly balance?: Partial<Balance> } = {},
): Topology => {
  const [applications, managers, transports, connections] = name.split("/").map(Number) as [
    number,
    number,
    number,
    number,
  ]
  const { balance, ...others } = rest
  return {
    applications,
    managers,
    transports,
    connections,
    backlog: 2,
    room: 2,
    claimTimeout: 1000,
    ...others,
    balance: { ...defaultBalance, ...balance },
  }
}

/** One move: which of the enabled steps, and the step's draw. */
export type Move = readonly [number, number]

export const moves = (length: number): fc.Arbitrary<ReadonlyArray<Move>> =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffffff }), fc.integer({ min: 0, max: 0xffffffff })), {
    minLength: 1,
    maxLength: length,
    size: "max",
  })

/** Deliveries are usual, deaths are rare: otherwise a walk never gets deep. */
const weight = (system: System, step: Step): number => {
  switch (step.event._tag) {
    case "Die":
    case "CloseListener":
      return 1
    case "Gone":
      return 4
    case "ClaimTimeout":
      return 8
    case "Syn": {
      const at = indexAtManager(system.topology, step.event.c)
      return system.managers[step.index]!.entries.get(at) === "Free" ? 12 : 2
    }
    default:
      return 30
  }
}

export const pick = (system: System, steps: ReadonlyArray<Step>, choice: number): Step => {
  let total = 0
  for (const x of steps) total += weight(system, x)
  let rest = choice % total
  for (const x of steps) {
    rest -= weight(system, x)
    if (rest < 0) return x
  }
  throw new Error("no step to pick")
}

export interface Variant {
  readonly machines: Machines
  /** What can happen; a variant may allow what the supervisor forbids. */
  readonly enabled: (system: System) => ReadonlyArray<Step>
}

export const production: Variant = { machines, enabled }

export const show = ({ role, index, event }: Step): string => {
  const { _tag, ...rest } = event
  return `${role} ${index}: ${_tag} ${JSON.stringify(rest)}`
}

export class Violation extends Error {}

/** Takes the moves one after the other; throws `Violation` at the first state that breaks a property. */
export const walk = (
  topology: Topology,
  list: ReadonlyArray<Move>,
  variant: Variant = production,
  visit: (system: System, step: Step, out: Outbox) => void = () => {},
): System => {
  let system = initialSystem(topology)
  const out = new Outbox()
  const taken: Array<Step> = []
  for (const [k, [choice, draw]] of list.entries()) {
    const steps = variant.enabled(system)
    const step = pick(system, steps, choice)
    taken.push(step)
    system = apply(system, step, { now: 10 * (k + 1), draw }, out, variant.machines)
    const found = violations(system)
    if (out.outcome === "Illegal") found.push(`Expected: ${show(step)}`)
    if (found.length > 0) throw new Violation(`${found.join("; ")} after\n${taken.map(show).join("\n")}`)
    visit(system, step, out)
  }
  return system
}

/** What the stack does when the environment leaves it alone, timers last. */
export const settle = (start: System, limit = 3000): System => {
  let system = start
  const out = new Outbox()
  for (let k = 0; k < limit; k++) {
    const steps = enabled(system)
    const step =
      steps.find((x) => runsByItself(system, x)) ?? steps.find((x) => x.event._tag === "ClaimTimeout")
    if (step === undefined) return system
    const env: Env = { now: 1_000_000 + k, draw: Math.imul(k, 0x9e3779b9) >>> 0 }
    system = apply(system, step, env, out)
    const found = violations(system)
    if (out.outcome === "Illegal") found.push(`Expected: ${show(step)}`)
    if (found.length > 0) throw new Violation(found.join("; "))
  }
  throw new Violation(`not at rest after ${limit} steps`)
}

const runsByItself = (system: System, { event, index }: Step): boolean => {
  switch (event._tag) {
    case "Attach":
    case "CloseListener":
    case "Die":
    case "Syn":
    case "Gone":
    case "Release":
    case "ClaimTimeout":
      return false
    case "SendOffer": {
      if (system.topology.balance.scheme !== "Late") return offerIsStale(system, index, event.to)
      // Who has connections that wait keeps its acceptors.
      const { offers, queue } = system.managers[index]!
      return queue.length === 0 && offers.get(event.to).wants > 0
    }
    case "Ask": {
      // Whose acceptor is held: another one of its would only go back.
      const { offers, queue } = system.managers[index]!
      return queue.length === 0 || offers.get(event.to).a === NONE
    }
    default:
      return true
  }
}
