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
  ["late.ts drop-update: ...state, acceptors: withoutAcceptor", "how many wait elsewhere is a weight"],
  [
    "late.ts guard-false: g <= state.tombstones.get(a)",
    "who timed out here is not lent again: a registration is good for one connection",
  ],
  [
    "late.ts operator: g <= state.tombstones.get(a)",
    "who timed out here is not lent again: a registration is good for one connection",
  ],
  [
    "StackTransport.tla Answers drop-guard: x.a = a",
    "n alone names the announcement: who claims is looked at for the sake of an application that forges",
  ],
  [
    "StackApplication.tla ReceiveAttached drop-guard: app[a].phase",
    "ATTACHED comes only to one that attaches",
  ],
  [
    "StackApplication.tla ReceiveAttached drop-guard: t \\in app[a].awaiting",
    "each transport answers ATTACH once",
  ],
  [
    "StackApplication.tla ReceiveClaimed drop-guard: app[a].phase",
    "who is down has no claims, which is asked too",
  ],
  [
    'StackApplication.tla ReceiveClaimed wrong-state: "Down"',
    "who is down, or attaches, has no claims, which is asked too",
  ],
  [
    "StackApplication.tla ReceiveTimedOut drop-guard: app[a].phase",
    "who is down has no claims, which is asked too",
  ],
  [
    'StackApplication.tla ReceiveTimedOut wrong-state: "Down"',
    "who is down, or attaches, has no claims, which is asked too",
  ],
  [
    'StackLate.tla ReceiveConnectionEstablished drop-guard: entry[c] = "Opening"',
    "only of an opening connection, and once, its transport says that it is established",
  ],
  [
    "StackManager.tla GivesBack drop-guard: ~ComesHome(m, x)",
    "the step sorts out before who comes home; only a recording of one that comes while another is held would tell",
  ],
  ["StackManager.tla ReceiveOffer boolean: TRUE", "an offer of nobody is NoOffer in either branch"],
  ["StackManager.tla ReceiveAcceptConnection drop-guard: g > generation[a]", ASSERTION],
  ["StackManager.tla ReceiveAcceptConnection relation: g > generation[a]", ASSERTION],
  [
    "StackManager.tla ReceiveAcceptorTimedOut drop-guard: x.g > tombstone[m][x.a]",
    "not equivalent: the timer of an older registration would have to end after a newer one's, which no model here comes to",
  ],
  [
    "StackManager.tla ReceiveAcceptorTimedOut relation: x.g > tombstone[m][x.a]",
    "a tombstone that is replaced by the same number",
  ],
  ["StackManager.tla ReceiveAcceptorTimedOut drop-guard: home # m", "no manager has an offer from itself"],
  [
    "StackTransport.tla Announce relation: g > acc[t][a].back",
    "a generation that is replaced by the same number",
  ],
  ["StackTransport.tla ReceiveAssign drop-guard: Heads(", "MC and Trace ask the same before"],
  ["StackTransport.tla ReceiveReset drop-guard: Heads(", "MC and Trace ask the same before"],
  ["StackTransport.tla ReceiveClaim drop-guard: Heads(", "MC and Trace ask the same before"],
  ["StackTransport.tla ReceiveClaim drop-guard: acc[t][a].alive", ASSERTION],
  ["StackTransport.tla ReceiveAttach drop-guard: ~acc[t][a].alive", ASSERTION],
  ["StackTransport.tla TransportReceiveDetach drop-guard: acc[t][a].alive", ASSERTION],
  [
    "StackTransport.tla TransportReceiveDetach guard-false: its = {}",
    "both branches are the same for no connection",
  ],
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
