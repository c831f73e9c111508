/** What TLC says under `-tool`: framed, numbered messages, and lines outside them. */
import type { TlcOutcome, TlcTrouble } from "./outcome.ts"
import { firstPosition, type RunContext, type Said, troubleOf } from "./trouble.ts"
import { parseState, type TlaValue } from "./value.ts"

export type { TlcOutcome } from "./outcome.ts"

/** A state of a counterexample. */
export interface TlcState {
  /** From 1. */
  readonly number: number
  /** The action that led here, "Initial predicate" for the first. */
  readonly action: string
  /** Its parameters, `c1, 2`, where TLC says them: 2.18 does not. */
  readonly parameters?: string
  readonly variables: ReadonlyMap<string, TlaValue>
  /** The values as TLC prints them. */
  readonly text: string
}

/** A counterexample: states from an initial one, each led to by an action. */
export interface Behaviour {
  readonly states: ReadonlyArray<TlcState>
  /** The behaviour goes on from this state again (its number); undefined: it ends. */
  readonly backTo: number | undefined
  readonly stutters: boolean
}

/** How far a search is. */
export interface TlcProgress {
  /** Since TLC's start, s. */
  readonly seconds: number
  readonly depth: number
  readonly generated: number
  readonly distinct: number
  /** States found whose successors were not looked at. */
  readonly queued: number
  /** Since the last one. */
  readonly generatedPerMinute: number
  readonly distinctPerMinute: number
}

/** All that a run of TLC said. */
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
  assumptionFalse: 2104,
  invariantInitially: 2107,
  propertyInitially: 2108,
  invariant: 2110,
  actionProperty: 2112,
  deadlock: 2114,
  temporal: 2116,
  behaviourUpToHere: 2121,
  backTo: 2122,
  success: 2193,
  depth: 2194,
  recovered: 2198,
  stats: 2199,
  progress: 2200,
  state: 2217,
  stuttering: 2218,
  parsingFailed: 3002,
} as const

/** Of messages, as TLC ranks them. */
const severities: ReadonlySet<number> = new Set([1, 2])
/** Errors that say nothing by themselves. */
const silent: ReadonlySet<number> = new Set([codes.behaviourUpToHere, codes.parsingFailed])

/** Kept of what a run says: more would be a run gone wrong. */
export const MAX_PRINTED = 10_000
export const MAX_STATES = 10_000
const MAX_MESSAGE = 64_000
/** Lines that may tell why a run failed. */
const MAX_UNFRAMED = 200

interface Message {
  readonly code: number
  readonly error: boolean
  text: string
}

const opening = /(?:^|: )@!@!@STARTMSG (\d+):(\d+) @!@!@$/
const closing = /^@!@!@ENDMSG (\d+) @!@!@$/

const progressText =
  /^Progress\((\d+)\) at .*?: ([\d,]+) states? generated.*?, ([\d,]+) distinct states? found.*?, ([\d,]+) states? left/

const numberOf = (digits: string): number => Number(digits.replaceAll(",", ""))

const somewhere: RunContext = { module: "the module", config: "the configuration", heap: 0 }

/** How a run's process ended. */
export interface ProcessEnd {
  readonly signal?: string | undefined
  /** It was ended on purpose. */
  readonly stopped?: TlcTrouble | undefined
}

/** Takes TLC's standard output line by line. */
export class TlcOutput {
  readonly #context: RunContext
  readonly #open: Array<Message> = []
  readonly #printed: Array<string> = []
  readonly #states: Array<TlcState> = []
  readonly #errors: Array<{ readonly code: number; readonly text: string }> = []
  #action: Said["action"]
  #outcome: TlcOutcome | undefined
  #succeeded = false
  #generated = 0
  #distinct = 0
  #queued = 0
  #depth = 0
  #backTo: number | undefined
  #stutters = false

  /** @param context what the run is about, to name files in its errors */
  constructor(context: RunContext = somewhere) {
    this.#context = context
  }

  /** As the last message of this kind said. */
  get progress(): Pick<TlcProgress, "depth" | "generated" | "distinct" | "queued"> {
    return {
      depth: this.#depth,
      generated: this.#generated,
      distinct: this.#distinct,
      queued: this.#queued,
    }
  }

