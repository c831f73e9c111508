/** What TLC says under `-tool`: framed, numbered messages, and lines outside them. */
import { parseState, type TlaValue } from "./value.ts"

/** How a run ended. Only `Success` with a finished search shows anything. */
export type TlcOutcome =
  | { readonly _tag: "Success" }
  | { readonly _tag: "Invariant"; readonly name: string }
  | { readonly _tag: "ActionProperty"; readonly name: string }
  | { readonly _tag: "Deadlock" }
  /** TLC 2.18 doesn't say which of the temporal properties. */
  | { readonly _tag: "Temporal" }
  | { readonly _tag: "Assumption"; readonly message: string }
  | { readonly _tag: "Evaluation"; readonly message: string }
  | { readonly _tag: "Parse"; readonly message: string }
  /** Ended from outside, or in a way that none of its messages explains. */
  | { readonly _tag: "Killed"; readonly message: string }

export interface TlcState {
  /** From 1. */
  readonly number: number
  /** The action that led here, "Initial predicate" for the first. */
  readonly action: string
  readonly variables: ReadonlyMap<string, TlaValue>
}

export interface Behaviour {
  readonly states: ReadonlyArray<TlcState>
  /** The behaviour goes on from this state again (its number); undefined: it ends. */
  readonly backTo: number | undefined
  readonly stutters: boolean
}

export interface TlcReport {
  readonly outcome: TlcOutcome
  readonly generated: number
  readonly distinct: number
  /** States found whose successors were not looked at. */
  readonly queued: number
  readonly depth: number
  readonly behaviour: Behaviour
  /** Lines that the specification printed. */
  readonly printed: ReadonlyArray<string>
  readonly exitCode: number
}

/** Codes of messages. */
export const codes = {
  general: 1000,
  assumptionFalse: 2104,
  assumptionError: 2105,
  invariantInitially: 2107,
  propertyInitially: 2108,
  invariant: 2110,
  invariantError: 2111,
  actionProperty: 2112,
  deadlock: 2114,
  temporal: 2116,
  behaviourUpToHere: 2121,
  backTo: 2122,
  nested: 2154,
  success: 2193,
  depth: 2194,
  stats: 2199,
  state: 2217,
  stuttering: 2218,
} as const

/** Kept of what a run says: more would be a run gone wrong. */
export const MAX_PRINTED = 10_000
export const MAX_STATES = 10_000
const MAX_MESSAGE = 64_000

interface Message {
  readonly code: number
  text: string
}

const opening = /^@!@!@STARTMSG (\d+):\d+ @!@!@$/
const closing = /^@!@!@ENDMSG (\d+) @!@!@$/

/** Takes TLC's standard output line by line. */
export class TlcOutput {
  readonly #open: Array<Message> = []
  readonly #printed: Array<string> = []
  readonly #states: Array<TlcState> = []
  readonly #failures: Array<string> = []
  #outcome: TlcOutcome | undefined
  #succeeded = false
  #generated = 0
  #distinct = 0
  #queued = 0
  #depth = 0
  #backTo: number | undefined
  #stutters = false

  /** The code of the message that this line ends, 0 when it ends none. */
  line(line: string): number {
    const start = opening.exec(line)
    if (start !== null) {
      this.#open.push({ code: Number(start[1]), text: "" })
      return 0
    }
    const current = this.#open.at(-1)
    if (closing.test(line) && current !== undefined) {
      this.#open.pop()
      this.#message(current)
      return current.code
    }
    if (current !== undefined) {
      if (current.text.length < MAX_MESSAGE) current.text += `${line}\n`
    } else if (this.#printed.length < MAX_PRINTED) this.#printed.push(line)
    return 0
  }

  #message({ code, text }: Message): void {
    const name = /(?:Invariant|property|Property) (\S+) is violated/.exec(text)?.[1] ?? ""
    switch (code) {
      case codes.success:
        this.#succeeded = true
        break
      case codes.stats: {
        const [generated, distinct, queued] = (text.match(/\d[\d,]*/g) ?? []).map((x) =>
          Number(x.replaceAll(",", "")),
        )
        this.#generated = generated ?? 0
        this.#distinct = distinct ?? 0
        this.#queued = queued ?? 0
        break
      }
      case codes.depth:
        this.#depth = Number(/(\d+)/.exec(text)?.[1] ?? 0)
        break
      case codes.invariant:
      case codes.invariantInitially:
        this.#end({ _tag: "Invariant", name })
        break
      case codes.actionProperty:
      case codes.propertyInitially:
        this.#end({ _tag: "ActionProperty", name })
        break
      case codes.deadlock:
        this.#end({ _tag: "Deadlock" })
        break
      case codes.temporal:
        this.#end({ _tag: "Temporal" })
        break
      case codes.assumptionFalse:
      case codes.assumptionError:
        this.#end({ _tag: "Assumption", message: text.trim() })
        break
      case codes.state:
        this.#state(text)
        break
      case codes.backTo:
        this.#backTo = Number(/(\d+)/.exec(text)?.[1] ?? 0)
        break
      case codes.stuttering:
        this.#stutters = true
        break
      case codes.general:
      case codes.invariantError:
      case codes.nested:
        this.#failures.push(text.trim())
        break
    }
  }

  #end(outcome: TlcOutcome): void {
    this.#outcome ??= outcome
  }

  #state(text: string): void {
    const head = /^(\d+): <?([^\n]*?)>?\n/.exec(text)
    if (head === null || this.#states.length >= MAX_STATES) return
    const action = (head[2] ?? "").replace(/ line \d+.*$/, "")
    const variables = parseState(text.slice(head[0].length))
    this.#states.push({ number: Number(head[1]), action, variables })
  }

  /** @param exitCode TLC's own; -1 when a signal ended it. @param errors its standard error. */
  report(exitCode: number, errors: string): TlcReport {
    return {
      outcome: this.#outcome ?? this.#judge(exitCode, errors),
      generated: this.#generated,
      distinct: this.#distinct,
      queued: this.#queued,
      depth: this.#depth,
      behaviour: { states: this.#states, backTo: this.#backTo, stutters: this.#stutters },
      printed: this.#printed,
      exitCode,
    }
  }

  #judge(exitCode: number, errors: string): TlcOutcome {
    const unframed = [...this.#failures, ...this.#printed.slice(-20), errors.trim()].join("\n").trim()
    if (exitCode < 0) return { _tag: "Killed", message: "a signal ended TLC" }
    if (exitCode >= 150) return { _tag: "Parse", message: unframed }
    if (this.#failures.length > 0) return { _tag: "Evaluation", message: this.#failures.join("\n") }
    // Exit 0 alone shows nothing: a run without a behaviour exits so too.
    if (exitCode === 0 && this.#succeeded && this.#generated > 0) return { _tag: "Success" }
    if (exitCode === 0) return { _tag: "Parse", message: `TLC checked nothing\n${unframed}` }
    return { _tag: "Killed", message: `TLC ended with exit code ${exitCode}\n${unframed}` }
  }
}
