/** A step by the name that spec/MC.tla gives it: `Syn(0, 1, -1, "Queued")`. */

export interface Label {
  readonly text: string
  /** The action, as the core's event is named. */
  readonly name: string
  /** Whose step it is first, then what the action is about. */
  readonly numbers: ReadonlyArray<number>
  /** What becomes of it, where the action leaves that open. */
  readonly outcome: string | undefined
}

/** @throws {SyntaxError} for what is no label */
export const parseLabel = (text: string): Label => {
  const match = /^(\w+)(?:\(([^()]*)\))?$/.exec(text)
  if (match === null) throw new SyntaxError(`no label of a step: ${text}`)
  const numbers: Array<number> = []
  let outcome: string | undefined
  for (const parameter of (match[2] ?? "").split(", ")) {
    if (/^-?\d+$/.test(parameter)) numbers.push(Number(parameter))
    else if (/^"\w+"$/.test(parameter)) outcome = parameter.slice(1, -1)
    else if (parameter !== "") throw new SyntaxError(`no parameter of a step: ${parameter} in ${text}`)
  }
  return { text, name: match[1]!, numbers, outcome }
}

/** The action and its outcome, whoever takes it: `Syn Queued`. */
export const kindOf = ({ name, outcome }: Label): string =>
  outcome === undefined ? name : `${name} ${outcome}`