  /** The code of the message that this line ends, 0 when it ends none. */
  line(line: string): number {
    const start = opening.exec(line)
    if (start !== null) {
      const error = this.#open.length > 0 || severities.has(Number(start[2]))
      this.#open.push({ code: Number(start[1]), error, text: "" })
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

  #message({ code, error, text }: Message): void {
    // An action property without a name is told by its place: the module.
    const name = /(?:Invariant|property|Property|of module) (\S+) is violated/.exec(text)?.[1] ?? ""
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
      case codes.recovered:
        this.#distinct = numberOf(/^Recovery completed\. ([\d,]+) states/.exec(text)?.[1] ?? "0")
        break
      case codes.depth:
        this.#depth = Number(/(\d+)/.exec(text)?.[1] ?? 0)
        break
      case codes.progress: {
        const found = progressText.exec(text)
        if (found === null) break
        this.#depth = numberOf(found[1]!)
        this.#generated = numberOf(found[2]!)
        this.#distinct = numberOf(found[3]!)
        this.#queued = numberOf(found[4]!)
        break
      }
      case codes.invariantInitially:
      case codes.propertyInitially:
        this.#end({ _tag: code === codes.invariantInitially ? "Invariant" : "ActionProperty", name })
        this.#state(`1: <Initial predicate>\n${text.replace(/^[^\n]*\n/, "")}`)
        break
      case codes.invariant:
        this.#end({ _tag: "Invariant", name })
        break
      case codes.actionProperty:
        this.#end({ _tag: "ActionProperty", name })
        break
      case codes.deadlock:
        this.#end({ _tag: "Deadlock" })
        break
      case codes.temporal:
        this.#end({ _tag: "Temporal" })
        break
      case codes.assumptionFalse: {
        const place = firstPosition(this.#context, text)
        this.#end({ _tag: "Assumption", message: text.trim(), ...(place === undefined ? {} : { place }) })
        break
      }
      case codes.state:
        this.#state(text)
        break
      case codes.backTo:
        this.#backTo = Number(/(\d+)/.exec(text)?.[1] ?? 0)
        break
      case codes.stuttering:
        this.#stutters = true
        break
      default:
        if (error && !silent.has(code)) this.#errors.push({ code, text: text.trim() })
    }
  }

  #end(outcome: TlcOutcome): void {
    this.#outcome ??= outcome
  }

  #state(text: string): void {
    const head = /^(\d+): <?([^\n]*?)>?\n/.exec(text)
    if (head === null || this.#states.length >= MAX_STATES) return
    const label = head[2] ?? ""
    const at = /line (\d+), col (\d+) to .* of module (\w+)/.exec(label)
    if (at !== null) this.#action = { module: at[3]!, line: Number(at[1]), column: Number(at[2]) }
    const values = text.slice(head[0].length).trim()
    const [, action = "", parameters] =
      /^([^(]*)(?:\((.*)\))?$/.exec(label.replace(/ line \d+, col .*$/, "")) ?? []
    this.#states.push({
      number: Number(head[1]),
      action,
      ...(parameters === undefined ? {} : { parameters }),
      variables: parsed(values),
      text: values,
    })
  }

  /** @param exitCode TLC's own; -1 when a signal ended it. @param errors its standard error. */
  report(exitCode: number, errors: string, { signal, stopped }: ProcessEnd = {}): TlcReport {
    return {
      outcome: this.#outcome ?? stopped ?? this.#judge(exitCode, errors, signal),
      ...this.progress,
      behaviour: { states: this.#states, backTo: this.#backTo, stutters: this.#stutters },
      printed: this.#printed,
      exitCode,
    }
  }

  #judge(exitCode: number, errors: string, signal: string | undefined): TlcOutcome {
    const succeeded = exitCode === 0 && this.#succeeded
    // Exit 0 alone shows nothing: a run without a behaviour exits so too.
    if (succeeded && this.#generated > 0) return { _tag: "Success" }
    const said: Said = {
      errors: this.#errors,
      unframed: [...this.#printed.slice(-MAX_UNFRAMED), errors].join("\n"),
      action: this.#action,
      exitCode,
      signal: signal ?? (exitCode < 0 ? "unknown" : undefined),
    }
    return troubleOf(this.#context, said, exitCode === 0)
  }
}

/** Empty where a value is none of TLA+: TLC prints what it has, in the middle of a step too. */
const parsed = (values: string): ReadonlyMap<string, TlaValue> => {
  try {
    return parseState(values)
  } catch {
    return new Map()
  }
}
