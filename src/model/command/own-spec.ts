/** `pika check --spec FILE.tla`: TLC's verdict on a specification of the user's own. */
import { existsSync } from "node:fs"
import { basename, resolve } from "node:path"
import { Effect } from "effect"
import type { TlcReport } from "../../tla/messages.ts"
import { isTrouble, troubleText } from "../../tla/outcome.ts"
import { runTlc, type TlcUnavailable } from "../../tla/tlc.ts"
import { defaultLimits, HEAP } from "../check.ts"
import type { CheckArguments } from "./arguments.ts"
import { progressLine } from "./terminal.ts"

/** The behaviour that shows it, state by state, as TLC prints values. */
export const behaviourText = ({ behaviour }: TlcReport): string => {
  const { states, backTo, stutters } = behaviour
  const lines = states.flatMap(({ number, action, text }) => [
    `${String(number).padStart(4)}  ${action}`,
    ...text.split("\n").map((line) => `      ${line}`),
  ])
  if (backTo !== undefined) lines.push(`      and so on from state ${backTo}`)
  if (stutters) lines.push("      and nothing more happens")
  return lines.map((line) => `${line}\n`).join("")
}

/** TLC's verdict in a line. */
export const verdictText = ({
  outcome,
  behaviour,
  distinct,
  generated,
  depth,
  queued,
}: TlcReport): string => {
  const counts = `${generated} states generated, ${distinct} distinct, depth ${depth}`
  const after = `after ${behaviour.states.length} states`
  switch (outcome._tag) {
    case "Success":
      return queued === 0 ? `holds: ${counts}` : `holds so far, ${queued} states were left: ${counts}`
    case "Invariant":
      return `invariant ${outcome.name} is violated ${after}: ${counts}`
    case "ActionProperty":
      return `property ${outcome.name} is violated ${after}: ${counts}`
    case "Deadlock":
      return `deadlock ${after} (CHECK_DEADLOCK FALSE in the configuration if it may end so): ${counts}`
    case "Temporal":
      return `a temporal property is violated by ${behaviour.states.length} states: ${counts}`
    case "Assumption":
      return outcome.message
    default:
      return outcome.message
  }
}

/** What TLC says of its parser outside of its messages. */
const parsing = /^(Parsing file |Semantic processing of module |$)/

/** 0 it holds, 1 it does not, 2 it can't be judged. */
export const checkOwnSpec = (args: CheckArguments): Effect.Effect<number, TlcUnavailable> =>
  Effect.gen(function* () {
    const module = resolve(args.spec!)
    const config = resolve(args.config ?? module.replace(/(\.tla)?$/, ".cfg"))
    if (!existsSync(module)) {
      process.stderr.write(`${module}: there is no such file\nname a module of TLA+, FILE.tla\n`)
      return 2
    }
    const line = progressLine(process.stderr)
    const start = performance.now()
    const report = yield* runTlc({
      module,
      config,
      workers: 1,
      heap: args.heap ?? HEAP,
      options: ["-lncheck", "final"],
      limits: { ...defaultLimits, ...args.limits },
      onProgress: (progress) => line.show(basename(module), progress),
    })
    line.clear()
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    for (const text of report.printed.filter((x) => !parsing.test(x))) process.stdout.write(`${text}\n`)
    if (isTrouble(report.outcome)) {
      process.stderr.write(`${troubleText(report.outcome)}`)
      process.stdout.write(behaviourText(report))
      return 2
    }
    process.stdout.write(
      `${basename(module)}: ${verdictText(report)}, ${seconds} s\n${behaviourText(report)}`,
    )
    return report.outcome._tag === "Success" ? 0 : 1
  })
