/** The counterexample of a model as a chart. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Chart } from "../../tla/chart/chart.ts"
import type { TlcReport } from "../../tla/messages.ts"
import type { Model } from "../../tla/model.ts"
import { specDirectory } from "../spec.ts"
import { behaviourChart } from "./behaviour.ts"
import type { Rules } from "./rules.ts"
import { stackRules } from "./stack.ts"

/** A specification whose processes are not known here: one lane, and what each step changes. */
const plainRules = (module: string): Rules => ({
  lanes: () => [module],
  channels: () => [],
  hidden: new Set(),
  actor: () => module,
  outside: () => [],
  messageLabel: () => "",
})

const rulesOf = (model: Model, report: TlcReport): Rules =>
  report.behaviour.states[0]?.variables.has("appToTs") === true ? stackRules : plainRules(model.module)

/** What the comment above a definition says of it; of a property the part for one of its objects says it too. */
export const commentAbove = (name: string, directory = specDirectory): string => {
  for (const file of readdirSync(directory).filter((x) => x.endsWith(".tla"))) {
    const lines = readFileSync(join(directory, file), "utf8").split("\n")
    for (const head of [`${name}Of`, name]) {
      const at = lines.findIndex((x) => new RegExp(`^${head}\\b(\\(.*\\))? ==`).test(x))
      const comment: Array<string> = []
      for (let k = at - 1; k >= 0 && lines[k]!.startsWith("\\*"); k--)
        comment.unshift(lines[k]!.slice(2).trim())
      if (at >= 0 && comment.length > 0) return comment.join(" ")
    }
  }
  return ""
}

const verdictOf = ({ outcome, behaviour }: TlcReport): ReadonlyArray<string> => {
  const { states, backTo, stutters } = behaviour
  const last = states.at(-1)?.number ?? 0
  const lasso =
    backTo !== undefined
      ? [`From state ${last} it goes back to state ${backTo}, for ever.`]
      : stutters
        ? [`Nothing happens after state ${last}, for ever.`]
        : []
  switch (outcome._tag) {
    case "Invariant":
    case "ActionProperty": {
      const says = commentAbove(outcome.name)
      return [`${outcome.name} does not hold after step ${last}${says === "" ? "" : `: ${says}`}`, ...lasso]
    }
    case "Deadlock":
      return [`No step is possible after step ${last}.`, ...lasso]
    case "Temporal":
      return ["A temporal property does not hold.", ...lasso]
    default:
      return ["message" in outcome ? outcome.message : outcome._tag, ...lasso]
  }
}

/** Prefixes and suffixes that models give to the actions of the specification they limit. */
const plainAction = (action: string): string => action.replace(/^MC(?=[A-Z])/, "")

/** A model that is named for what must not always hold: its counterexample shows how that state is reached. */
const isTrap = ({ name, expected }: Model): boolean => "name" in expected && expected.name === name

/** The counterexample that TLC found; undefined: it found none. */
export const counterexampleChart = (model: Model, report: TlcReport): Chart | undefined => {
  const { states } = report.behaviour
  if (states.length === 0) return undefined
  const charted = states.map(({ number, action, variables }) => ({
    number,
    action: plainAction(action),
    variables,
  }))
  const trap = isTrap(model)
  return behaviourChart(charted, rulesOf(model, report), {
    title: trap ? `How ${model.shows}` : `${model.name}: ${model.shows}`,
    wrong: !trap,
    ...(trap ? {} : { verdict: verdictOf(report) }),
  })
}
