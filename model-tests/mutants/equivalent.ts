/** Mutants that survive because they change nothing that the specification can see, each with the reason. */
import type { Mutant } from "./operators.ts"

const ASSERTION = "weakens an assertion that no behaviour meets: Expected holds in every model"

/** Beginning of the mutant's name without its line, and why. */
const reasons: ReadonlyArray<readonly [string, string]> = [
  [
    "application.ts drop-operand: x.t === t",
    "a claim's answers come in the order of the claims, and its id names its transport",
  ],
  [
    "application.ts off-by-one: 1 → 1 + 1",
    "the long way out: answers come in the order of the claims, so the first is taken",
  ],
  ["application.ts branch: at === 0", "the short way out and the long one give the same list"],
  ["manager.ts branch: state.queue.includes(c)", "filtering what isn't there changes nothing"],
  ["manager.ts drop-update: ...state, offers,", "the watermarks are weights"],
  [
    'Stack.tla ReceiveAcceptorTimedOut wrong-state: "Free"',
    "the branch of a rule that only a bad design takes",
  ],
  ["Stack.tla Established drop-guard: TransportOf(c) = t", "MC asks the same before"],
  ["Stack.tla ClaimTimeout drop-guard: TransportOf(c) = t", "MC asks the same before"],
  ["manager.ts operator: x.a - y.a", "the order of acceptors weighs nothing"],
  ['transport.ts drop-update: ...x, phase: "Opening", a: NONE', "a connection that is gone names nobody"],
  [
    "transport.ts drop-operand: x !== undefined && x.phase",
    "only an application that does not keep the protocol claims what was not announced to it",
  ],
]

export const reasonFor = (mutant: Mutant): string | undefined => {
  if (mutant.assertion) return ASSERTION
  const name = mutant.name.replace(/:\d+/, "")
  return reasons.find(([beginning]) => name.startsWith(beginning))?.[1]
}
