/** A rejection in words. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { modulesOf } from "../../tla/modules.ts"
import { specDirectory } from "../spec.ts"
import { eventText } from "./event-text.ts"
import type { ValidateResult } from "./verdict.ts"
import { type Blocker, type Diagnosis, type Frame, type StateRow, stepAt } from "./why.ts"

type Rejected = Extract<ValidateResult, { readonly _tag: "Rejected" }>

/** `ReceiveClaim(t, a)  [StackTransport.tla:107]`: the action that bears the event's name. */
const actionText = (tag: string): string => {
  for (const module of modulesOf(specDirectory, "Stack")) {
    const lines = readFileSync(join(specDirectory, `${module}.tla`), "utf8").split("\n")
    const at = lines.findIndex((line) => line.startsWith(`${tag}(`) && line.includes("=="))
    if (at >= 0) return `${lines[at]!.replace(/ ==.*$/, "")}  [${module}.tla:${at + 1}]`
  }
  return tag
}

/** Shown of a value. */
const LONGEST = 400
const short = (value: string): string => (value.length <= LONGEST ? value : `${value.slice(0, LONGEST)} …`)

/** The dispatch that leads to every action says nothing. */
const isDispatch = ({ name, module }: Frame): boolean =>
  module === "Trace" && ["Allowed", "Step", "Checked", "PropertiesOf", "Held"].includes(name)

const frameText = ({ name, parameters, says, module, line }: Frame): string => {
  const list = parameters.map((x) => (x.value.length <= 40 ? `${x.name} = ${x.value}` : x.name))
  const head = `${name}${list.length === 0 ? "" : `(${list.join(", ")})`}`
  return `${head}  [${module}.tla:${line}]${says === "" ? "" : `  ${says}`}`
}

const blockerLines = (x: Blocker): ReadonlyArray<string> => {
  const frames = x.frames.filter((frame) => !isDispatch(frame))
  const lines = frames.map((frame, k) => `${"  ".repeat(k)}${frameText(frame)}`)
  const indent = "  ".repeat(frames.length)
  lines.push(`${indent}${x.text}  [${x.module}.tla:${x.line}]  does not hold`)
  if (x.trouble !== "")
    lines.push(`${indent}  it can't be evaluated: ${short(x.trouble.replaceAll("\n", " "))}`)
  for (const fact of x.facts) lines.push(`${indent}  ${fact.name} = ${short(fact.value)}`)
  return lines
}

const rowLines = ({ path, specification, core }: StateRow, coreKnown: boolean): ReadonlyArray<string> => {
  const own = `${path} = ${short(specification ?? "(none)")}`
  if (!coreKnown || specification === core) return [own]
  return [
    `${own}   in the specification`,
    `${" ".repeat(path.length)} = ${short(core ?? "(none)")}   in the core`,
  ]
}

const diagnosisLines = ({ blockers, state, coreKnown }: Diagnosis): ReadonlyArray<string> => {
  const lines = ["in its way:", ...blockers.flatMap((x) => blockerLines(x).map((line) => `  ${line}`))]
  const differs = coreKnown && state.some((row) => row.specification !== row.core)
  const core = coreKnown
    ? differs
      ? "specification and core differ"
      : "specification and core have the same"
    : "of the specification; the core parted from the recording earlier"
  lines.push(
    `state (${core}):`,
    ...state.flatMap((row) => rowLines(row, coreKnown)).map((line) => `  ${line}`),
  )
  return lines
}

/** The event, its line, what stood in its way with the values that it is about, and the state on both sides. */
export const reportOf = async (path: string, result: Rejected): Promise<string> => {
  const { event, why, diagnosis } = result
  const step = await stepAt(path, event)
  const lines = [`rejected at event ${event} (line ${event + 1}): ${why}`]
  if (step !== undefined) {
    lines.push(`  event: ${eventText(step)} (port ${step.port})`, `  action: ${actionText(step.event._tag)}`)
  }
  if (diagnosis !== undefined) lines.push(...diagnosisLines(diagnosis).map((line) => `  ${line}`))
  return `${lines.join("\n")}\n`
}
